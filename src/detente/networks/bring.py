"""The door through which networks come in: from a graph, a file or a name to the text of a scenario."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.errors import DocumentError, NetworkError
from detente.model.library import check_source
from detente.model.names import is_name
from detente.model.problems import nearest_of, shown
from detente.model.source import of_text
from detente.model.vocabulary import Scenario
from detente.networks.cases import load_case, read_saved_grid
from detente.networks.coupling import couple
from detente.networks.defaults import GRID, PLAIN
from detente.networks.gml import read_gml
from detente.networks.graphml import read_graphml
from detente.networks.graphs import of_graph
from detente.networks.grid import of_grid
from detente.networks.groups import group
from detente.networks.naming import Namer
from detente.networks.node_link import read_node_link
from detente.networks.tidy import find_node, tidy
from detente.networks.topology import Topology
from detente.networks.write import write

__all__ = ["FORMATS", "ImportedNetwork", "import_network"]

FORMATS = ("networkx", "graphml", "gml", "pandapower")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNetwork:
    """A network as a scenario document."""

    text: str
    """YAML with comments, which `detente check` accepts"""
    scenario: Scenario
    """the same, resolved"""
    left_out: tuple[str, ...]
    """what of the network is not in it, in words"""
    warnings: tuple[str, ...]
    """what is legal but looks like a mistake, as `detente check` tells it"""


def import_network(
    source: Any,
    format: str | None = None,  # noqa: A002 -- the word that people know
    *,
    owner: str | None = None,
    domain: str | None = None,
    domain_by: str | None = None,
    compartment: str | None = None,
    weight: str | None = None,
    shock: Hashable | None = None,
    substations: bool = False,
    name: str | None = None,
) -> ImportedNetwork:
    """A real network as a scenario: systems, owners, compartments and dependencies, with defaults to edit.

    Parameters
    ----------
    source:
        a graph of networkx, or the path of a file; for `pandapower` also the name of a network it ships.
    format:
        of a file: `networkx` (node-link JSON), `graphml`, `gml` or `pandapower`. None: by the end of its name,
        with `.json` for node-link JSON.
    owner, compartment, domain_by:
        attributes of nodes that say who owns them, what may be sealed off together, and the domain.
        Without the first two, regions found in the network are used.
    domain:
        the domain of every node; by default `energy` for pandapower, `communications` for others.
    weight:
        attribute of edges: how strongly they tie, a positive number. Grids have weights of their own.
    shock:
        the node that incidents strike: what the graph or the file calls it, its label, or its name in the document;
        by default the one with the most links.
    substations:
        for pandapower: buses joined by a transformer are one system.
    name:
        the name of the scenario; by default that of the file or graph.

    Raises
    ------
    NetworkError
        the network cannot be read, is too large or has no links; an attribute, node or package is missing.
    """
    _require_texts(format=format, owner=owner, domain_by=domain_by, compartment=compartment, weight=weight)
    if domain is not None and not is_name(domain):
        raise NetworkError(f"domain: found {shown(domain)}, expected a name, as energy")
    if name is not None and not is_name(name):
        raise NetworkError(f"name: found {shown(name)}, expected a name: letters, digits, '-', '_' and '.'")
    if domain is not None and domain_by is not None:
        raise NetworkError("domain and domain_by: found both, expected one of them")
    topology = _arrive(source, format, weight=weight, substations=substations)
    profile = GRID if topology.is_grid else PLAIN
    network = tidy(topology)
    groups = group(
        network, owner=owner, domain=domain or profile.domain, domain_by=domain_by, compartment=compartment
    )
    text = write(
        network,
        groups,
        couple(network),
        profile=profile,
        name=name or Namer().name(topology.name, "network"),
        shock=find_node(network, None if shock is None else str(shock)),
    )
    return _checked(text, network.left_out)


def _require_texts(**given: object) -> None:
    """Refuse a word that is none: the name of a format, or of an attribute."""
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            told = (
                shown(value)
                if isinstance(value, int | float | list | dict)
                else f"a Python {type(value).__name__}"
            )
            raise NetworkError(f"{name}: found {told}, expected a text")


def _checked(text: str, left_out: tuple[str, ...]) -> ImportedNetwork:
    """Nothing goes out that `detente check` would refuse; only the limits of documents can stand in the way."""
    try:
        report = check_source(of_text(text))
    except DocumentError as error:
        raise NetworkError(
            f"the document would be larger than a document may be ({error}): "
            "import a part of the network, or merge nodes first"
        ) from None
    assert report.scenario is not None, f"INVARIANT: an imported document is legal: {report.problems[:3]}"
    warnings = tuple(str(warning) for warning in report.warnings)
    return ImportedNetwork(text=text, scenario=report.scenario, left_out=left_out, warnings=warnings)


def _arrive(source: Any, wanted: str | None, *, weight: str | None, substations: bool) -> Topology:
    if wanted is not None and wanted not in FORMATS:
        near = nearest_of(wanted, FORMATS)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise NetworkError(f"format: found {shown(wanted)}, expected one of {', '.join(FORMATS)}{hint}")
    if wanted == "pandapower":
        return _grid(str(source), weight=weight, substations=substations)
    if substations:
        raise NetworkError("substations: found for a network that is not pandapower's, expected only there")
    if hasattr(source, "nodes") and hasattr(source, "edges"):
        name = str(getattr(source, "name", "") or "network")
        return of_graph(source, origin=f"the graph {name}", name=name, weight=weight)
    if not isinstance(source, str | Path):
        raise NetworkError(f"found a Python {type(source).__name__}, expected a graph of networkx or a path")
    return _file(Path(source), wanted or _format_of(Path(source)), weight)


def _format_of(path: Path) -> str:
    by_suffix = {".graphml": "graphml", ".gml": "gml", ".json": "networkx"}
    if path.suffix.lower() not in by_suffix:
        raise NetworkError(f"{path}: found no known ending, expected a format: one of {', '.join(FORMATS)}")
    return by_suffix[path.suffix.lower()]


def _file(path: Path, form: str, weight: str | None) -> Topology:
    if form == "networkx":
        return read_node_link(path, name=path.stem, weight=weight)
    graph = read_graphml(path) if form == "graphml" else read_gml(path)
    return of_graph(graph, origin=path.name, name=path.stem, weight=weight)


def _grid(source: str, *, weight: str | None, substations: bool) -> Topology:
    if weight is not None:
        raise NetworkError(
            "weight: found for a grid, expected none: its links are weighed by their impedance"
        )
    if source.endswith(".json"):
        path = Path(source)
        tables, origin, name = read_saved_grid(path), path.name, path.stem
    else:
        tables, origin, name = load_case(source), f"pandapower.networks.{source}", source
    return of_grid(tables, origin=origin, name=name, is_by_substation=substations)
