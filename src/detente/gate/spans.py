"""Spans of time as people say them."""

__all__ = ["told_span"]


def told_span(seconds: float) -> str:
    """Return a span in the largest unit of which it is two or more: `4 s`, `10 min`, `7 d`; fractions of up to three digits."""
    for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
