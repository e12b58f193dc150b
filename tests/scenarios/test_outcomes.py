"""What is claimed of the shipped scenarios and portfolios together, checked on fewer crises than the claims rest on."""

from pathlib import Path

import pytest
from tools import prudent

import detente
from detente.ensemble.estimators import wilson
from detente.model.portfolio.safeguards import SAFEGUARDS

RUNS = 20_000
SURE = 1.0 - 1e-4
"""Of each interval, two-sided; seed 1, which no search used."""


def catastrophe(scenario: str, portfolio: str):
    ended = detente.simulate(scenario, runs=RUNS, seed=1, portfolio=portfolio).frame["ended"]
    return wilson(int((ended == "catastrophe").sum()), RUNS, SURE)


@pytest.mark.parametrize("scenario", detente.scenarios())
def test_without_safeguards_outcomes_can_move_either_way(scenario):
    """Null: P(catastrophe) is at most 1 %, or at least 60 %."""
    found = catastrophe(scenario, "none")
    assert 0.01 < found.low < found.high < 0.6


@pytest.mark.parametrize("scenario", detente.scenarios())
def test_prudent_holds_its_level(scenario):
    """Null: under `prudent` P(catastrophe) is at most 1 %."""
    assert catastrophe(scenario, "prudent").low < 0.01
    assert catastrophe(scenario, "prudent").high < catastrophe(scenario, "none").low


@pytest.mark.parametrize("scenario", detente.scenarios())
def test_the_essay_prevents_most(scenario):
    """Null: it leaves a fifth or more."""
    assert catastrophe(scenario, "essay").high < 0.2 * catastrophe(scenario, "none").low


def test_prudent_is_the_essay_with_fewer_safeguards():
    essay, chosen = detente.load_portfolio("essay"), detente.load_portfolio("prudent")
    assert 1 <= len(chosen.safeguards) < len(SAFEGUARDS)
    for name, safeguard in chosen.safeguards.items():
        assert safeguard == essay.safeguards[name]
    assert chosen.cost_usd_per_year < essay.cost_usd_per_year


def test_prudent_is_as_its_tool_writes_it():
    names = tuple(detente.load_portfolio("prudent").safeguards)
    shipped = Path(prudent.SHELF / "prudent.yaml").read_text(encoding="utf-8")
    assert prudent.composed(names, 0.01) == shipped


def test_subsets_come_cheapest_first():
    every = list(prudent.subsets())
    assert len(every) == 2 ** len(SAFEGUARDS)
    costs = [cost for cost, _ in every]
    assert costs == sorted(costs)
    assert every[0] == (0, ())
    assert every[-1][1] == SAFEGUARDS
