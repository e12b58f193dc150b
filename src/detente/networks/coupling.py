"""How readily outages pass along links: classes of links, and one scale that keeps the network subcritical."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from detente.networks.optional import load_networkx
from detente.networks.tidy import Tidy

__all__ = ["LINKS_ALONE", "Coupling", "Tie", "couple"]

LINKS_ALONE = 0.4
"""the escalation number that outages along links are given, if nothing else happened"""

_LARGEST = 0.5
"""no chance is set above this, however sparse the network"""
_TURNS = 500
_SETTLED = 1e-7


class Tie(Enum):
    """How much of what a node hangs on is this one link. Members: share from, relative chance, words."""

    MAIN = (0.5, 1.0, "at least half")
    SHARED = (0.2, 0.4, "a fifth to a half")
    MINOR = (0.0, 0.1, "less than a fifth")

    def __init__(self, least: float, relative: float, words: str) -> None:
        self.least = least
        self.relative = relative
        self.words = words

    @classmethod
    def of(cls, share: float) -> "Tie":
        """The class of a link that is this share of all that its target hangs on."""
        # A share that rounding puts a hair below a bound stands at the bound.
        return next(tie for tie in cls if share >= tie.least - 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """The dependencies, and how readily those of each class spread an outage."""

    dependencies: tuple[tuple[int, int, Tie], ...]
    """from, to and class, in order"""
    spreads: dict[Tie, float]
    """chance by class"""
    has_loops: bool
    """without loops outages alone end by themselves, whatever the chances"""


def couple(network: Tidy) -> Coupling:
    """The dependencies of a network: both ways along a link, or one way where links have directions.

    A dependency is classed by its share of the weights of all that lead to the same node. The chances of the classes
    stand to each other as 1 to 0.4 to 0.1; their common scale makes the escalation number of outages alone
    `LINKS_ALONE`, but no chance larger than one half.
    """
    ways = list(network.links)
    if not network.topology.is_directed:
        ways += [(target, source, weight) for source, target, weight in network.links]
    total: defaultdict[int, float] = defaultdict(float)
    for _, target, weight in sorted(ways):
        total[target] += weight
    ties = [(source, target, Tie.of(weight / total[target])) for source, target, weight in sorted(ways)]
    radius = _radius(ties, len(network.nodes))
    scale = min(_LARGEST, LINKS_ALONE / radius) if radius > 0.0 else _LARGEST
    return Coupling(
        dependencies=tuple(ties),
        spreads={tie: float(f"{tie.relative * scale:.3g}") for tie in Tie},
        has_loops=radius > 0.0,
    )


def _radius(ties: list[tuple[int, int, Tie]], nodes: int) -> float:
    """The spectral radius of the relative chances, over the parts of the network that lead back to themselves."""
    networkx = load_networkx()
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from((source, target) for source, target, _ in ties)
    part: dict[int, int] = {}
    for number, members in enumerate(networkx.strongly_connected_components(graph)):
        part.update(dict.fromkeys(members, number))
    inside: defaultdict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for source, target, tie in ties:
        if part[source] == part[target]:
            inside[part[source]].append((source, target, tie.relative))
    return max((_power(couplings) for couplings in inside.values()), default=0.0)


def _power(couplings: Iterable[tuple[int, int, float]]) -> float:
    """The spectral radius of an irreducible matrix, by powers of itself plus one, which do not oscillate."""
    sources, targets, chances = zip(*couplings, strict=True)
    members, ends = np.unique(np.array([sources, targets]), return_inverse=True)
    ends, weights = ends.reshape(2, -1), np.array(chances)
    vector = np.full(len(members), 1.0 / len(members))
    radius = 0.0
    for _ in range(_TURNS):
        moved = vector + np.bincount(ends[1], weights=vector[ends[0]] * weights, minlength=len(members))
        before, radius = radius, float(moved.sum()) - 1.0
        vector = moved / moved.sum()
        if abs(radius - before) <= _SETTLED * radius:
            break
    return radius
