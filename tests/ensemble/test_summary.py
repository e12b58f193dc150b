import json
import math

import numpy as np
import polars as pl
import pytest

import detente
from detente.ensemble.summary import round_amounts
from tests.ensemble.test_frame import outcomes


def test_the_numbers_are_those_of_the_table(ensemble):
    frame, summary = ensemble.frame, ensemble.summary()
    assert summary.ended == {
        name: frame.filter(pl.col("ended") == name).height
        for name in ("died-out", "catastrophe", "horizon", "capped")
    }
    assert sum(summary.ended.values()) == summary.runs == 3000
    assert summary.catastrophe.value == (frame["ended"] == "catastrophe").mean()
    assert summary.critical.value == frame["first_critical_s"].is_not_null().mean()
    assert summary.incidents["mean"].value == pytest.approx(frame["incidents"].mean())
    assert summary.loss_usd["p99"].value == frame["loss_usd"].sort()[2969]
    assert sum(summary.loss_usd_by_actor.values()) == pytest.approx(frame["loss_usd"].mean())
    window = frame["first_critical_s"].drop_nulls().sort()
    assert summary.decision_window_s["p50"].value == window[math.ceil(window.len() / 2) - 1]
    assert frame["ended"][summary.first_catastrophe] == "catastrophe"


def test_the_json_form_has_every_promised_key(ensemble):
    document = ensemble.summary().as_dict()
    promised = {
        "ended": {"died-out", "catastrophe", "horizon", "capped"},
        "catastrophe": {"probability", "low", "high"},
        "critical": {"probability", "low", "high"},
        "incidents": {"mean", "p50", "p90", "p99", "max"},
        "loss_usd": {"mean", "p50", "p99", "tvar99"},
        "decision_window_s": {"p10", "p50", "p90"},
    }
    for name, keys in promised.items():
        assert keys <= set(document[name]), name
    assert {"scenario", "runs", "seed", "version", "wall_s", "incidents_per_second"} <= set(document)
    assert document["version"] == detente.__version__
    json.dumps(document, allow_nan=False)


def test_one_crisis_in_which_nothing_happens_is_summed_up_without_nan():
    from tests.quarrel import QUARREL

    quiet = {**QUARREL, "shocks": [{"hits": "avalon-shield", "rung": "signal", "rate": "1e-9 /d"}]}
    document = detente.simulate(quiet, runs=1).summary().as_dict()
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["decision_window_s"]["p50"] is None
    assert document["first_catastrophe"] is None
    assert document["incidents"]["mean"] == 0


def test_capped_crises_are_never_taken_for_contained(scenario):
    summary = detente.simulate(scenario, runs=500, max_incidents=2).summary()
    capped = summary.ended["capped"]
    assert capped > 0
    assert summary.catastrophe_at_most >= (capped + summary.ended["catastrophe"]) / 500
    assert summary.catastrophe_at_most > summary.catastrophe.high


def test_round_amounts_cut_the_sample():
    amounts = round_amounts(np.sort(np.array([0.0, 5.0, 250.0, 9e3])))
    assert amounts == (0.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
    assert round_amounts(np.zeros(4)) == (0.0,)
    assert len(round_amounts(np.geomspace(1e-3, 1e12, 50))) == 9


def test_wrongful_share_counts_actions(scenario):
    from detente.ensemble.frame import to_frame
    from detente.ensemble.summary import summarise

    frame = to_frame(scenario, outcomes(), 0)
    summary = summarise(
        frame, scenario="quarrel", portfolio="none", requested=3, seed=0, version="0", wall_s=0.0
    )
    assert summary.wrongful_share == 3 / 11
    assert summary.as_dict()["incidents_per_second"] is None
