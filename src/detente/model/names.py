"""Names in a document: how they are written, which exist, and which one was probably meant."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from detente.model.problems import Fault, nearest_of, shown
from detente.model.tree import Tree
from detente.model.units import DURATION, parse
from detente.model.vocabulary import DEFAULT_LADDER

__all__ = [
    "NAME_PATTERN",
    "NOBODY",
    "ActorName",
    "ActorOrNone",
    "CompartmentName",
    "GroupName",
    "KindName",
    "Name",
    "Names",
    "ReferenceName",
    "RungName",
    "SystemName",
    "fail",
    "is_name",
    "names_of",
]

NOBODY = "none"
"""what a document writes where no actor is meant; therefore no actor's name"""

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
COMPARTMENT_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}"  # the default is two names and a slash

_NAME = re.compile(NAME_PATTERN)
_COMPARTMENT = re.compile(COMPARTMENT_PATTERN)
_MOST_LISTED = 8
_MOST_COMPARED = 200_000


@dataclass(slots=True)
class Names:
    """The names a document declares, gathered before anything in it is checked."""

    actors: Collection[str]
    systems: Collection[str]
    rungs: Collection[str]
    references: Collection[str]
    components: Collection[str]
    """those that some system has"""
    actions: Collection[str] = ()
    """kinds of actions"""
    groups: Collection[str] = ()
    """groups of people"""
    catastrophe: int | None = None
    """position of the catastrophe rung, if the document states a known one"""
    horizon_s: float | None = None
    """if the document states a legal one"""
    budget: int = field(default=_MOST_COMPARED, compare=False)
    """names still to be compared in search of the nearest; bounds the time spent on a wrong document"""

    @classmethod
    def of(cls, tree: Tree) -> "Names":
        """The names in a tree that may be wrong in any way."""
        top = tree if isinstance(tree, dict) else {}
        ladder = top.get("ladder")
        rungs = [rung for rung in ladder if isinstance(rung, str)] if isinstance(ladder, list) else []
        listed = rungs or list(DEFAULT_LADDER)
        systems = _keys(top, "systems")
        return cls(
            actors=_keys(top, "actors"),
            systems=systems,
            rungs=listed,
            references=_keys(top, "references"),
            components={name for body in systems.values() for name in _components(body)},
            actions=_keys(top, "actions"),
            groups=_keys(top, "groups"),
            catastrophe=_position(top.get("catastrophe", listed[-1]), listed),
            horizon_s=_seconds(top.get("horizon")),
        )

    def nearest(self, name: str, among: Collection[str]) -> str | None:
        """The one of `among` that looks most like `name`, if one does."""
        if len(among) > self.budget:
            return None
        self.budget -= len(among)
        close = nearest_of(name, among)
        return close[0] if close else None

    def hint(self, name: object, among: Collection[str]) -> str:
        """What to add to an error about `name`: the nearest name, or the few there are."""
        near = self.nearest(name, among) if isinstance(name, str) else None
        if near is not None:
            return f" (did you mean '{near}'?)"
        if 0 < len(among) <= _MOST_LISTED:
            return f" ({', '.join(among)})"
        return ""


def _keys(top: dict[str, Tree], section: str) -> dict[str, Tree]:
    body = top.get(section)
    return body if isinstance(body, dict) else {}


def _position(rung: Tree, ladder: list[str]) -> int | None:
    return ladder.index(rung) if rung in ladder else None


def _seconds(horizon: Tree) -> float | None:
    stated = horizon.get("value") if isinstance(horizon, dict) else horizon
    try:
        return parse(stated, DURATION) if isinstance(stated, str) else None
    except ValueError:
        return None


def _components(system: Tree) -> list[str]:
    listed = system.get("components") if isinstance(system, dict) else None
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def is_name(value: object) -> bool:
    """Whether `value` may name something."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None and value != NOBODY


def names_of(info: ValidationInfo) -> Names:
    """The names of the document that is being validated."""
    names = info.context
    assert isinstance(names, Names), "INVARIANT: documents are validated by model.validate"
    return names


def fail(*faults: Fault) -> PydanticCustomError:
    """The error by which a field reports its faults, their paths relative to the field."""
    return PydanticCustomError("faults", "not legal here", {"faults": faults})


def refuse(value: object, expected: str) -> PydanticCustomError:
    """The error of a field whose whole value is wrong."""
    return fail(Fault((), shown(value), expected))


def _quoted(value: object) -> str:
    """Names such as 2024 or true are read as something else unless they stand in quotes."""
    return ", in quotes where it looks like something else" if isinstance(value, bool | int | float) else ""


def read_name(value: object) -> str:
    """A name that is declared here, or free."""
    if isinstance(value, str) and is_name(value):
        return value
    if value == NOBODY:
        raise refuse(value, "another name: 'none' means nobody")
    expected = "a name: letters, digits, '-', '_' and '.', at most 100, the first a letter or digit"
    raise refuse(value, expected + _quoted(value))


def _read_compartment(value: object) -> str:
    if isinstance(value, str) and _COMPARTMENT.fullmatch(value):
        return value
    expected = "a name: letters, digits, '-', '_', '.' and '/', at most 201, the first a letter or digit"
    raise refuse(value, expected + _quoted(value))


def _declared(what: str, among: Callable[[Names], Collection[str]]) -> Callable[[Any, ValidationInfo], str]:
    def read(value: object, info: ValidationInfo) -> str:
        names = names_of(info)
        known = among(names)
        if isinstance(value, str) and value in known:
            return value
        raise refuse(value, f"the name of {what}{names.hint(value, known)}{_quoted(value)}")

    return read


_read_actor = _declared("an actor", lambda names: names.actors)


def _read_actor_or_none(value: object, info: ValidationInfo) -> str | None:
    return None if value == NOBODY else _read_actor(value, info)


def _kind(name: str) -> WithJsonSchema:
    # Replaced by a reference to the shared definition when the schema is made (model.schema).
    return WithJsonSchema({"x-kind": name})


Name: TypeAlias = Annotated[str, PlainValidator(read_name), _kind("name")]
CompartmentName: TypeAlias = Annotated[str, PlainValidator(_read_compartment), _kind("compartment")]
ActorName: TypeAlias = Annotated[str, PlainValidator(_read_actor), _kind("name")]
ActorOrNone: TypeAlias = Annotated[str | None, PlainValidator(_read_actor_or_none), _kind("actor-or-none")]
SystemName: TypeAlias = Annotated[
    str, PlainValidator(_declared("a system", lambda names: names.systems)), _kind("name")
]
RungName: TypeAlias = Annotated[
    str, PlainValidator(_declared("a rung", lambda names: names.rungs)), _kind("name")
]
ReferenceName: TypeAlias = Annotated[
    str, PlainValidator(_declared("a reference", lambda names: names.references)), _kind("name")
]
ComponentName: TypeAlias = Annotated[
    str,
    PlainValidator(_declared("a component that a system has", lambda names: names.components)),
    _kind("name"),
]
KindName: TypeAlias = Annotated[
    str, PlainValidator(_declared("a kind of action", lambda names: names.actions)), _kind("name")
]
GroupName: TypeAlias = Annotated[
    str, PlainValidator(_declared("a group", lambda names: names.groups)), _kind("name")
]
