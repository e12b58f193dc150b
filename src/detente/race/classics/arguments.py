"""Casting arguments at the door: a model's parameters, or what they should have been."""

import math
import operator
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.errors import ClassicError

__all__ = ["Floats", "floats", "member", "real", "square", "whole"]

Floats = npt.NDArray[np.float64]


def real(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> float:
    """Return an argument as a finite float.

    Raises
    ------
    ClassicError
        When it is no number, not finite, not above `above`, below `least`, or above `most`.
    """
    limits = [f"above {above:g}"] if above is not None else []
    limits += [f"at least {least:g}"] if least is not None else []
    limits += [f"at most {most:g}"] if most is not None else []
    expected = " ".join(("a number", " and ".join(limits))).rstrip()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ClassicError(f"{name}: found {value!r}, expected {expected}")
    number = float(value)
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (least is not None and number < least)
        or (most is not None and number > most)
    ):
        raise ClassicError(f"{name}: found {number:g}, expected {expected}")
    return number


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Return an argument as an int.

    Raises
    ------
    ClassicError
        When it is no whole number from `low` to `high`.
    """
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise ClassicError(f"{name}: found {value!r}, expected a whole number, {low} to {high}")
    number = operator.index(value)
    if not low <= number <= high:
        raise ClassicError(f"{name}: found {number}, expected a whole number, {low} to {high}")
    return number


def member(name: str, value: Any, kind: type) -> None:
    """Check that an argument is of a kind.

    Raises
    ------
    ClassicError
        When it is not.
    """
    if not isinstance(value, kind):
        raise ClassicError(f"{name}: found {value!r}, expected a {kind.__name__}")


def floats(name: str, values: Any, *, count: int | None = None, least: float | None = None) -> Floats:
    """Return an argument as a one-dimensional array of finite floats, at least one.

    Raises
    ------
    ClassicError
        When it is anything else, has another length than `count`, or holds a number below `least`.
    """
    wanted = f"{'some' if count is None else count} numbers"
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        raise ClassicError(f"{name}: found {values!r}, expected a list of {wanted}")
    if (count is not None and len(values) != count) or len(values) == 0:
        raise ClassicError(f"{name}: found {len(values)} of them, expected {wanted}")
    return np.array([real(f"{name}[{i}]", value, least=least) for i, value in enumerate(values)])


def square(name: str, rows: Any) -> Floats:
    """Return an argument as a square matrix of finite floats, two rows or more.

    Raises
    ------
    ClassicError
        When it is anything else.
    """
    if isinstance(rows, str) or not isinstance(rows, Sequence | np.ndarray) or len(rows) < 2:
        raise ClassicError(f"{name}: found {rows!r}, expected a square matrix of two rows or more")
    return np.stack([floats(f"{name}[{i}]", row, count=len(rows)) for i, row in enumerate(rows)])
