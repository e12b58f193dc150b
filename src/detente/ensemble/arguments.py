"""Casting arguments at the door."""

import operator
from typing import SupportsIndex

from detente.errors import SimulationError

__all__ = ["whole"]


def whole(name: str, value: SupportsIndex, low: int, high: int) -> int:
    """Return an argument as an int, or say what it should have been."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SimulationError(f"{name}: found {value!r}, expected a whole number, {low} to {high}")
    number = operator.index(value)
    if not low <= number <= high:
        raise SimulationError(f"{name}: found {number}, expected {low} to {high}")
    return number
