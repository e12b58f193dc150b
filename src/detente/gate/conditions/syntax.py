"""What was written: the tree that the parser makes of a condition, before anything is known of its types."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Call", "Index", "Junction", "Listed", "Literal", "Mapped", "Name", "Refusal", "Select", "Syntax"]


class Refusal(Exception):  # noqa: N818 - not an error of the program: what is wrong with a condition
    """What is wrong at one place of a condition; becomes one `Problem` at the front door."""

    def __init__(self, at: int, found: str, expected: str) -> None:
        self.at = at
        """offset of the character at fault"""
        self.found = found
        self.expected = expected
        super().__init__(f"found {found}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Literal:
    at: int
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Name:
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`of.field`."""

    at: int
    of: "Syntax"
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    """`of[index]`."""

    at: int
    of: "Syntax"
    index: "Syntax"


@dataclass(frozen=True, slots=True)
class Call:
    """An operator (`_+_`, `!_`, `_?_:_`), a function, or a method of `of`; macros too look like this."""

    at: int
    name: str
    of: "Syntax | None"
    arguments: "tuple[Syntax, ...]"


@dataclass(frozen=True, slots=True)
class Junction:
    """Any number of parts joined by `&&`, or by `||`."""

    at: int
    is_and: bool
    parts: "tuple[Syntax, ...]"


@dataclass(frozen=True, slots=True)
class Listed:
    """`[a, b]`."""

    at: int
    items: "tuple[Syntax, ...]"


@dataclass(frozen=True, slots=True)
class Mapped:
    """`{a: b}`."""

    at: int
    entries: "tuple[tuple[Syntax, Syntax], ...]"


Syntax: TypeAlias = Literal | Name | Select | Index | Call | Junction | Listed | Mapped
