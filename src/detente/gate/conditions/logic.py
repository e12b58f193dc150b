"""`&&`, `||`, `all` and `exists`, in which a part that decides outweighs an error in another."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from detente.gate.conditions.values import Unanswerable, kind

__all__ = ["conjunction", "disjunction", "every", "some", "truth"]


def truth(value: Any) -> bool:
    """A free-form value where true or false is needed."""
    if value is True or value is False:
        return value
    raise Unanswerable(f"{kind(value)} where true or false is needed")


def conjunction(*parts: Callable[[], bool]) -> bool:
    """`a && b`: false where any part is false, even where another is an error."""
    return _decided(parts, decisive=False)


def disjunction(*parts: Callable[[], bool]) -> bool:
    """`a || b`: true where any part is true, even where another is an error."""
    return _decided(parts, decisive=True)


def _decided(parts: Iterable[Callable[[], bool]], *, decisive: bool) -> bool:
    error: Exception | None = None
    for part in parts:
        try:
            if part() is decisive:
                return decisive
        except Exception as raised:  # noqa: BLE001 - whatever it is, another part may outweigh it
            error = error or raised
    if error is not None:
        raise error
    return not decisive


def every(elements: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """`all`: the conjunction over the elements."""
    return _decided((partial(holds, element) for element in elements), decisive=False)


def some(elements: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """`exists`: the disjunction over the elements."""
    return _decided((partial(holds, element) for element in elements), decisive=True)
