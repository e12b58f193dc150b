"""The facts that conditions may read: their schema, and how each is found in a case.

A path is as a charter writes it, `action.rung`. Rungs are whole numbers, the position on the ladder, so that they can be
compared; `rung.degrade` and its like are constants. What may be unknown is optional: a condition must ask `has(...)` first.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from detente.gate.case import Case
from detente.gate.conditions.types import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    RESERVED,
    STRING,
    TIMESTAMP,
    Field,
    Schema,
    Type,
    list_of,
    map_of,
    optional,
)
from detente.gate.decision import MODES
from detente.gate.policy import NS, Target
from detente.gate.request import Premise
from detente.gate.state import Known
from detente.model.charter.vocabulary import PHASES, ActionKind, Asset, Charter, SystemTerms

__all__ = [
    "FOUND",
    "NAMES",
    "Find",
    "FindFixed",
    "Show",
    "finder",
    "fixed_finder",
    "schema_of",
    "shower",
    "varying",
]

Find: TypeAlias = Callable[[Case], dict[str, Any]]
Show: TypeAlias = Callable[[Case, dict[str, Any]], dict[str, Any]]
FindFixed: TypeAlias = Callable[[SystemTerms, Target, ActionKind], dict[str, Any]]


def schema_of(charter: Charter) -> Schema:
    """Return the facts that the conditions of a charter may read."""
    rung = Field(INT, low=0, high=len(charter.ladder) - 1)
    count = Field(INT, low=0)
    owner = Field(STRING, among=tuple(actor.name for actor in charter.actors))
    targets: tuple[SystemTerms | Asset, ...] = (*charter.systems, *charter.assets)
    domain = Field(STRING, among=tuple(dict.fromkeys(one.domain for one in targets)))
    compartment = Field(STRING, among=tuple(dict.fromkeys(one.compartment for one in targets)))
    facts: dict[str, Type | Field] = {
        "action.id": STRING,
        "action.name": Field(
            STRING, among=(*(kind.name for kind in charter.actions), *_uncatalogued(charter))
        ),
        "action.rung": rung,
        "action.reversible": BOOL,
        "action.arguments": map_of(DYN),
        "action.answers": count,
        "system.name": Field(STRING, among=tuple(system.name for system in charter.systems)),
        "system.owner": owner,
        "system.domain": domain,
        "system.compartment": compartment,
        "system.certified": BOOL,
        "system.phase": Field(STRING, among=PHASES),
        "target.name": Field(STRING, among=tuple(one.name for one in targets)),
        "target.owner": owner,
        "target.domain": domain,
        "target.compartment": compartment,
        "premise.blames": optional(STRING),
        "premise.confidence": optional(Field(DOUBLE, low=0.0, high=1.0)),
        "premise.evidence": list_of(STRING),
        "trigger.domain": optional(STRING),
        "trigger.rung": optional(rung),
        "trigger.age_s": optional(Field(DOUBLE, low=0.0)),
        "mode": Field(STRING, among=MODES),
        "holds.open": count,
        "now.time": TIMESTAMP,
        "now.hour": Field(INT, low=0, high=23),
        "now.weekday": Field(INT, low=1, high=7),
    }
    facts |= {
        f"rung.{identifier(name)}": Field(INT, low=place, high=place)
        for place, name in enumerate(charter.ladder)
    }
    return Schema(facts)


def _uncatalogued(charter: Charter) -> tuple[str, ...]:
    """Return what actions outside the catalogue are called: a domain and a rung."""
    domains = sorted({*(one.domain for one in charter.systems), *(one.domain for one in charter.assets)})
    return tuple(f"{domain}/{rung}" for domain in domains for rung in charter.ladder)


def identifier(name: str) -> str:
    """Return a rung's name as CEL can spell it: dashes become underscores."""
    spelled = "".join(letter if letter.isalnum() else "_" for letter in name)
    return f"{spelled}_" if spelled in RESERVED else spelled


def varying(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those among some paths whose facts differ from case to case."""
    return tuple(path for path in paths if path in FOUND)


def finder(paths: Iterable[str]) -> Find:
    """Return how the facts of some paths are found that differ from case to case: all of them at once."""
    entries = ", ".join(f"{path!r}: {FOUND[path]}" for path in varying(paths))
    find: Find = eval(f"lambda CASE: {{{entries}}}", dict(NAMES))  # noqa: S307 - only of what stands in `FOUND`, below
    return find


def shower(paths: Iterable[str]) -> Show:
    """Return how the facts of some paths are shown: of a case, and of what it shares with others."""
    entries = ", ".join(f"{path!r}: {FOUND.get(path, f'SHARED[{path!r}]')}" for path in paths)
    show: Show = eval(f"lambda CASE, SHARED: {{{entries}}}", dict(NAMES))  # noqa: S307 - as above
    return show


def fixed_finder(charter: Charter, paths: Iterable[str]) -> FindFixed:
    """Return how the others are found: what is the same whenever a system proposes a kind of action upon a target."""
    rungs = {rung: place for place, rung in enumerate(charter.ladder)}
    constants = {f"rung.{identifier(rung)}": place for rung, place in rungs.items()}
    wanted = frozenset(paths)

    def found(system: SystemTerms, target: Target, kind: ActionKind) -> dict[str, Any]:
        facts = constants | {
            "action.name": kind.name,
            "action.rung": rungs[kind.rung],
            "system.name": system.name,
            "system.owner": system.owner,
            "system.domain": system.domain,
            "system.compartment": system.compartment,
            "system.certified": system.certified,
            "target.name": target.name,
            "target.owner": target.owner,
            "target.domain": target.domain,
            "target.compartment": target.compartment,
        }
        return {path: value for path, value in facts.items() if path in wanted}

    return found


def _trigger(case: Case) -> Known | None:
    """Return the first of what the action answers, where it is known."""
    return case.triggers[0] if case.triggers else None


def _age_s(case: Case) -> float | None:
    known = _trigger(case)
    return None if known is None else (case.now - known.at) / NS


_HOUR = 3600 * NS
_DAY = 24 * _HOUR
_THURSDAY = 3
"""The epoch began on one: that many days after a Monday."""

NAMES: Mapping[str, Any] = {
    "NOTHING": Premise(),
    "age_s": _age_s,
    "trigger": _trigger,
    "HOUR": _HOUR,
    "DAY": _DAY,
    "FIRST": _THURSDAY,
}
"""What the Python below may call."""

FOUND: Mapping[str, str] = {
    "action.id": "CASE.action.id",
    "action.reversible": "CASE.is_reversible",
    "action.arguments": "CASE.action.arguments",
    "action.answers": "len(CASE.action.in_response_to or ())",
    "system.phase": "CASE.phase",
    "premise.blames": "(CASE.action.premise or NOTHING).blames",
    "premise.confidence": "CASE.confidence",
    "premise.evidence": "(CASE.action.premise or NOTHING).evidence",
    "trigger.domain": "getattr(trigger(CASE), 'domain', None)",
    "trigger.rung": "getattr(trigger(CASE), 'rung', None)",
    "trigger.age_s": "age_s(CASE)",
    "mode": "CASE.mode",
    "holds.open": "len(CASE.state.holds)",
    "now.time": "CASE.now",
    "now.hour": "CASE.now // HOUR % 24",
    "now.weekday": "(CASE.now // DAY + FIRST) % 7 + 1",
}
"""How each fact that differs from case to case is found in one, as Python: one function is written of those that a charter's conditions read, for a call each costs more than they do."""
