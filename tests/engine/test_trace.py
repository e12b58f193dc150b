"""Traces and the confidence they report."""

import pytest

from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.engine.trace import confidence, trace
from detente.model.library import load
from tests.generate import document


@pytest.fixture(scope="module")
def scenario():
    return load("attribution-error")


@pytest.fixture(scope="module")
def tables(scenario):
    return compile_tables(scenario)


def test_a_trace_is_the_crisis_of_the_run(scenario, tables) -> None:
    block = simulate_block(tables, seed=9, first=0, count=200)
    for crisis in range(0, 200, 20):
        found = trace(scenario, tables, seed=9, crisis=crisis)
        happened = [i for i in found.incidents if i.kind != "false-alarm"]
        assert len(happened) == block.incidents[crisis]
        assert max(i.depth for i in happened) == block.depth[crisis]
        assert sum(i.loss_usd for i in happened) == pytest.approx(block.loss_usd[crisis].sum())
        actions = [i for i in happened if i.kind == "action"]
        assert len(actions) == block.actions[crisis]
        assert sum(not i.reading.right for i in actions if i.reading) == block.wrongful_actions[crisis]
        assert len({i.owner for i in happened}) == block.actors_reached[crisis]
        assert len({i.domain for i in happened}) == block.domains_reached[crisis]


def test_parents_come_before_their_children(scenario, tables) -> None:
    found = trace(scenario, tables, seed=9, crisis=3)
    for incident in found.incidents:
        if incident.parent is None:
            assert incident.depth == 0
            continue
        parent = found.incidents[incident.parent]
        assert parent.index < incident.index
        assert parent.time_s <= incident.time_s
        assert incident.depth == parent.depth + 1
        assert incident in found.children(parent.index)
    last = found.incidents[-1]
    assert [i.depth for i in found.path_to(last.index)] == list(range(last.depth + 1))


def test_right_blame_is_the_author_and_wrong_blame_is_not() -> None:
    seen = set()
    for seed in range(20):
        scenario = load(document(seed))
        tables = compile_tables(scenario)
        for crisis in range(10):
            found = trace(scenario, tables, seed=2, crisis=crisis, max_incidents=300)
            for incident in found.incidents:
                if incident.reading and incident.reading.blamed and incident.parent is not None:
                    parent = found.incidents[incident.parent]
                    assert incident.reading.right == (incident.reading.blamed == parent.author)
                    assert 0.0 <= incident.reading.confidence <= 1.0
                    seen.add(incident.reading.right)
    assert seen == {True, False}


@pytest.mark.parametrize(("accuracy", "right", "expected"), [(1.0, True, 1.0), (0.0, False, 0.0)])
def test_certain_accuracy_reports_certainty(accuracy: float, right: bool, expected: float) -> None:
    found = confidence(0.3, accuracy=accuracy, assurance=4, overconfidence=1, right=right)
    assert found == expected


def test_overconfidence_moves_away_from_one_half() -> None:
    calm = confidence(0.9, accuracy=0.7, assurance=4, overconfidence=1.0, right=True)
    sure = confidence(0.9, accuracy=0.7, assurance=4, overconfidence=2.0, right=True)
    assert 0.5 < calm < sure < 1.0
    doubt = confidence(0.05, accuracy=0.3, assurance=4, overconfidence=1.0, right=False)
    assert confidence(0.05, accuracy=0.3, assurance=4, overconfidence=2.0, right=False) < doubt < 0.5


@pytest.mark.parametrize("before", [1023, 1024, 1025])
def test_the_last_incident_is_told_however_many_came_before(before: int) -> None:
    """One a second, then the catastrophe: where the memory for the record is just full, it is made larger."""
    rule = {"from": "signal", "at": ["gate"], "actions": 1, "law": "fixed", "after": "1 s"}
    source = {
        "detente": 1, "name": "clockwork", "critical": "degrade", "horizon": "1 d",
        "actors": {"ash": {"kind": "state"}},
        "systems": {
            "gate": {"owner": "ash", "domain": "cyber", "responds": [rule]},
            "end": {"owner": "ash", "domain": "cyber", "watches": {}},
        },
        "shocks": [
            {"hits": "gate", "rung": "signal"},
            {"hits": "end", "rung": "strategic", "at": f"{before - 0.5} s"},
        ],
    }  # fmt: skip
    scenario = load(source)
    found = trace(scenario, compile_tables(scenario), seed=0, crisis=0)
    assert found.ended == "catastrophe"
    assert len(found.incidents) == before + 1
    assert found.incidents[-1].rung == "strategic"
