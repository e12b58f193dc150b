"""Arithmetic: 64 bits, divisions towards zero, moments and durations that stay in their ranges."""

from collections.abc import Callable
from typing import Any

from detente.gate.conditions.literals import LARGEST_DURATION, LATEST, SOONEST
from detente.gate.conditions.values import LISTS, Unanswerable, undefined

__all__ = [
    "chained",
    "divide",
    "free",
    "moment",
    "negative",
    "quotient",
    "remainder",
    "span",
    "whole",
]

_LEAST, _MOST = -(2**63), 2**63 - 1


def whole(value: int) -> int:
    """A result that fits into 64 bits."""
    if not _LEAST <= value <= _MOST:
        raise Unanswerable("a whole number that does not fit into 64 bits")
    return value


def divide(left: int, right: int) -> int:
    """Towards zero."""
    if right == 0:
        raise Unanswerable("a division by zero")
    quotient = abs(left) // abs(right)
    return whole(quotient if (left < 0) == (right < 0) else -quotient)


def remainder(left: int, right: int) -> int:
    """With the sign of the dividend."""
    if right == 0:
        raise Unanswerable("a division by zero")
    if left == _LEAST and right == -1:
        return whole(-_LEAST)
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def quotient(left: float, right: float) -> float:
    """As IEEE 754 has it: 1.0 / 0.0 is infinity."""
    if right == 0.0:
        if left == 0.0 or left != left:  # noqa: PLR0124 - NaN
            return float("nan")
        return float("inf") if (left > 0.0) == (str(right)[0] != "-") else float("-inf")
    return left / right


def moment(value: int) -> int:
    """A timestamp that is one."""
    if not SOONEST <= value <= LATEST:
        raise Unanswerable("a moment outside the years 1 to 9999")
    return value


def span(value: int) -> int:
    """A duration that is one."""
    if not -LARGEST_DURATION <= value <= LARGEST_DURATION:
        raise Unanswerable("a duration above 10,000 years")
    return value


def chained(left: Any, right: Any) -> list[Any]:
    """`left + right` of lists."""
    return [*left, *right]


def free(
    mark: str, whole_numbers: Callable[[int, int], int], doubles: Callable[[float, float], float] | None
) -> Any:
    def apply(left: Any, right: Any) -> Any:
        mine = type(left)
        if mine is type(right):
            if mine is int:
                return whole_numbers(left, right)
            if mine is float and doubles is not None:
                return doubles(left, right)
        if mark == "+" and mine is type(right) is str:
            return left + right
        if mark == "+" and mine in LISTS and type(right) in LISTS:
            return chained(left, right)
        raise undefined(mark, left, right)

    return apply


def negative(value: Any) -> Any:
    """`-value`."""
    if type(value) is int:
        return whole(-value)
    if type(value) is float:
        return -value
    raise undefined("-", value)
