"""The way to a rare event: how much hangs on an incident, against closed forms, and where that puts the levels."""

import math

import numpy as np
import pytest

import detente
from detente.analysis.approach import _WORK, approach
from detente.engine._splitting import LOSS, SPREADS, WORTH
from detente.engine.compile import compile_tables
from detente.ensemble import paths
from detente.ensemble.event import parse
from detente.ensemble.splitting import split
from tests.analysis.test_rare import Z, climb


def way(source, event="ended == 'catastrophe'", portfolio="none"):
    scenario = detente.load(source)
    tables = compile_tables(scenario, detente.load_portfolio(portfolio))
    return approach(tables, parse(event, scenario), scenario)


def test_the_spread_of_a_chain_is_that_of_one_trial_at_each_rung():
    """From rung k the next is reached with chance u, and is then worth u ** (5 - k)."""
    up = 0.1
    found = way(climb(up)).guide
    expected = [math.sqrt(up * (1 - up)) * up ** (5 - k) for k in range(6)]
    row = np.flatnonzero(found.worth[:, 0] > 0.0)[0]
    assert found.measure == SPREADS
    assert found.worth[row, :6] == pytest.approx(expected, rel=1e-6)
    assert np.all(found.worth[:, 6] == 0.0)
    assert found.roots == pytest.approx(expected[:1], rel=1e-6)


def test_several_actions_spread_as_the_law_of_their_number():
    """With n actions of chance c each, nothing happens with (1 - c) ** n, of mean e^-mc and mean square e^-m(2c - c^2)."""
    mean, source = 0.2, climb(0.0)
    source["ladder"] = ["low", "high"]
    source["critical"] = "high"
    rule = source["systems"]["post"]["responds"][0]
    source["shocks"][0]["rung"] = rule["from"] = "low"
    rule |= {"actions": mean, "law": "poisson", "step": {"up": 0.01, "same": 0.99}}
    c = way(source).guide
    q = detente.solve(source).catastrophe_probability
    child = 0.01 + 0.99 * q
    assert child > 0.01
    # An action reaches the top by itself, or through what it leads to.
    square = math.exp(-mean * (1.0 - 0.99 * (1.0 - q) ** 2))
    spread = math.sqrt(square - math.exp(-mean * child) ** 2)
    assert c.roots == pytest.approx([spread], rel=1e-6)


def test_levels_double_from_what_keeps_a_crisis_to_some_hundred_incidents():
    up = 0.1
    levels = way(climb(up)).levels
    assert levels is not None
    met = sum(up**k * math.sqrt(up * (1 - up)) * up ** (5 - k) for k in range(6))
    assert levels.places[0] == pytest.approx(2.0 * met / _WORK, rel=1e-6)
    assert levels.places[1:] / levels.places[:-1] == pytest.approx(2.0)
    assert 0.25 < levels.places[-1] / 2.0 <= 0.5
    assert set(levels.copies.tolist()) == {2}


def test_false_alarms_count_as_often_as_they_come():
    source = climb(0.1)
    source["shocks"] = []
    source["systems"]["post"]["senses"] = {"false_alarms": {"rate": "5 /d", "rung": "signal"}}
    alarm = way(source)
    once = way(climb(0.1))
    assert alarm.guide.roots == pytest.approx(once.guide.roots, rel=1e-6)
    assert alarm.levels is not None
    assert once.levels is not None
    assert alarm.levels.places[0] == pytest.approx(5.0 * once.levels.places[0], rel=1e-3)


def test_what_is_not_rare_without_memory_is_approached_by_its_chance():
    assert way("attribution-error").guide.measure == WORTH
    assert way("attribution-error").levels is None
    assert way("attribution-error", portfolio="essay").levels is not None
    loss = way("attribution-error", event="loss_usd >= 1e12")
    assert (loss.guide.measure, loss.ceiling, loss.levels) == (LOSS, 1e12, None)


def test_what_cannot_happen_has_no_levels():
    source = climb(0.5)
    source["systems"]["post"]["responds"][0]["step"] = {"up": 0.0}
    levels = way(source).levels
    assert levels is not None
    assert levels.places.size == 0


def test_a_lower_rung_counts_what_leads_to_it_alone():
    found = way(climb(0.1), event="peak_rung >= 'damage'")
    assert found.guide.goal == 4
    assert np.all(found.guide.worth[:, 4:] == 0.0)
    truth = 1e-4
    estimate = detente.rare(climb(0.1), event="peak_rung >= 'damage'", error=0.05, seed=1)
    assert abs(math.log(estimate.probability / truth)) < Z * estimate.found.relative_error


@pytest.mark.parametrize("most", [1, 3, 50])
def test_few_copies_cost_time_alone(monkeypatch, most):
    """Null: with no more copies at a time than `most`, the mean is still 0.2 ** 6."""
    monkeypatch.setattr(paths, "_MOST_COPIES", most)
    scenario = detente.load(climb(0.2))
    tables = compile_tables(scenario)
    event = parse("ended == 'catastrophe'", scenario)
    found = approach(tables, event, scenario)
    assert found.levels is not None
    estimate = split(tables, found.guide, event, found.levels, error=0.05, seed=2, max_crises=2_000_000,
                     max_incidents=1_000, threads=2)  # fmt: skip
    assert estimate.hits > 50
    assert abs(math.log(estimate.probability / 0.2**6)) < Z * estimate.relative_error


def test_what_follows_the_rung_is_not_met():
    """A chain with steps down, too: visits by linear algebra, and none beyond the rung."""
    up, goal, source = 0.1, 4, climb(0.1)
    source["systems"]["post"]["responds"][0]["step"] = {"up": 0.5, "down": 0.5, "same": 0.0}
    moves = np.zeros((goal, goal + 1))
    for k in range(goal):
        moves[k, k + 1] += up / 2
        moves[k, max(0, k - 1)] += up / 2
    inside = np.eye(goal) - moves[:, :goal]
    q = np.append(np.linalg.solve(inside, moves[:, goal]), 1.0)
    spread = np.sqrt(moves @ q**2 - q[:goal] ** 2)
    met = np.linalg.solve(inside, spread)[0]
    levels = way(source, event="peak_rung >= 'damage'").levels
    assert levels is not None
    assert levels.places[0] == pytest.approx(2.0 * met / _WORK, rel=1e-6)
