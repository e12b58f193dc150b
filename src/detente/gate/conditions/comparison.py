"""Equality and order: Python takes true for 1, and a NaN in a list for equal to itself; CEL does neither."""

from typing import Any

from detente.gate.conditions.values import LISTS, NUMBERS, Unanswerable, undefined

__all__ = ["among", "at_least", "at_most", "less", "more", "same", "unordered"]

_ORDERED = frozenset({bool, str})
_KEYS = frozenset({bool, int, str})
"""what a map of CEL may have as keys; ours have texts"""


def same(left: Any, right: Any) -> bool:
    """`left == right`, of any two values: numbers by their value, anything else only within its own type."""
    mine, other = type(left), type(right)
    if mine in NUMBERS and other in NUMBERS:
        return bool(left == right)
    if mine in LISTS and other in LISTS:
        return len(left) == len(right) and all(map(same, left, right))
    if mine is not other:
        return False
    if mine is dict:
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    return bool(left == right)


def among(value: Any, of: Any) -> bool:
    """`value in of`."""
    if type(of) is dict and type(value) in _KEYS:
        return type(value) is str and value in of
    if type(of) not in LISTS:
        raise undefined("in", value, of)
    return any(same(value, element) for element in of)


def unordered() -> bool:
    """NaN is neither below nor above anything: to call `confidence < 0.8` false would let an unknown pass."""
    raise Unanswerable("a double that is not a number has no order")


def _comparable(mark: str, left: Any, right: Any) -> None:
    mine, other = type(left), type(right)
    if mine is other is int:
        return
    if mine in NUMBERS and other in NUMBERS:
        if left != left or right != right:  # noqa: PLR0124 - NaN
            unordered()
    elif mine is not other or mine not in _ORDERED:
        raise undefined(mark, left, right)


def less(left: Any, right: Any) -> bool:
    _comparable("<", left, right)
    return bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    _comparable("<=", left, right)
    return bool(left <= right)


def more(left: Any, right: Any) -> bool:
    _comparable(">", left, right)
    return bool(left > right)


def at_least(left: Any, right: Any) -> bool:
    _comparable(">=", left, right)
    return bool(left >= right)
