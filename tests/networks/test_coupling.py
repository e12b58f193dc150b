import networkx as nx
import pytest

from detente.exact.solve import solve
from detente.model.library import load
from detente.networks.bring import import_network
from detente.networks.coupling import LINKS_ALONE, Tie, couple
from detente.networks.graphs import of_graph
from detente.networks.tidy import tidy

GRAPHS = {
    "star": nx.star_graph(7),
    "path": nx.path_graph(9),
    "ring": nx.cycle_graph(8),
    "club": nx.karate_club_graph(),
    "two parts": nx.disjoint_union(nx.complete_graph(6), nx.path_graph(3)),
    "one way round": nx.DiGraph([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3)]),
}


def coupled(graph):
    return couple(tidy(of_graph(graph, origin="a graph", name="g")))


@pytest.mark.parametrize("share", [1.0, 0.5, 0.49, 0.2, 0.19, 1e-9])
def test_links_are_classed_by_their_share(share):
    assert Tie.of(share) is (Tie.MAIN if share >= 0.5 else Tie.SHARED if share >= 0.2 else Tie.MINOR)


def test_five_equal_links_are_a_fifth_each():
    ties = {(s, t): tie for s, t, tie in coupled(nx.star_graph(5)).dependencies}
    assert ties[1, 0] is Tie.SHARED
    assert ties[0, 1] is Tie.MAIN


@pytest.mark.parametrize("name", GRAPHS)
def test_outages_alone_have_the_escalation_number_that_the_document_states(name):
    """The exact solver knows nothing of how the scale was found."""
    made = import_network(GRAPHS[name])
    document = dict(made.scenario.document)
    document["systems"] = {
        name: {key: value for key, value in body.items() if key != "responds"}
        for name, body in document["systems"].items()
    }
    spreads = coupled(GRAPHS[name]).spreads[Tie.MAIN]
    number = solve(load(document)).escalation_number
    assert number == pytest.approx(LINKS_ALONE, rel=5e-3) or (spreads == 0.5 and number < LINKS_ALONE)


def test_a_network_without_a_way_round_is_not_scaled():
    coupling = coupled(nx.DiGraph([(0, 1), (1, 2)]))
    assert not coupling.has_loops
    assert coupling.spreads[Tie.MAIN] == 0.5


@pytest.mark.parametrize("name", GRAPHS)
def test_with_every_default_no_network_runs_away(name):
    assert 0.0 < solve(import_network(GRAPHS[name]).scenario).escalation_number < 0.7
