"""The types of CEL that conditions know, and the schema that says which facts there are.

A schema maps paths, as `action.rung`, to fields. A field has a type, may be optional (absent from some
actions), and may state its range or its only values, which the loader and the linter hold conditions to.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "BOOL",
    "DOUBLE",
    "DURATION",
    "DYN",
    "INT",
    "NOTHING",
    "NULL",
    "STRING",
    "TIMESTAMP",
    "Field",
    "Schema",
    "Type",
    "list_of",
    "map_of",
    "object_of",
    "optional",
]

RESERVED = frozenset(
    {
        *("false", "in", "null", "true"),
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    }
)
"""Words that CEL keeps for itself."""

_IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a kind, and what it holds."""

    kind: str
    inner: "Type | None" = None
    """of a list its elements, of a map its values; keys are strings"""
    fields: "tuple[tuple[str, Field], ...]" = ()
    """of an object"""

    def __str__(self) -> str:
        if self.kind == "list":
            return f"list({self.inner})"
        return f"map(string, {self.inner})" if self.kind == "map" else self.kind

    def one(self) -> str:
        """One of the type, in a sentence: `an int`, `a list(string)`."""
        if self.kind == "null":
            return "nothing (null)"
        return f"an {self}" if self.kind in {"int", "object"} else f"a {self}"


Limit: TypeAlias = int | float | None


@dataclass(frozen=True, slots=True)
class Field:
    """What the schema says of one fact or of one field of an object."""

    type: Type
    optional: bool = False
    low: Limit = None
    high: Limit = None
    """the range of a number, both ends included; of timestamps and durations in nanoseconds"""
    among: tuple[str, ...] = ()
    """the only values of a string; a condition that compares it with another is refused"""


BOOL = Type("bool")
INT = Type("int")
DOUBLE = Type("double")
STRING = Type("string")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
NULL = Type("null")
DYN = Type("dyn")
"""Free-form: whatever JSON can say, known when the condition is evaluated."""
NOTHING = Type("nothing")
"""What an empty list holds."""


def list_of(inner: Type) -> Type:
    """A list whose elements are all of one type."""
    return Type("list", inner)


def map_of(inner: Type) -> Type:
    """A map from strings to values of one type."""
    return Type("map", inner)


def object_of(fields: Mapping[str, Type | Field]) -> Type:
    """A thing with named fields, as the elements of a list of targets."""
    return Type("object", fields=tuple((name, _field(of)) for name, of in fields.items()))


def optional(of: Type | Field) -> Field:
    """A fact that may be absent."""
    stated = _field(of)
    return Field(stated.type, optional=True, low=stated.low, high=stated.high, among=stated.among)


def _field(of: Type | Field) -> Field:
    return of if isinstance(of, Field) else Field(of)


@dataclass(frozen=True, slots=True)
class Schema:
    """The facts that conditions may read."""

    facts: Mapping[str, Field]
    groups: frozenset[str] = field(init=False)
    """what stands before a dot in some path, as `action`: no fact itself"""

    def __init__(self, facts: Mapping[str, Type | Field]) -> None:
        object.__setattr__(self, "facts", {path: _field(of) for path, of in facts.items()})
        object.__setattr__(self, "groups", frozenset(above for path in facts for above in _above(path)))
        for path in facts:
            for name in path.split("."):
                assert _IDENTIFIER.fullmatch(name), f"INVARIANT: {path} is written in identifiers"
                assert name not in RESERVED, f"INVARIANT: {path} is no word of CEL"
            assert path not in self.groups, f"INVARIANT: {path} is a fact or a group, not both"

    def within(self, group: str) -> list[str]:
        """The facts of a group."""
        return [path for path in self.facts if path.startswith(group + ".")]


def _above(path: str) -> Iterable[str]:
    parts = path.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))
