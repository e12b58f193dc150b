"""Who decides about what is held: the groups of an actor in their order, and whether they are enough people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from detente.model.charter.document import Document, GroupEntry, SystemEntry
from detente.model.charter.forms import ALL

__all__ = ["Need", "Panel", "chain", "panels", "rings"]


def chain(first: str, groups: Mapping[str, GroupEntry]) -> list[str]:
    """The group, the one it escalates to, and so on; each once."""
    found: list[str] = []
    name: str | None = first
    while name is not None and name not in found:
        found.append(name)
        name = groups[name].escalates_to
    return found


def rings(groups: Mapping[str, GroupEntry]) -> Iterator[list[str]]:
    """The escalations that come back to where they began, each once, from its first name in the document."""
    settled: set[str] = set()
    for start in groups:
        walked: dict[str, int] = {}
        name: str | None = start
        while name is not None and name not in settled and name not in walked:
            walked[name] = len(walked)
            name = groups[name].escalates_to
        if name is not None and name in walked:
            ring = list(walked)[walked[name] :]
            first = min(ring, key=list(groups).index)
            yield ring[ring.index(first) :] + ring[: ring.index(first)]
        settled.update(walked)


class Need(NamedTuple):
    """How many people must approve, and which kind of action asks for so many; None: the group does."""

    people: int
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.people} needed" + (f" for '{self.kind}'" if self.kind else "")


class _Asked(NamedTuple):
    """What some kinds of actions ask for."""

    most: Need
    """the largest quorum that any of them states"""
    is_for_all: bool
    """each states one, so that none is left to the group"""


@dataclass(frozen=True, slots=True)
class Panel:
    """The people who decide about what one system proposes."""

    document: Document
    system: SystemEntry
    asked: _Asked

    def needed(self, group: str) -> Need:
        """The largest quorum that anything this system may propose asks of a group."""
        own = Need(int(self.document.groups[group].quorum.value))
        return self.asked.most if self.asked.is_for_all or self.asked.most.people > own.people else own

    def able(self, group: str) -> int:
        """How many people of the group may approve what this system proposes."""
        entry = self.document.groups[group]
        if entry.may_operate or not self.system.operators:
            return len(entry.people)
        return len(set(entry.people).difference(self.system.operators))

    def able_group(self, groups: Iterable[str]) -> str | None:
        """The first of the groups that can approve whatever this system may propose."""
        return next((group for group in groups if self.able(group) >= self.needed(group).people), None)

    def lack(self, name: str, group: str) -> str:
        """How many there are and how many are needed, for a person; `name` is the system's."""
        return f"{self.able(group)} of '{group}' who may approve what '{name}' proposes, and {self.needed(group)}"


def panels(document: Document) -> Iterator[tuple[str, Panel, list[str]]]:
    """For each system that may propose something and is reviewed: its name, its panel and its groups in order."""
    of_all = _asked(document, document.actions)
    chains = {first: chain(first, document.groups) for first in document.reviewed_by.values()}
    for name, system in document.systems.items():
        first = document.reviewed_by.get(system.owner)
        if system.may and first is not None:
            asked = of_all if system.may == (ALL,) else _asked(document, system.may)
            yield name, Panel(document, system, asked), chains[first]


def _asked(document: Document, kinds: Iterable[str]) -> _Asked:
    most, is_for_all = Need(0), True
    for kind in kinds:
        quorum = document.actions[kind].quorum
        if quorum is None:
            is_for_all = False
        elif quorum.value > most.people:
            most = Need(int(quorum.value), kind)
    return _Asked(most, is_for_all)
