"""A gate that is asked over HTTP makes of each crisis what the same gate makes of it in process."""

from collections import Counter
from itertools import product

import pytest

import detente
from detente.drill.crisis import Crisis, Desk
from detente.drill.gated import START, Gated, policy_of
from detente.drill.measure import drill
from detente.drill.over_http import OverHttp
from detente.drill.world import World, world_of
from detente.errors import UnknownError
from detente.gate.request import Incident
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio

CRISES = 8
EFFECTS = ("allow", "throttle", "hold", "deny", "hold approved", "hold denied")

DELAYING = {
    "detente": 1,
    "portfolio": "delaying",
    "safeguards": {
        "throttle": {"rate": "7 /h", "burst": 2, "excess": "delay"},
        "human-on-the-loop": {
            "from": "degrade",
            "reviewers": 2,
            "review": {"median": "15 min", "spread": 1.0},
            "approves_right": 0.9,
            "approves_wrong": 0.2,
            "timeout": "20 min",
        },
    },
}
"""Safeguards: what is too much waits for its turn, and people are often late."""


def told(world: World, desk: Desk, seed: int) -> list[object]:
    """Play some crises; all that can be told of each."""
    found: list[object] = []
    for index in range(CRISES):
        crisis = Crisis(world, seed, index, desk, max_incidents=500)
        ended = crisis.run()
        happened = [(int(one.key), one.time, one.system, one.rung, one.parent) for one in crisis.happened]
        found.append((ended, happened, +crisis.stopped, crisis.rightful_stopped))
    return found


def test_each_crisis_is_the_one_in_process_incident_for_incident() -> None:
    answers: Counter[str] = Counter()
    for scenario, portfolio in product(detente.scenarios(), ("essay", "prudent")):
        world = world_of(load(scenario), load_portfolio(portfolio))
        policy = policy_of(world, as_modelled=False)
        here = Gated(world, policy)
        with OverHttp(policy) as gate:
            there = Gated(world, policy, gate)
            assert told(world, there, seed=5) == told(world, here, seed=5)
        assert there.answers == here.answers
        answers += there.answers
    # Not by never asking: every kind of answer was given.
    assert min(answers[effect] for effect in EFFECTS) > 0, answers


def test_it_comes_back_to_the_nanosecond_when_its_turn_has_come_and_holds_lapse_when_they_do() -> None:
    world = world_of(load("exploit-chaining"), load_portfolio(DELAYING))
    policy = policy_of(world, as_modelled=False)
    here = Gated(world, policy)
    with OverHttp(policy) as gate:
        there = Gated(world, policy, gate)
        assert told(world, there, seed=5) == told(world, here, seed=5)
    assert there.answers == here.answers
    assert min(here.answers[effect] for effect in ("throttle", "allow", "hold expired")) > 0, here.answers


def test_a_drill_over_http_is_the_drill_as_enforced() -> None:
    over, here = (
        drill("market-plumbing", "prudent", reading, seed=1, crises=10)
        for reading in ("over HTTP", "as enforced")
    )
    assert over == here
    assert sum(over.answers().values()) > 0


def test_it_is_the_service_that_answers_and_a_gate_that_records() -> None:
    world = world_of(load("false-flag"), load_portfolio("prudent"))
    with OverHttp(policy_of(world, as_modelled=False)) as gate:
        gate.begins()
        system, ladder = world.scenario.systems[0], world.scenario.ladder
        gate.reports(system.owner, Incident("i1", system.name, ladder[0]), START)
        assert [entry.at for _, entry in gate.recorded()] == [START]
        with pytest.raises(UnknownError, match="HTTP 404"):
            gate.status("no-such-hold", system.owner)
