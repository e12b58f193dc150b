"""From a network as it was read to one in order: simple links, no loose nodes, legal names."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from detente.errors import NetworkError
from detente.model.problems import nearest_of, shown
from detente.networks.naming import Namer, natural
from detente.networks.topology import Node, Topology

__all__ = ["Tidy", "find_node", "tidy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """A network of which every node has a link, and no two links say the same."""

    topology: Topology
    nodes: tuple[Node, ...]
    """in the order of labels, then keys: the order of the file does not matter"""
    names: tuple[str, ...]
    """legal and different, in the order of nodes"""
    links: tuple[tuple[int, int, float], ...]
    """source, target and weight; with the lower first where there are no directions; in order"""
    left_out: tuple[str, ...]
    """in words"""

    @property
    def degrees(self) -> tuple[int, ...]:
        """How many links each node has."""
        counts = Counter(end for source, target, _ in self.links for end in (source, target))
        return tuple(counts[index] for index in range(len(self.nodes)))


def tidy(topology: Topology) -> Tidy:
    """The network without self loops and nodes without links, parallel links merged into one.

    Raises
    ------
    NetworkError
        no link is left.
    """
    weights: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    loops = 0
    for link in topology.links:
        ends = (link.source, link.target)
        if link.source == link.target:
            loops += 1
        else:
            weights[ends if topology.is_directed else (min(ends), max(ends))].append(link.weight)
    linked = {end for ends in weights for end in ends}
    kept = sorted(
        (node for node in topology.nodes if node.key in linked),
        key=lambda node: (natural(node.label), natural(node.key)),
    )
    if not kept:
        raise NetworkError(
            f"{topology.origin}: found {len(topology.nodes):,} nodes and no link between two of them, "
            "expected a network"
        )
    position = {node.key: index for index, node in enumerate(kept)}
    namer = Namer()
    return Tidy(
        topology=topology,
        nodes=tuple(kept),
        names=tuple(namer.name(node.label, topology.noun) for node in kept),
        links=tuple(sorted(_link(ends, found, position, topology) for ends, found in weights.items())),
        left_out=_left_out(topology, loops, len(kept), len(weights)),
    )


def _link(
    ends: tuple[str, str], weights: list[float], position: dict[str, int], topology: Topology
) -> tuple[int, int, float]:
    source, target = (position[end] for end in ends)
    if not topology.is_directed and source > target:
        source, target = target, source
    return source, target, math.fsum(weights)


def _left_out(topology: Topology, loops: int, kept: int, links: int) -> tuple[str, ...]:
    counts = (
        (loops, "links from a node to itself"),
        (len(topology.links) - loops - links, "links parallel to another (their weights were added to it)"),
        (len(topology.nodes) - kept, "nodes without links"),
    )
    return (*topology.left_out, *(f"{what}: {count:,}" for count, what in counts if count))


def find_node(network: Tidy, wanted: str | None) -> int:
    """The position of a node by its name in the document, key or label; with None, the one with the most links.

    Raises
    ------
    NetworkError
        there is no such node with links, or several have that label.
    """
    if wanted is None:
        degrees = network.degrees
        return degrees.index(max(degrees))
    keys = [node.key for node in network.nodes]
    labels = [node.label for node in network.nodes]
    for among in (network.names, keys, labels):
        if among.count(wanted) == 1:
            return among.index(wanted)
    if wanted in labels:
        names = [name for name, label in zip(network.names, labels, strict=True) if label == wanted]
        raise NetworkError(
            f"shock: found {shown(wanted)}, which several are called, expected one of {names[:8]}"
        )
    near = nearest_of(wanted, network.names)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    raise NetworkError(f"shock: found {shown(wanted)}, expected a node of the network that has links{hint}")
