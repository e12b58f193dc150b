"""The kernel against the slow, obvious implementation: the same incidents, one for one."""

import math
from functools import cache

import pytest

from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.engine.trace import trace
from detente.model.library import load
from detente.model.vocabulary import Scenario
from tests.generate import document
from tests.oracles.crisis import Oracle, Result

SCENARIOS = 40
LIMIT = 400
CRISES = 8


@cache
def place(seed: int) -> Scenario:
    return load(document(seed, tame=0.8))


@cache
def told(seed: int) -> list[Result]:
    """What the oracle says of some crises."""
    oracle = Oracle(place(seed), LIMIT)
    return [oracle.run(seed, crisis) for crisis in range(CRISES)]


@pytest.mark.parametrize("seed", range(SCENARIOS))
def test_same_incidents_as_the_oracle(seed: int) -> None:
    scenario = place(seed)
    tables = compile_tables(scenario)
    block = simulate_block(tables, seed=seed, first=0, count=CRISES, max_incidents=LIMIT)
    for crisis, expected in enumerate(told(seed)):
        found = trace(scenario, tables, seed=seed, crisis=crisis, max_incidents=LIMIT)
        assert found.ended == expected.ended
        assert [(i.key, i.kind, i.system, i.author, i.points_to, i.depth) for i in found.incidents] == [
            (x.key, x.kind, x.system, x.author, x.points_to, x.depth) for x in expected.happened
        ]
        assert [i.rung for i in found.incidents] == [scenario.ladder[x.rung] for x in expected.happened]
        assert [i.reading.right for i in found.incidents if i.reading] == [
            x.right for x in expected.happened if x.kind == "action"
        ]
        for i, x in zip(found.incidents, expected.happened, strict=True):
            start = next((y.time for y in expected.happened if y.kind != "false-alarm"), 0.0)
            assert math.isclose(i.time_s, x.time - start, rel_tol=1e-9, abs_tol=1e-9)
        for position, actor in enumerate(scenario.actors):
            assert math.isclose(block.loss_usd[crisis, position], expected.loss[actor.name], rel_tol=1e-12)


def test_the_comparison_sees_crises_of_every_kind() -> None:
    kinds, endings = set(), set()
    for seed in range(SCENARIOS):
        for result in told(seed):
            endings.add(result.ended)
            kinds |= {x.kind for x in result.happened}
    assert kinds == {"shock", "false-alarm", "outage", "contagion", "action"}
    assert endings == {"died-out", "catastrophe", "horizon", "capped"}
