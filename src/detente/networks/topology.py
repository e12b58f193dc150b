"""A network as it was read: nodes with what is known of them, and the links between them."""

from collections.abc import Mapping
from dataclasses import dataclass

from detente.errors import NetworkError

__all__ = ["MOST_LINKS", "MOST_NODES", "Link", "Node", "Topology", "require_size"]

MOST_NODES = 10_000
MOST_LINKS = 50_000
"""links as they are written, before parallel ones are merged"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What becomes a system."""

    key: str
    """by which links name it; no two nodes of a network have the same"""
    label: str
    """what people call it; several nodes may have the same"""
    attributes: Mapping[str, object]
    load_mw: float | None = None
    """power consumed there; None where the network says nothing about power"""
    generation_mw: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What becomes one dependency, or two in a network without directions."""

    source: str
    target: str
    """`key` of the nodes it joins; in a network with directions, outages go from `source` to `target`"""
    weight: float = 1.0
    """how strongly it ties them, beside the other links of the same nodes; above 0"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A network before anything is assumed about it."""

    origin: str
    """what it was read from, in words for the head of the document"""
    name: str
    """what to call the scenario, not yet made a legal name"""
    noun: str
    """what a node is: `node`, `bus`, `substation`"""
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    is_directed: bool
    weight: str
    """what the weights of links are, in words"""
    is_grid: bool = False
    """an electricity grid, with power in MW"""
    left_out: tuple[str, ...] = ()
    """what the reader left out, in words"""


def require_size(nodes: int, links: int, place: str) -> None:
    """Refuse a network that is too large to become a document.

    Raises
    ------
    NetworkError
        there are more nodes or links than a document has room for.
    """
    for found, most, what in ((nodes, MOST_NODES, "nodes"), (links, MOST_LINKS, "links")):
        if found > most:
            raise NetworkError(
                f"{place}: found {found:,} {what}, expected at most {most:,}: "
                "import a part of the network, or merge nodes first"
            )
