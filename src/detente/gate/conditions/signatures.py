"""Which operators and functions there are, for which types, and of what type their results are.

The overloads are those of cel-spec's list of standard definitions, less what the library refuses when it
runs, and less what implementations disagree about. Something free-form (`dyn`) stands beside any type that
JSON can say; whether it fits is found out when the condition is evaluated.
"""

from collections.abc import Sequence

from detente.gate.conditions.types import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NOTHING,
    STRING,
    TIMESTAMP,
    Type,
)

__all__ = ["FUNCTIONS", "METHODS", "comparable", "joined", "operator_result"]

_TIMES = frozenset({TIMESTAMP, DURATION})
_ORDERED = frozenset({BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION})
_ORDERINGS = frozenset({"_<_", "_<=_", "_>_", "_>=_"})

_ARITHMETIC: dict[tuple[str, Type, Type], Type] = {
    **{(f"_{mark}_", INT, INT): INT for mark in "+-*/%"},
    **{(f"_{mark}_", DOUBLE, DOUBLE): DOUBLE for mark in "+-*/"},
    ("_+_", STRING, STRING): STRING,
    ("_+_", TIMESTAMP, DURATION): TIMESTAMP,
    ("_+_", DURATION, TIMESTAMP): TIMESTAMP,
    ("_+_", DURATION, DURATION): DURATION,
    ("_-_", TIMESTAMP, TIMESTAMP): DURATION,
    ("_-_", TIMESTAMP, DURATION): TIMESTAMP,
    ("_-_", DURATION, DURATION): DURATION,
}

_DATES = ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Milliseconds")
_CLOCK = ("Hours", "Minutes", "Seconds")

METHODS: dict[str, tuple[frozenset[str], tuple[Type, ...], Type]] = {
    **{
        name: (frozenset({"string"}), (STRING,), BOOL)
        for name in ("contains", "startsWith", "endsWith", "matches")
    },
    "size": (frozenset({"string", "list", "map"}), (), INT),
    **{f"get{part}": (frozenset({"timestamp"}), (), INT) for part in _DATES},
    **{f"get{part}": (frozenset({"timestamp", "duration"}), (), INT) for part in _CLOCK},
}
"""Of a method: the kinds it is for, its arguments, its result."""

FUNCTIONS: dict[str, tuple[frozenset[str], Type]] = {
    "size": (frozenset({"string", "list", "map"}), INT),
    "int": (frozenset({"int", "double", "string"}), INT),
    "double": (frozenset({"int", "double", "string"}), DOUBLE),
    "string": (frozenset({"int", "string"}), STRING),
    "timestamp": (frozenset({"string"}), TIMESTAMP),
    "duration": (frozenset({"string"}), DURATION),
}
"""Of a function of one argument: the kinds it is for, its result."""


def comparable(left: Type, right: Type) -> bool:
    """Whether values of two types can be equal at all."""
    if NOTHING in {left, right} or (left == right and left.kind != "nothing"):
        return True
    if DYN in {left, right}:
        return not {left, right} & _TIMES
    if left.kind == right.kind and left.inner is not None and right.inner is not None:
        return comparable(left.inner, right.inner)
    return False


def joined(left: Type, right: Type) -> Type | None:
    """The type that holds values of both, if one does."""
    if right in {left, NOTHING}:
        return left
    if left == NOTHING:
        return right
    if not comparable(left, right):
        return None
    if left.kind == right.kind == "list" and left.inner is not None and right.inner is not None:
        inner = joined(left.inner, right.inner)
        return None if inner is None else Type("list", inner)
    return DYN


def operator_result(name: str, types: Sequence[Type]) -> Type | None:
    """What an operator makes of such operands; None where it is not defined for them."""
    if name in {"_==_", "_!=_"}:
        return BOOL if comparable(*types) else None
    if name in _ORDERINGS:
        return BOOL if _ordered(*types) else None
    if name == "@in":
        return BOOL if _contained(*types) else None
    if name == "!_":
        return BOOL if types[0] in {BOOL, DYN} else None
    if name == "-_":
        return types[0] if types[0] in {INT, DOUBLE, DYN} else None
    return _arithmetic(name, *types)


def _ordered(left: Type, right: Type) -> bool:
    if DYN in {left, right}:
        return {left, right} <= {DYN, BOOL, INT, DOUBLE, STRING}
    return left == right and left in _ORDERED


def _contained(left: Type, right: Type) -> bool:
    if right == DYN:
        return left not in _TIMES
    if right.kind == "map":
        return left in {STRING, DYN}
    return right.inner is not None and comparable(left, right.inner)


def _arithmetic(name: str, left: Type, right: Type) -> Type | None:
    if DYN in {left, right}:
        other = right if left == DYN else left
        if other == DYN or (other.kind == "list" and name == "_+_"):
            return DYN
        return _ARITHMETIC.get((name, other, other)) if other not in _TIMES else None
    if name == "_+_" and left.kind == right.kind == "list":
        return joined(left, right)
    return _ARITHMETIC.get((name, left, right))
