"""Numbers as people say them: times from nanoseconds to days, money, shares, counts."""

import math

__all__ = [
    "NO_GAIN",
    "chance_with_interval",
    "count",
    "counted",
    "duration",
    "money",
    "one_in",
    "share",
    "share_with_interval",
]

NO_GAIN = "A gain of 0: one round of that loop leads to no second one, so it counts only together with the loops it crosses."
"""of loops that the exact solver tells"""

_NOTHING = "-"
_TINY = 1e-4
"""below, a chance is told with its power of ten"""


def _digits(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, fewer when it is exact, and no exponent."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    is_exact = math.isclose(rounded, value, rel_tol=1e-9)
    return text.rstrip("0").rstrip(".") if is_exact and "." in text else text


def duration(seconds: float | None) -> str:
    """Return a time in the unit a person would choose: `350 ns`, `2.30 µs`, `41.0 ms`, `3 min 20 s`, `2 d 4 h`."""
    if seconds is None or not math.isfinite(seconds):
        return _NOTHING
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds == 0:
        return "0 s"
    for unit, size, limit in (("ns", 1e-9, 999.5e-9), ("µs", 1e-6, 999.5e-6), ("ms", 1e-3, 0.9995)):
        if seconds < limit:
            return f"{_digits(seconds / size)} {unit}"
    if seconds < 119.5:
        return f"{_digits(seconds)} s"
    for large, size, small, part, limit in (
        ("min", 60, "s", 1, 2 * 3600 - 0.5),
        ("h", 3600, "min", 60, 48 * 3600 - 30),
        ("d", 86400, "h", 3600, math.inf),
    ):
        if seconds < limit:
            whole, rest = divmod(round(seconds / part), size // part)
            return f"{whole:,} {large} {rest} {small}" if rest else f"{whole:,} {large}"
    return _NOTHING


def money(usd: float | None) -> str:
    """Return an amount as `$1.24bn`."""
    if usd is None or not math.isfinite(usd):
        return _NOTHING
    for name, size in (("tn", 1e12), ("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if abs(usd) >= 0.9995 * size:
            return f"${_digits(usd / size)}{name}"
    return f"${_digits(usd)}"


def count(value: float | None) -> str:
    """Return a number of things: whole when it is, else with three significant digits."""
    if value is None or not math.isfinite(value):
        return _NOTHING
    if value == int(value) or abs(value) >= 1000:
        return f"{round(value):,}"
    return _digits(value)


def counted(number: int, thing: str, things: str = "") -> str:
    """Return `1 incident`, `2 incidents`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def share(value: float | None, precision: float = 0.01) -> str:
    """Return a share in per cent, with as many decimals as its `precision` (a share too) deserves."""
    if value is None or not math.isfinite(value):
        return _NOTHING
    return f"{100 * value:.{_decimals(precision)}f} %"


def share_with_interval(value: float, low: float, high: float) -> str:
    """Return `8.31 % (8.14 to 8.48)`, or `0 % (under 0.0038)` where nothing was seen."""
    if not math.isfinite(value):
        return _NOTHING
    decimals = _decimals((high - low) / 2)
    if value == 0:
        return f"0 % (under {100 * high:.{decimals}f})"
    if value == 1:
        return f"100 % (over {100 * low:.{decimals}f})"
    return f"{100 * value:.{decimals}f} % ({100 * low:.{decimals}f} to {100 * high:.{decimals}f})"


def chance_with_interval(value: float, low: float, high: float) -> str:
    """Return a chance with its interval, however small: in per cent down to 0.01 %, else a plain number with its power of ten.

    `0.53 % (0.48 to 0.58)`, `3.5e-06 (2.9e-06 to 4.2e-06)`, `0 (under 3.8e-06)`, and where the value is unknown `3.1e-05 to 0.021`.
    """
    if math.isnan(value):
        return f"{_chance(low)} to {_chance(high)}"
    if max(value, high if value == 0 else 0.0) >= _TINY:
        return share_with_interval(value, low, high)
    return f"0 (under {high:.2e})" if value == 0 else f"{value:.2e} ({low:.2e} to {high:.2e})"


def _chance(value: float) -> str:
    if value == 0.0 or value >= _TINY:
        return f"{_digits(100 * value, 2)} %"
    return f"{value:.1e}"


def _decimals(precision: float) -> int:
    """Return how many decimals a percentage known to within `precision` (a share) deserves."""
    if precision <= 0:
        return 1
    return min(max(0, 1 - math.floor(math.log10(100 * precision))), 8)


def one_in(value: float) -> str:
    """Return a share as `about 1 in 12`; empty where that would say less than the per cent."""
    if not 0 < value <= 0.5:
        return ""
    return f"about 1 in {count(round(1 / value))}" if value < 0.4 else "about 2 in 5"
