"""What a condition means: the tree that the checker makes, with names resolved and every type known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from detente.gate.conditions.types import Type

__all__ = [
    "Apply",
    "Both",
    "Bound",
    "Choose",
    "Comprehension",
    "Constant",
    "Element",
    "Fact",
    "ListOf",
    "MapOf",
    "Member",
    "Node",
    "Present",
    "parts_of",
    "paths_of",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Constant:
    type: Type
    at: int
    value: bool | int | float | str | None
    """of a timestamp the nanoseconds since the epoch, of a duration its nanoseconds"""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the schema."""

    type: Type
    at: int
    path: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """The variable of a comprehension; `level` counts the comprehensions around it."""

    type: Type
    at: int
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class Member:
    """`of.field`, of a map, an object or something free-form."""

    type: Type
    at: int
    of: "Node"
    field: str


@dataclass(frozen=True, slots=True)
class Element:
    """`of[index]`."""

    type: Type
    at: int
    of: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Present:
    """`has(of.field)`; for a fact `of` is None and `field` its path."""

    type: Type
    at: int
    of: "Node | None"
    field: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or a function; a method's receiver is its first argument."""

    type: Type
    at: int
    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Both:
    """Parts joined by `&&`, or by `||`: one part that decides outweighs errors in the others."""

    type: Type
    at: int
    is_and: bool
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choose:
    """`condition ? yes : no`."""

    type: Type
    at: int
    condition: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class ListOf:
    type: Type
    at: int
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class MapOf:
    type: Type
    at: int
    entries: "tuple[tuple[str, Node], ...]"


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`over.macro(bound, body)`; `where` is the second of three arguments of `map`."""

    type: Type
    at: int
    macro: str
    over: "Node"
    bound: Bound
    body: "Node"
    where: "Node | None" = None


Node: TypeAlias = (
    Constant
    | Fact
    | Bound
    | Member
    | Element
    | Present
    | Apply
    | Both
    | Choose
    | ListOf
    | MapOf
    | Comprehension
)


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes directly under one."""
    match node:
        case Constant() | Fact() | Bound():
            return ()
        case Present(of=of):
            return () if of is None else (of,)
        case Member(of=of):
            return (of,)
        case Element(of=of, index=index):
            return (of, index)
        case Apply(arguments=parts) | Both(parts=parts) | ListOf(items=parts):
            return parts
        case MapOf(entries=entries):
            return tuple(value for _, value in entries)
        case Choose(condition=condition, yes=yes, no=no):
            return (condition, yes, no)
        case Comprehension(over=over, body=body, where=where):
            return (over, body) if where is None else (over, where, body)


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, from left to right."""
    yield node
    for part in parts_of(node):
        yield from walk(part)


def paths_of(node: Node) -> tuple[str, ...]:
    """The facts that a condition reads or asks for, sorted."""
    read = {part.path for part in walk(node) if isinstance(part, Fact)}
    asked = {part.field for part in walk(node) if isinstance(part, Present) and part.of is None}
    return tuple(sorted(read | asked))
