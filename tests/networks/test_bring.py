import json
import random
import sys

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente
from detente.errors import NetworkError
from detente.model.library import load
from detente.networks.bring import import_network
from detente.networks.naming import written
from tests.networks.examples import GRAPHML, ZOO, node_link, ring


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def systems(made):
    return {system.name: system for system in made.scenario.systems if system.domain != "control"}


def pairs(made):
    return {(entry.source, entry.target) for entry in made.scenario.dependencies}


def test_a_graph_becomes_systems_and_dependencies_in_both_directions():
    made = detente.import_network(nx.path_graph(["a", "b", "c"]))
    assert set(systems(made)) == {"a", "b", "c"}
    assert pairs(made) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
    assert made.left_out == made.warnings == ()


def test_a_directed_graph_gives_one_dependency_for_each_edge():
    assert pairs(import_network(nx.DiGraph([("a", "b"), ("b", "c")]))) == {("a", "b"), ("b", "c")}


def test_what_is_left_out_is_told_and_stands_in_the_document():
    graph = nx.MultiGraph([("a", "b"), ("a", "b"), ("b", "b")])
    graph.add_node("alone")
    made = import_network(graph)
    assert made.left_out == (
        "links from a node to itself: 1",
        "links parallel to another (their weights were added to it): 1",
        "nodes without links: 1",
    )
    assert set(systems(made)) == {"a", "b"}
    head = " ".join(line.lstrip("# ") for line in made.text.splitlines() if line.startswith("#"))
    assert all(what in head for what in made.left_out)
    assert "4 nodes" not in head
    assert "3 nodes and 3 links read" in head


def test_owners_domains_and_compartments_come_from_attributes():
    graph = nx.path_graph(["a", "b", "c"])
    nx.set_node_attributes(graph, {"a": 1.0, "b": "Ö st"}, "area")
    nx.set_node_attributes(graph, {"a": "finance", "b": "energy", "c": "energy"}, "sector")
    made = import_network(graph, owner="area", compartment="sector", domain_by="sector")
    found = {name: (s.owner, s.domain, s.compartment) for name, s in systems(made).items()}
    assert found == {
        "a": ("area-1", "finance", "finance"),
        "b": ("O-st", "energy", "energy"),
        "c": ("unknown", "energy", "energy"),
    }
    assert 'Owners: the attribute "area" of nodes' in made.text


def test_without_attributes_owners_and_compartments_are_the_regions_of_the_network():
    graph = nx.barbell_graph(5, 0)
    owners = {name: system.owner for name, system in systems(import_network(graph)).items()}
    assert len({owners[f"node-{n}"] for n in range(5)}) == 1
    assert len({owners[f"node-{n}"] for n in range(5, 10)}) == 1
    assert set(owners.values()) == {"region-1", "region-2"}
    assert all(s.compartment == s.owner for s in systems(import_network(graph)).values())


def test_each_control_watches_and_protects_its_own():
    made = import_network(nx.barbell_graph(3, 0))
    control = next(s for s in made.scenario.systems if s.name == "region-1-control")
    own = {name for name, system in systems(made).items() if system.owner == "region-1"}
    assert {name for name, _ in control.watches} == own
    assert [rule.at.value for rule in control.responds] == ["own", "blamed"]


def test_an_owner_without_rivals_has_nobody_to_cut_off():
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, "one", "who")
    made = import_network(graph, owner="who")
    assert "at: blamed" not in made.text
    assert made.warnings == ()


def test_shocks_strike_the_node_with_most_links_or_the_one_named():
    star = nx.star_graph(["hub", "a", "y"])
    assert [s.hits for s in import_network(star).scenario.shocks] == ["hub"]
    assert [s.hits for s in import_network(star, shock="y").scenario.shocks] == ["y"]
    with pytest.raises(NetworkError, match=r"shock: found 'hubb'.*did you mean 'hub'"):
        import_network(star, shock="hubb")


def test_a_label_that_several_nodes_have_names_none_of_them(write):
    with pytest.raises(NetworkError, match=r"shock: found 'None', which several are called.*node-None"):
        import_network(write("zoo.gml", ZOO), shock="None")


def test_the_order_of_the_file_changes_nothing():
    graph = nx.karate_club_graph()
    shuffled = nx.Graph()
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(data=True))
    random.Random(3).shuffle(nodes)
    random.Random(4).shuffle(edges)
    shuffled.add_nodes_from(nodes)
    shuffled.add_edges_from((v, u, data) for u, v, data in edges)
    shuffled.name = graph.name
    assert import_network(shuffled).text == import_network(graph).text


def test_where_people_gave_labels_the_ids_of_the_file_change_nothing():
    graph = nx.karate_club_graph()
    nx.set_node_attributes(graph, {node: f"member {node}" for node in graph}, "label")
    ids = list(graph)
    random.Random(5).shuffle(ids)
    renumbered = nx.relabel_nodes(graph, dict(enumerate(ids)))
    assert import_network(renumbered).text == import_network(graph).text


def test_in_a_network_without_directions_an_edge_is_the_same_both_ways(write):
    made = import_network(write("g.json", node_link(["x", "y"], [("x", "y"), ("y", "x")])))
    assert len(made.scenario.dependencies) == 2
    assert made.left_out == ("links parallel to another (their weights were added to it): 1",)


def test_what_stands_in_the_head_cannot_leave_its_comment(write):
    owner, weight = "who\nowner:\x85\x07", "how\u2028much"
    graph = nx.Graph([("a", "b", {weight: 1})], name="x\ny: \x00")
    nx.set_node_attributes(graph, "z", owner)
    text = import_network(graph, owner=owner, compartment=owner, domain_by=owner, weight=weight).text
    head = text.partition("detente: 1")[0].strip().split("\n")
    assert all(line.startswith("#") for line in head)
    assert text.replace("\n", "").isprintable()


def test_the_same_network_in_three_formats_gives_the_same_document(write):
    graph = nx.karate_club_graph()
    nx.write_gml(nx.relabel_nodes(graph, str), write("k.gml", ""))
    nx.write_graphml_xml(graph, write("k.graphml", ""))
    write("k.json", nx.node_link_data(graph, edges="links"))
    folder = write("k.txt", "").parent
    bodies = {
        import_network(folder / name).text.partition("detente: 1")[2]
        for name in ("k.gml", "k.graphml", "k.json")
    }
    assert len(bodies) == 1


def test_files_of_the_topology_zoo_are_read_as_they_are(write):
    made = import_network(write("zoo.gml", ZOO), owner="Country", weight="LinkSpeedRaw")
    assert {name: system.owner for name, system in systems(made).items()} == {
        "Ost-West": "Borduria",
        "node-None": "Avalon",
        "node-None-2": "Borduria",
    }
    assert made.left_out[1].endswith(": 1")
    assert '# "None", 2 links' in made.text
    # 3100 of 3600 leads to the second node from the first, 500 from the third; each is the only way to the others.
    spread = {(d.source, d.target): d.spreads for d in made.scenario.dependencies}
    assert spread["node-None", "node-None-2"] > spread["Ost-West", "node-None-2"]
    assert spread["node-None-2", "Ost-West"] == spread["node-None", "node-None-2"]


def test_graphml_keeps_directions_labels_and_attributes(write):
    made = import_network(write("small.graphml", GRAPHML), owner="zone")
    assert pairs(made) == {("Alpha", "Beta"), ("Beta", "c")}
    assert {system.owner for system in systems(made).values()} == {"zone-1", "zone-2"}
    assert made.scenario.name == "small"


@pytest.mark.parametrize("key", ["edges", "links"])
def test_node_link_json_of_any_version_is_read_without_networkx(write, key):
    made = import_network(write("g.json", node_link(["x", 7], [("x", 7)], key=key)))
    assert set(systems(made)) == {"x", "node-7"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"owner": "contry"}, "owner: found 'contry', expected an attribute.*did you mean 'country'"),
        ({"compartment": "zz"}, r"compartment: found 'zz'.*\(country\)"),
        ({"domain_by": "zz"}, "domain: found 'zz'"),
        ({"domain": "no name"}, "domain: found 'no name'"),
        ({"domain": "x", "domain_by": "country"}, "found both"),
        ({"name": "-"}, "name: found '-'"),
        ({"weight": "zz"}, "weight: found 'zz'"),
        ({"format": "gmll"}, "format: found 'gmll'.*did you mean 'gml'"),
        ({"substations": True}, "substations"),
    ],
)
def test_an_argument_that_cannot_be_used_is_told(given, message):
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, "there", "country")
    with pytest.raises(NetworkError, match=message):
        import_network(graph, **given)


@pytest.mark.parametrize("weight", [0, -1, "heavy", float("nan"), float("inf"), [1]])
def test_a_weight_is_a_positive_number(weight):
    with pytest.raises(NetworkError, match="edge a to b: w: found"):
        import_network(nx.Graph([("a", "b", {"w": weight})]), weight="w")


def test_what_is_no_network_is_refused(tmp_path):
    with pytest.raises(NetworkError, match="a Python int"):
        import_network(3)
    with pytest.raises(NetworkError, match="no known ending"):
        import_network(tmp_path / "x.txt")
    with pytest.raises(NetworkError, match="no link between two"):
        import_network(nx.empty_graph(3))
    with pytest.raises(NetworkError, match="written alike"):
        import_network(nx.Graph([(1, "1")]))


def test_a_missing_package_is_told_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(
        NetworkError,
        match=r"this needs networkx.*pip install 'detente\[networks\]', or in a clone .*'\.\[networks\]'",
    ):
        import_network(nx.path_graph(3))


def test_every_number_is_assumed_with_a_range_and_stands_once(write):
    made = import_network(write("ring.json", ring(12)))
    numbers = made.text.split("{value: ")[1:]
    assert all("low: " in part and "high: " in part and "assumed: " in part for part in numbers)
    # The harm, the command, one chance for each class of links ...: what is not under an anchor occurs once.
    assert len(numbers) == len(import_network(nx.cycle_graph(30)).text.split("{value: ")) - 1


labels = st.text(max_size=8) | st.sampled_from(
    ["none", "True", "7", "1e3", "~", "a: b", "x # y", "*a", "-", "ß", "a-2"]
)


@st.composite
def graphs(draw):
    count = draw(st.integers(2, 9))
    graph = nx.MultiDiGraph() if draw(st.booleans()) else nx.Graph()
    for node in range(count):
        graph.add_node(node, label=draw(labels), who=draw(labels | st.none() | st.floats()))
    node = st.integers(0, count - 1)
    graph.add_edges_from(draw(st.lists(st.tuples(node, node), min_size=1, max_size=20)))
    graph.add_edge(0, 1)
    graph.name = draw(labels)
    return graph


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), by_owner=st.booleans())
def test_any_small_graph_becomes_a_document_that_resolves_to_itself(graph, by_owner):
    linked = {node for edge in graph.edges if edge[0] != edge[1] for node in edge[:2]}
    names_owners = any(written(graph.nodes[node]["who"]) for node in linked)
    made = import_network(graph, owner="who" if by_owner and names_owners else None)
    assert load(made.scenario.document) == made.scenario
    assert made.warnings == ()
