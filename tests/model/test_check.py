"""Couplings that never end, found in any graph; and rules over whole ranges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.library import check
from tests.model.documents import small, with_response, with_shield

NODES = [f"n{i}" for i in range(6)]


def problems(document):
    return [str(problem) for problem in check(document).problems]


def graph(edges, **edge):
    systems = {node: {"owner": "ash", "domain": "cyber"} for node in NODES}
    dependencies = [{"from": source, "to": target, "spreads": 1} | edge for source, target in edges]
    return small(systems=systems, dependencies=dependencies, shocks=[{"hits": "n0", "rung": "probe"}])


def has_cycle(edges):
    """The obvious way: whether some node is reachable from itself."""
    reach = set(edges)
    for _ in NODES:
        reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
    return any(a == b for a, b in reach)


@settings(max_examples=100, deadline=None)
@given(
    edges=st.sets(
        st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda edge: edge[0] != edge[1])
    )
)
def test_a_cycle_is_found_exactly_when_there_is_one(edges):
    found = problems(graph(sorted(edges)))
    assert bool(found) == has_cycle(edges)
    assert all("a cycle that never ends" in problem for problem in found)


def test_a_reported_cycle_is_one():
    (problem,) = problems(graph([("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("n3", "n1")]))
    assert "(n1 -> n2 -> n3 -> n1)" in problem


def test_a_long_cycle_is_shortened():
    ring = list(zip(NODES, NODES[1:] + NODES[:1], strict=True))
    assert "(n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n0)" in problems(graph(ring))[0]


@pytest.mark.parametrize(
    "edge",
    [
        {"spreads": 0.999},
        {"drops": 1},
        {"at_least": "strategic"},
        {"spreads": {"value": 0.9, "low": 0.5, "high": 1}},
    ],
)
def test_cycles_that_can_end(edge):
    assert problems(graph([("n0", "n1"), ("n1", "n0")], **edge)) == []


@pytest.mark.parametrize("edge", [{"after": {"mean": "1 d"}}, {"at_least": "destroy"}])
def test_cycles_that_cannot_end(edge):
    assert len(problems(graph([("n0", "n1"), ("n1", "n0")], **edge))) == 1


def test_many_cycles_are_reported_as_a_few():
    nodes = [f"m{i}" for i in range(200)]
    document = graph([])
    document["systems"] = {node: {"owner": "ash", "domain": "cyber"} for node in nodes}
    pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
    edges = pairs + [(target, source) for source, target in pairs]
    document["dependencies"] = [{"from": source, "to": target, "spreads": 1} for source, target in edges]
    document["shocks"] = [{"hits": "m0", "rung": "probe"}]
    assert len(problems(document)) == 20


def test_certain_contagion_ends_where_one_system_has_the_component():
    document = with_shield(components=["radio"]) | {"contagion": [{"component": "radio", "spreads": 1}]}
    assert problems(document) == []
    document["systems"]["tower"]["components"] = ["radio"]
    assert "contagion that never ends (between 2 systems)" in problems(document)[0]


def test_rules_hold_at_the_ends_of_ranges():
    up = {"value": 0.1, "low": 0, "high": 0.6}
    assert problems(with_response(step={"down": 0.4, "up": up})) == []
    assert "0.5 + 0.6" in problems(with_response(step={"down": 0.5, "up": up}))[0]
    wide = {"value": 1, "low": 0.5, "high": 2}
    assert "0.5, expected a whole number" in problems(with_response(law="fixed", actions=wide))[0]
    assert "2, expected at most 1" in problems(with_response(law="bernoulli", actions=wide))[0]


def test_a_million_arrivals_are_legal_and_more_are_not():
    def stream(rate):
        return small(horizon="1e6 s", shocks=[{"hits": "shield", "rung": "probe", "rate": rate}])

    assert problems(stream("1 /s")) == []
    assert len(problems(stream("1.001 /s"))) == 1


def test_a_phantom_may_come_just_below_catastrophe():
    def phantom(rung):
        alarms = {"rate": "1 /d", "rung": rung}
        return with_shield(senses={"false_alarms": alarms}) | {"catastrophe": "destroy"}

    assert problems(phantom("damage")) == []
    assert len(problems(phantom("destroy"))) == 1
    assert len(problems(phantom("strategic"))) == 1
