"""Whether a value that was handed over is of the type that the schema promised."""

from collections.abc import Callable
from typing import Any, TypeAlias

from detente.gate.conditions.literals import LARGEST_DURATION, LATEST, SOONEST
from detente.gate.conditions.types import Type

__all__ = ["Fits", "fits", "inline"]

Fits: TypeAlias = Callable[[Any], bool]

_SCALARS = {
    "bool": "({0} is True or {0} is False)",
    "int": "type({0}) is int",
    "double": "type({0}) is float",
    "string": "type({0}) is str",
    "timestamp": f"(type({{0}}) is int and {SOONEST} <= {{0}} <= {LATEST})",
    "duration": f"(type({{0}}) is int and {-LARGEST_DURATION} <= {{0}} <= {LARGEST_DURATION})",
}
_TESTS: dict[str, Fits] = {
    "bool": lambda value: value is True or value is False,
    "int": lambda value: type(value) is int,
    "double": lambda value: type(value) is float,
    "string": lambda value: type(value) is str,
    "timestamp": lambda value: type(value) is int and SOONEST <= value <= LATEST,
    "duration": lambda value: type(value) is int and -LARGEST_DURATION <= value <= LARGEST_DURATION,
    "null": lambda value: value is None,
}


def inline(of: Type, variable: str) -> str | None:
    """The test of a plain type as Python, None where a function is needed; empty where anything fits."""
    if of.kind == "dyn":
        return ""
    return _SCALARS[of.kind].format(variable) if of.kind in _SCALARS else None


def fits(of: Type) -> Fits:
    """The test of any type, all the way down."""
    if of.kind == "dyn":
        return lambda _: True
    if of.kind == "list" and of.inner is not None:
        return _list(of.inner)
    if of.kind == "map" and of.inner is not None:
        return _map(of.inner)
    if of.kind == "object":
        return _object(of)
    return _TESTS[of.kind]


def _list(inner: Type) -> Fits:
    are_right = _all(inner)
    return lambda value: type(value) in _LISTS and are_right(value)


def _map(inner: Type) -> Fits:
    are_right = None if inner.kind == "dyn" else _all(inner)

    def test(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for key in value:
            if type(key) is not str:
                return False
        return are_right is None or are_right(value.values())

    return test


_LISTS = frozenset({list, tuple})
_EXACT = {"bool": bool, "int": int, "double": float, "string": str}
"""types that are known by the class of their values alone"""


def _all(inner: Type) -> Fits:
    """The test of several values of a type; a call for each of them is what it avoids."""
    if inner.kind == "dyn":
        return lambda _: True
    if inner.kind in _EXACT:
        only = frozenset({_EXACT[inner.kind]})
        return lambda values: only.issuperset(map(type, values))
    one = fits(inner)
    return lambda values: all(map(one, values))


def _object(of: Type) -> Fits:
    tests = [(name, fits(field.type), field.optional) for name, field in of.fields]

    def test(value: Any) -> bool:
        if type(value) is not dict:
            return False
        return all(
            (optional and value.get(name) is None) or (name in value and inner(value[name]))
            for name, inner, optional in tests
        )

    return test
