"""Couplings along which an outage would run for ever.

A coupling that spreads with certainty and drops no rung passes on everything it is given. A ring
of such couplings never comes to rest, and with short delays it is as good as endless.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from detente.model.document import ContagionEntry, DependencyEntry, Document
from detente.model.problems import Fault, Path

__all__ = ["endless"]

_MOST_RINGS = 20


@dataclass(slots=True)
class _Graph:
    """Systems, and the dependencies between them that pass on everything."""

    onward: dict[str, dict[str, Path]] = field(default_factory=dict)
    """from each system, those it leads to and the path of the entry that says so"""

    def add(self, source: str, target: str, path: Path) -> None:
        self.onward.setdefault(source, {}).setdefault(target, path)
        self.onward.setdefault(target, {})

    def remove(self, nodes: list[str]) -> None:
        for node in nodes:
            self.onward.pop(node, None)
        for targets in self.onward.values():
            for node in nodes:
                targets.pop(node, None)

    def peel(self) -> None:
        """Leave only systems from which one can walk on for ever."""
        sources: dict[str, list[str]] = {node: [] for node in self.onward}
        for source, targets in self.onward.items():
            for target in targets:
                sources[target].append(source)
        ends = deque(node for node, targets in self.onward.items() if not targets)
        while ends:
            end = ends.popleft()
            for source in sources[end]:
                del self.onward[source][end]
                if not self.onward[source]:
                    ends.append(source)
            del self.onward[end]

    def ring(self) -> list[str]:
        """A cycle in a graph whose every system leads on."""
        walked: dict[str, int] = {}
        node = next(iter(self.onward))
        while node not in walked:
            walked[node] = len(walked)
            node = next(iter(self.onward[node]))
        return list(walked)[walked[node] :]


def endless(document: Document) -> Iterator[Fault]:
    """The couplings that never end: contagion, and rings of dependencies of which no two share a system.

    Only the first few rings are reported.
    """
    yield from _endless_contagion(document)
    graph = _certain(document)
    graph.peel()
    for _ in range(_MOST_RINGS):
        if not graph.onward:
            return
        ring = graph.ring()
        yield _fault(ring, graph.onward)
        graph.remove(ring)
        graph.peel()


def _certain(document: Document) -> _Graph:
    graph = _Graph()
    for index, dependency in enumerate(document.dependencies):
        if _passes_all(dependency, document):
            graph.add(dependency.from_, dependency.to, ("dependencies", index))
    return graph


def _endless_contagion(document: Document) -> Iterator[Fault]:
    """Two systems with the component pass it to and fro; one alone has nobody to pass it to."""
    sharing = Counter(component for system in document.systems.values() for component in system.components)
    for index, contagion in enumerate(document.contagion):
        if sharing[contagion.component] > 1 and _passes_all(contagion, document):
            found = f"contagion that never ends (between {sharing[contagion.component]} systems)"
            yield Fault(("contagion", index), found, "spreads below 1, or drops of at least 1")


def _passes_all(coupling: DependencyEntry | ContagionEntry, document: Document) -> bool:
    ladder = document.ladder
    catastrophe = ladder.index(document.catastrophe or ladder[-1])
    reachable = coupling.at_least is None or ladder.index(coupling.at_least) < catastrophe
    return reachable and coupling.spreads.value >= 1 and coupling.drops.value <= 0


def _fault(ring: list[str], onward: Mapping[str, Mapping[str, Path]]) -> Fault:
    path = onward[ring[0]][ring[1 % len(ring)]]
    names = " -> ".join([*ring[:6], "…"] if len(ring) > 6 else [*ring, ring[0]])
    expected = "a cycle that can end: one of them with spreads below 1, or with drops of at least 1"
    return Fault(path, f"a cycle that never ends ({names})", expected)
