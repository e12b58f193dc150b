"""Graphs of networkx as networks."""

import math
from collections.abc import Mapping
from typing import Any

from detente.errors import NetworkError
from detente.model.problems import shown
from detente.networks.naming import quoted
from detente.networks.topology import Link, Node, Topology, require_size

__all__ = ["of_graph", "weight_of"]

_LABELS = ("label", "name", "Label", "Name")


def of_graph(graph: Any, *, origin: str, name: str, weight: str | None = None) -> Topology:
    """A graph of networkx, of any of its four kinds.

    Parameters
    ----------
    origin, name:
        see `Topology`.
    weight:
        an attribute of edges: a positive number, larger for a stronger tie. None: all ties alike.

    Raises
    ------
    NetworkError
        it is too large, two of its nodes are written alike, or the weight of an edge is no positive number.
    """
    require_size(graph.number_of_nodes(), graph.number_of_edges(), origin)
    keys = [str(node) for node in graph.nodes]
    if len(set(keys)) < len(keys):
        raise NetworkError(f"{origin}: found nodes that are written alike, expected a different id for each")
    if weight is not None and not any(weight in data for _, _, data in graph.edges(data=True)):
        raise NetworkError(
            f"weight: found {shown(weight)}, expected an attribute that some edge of the network has"
        )
    links = (
        Link(source=str(source), target=str(target), weight=weight_of(data, weight, f"{source} to {target}"))
        for source, target, data in graph.edges(data=True)
    )
    return Topology(
        origin=origin,
        name=name,
        noun="node",
        nodes=tuple(_node(node, data) for node, data in graph.nodes(data=True)),
        links=tuple(links),
        is_directed=bool(graph.is_directed()),
        weight=f"the attribute {quoted(weight)} of the edge" if weight else "the same for all",
    )


def weight_of(data: Mapping[str, object], weight: str | None, edge: str) -> float:
    """The weight of an edge; 1 where none is asked for, or where this edge does not say.

    Raises
    ------
    NetworkError
        it is no positive number.
    """
    found = data.get(weight) if weight is not None else None
    if found is None:
        return 1.0
    try:
        value = float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0.0 < value < math.inf:
        raise NetworkError(f"edge {edge}: {weight}: found {str(found)[:60]!r}, expected a number above 0")
    return value


def _node(key: object, data: Mapping[str, object]) -> Node:
    labels = (str(data[name]) for name in _LABELS if data.get(name) not in (None, ""))
    attributes = {str(name): value for name, value in data.items()}
    return Node(key=str(key), label=next(labels, str(key)), attributes=attributes)
