"""Graphs in JSON as `networkx.node_link_data` writes them; read without networkx."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from detente.errors import NetworkError
from detente.model.problems import shown
from detente.networks.files import read_json
from detente.networks.graphs import weight_of
from detente.networks.naming import quoted
from detente.networks.topology import Link, Node, Topology, require_size

__all__ = ["read_node_link"]

_LABELS = ("label", "name")


def read_node_link(path: Path, *, name: str, weight: str | None = None) -> Topology:
    """The network in a file of node-link JSON, its edges under `edges` or, as older versions wrote, `links`.

    Raises
    ------
    NetworkError
        it cannot be read, is something else, is too large, or has an edge without ends among the nodes.
    """
    document = read_json(path)
    edges = "edges" if "edges" in document else "links"
    nodes, links = _list(document, "nodes", path), _list(document, edges, path)
    require_size(len(nodes), len(links), str(path))
    found = tuple(_nodes(nodes, path))
    keys = {node.key for node in found}
    if len(keys) < len(found):
        raise NetworkError(f"{path}: nodes: found the same id twice, expected a different one for each")
    if weight is not None and not any(weight in _mapping(link, f"{path}: {edges}") for link in links):
        raise NetworkError(
            f"weight: found {shown(weight)}, expected an attribute that some edge of the network has"
        )
    return Topology(
        origin=path.name,
        name=name,
        noun="node",
        nodes=found,
        links=tuple(_links(links, keys, f"{path}: {edges}", weight)),
        is_directed=document.get("directed") is True,
        weight=f"the attribute {quoted(weight)} of the edge" if weight else "the same for all",
    )


def _list(document: Mapping[str, object], key: str, path: Path) -> list[object]:
    found = document.get(key)
    if not isinstance(found, list):
        raise NetworkError(
            f"{path}: {key}: found {'nothing' if found is None else 'no list'}, "
            "expected node-link JSON, as networkx.node_link_data makes it"
        )
    return found


def _mapping(entry: object, place: str) -> dict[str, object]:
    if not isinstance(entry, dict):
        raise NetworkError(f"{place}: found an entry that is no object, expected one with names and values")
    return entry


def _nodes(entries: list[object], path: Path) -> Iterator[Node]:
    for index, entry in enumerate(entries):
        node = _mapping(entry, f"{path}: nodes[{index}]")
        if "id" not in node:
            raise NetworkError(f"{path}: nodes[{index}]: found no `id`, expected one")
        key = str(node["id"])
        labels = (str(node[name]) for name in _LABELS if node.get(name) not in (None, ""))
        yield Node(key=key, label=next(labels, key), attributes=node)


def _links(entries: list[object], keys: set[str], place: str, weight: str | None) -> Iterator[Link]:
    for index, entry in enumerate(entries):
        edge = _mapping(entry, f"{place}[{index}]")
        ends = tuple(str(edge.get(end)) for end in ("source", "target"))
        for end, key in zip(("source", "target"), ends, strict=True):
            if end not in edge or key not in keys:
                raise NetworkError(f"{place}[{index}].{end}: found {key[:60]!r}, expected the id of a node")
        yield Link(source=ends[0], target=ends[1], weight=weight_of(edge, weight, f"[{index}]"))
