"""Who decides about what is held: the groups of an actor in their order, and whether they are enough people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from detente.model.charter.document import Document, GroupEntry, SystemEntry
from detente.model.charter.forms import ALL

__all__ = ["Need", "Reviewers", "chain", "rings"]


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


@dataclass(frozen=True, slots=True)
class Reviewers:
    """How many people each system's proposals may need, and how many there are."""

    document: Document
    most: Need
    """the largest quorum that a kind of action states"""

    @classmethod
    def of(cls, document: Document) -> "Reviewers":
        return cls(document, _largest(document, document.actions))

    def needed(self, system: SystemEntry, group: str) -> Need:
        """The largest quorum that anything this system may propose asks of a group."""
        stated = self.most if system.may == (ALL,) else _largest(self.document, system.may)
        own = Need(int(self.document.groups[group].quorum.value))
        return stated if stated.people > own.people else own

    def able(self, system: SystemEntry, group: str) -> int:
        """How many people of the group may approve what this system proposes."""
        entry = self.document.groups[group]
        if entry.may_operate:
            return len(entry.people)
        return len(set(entry.people).difference(system.operators))

    def suffice(self, system: SystemEntry, group: str) -> bool:
        """Whether the group can approve whatever this system may propose."""
        return self.able(system, group) >= self.needed(system, group).people

    def lack(self, name: str, system: SystemEntry, group: str) -> str:
        """How many there are and how many are needed, for a person."""
        able = self.able(system, group)
        return f"{able} of '{group}' who may approve what '{name}' proposes, and {self.needed(system, group)}"


def _largest(document: Document, kinds: Iterable[str]) -> Need:
    largest = Need(0)
    for kind in kinds:
        quorum = document.actions[kind].quorum
        if quorum is not None and quorum.value > largest.people:
            largest = Need(int(quorum.value), kind)
    return largest
