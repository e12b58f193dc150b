"""What is legal in a charter but looks like a mistake."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from detente.model.charter.document import ActionEntry, Document, SystemEntry
from detente.model.charter.forms import ALL
from detente.model.charter.review import panels
from detente.model.charter.targets import Targets, everything
from detente.model.charter.vocabulary import OnHalt
from detente.model.entries import Entry
from detente.model.names import Names
from detente.model.problems import Fault, Path
from detente.model.references import uncited
from detente.model.vocabulary import Quantity
from detente.model.warn import unusual_kind

__all__ = ["warn"]

_MOST_SEARCHES = 1_000_000
"""for the targets of a system in the domains of what it may do; beyond, no warning is given"""


def warn(document: Document) -> list[Fault]:
    """The suspicious places of a legal charter."""
    return [
        *uncited(document, document.references),
        *_ranges(document, ()),
        *_actors(document),
        *_systems(document),
        *_reaches(document),
        *_actions(document),
        *_people(document),
        *_groups(document),
        *_modes(document),
        *_promotion(document),
    ]


def _ranges(value: Any, path: Path) -> Iterator[Fault]:
    # The models nest about six deep, so this recursion is bounded by the language, not by the document.
    if isinstance(value, Quantity) and value.low is not None:
        yield Fault(path, "a range", "the number alone: a gate uses `value`, whatever else it could be")
    elif isinstance(value, Entry):
        for name, info in type(value).model_fields.items():
            if name in value.model_fields_set:
                yield from _ranges(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _ranges(item, (*path, name))


def _actors(document: Document) -> Iterator[Fault]:
    owners = {entry.owner for entry in everything(document).values()}
    for name, actor in document.actors.items():
        yield from unusual_kind(actor.kind, ("actors", name, "kind"))
        if actor.bloc in document.actors and actor.bloc != name:
            found = f"'{actor.bloc}', which is also an actor"
            yield Fault(("actors", name, "bloc"), found, "a bloc with a name of its own")
        if name not in owners:
            yield Fault(("actors", name), "an actor that owns nothing", "a system or an asset", at_key=True)


def _systems(document: Document) -> Iterator[Fault]:
    for name, system in document.systems.items():
        if not system.may:
            expected = "kinds of actions under `may:`; what only is acted upon is an asset"
            yield Fault(("systems", name), "a system that may do nothing", expected, at_key=True)
        elif not system.targets:
            expected = "names under `targets:`; every proposal of it is refused"
            yield Fault(("systems", name), "a system that may act upon nothing", expected, at_key=True)


def _reaches(document: Document) -> Iterator[Fault]:
    """A kind of action needs a target in its domain that the system may act upon."""
    there = Targets.of(document)
    left = _MOST_SEARCHES
    for name, system in document.systems.items():
        domains = _domains_of(document, system)
        left -= len(domains) * len(system.targets)
        if left < 0:
            return
        for domain, kind in domains.items():
            if system.targets and not any(there.finds_in(pattern, domain) for pattern in system.targets):
                found = f"'{kind}', in '{domain}', where this system may act upon nothing"
                expected = f"a target in '{domain}', or no such action: it is always refused"
                yield Fault(("systems", name, "may"), found, expected)


def _domains_of(document: Document, system: SystemEntry) -> dict[str, str]:
    """The domains of what a system may do in one domain only, each with the first such kind."""
    if system.may == (ALL,):
        return {}
    domains: dict[str, str] = {}
    for kind in system.may:
        domain = document.actions[kind].in_
        if domain is not None:
            domains.setdefault(domain, kind)
    return domains


def _actions(document: Document) -> Iterator[Fault]:
    proposed: set[str] = set()
    for system in document.systems.values():
        proposed.update(document.actions if system.may == (ALL,) else system.may)
        if len(proposed) == len(document.actions):
            break
    for name, action in document.actions.items():
        path: Path = ("actions", name)
        if name not in proposed:
            yield Fault(path, "an action that nobody may propose", "a system that may", at_key=True)
        yield from _halting(document, action, path)
        yield from _undoing(action, path)
        if document.ladder.index(action.rung) >= document.ladder.index(_catastrophe(document)):
            yield Fault((*path, "rung"), f"'{action.rung}', a catastrophe by itself", "a milder rung")


def _catastrophe(document: Document) -> str:
    return document.catastrophe or document.ladder[-1]


def _halting(document: Document, action: ActionEntry, path: Path) -> Iterator[Fault]:
    is_critical = document.ladder.index(action.rung) >= document.ladder.index(document.critical)
    if action.on_halt is None:
        expected = "`on_halt:` deny, hold or allow: unsaid, it stops"
        yield Fault(path, "no `on_halt`", expected, at_key=True)
    elif action.on_halt is OnHalt.ALLOW and is_critical and not action.reversible:
        found = "'allow', for what is critical and cannot be undone"
        yield Fault((*path, "on_halt"), found, "deny or hold: this goes on while everything is halted")


def _undoing(action: ActionEntry, path: Path) -> Iterator[Fault]:
    if action.reversible and action.undo is None:
        yield Fault((*path, "reversible"), "true, and no `undo`", "`undo:`, which says how it is undone")
    if action.undo is not None and not action.reversible:
        yield Fault((*path, "undo"), "a way to undo it, and `reversible` false", "`reversible: true`")


def _people(document: Document) -> Iterator[Fault]:
    """A slip of the pen makes of an operator somebody else, who may then approve what they propose themselves."""
    hints = Names.of({})
    members = {person for group in document.groups.values() for person in group.people}
    told: set[str] = set()
    for name, system in document.systems.items():
        for index, person in enumerate(system.operators):
            if person not in members and person not in told:
                told.add(person)
                near = hints.nearest(person, members)
                hint = f" (did you mean '{near}'?)" if near else ""
                expected = f"a person of a group{hint}; nobody else can decide anything"
                yield Fault(
                    ("systems", name, "operators", index), f"'{person}', who is in no group", expected
                )


def _groups(document: Document) -> Iterator[Fault]:
    asked = Counter(document.reviewed_by.values())
    asked.update(group.escalates_to for group in document.groups.values() if group.escalates_to)
    for name in document.groups:
        if not asked[name]:
            expected = "an actor under `reviewed_by`, or a group that escalates to it"
            yield Fault(("groups", name), "a group that nobody asks", expected, at_key=True)
    yield from _late(document)


def _late(document: Document) -> Iterator[Fault]:
    """Where only the next group has enough people, everything waits for half of the deadline."""
    for name, panel, groups in panels(document):
        able = panel.able_group(groups)
        if able != groups[0]:
            expected = f"enough in that group: '{able}' is asked late"
            yield Fault(("systems", name), panel.lack(name, groups[0]), expected, at_key=True)


def _modes(document: Document) -> Iterator[Fault]:
    """De-escalation asks for no less than guarded mode."""
    ladder = document.ladder
    guarded = document.modes.guarded_review_from or document.critical
    stated = document.modes.review_from
    if stated is not None and ladder.index(stated) > ladder.index(guarded):
        expected = f"'{guarded}', as in guarded mode, or a milder rung"
        yield Fault(("modes", "review_from"), f"'{stated}'", expected)


def _promotion(document: Document) -> Iterator[Fault]:
    """Of n judgements that all agree, the lower bound is (1 - confidence)^(1/n): fewer can never show enough."""
    terms = document.promotion
    needed = math.ceil(math.log(1.0 - terms.confidence.value) / math.log(terms.agreement.value) - 1e-9)
    if terms.least_judged.value < needed:
        found = f"{terms.least_judged.value:g}, with which no agreement is shown"
        expected = f"at least {needed}: so many must all agree to show {terms.agreement.value:g}"
        yield Fault(("promotion", "least_judged"), found, expected)
