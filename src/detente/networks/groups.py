"""Who owns what: actors, domains and compartments from attributes of nodes, or from the shape of the network."""

from dataclasses import dataclass

from detente.errors import NetworkError
from detente.model.problems import nearest_of, shown
from detente.networks.naming import Namer, natural, quoted, written
from detente.networks.optional import load_networkx
from detente.networks.tidy import Tidy

__all__ = ["Groups", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What each node belongs to, in the order of nodes; all are legal names."""

    owners: tuple[str, ...]
    domains: tuple[str, ...]
    compartments: tuple[str, ...]
    owner_from: str
    """in words"""
    domain_from: str
    compartment_from: str


def group(
    network: Tidy, *, owner: str | None, domain: str, domain_by: str | None, compartment: str | None
) -> Groups:
    """The owner, domain and compartment of every node.

    Parameters
    ----------
    owner, domain_by, compartment:
        an attribute of nodes. Nodes that lack it belong to `unknown`. Without an attribute for owners or
        compartments, both are regions: the communities found in the network.
    domain:
        the domain of every node when there is no `domain_by`.

    Raises
    ------
    NetworkError
        no node has an attribute of that name.
    """
    regions = _regions(network) if owner is None or compartment is None else ()
    found = "regions found in the network (communities by the Louvain method, seed 0)"
    return Groups(
        owners=_by_attribute(network, owner, "owner") if owner else regions,
        domains=_by_attribute(network, domain_by, "domain") if domain_by else (domain,) * len(network.nodes),
        compartments=_by_attribute(network, compartment, "compartment") if compartment else regions,
        owner_from=f"the attribute {quoted(owner)} of nodes" if owner else found,
        domain_from=f"the attribute {quoted(domain_by)} of nodes" if domain_by else "the same for all",
        compartment_from=f"the attribute {quoted(compartment)} of nodes" if compartment else found,
    )


def _by_attribute(network: Tidy, attribute: str, option: str) -> tuple[str, ...]:
    values = [written(node.attributes.get(attribute)) for node in network.nodes]
    if not any(values):
        known = sorted(
            {key for node in network.nodes for key, value in node.attributes.items() if written(value)}
        )
        near = nearest_of(attribute, known)
        hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(known[:20])})" if known else ""
        raise NetworkError(
            f"{option}: found {shown(attribute)}, expected an attribute that some node has{hint}"
        )
    namer = Namer()
    prefix = Namer().name(attribute, "group")
    names = {value: namer.name(value, prefix) for value in sorted(set(values) - {""}, key=natural)}
    names[""] = namer.name("unknown", "unknown")
    return tuple(names[value] for value in values)


def _regions(network: Tidy) -> tuple[str, ...]:
    """Communities, the largest first; links in both directions count as one of their weights together."""
    networkx = load_networkx()
    # Nodes are whole numbers here, so that neither their text nor the order of the file decides anything.
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(network.nodes)))
    for source, target, weight in network.links:
        before = graph.get_edge_data(source, target, {"weight": 0.0})["weight"]
        graph.add_edge(source, target, weight=before + weight)
    communities = [sorted(found) for found in networkx.community.louvain_communities(graph, seed=0)]
    communities.sort(key=lambda members: (-len(members), members))
    region = {member: number for number, members in enumerate(communities, 1) for member in members}
    return tuple(f"region-{region[index]}" for index in range(len(network.nodes)))
