"""A crisis played in Python is the kernel's, to the last bit, as long as nobody stops what the kernel lets pass."""

from collections import Counter

import pytest

import detente
from detente.drill.crisis import Crisis, Desk
from detente.drill.gated import Gated, policy_of
from detente.drill.orders import Open
from detente.drill.world import World, world_of
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.trace import trace
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from tests.generate import document

LIMIT = 300


def same(world: World, desk: Desk, seed: int, crises: int) -> Counter[str]:
    """Play some crises, and see that each is the one that is traced; how they ended."""
    names, ladder = [system.name for system in world.scenario.systems], world.scenario.ladder
    ends: Counter[str] = Counter()
    for index in range(crises):
        crisis = Crisis(world, seed, index, desk, max_incidents=LIMIT)
        ended = crisis.run().value
        told = trace(world.scenario, world.tables, seed=seed, crisis=index, max_incidents=LIMIT)
        assert ended == told.ended
        assert [
            (int(one.key), one.time - told.start_s, names[one.system], ladder[one.rung], one.depth, one.right)
            for one in crisis.happened
        ] == [
            (one.key, one.time_s, one.system, one.rung, one.depth, bool(one.reading and one.reading.right))
            for one in told.incidents
        ]
        assert [one.parent for one in crisis.happened] == [
            -1 if one.parent is None else one.parent for one in told.incidents
        ]
        stopped = {name: count for name, count in crisis.stopped.items() if count}
        worms = stopped.pop("compartments (worms)", 0)
        assert stopped == Counter(one.by for one in told.stopped if one.kind == "action")
        assert worms == sum(one.kind == "contagion" for one in told.stopped)
        assert crisis.rightful_stopped == sum(one.right for one in told.stopped if one.kind == "action")
        ends[ended] += 1
    return ends


@pytest.mark.parametrize("scenario", detente.scenarios())
def test_without_a_gate_it_is_the_crisis_that_is_traced(scenario: str) -> None:
    same(world_of(load(scenario), NO_PORTFOLIO), Open(), seed=3, crises=12)


def test_so_it_is_in_scenarios_that_use_every_feature() -> None:
    ends: Counter[str] = Counter()
    for seed in range(40):
        ends += same(world_of(load(document(seed)), NO_PORTFOLIO), Open(), seed=seed, crises=4)
    assert set(ends) == {"died-out", "catastrophe", "horizon", "capped"}


@pytest.mark.parametrize("scenario", detente.scenarios())
@pytest.mark.parametrize("portfolio", ["none", "throttle", "prudent", "essay"])
def test_a_gate_that_reads_the_portfolio_as_it_is_modelled_changes_nothing(
    scenario: str, portfolio: str
) -> None:
    world = world_of(load(scenario), load_portfolio(portfolio))
    gate = Gated(world, policy_of(world, as_modelled=True))
    same(world, gate, seed=1, crises=40)
    assert gate.answers["allow"] > 0
    assert (gate.answers["hold approved"] > 0) == (portfolio in {"essay", "prudent"})
