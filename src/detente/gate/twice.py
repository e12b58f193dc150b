"""Keys that stand in a JSON object twice: readers differ in which of the two they take, so nobody is to choose."""

from json import JSONDecoder
from typing import Any

__all__ = ["key_given_twice", "told_twice"]


class _TwiceError(Exception):
    """A key stands in an object a second time."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(key)
            seen.add(key)


_look_for_pairs = JSONDecoder(object_pairs_hook=_once, parse_int=len, parse_float=len).decode


def key_given_twice(body: bytes) -> str | None:
    """Return a key that an object has twice: whoever looked at the body before us may have taken the other one.

    Raises
    ------
    ValueError
        It is no JSON, although another reader may have taken it for that.

    """
    try:
        _look_for_pairs(body.decode())
    except _TwiceError as error:
        return str(error)
    return None


def told_twice(key: str) -> str:
    """Return what is said of such a key."""
    return f"found the key {key[:100]!r} a second time in one object"
