"""Who decides about what is held: the groups of an actor in their order, and whether they are enough people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from detente.model.charter.document import Document, GroupEntry, SystemEntry
from detente.model.charter.forms import ALL

__all__ = ["Reviewers", "chain", "rings"]


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


@dataclass(frozen=True, slots=True)
class Reviewers:
    """How many people each system's proposals may need, and how many there are."""

    document: Document
    most: int
    """the largest quorum that a kind of action states; 0 where none does"""

    @classmethod
    def of(cls, document: Document) -> "Reviewers":
        return cls(document, _largest(document, document.actions))

    def needed(self, system: SystemEntry, group: str) -> int:
        """The largest quorum that anything this system may propose asks of a group."""
        stated = self.most if system.may == (ALL,) else _largest(self.document, system.may)
        return max(stated, int(self.document.groups[group].quorum.value))

    def able(self, system: SystemEntry, group: str) -> int:
        """How many people of the group may approve what this system proposes."""
        entry = self.document.groups[group]
        if entry.may_operate:
            return len(entry.people)
        return len(set(entry.people).difference(system.operators))

    def suffice(self, system: SystemEntry, group: str) -> bool:
        """Whether the group can approve whatever this system may propose."""
        return self.able(system, group) >= self.needed(system, group)


def _largest(document: Document, kinds: Iterable[str]) -> int:
    quorums = (document.actions[kind].quorum for kind in kinds)
    return max((int(quorum.value) for quorum in quorums if quorum is not None), default=0)
