"""Portfolios over the same crises: the same as each run alone, and the differences are those of its rows."""

import json

import numpy as np
import polars as pl
import pytest

import detente
from detente.errors import PortfolioError, SimulationError
from tests.quarrel import QUARREL


@pytest.fixture(scope="module")
def comparison():
    return detente.compare(QUARREL, ["none", "throttle", "essay"], runs=4_000, seed=11, threads=2)


def test_each_arm_is_what_it_would_be_alone(comparison):
    for arm, name in zip(comparison.arms, ("none", "throttle", "essay"), strict=True):
        alone = detente.simulate(QUARREL, runs=4_000, seed=11, portfolio=name)
        assert arm.ensemble.frame.equals(alone.frame)
        assert arm.portfolio.name == name
        assert arm.halt.level == 0.01  # unless said otherwise


def test_differences_are_those_of_the_rows(comparison):
    first, second = (comparison.arms[i].ensemble.frame for i in (0, 2))
    lost, still = ((frame["ended"] == "catastrophe").to_numpy() for frame in (first, second))
    paired = comparison.arms[2].paired
    assert paired.prevented == int(np.sum(lost & ~still)) > 0
    assert paired.caused == int(np.sum(still & ~lost))
    assert paired.catastrophe.value == pytest.approx(still.mean() - lost.mean())
    assert paired.loss_usd.value == pytest.approx(second["loss_usd"].mean() - first["loss_usd"].mean())
    assert list(paired.prevented_crises) == np.flatnonzero(lost & ~still)[:5].tolist()
    differs = pl.any_horizontal(
        *(
            pl.col(name).ne_missing(pl.col(f"{name}_there"))
            for name in ("ended", "incidents", "duration_s", "loss_usd")
        )
    )
    there = second.rename({name: f"{name}_there" for name in second.columns})
    assert paired.changed >= pl.concat([first, there], how="horizontal").select(differs.sum()).item() > 0
    for crisis in paired.changed_crises:
        row, other = (frame.row(crisis, named=True) for frame in (first, second))
        assert row["crisis"] == crisis
        assert row != other
    assert len(paired.changed_crises) == 5
    assert comparison.arms[0].paired is None


def test_a_crisis_named_is_one_that_was_prevented(comparison):
    crisis = comparison.arms[2].paired.prevented_crises[0]
    ends = [arm.ensemble.trace(crisis) for arm in comparison.arms]
    assert ends[0].ended == "catastrophe" != ends[2].ended
    assert ends[2].portfolio == "essay"
    assert ends[2].stopped


def test_the_same_portfolio_changes_nothing():
    same = detente.compare(QUARREL, ["none", "none"], runs=300, halt_level=None).arms[1].paired
    assert (same.changed, same.prevented, same.caused, same.loss_usd.value) == (0, 0, 0, 0.0)


def test_json(comparison):
    plain = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert [arm["portfolio"] for arm in plain["portfolios"]] == ["none", "throttle", "essay"]
    assert plain["portfolios"][2]["paired"]["prevented"] > 0
    assert plain["portfolios"][1]["books"]["stopped"]["throttle"]["mean"] > 0
    assert {entry["what"] for entry in plain["portfolios"][1]["left_out"]} >= {"throttle"}


def test_refusals():
    with pytest.raises(SimulationError, match="expected at least two"):
        detente.compare(QUARREL, ["none"])
    with pytest.raises(SimulationError, match="halt_level: found 2"):
        detente.compare(QUARREL, ["none", "essay"], halt_level=2.0)
    strange = {
        "detente": 1, "portfolio": "strange",
        "safeguards": {"throttle": {"rate": "1 /s", "adopters": ["avalom"]}, "confidence-floor": {"floors": {"degrad": 0.5}}},
    }  # fmt: skip
    with pytest.raises(PortfolioError) as refused:
        detente.compare(QUARREL, ["none", strange])
    assert len(refused.value.problems) == 2
    assert "did you mean 'avalon'?" in str(refused.value)
    assert "did you mean 'degrade'?" in str(refused.value)
