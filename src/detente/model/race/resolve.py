"""A validated race document to a race: every default filled in, everything in the order of names.

The fields of an entry and of what it resolves to bear the same names, so one walk over an entry's fields both reads
and writes it; the few that differ are named below.
"""

from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from detente.model.entries import Entry
from detente.model.numbers import KINDS, Kind
from detente.model.problems import step
from detente.model.race.document import Document, MeasureEntry, PlayerEntry
from detente.model.race.vocabulary import (
    Belief,
    Concern,
    Conduct,
    Costs,
    Crises,
    Entrance,
    Insurance,
    Measure,
    Paths,
    Player,
    Policy,
    Posture,
    Race,
    Terms,
    Trust,
)
from detente.model.record import Plain, Record
from detente.model.references import resolve_references
from detente.model.vocabulary import Quantity

__all__ = ["resolve"]

_SECTIONS: tuple[tuple[str, type[Any]], ...] = (
    ("terms", Terms),
    ("conduct", Conduct),
    ("insurance", Insurance),
    ("concern", Concern),
    ("trust", Trust),
    ("paths", Paths),
)


def resolve(document: Document) -> Race:
    """The race that a validated document states."""
    walk = _Walk()
    references, cited = resolve_references(document.references)
    quarters = walk.record.number("quarters", document.quarters, whole=True)
    crises = [walk.entry(f"crises[{i}]", entry) for i, entry in enumerate(document.crises)]
    players = {name: walk.player(name, entry) for name, entry in sorted(document.players.items())}
    sections = {name: (cls, walk.entry(name, getattr(document, name))) for name, cls in _SECTIONS}
    reactions = walk.measures("reactions", document.reactions)
    policies = {}
    for name, entry in sorted(document.policies.items()):
        made, written = walk.measures(f"policies{step(name)}.measures", entry.measures)
        body: Plain = {"title": entry.title, "measures": written}
        policies[name] = (Policy(name=name, title=entry.title, measures=made), body)
    beliefs = {
        name: walk.entry(f"beliefs{step(name)}", entry) for name, entry in sorted(document.beliefs.items())
    }
    plain: Plain = {
        "detente": 1,
        "race": document.race,
        "title": document.title,
        "summary": document.summary,
        "references": cited,
        "quarters": quarters,
        "crises": [body for _, body in crises],
        "players": {name: body for name, (_, body) in players.items()},
        **{name: body for name, (_, (_, body)) in sections.items()},
        "reactions": reactions[1],
        "policies": {name: body for name, (_, body) in policies.items()},
        "beliefs": {name: body for name, (_, body) in beliefs.items()},
    }
    return Race(
        name=document.race,
        title=document.title,
        summary=document.summary,
        references=references,
        quarters=int(document.quarters.value),
        crises=tuple(Crises(**members) for members, _ in crises),
        players=tuple(made for made, _ in players.values()),
        **{name: cls(**members) for name, (cls, (members, _)) in sections.items()},
        reactions=reactions[0],
        policies=tuple(made for made, _ in policies.values()),
        beliefs=tuple(Belief(name=name, **members) for name, (members, _) in beliefs.items()),
        quantities=walk.record.quantities,
        document=plain,
    )


@dataclass(slots=True)
class _Walk:
    """Reads entries and writes them down."""

    record: Record = field(default_factory=Record)

    def entry(self, path: str, stated: Entry) -> tuple[dict[str, Any], Plain]:
        """The members of an entry by field, and its part of the resolved document; what is left out stays out."""
        members: dict[str, Any] = {}
        plain: Plain = {}
        for name, info in type(stated).model_fields.items():
            value, key = getattr(stated, name), info.alias or name
            members[name], written = self._value(f"{path}.{key}", value, info)
            if value is not None:
                plain[key] = written
        return members, plain

    def _value(self, path: str, value: Any, info: FieldInfo) -> tuple[Any, object]:
        if isinstance(value, Quantity):
            kind = _kind(info)
            written = self.record.number(path, value, kind.unit, whole=kind.whole)
            return (int(value.value) if kind.whole else value.value), written
        if isinstance(value, Entry):
            members, plain = self.entry(path, value)
            return members, plain
        if isinstance(value, tuple):
            ordered = sorted(value)
            return tuple(ordered), ordered
        if isinstance(value, dict):
            return self._mapping(path, value)
        return value, value

    def _mapping(self, path: str, stated: dict[str, Any]) -> tuple[dict[str, Any], Plain]:
        made: dict[str, Any] = {}
        plain: Plain = {}
        for name, value in sorted(stated.items()):
            if isinstance(value, Quantity):
                made[name], plain[name] = value.value, self.record.number(path + step(name), value)
            else:
                made[name], plain[name] = tuple(sorted(value)), sorted(value)
        return made, plain

    def player(self, name: str, stated: PlayerEntry) -> tuple[Player, Plain]:
        members, plain = self.entry(f"players{step(name)}", stated)
        members["costs"] = Costs(**members["costs"])
        members["start"] = Posture(**members["start"])
        members["enters"] = Entrance(**members["enters"]) if stated.enters else None
        return Player(name=name, **members), plain

    def measures(
        self, path: str, stated: tuple[MeasureEntry, ...]
    ) -> tuple[tuple[Measure, ...], list[Plain]]:
        made = [self._measure(f"{path}[{i}]", entry) for i, entry in enumerate(stated)]
        return tuple(measure for measure, _ in made), [body for _, body in made]

    def _measure(self, path: str, stated: MeasureEntry) -> tuple[Measure, Plain]:
        members, plain = self.entry(path, stated)
        sets = members.pop("sets") or {}
        return Measure(
            covers=members.pop("for_"),
            from_quarter=members.pop("from_"),
            sets=tuple((name, value) for name, value in sets.items() if value is not None),
            **members,
        ), plain


def _kind(info: FieldInfo) -> Kind:
    """The kind of number that a field takes; of an optional one, the kind of what it is when it is there."""
    for note in (
        *info.metadata,
        *(note for part in get_args(info.annotation) for note in get_args(part)[1:]),
    ):
        schema = note.json_schema if isinstance(note, WithJsonSchema) else None
        if schema and "x-kind" in schema:
            return KINDS[schema["x-kind"]]
    raise AssertionError("INVARIANT: a field that holds a number says which kind")
