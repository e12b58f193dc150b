"""What kinds of values there are when a condition is evaluated, and how facts and their parts are reached."""

from collections.abc import Callable
from typing import Any

__all__ = [
    "LISTS",
    "NUMBERS",
    "Unanswerable",
    "at",
    "elements",
    "has_field",
    "has_key",
    "in_order",
    "key",
    "kind",
    "read",
    "undefined",
]

LISTS = frozenset({list, tuple})
NUMBERS = frozenset({int, float})


class Unanswerable(Exception):  # noqa: N818 - CEL's own word is error; this one is never an allowing answer
    """A condition that has no answer for these facts."""


def kind(value: object) -> str:
    """What CEL calls the type of a value."""
    return _KINDS.get(type(value), f"a Python {type(value).__name__}")


_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    list: "list",
    tuple: "list",
    dict: "map",
    type(None): "null",
}


def undefined(operator: str, *values: object) -> Unanswerable:
    return Unanswerable(f"'{operator}' is not defined for {' and '.join(map(kind, values))}")


def read(facts: dict[str, Any], path: str, fits: Callable[[Any], bool], wanted: str) -> Any:
    """A fact, whose type is looked at before anything believes in it."""
    value = facts.get(path, _NOWHERE)
    if value is _NOWHERE:
        raise Unanswerable(f"the fact {path} is missing")
    if not fits(value):
        raise Unanswerable(f"the fact {path} is {kind(value)}, not {wanted}")
    return value


_NOWHERE = object()


def key(of: Any, name: str) -> Any:
    """`of.name`."""
    if type(of) is not dict:
        raise Unanswerable(f"'.{name}' of {kind(of)}: it has no fields")
    if name not in of:
        raise Unanswerable(f"there is no field '{name}'")
    return of[name]


def has_key(of: Any, name: str) -> bool:
    """`has(of.name)`."""
    if type(of) is not dict:
        raise Unanswerable(f"has(.{name}) of {kind(of)}: it has no fields")
    return name in of


def has_field(of: dict[str, Any], name: str) -> bool:
    """`has(of.name)` of an object, whose absent fields may be written as None."""
    return of.get(name) is not None


def at(of: Any, index: Any) -> Any:
    """`of[index]`."""
    if type(of) is dict:
        if type(index) is str and index in of:
            return of[index]
        raise Unanswerable(f"there is no key {index!r:.60}")
    if type(of) not in LISTS:
        raise undefined("[]", of)
    if type(index) is not int:
        raise Unanswerable(f"{kind(index)} as the index of a list")
    if not 0 <= index < len(of):
        raise Unanswerable(f"there is no element {index} in a list of {len(of)}")
    return of[index]


LISTS = frozenset({list, tuple})


def elements(of: Any, most: int) -> Any:
    """What a comprehension runs over: the elements of a list, the keys of a map; so many and no more."""
    if type(of) not in LISTS and type(of) is not dict:
        raise Unanswerable(f"a comprehension over {kind(of)}")
    if len(of) > most:
        raise Unanswerable(f"a comprehension over {len(of)} elements, more than {most}")
    return of


def in_order(of: Any, most: int) -> Any:
    """The elements of a list, for `map` and `filter`: the keys of a map have no order."""
    if type(of) is dict:
        raise Unanswerable("map() or filter() over a map, whose keys have no order")
    return elements(of, most)
