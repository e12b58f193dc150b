"""What holds in every race that can be stated, whatever its numbers: small ones are made up, run and looked at."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.model.race.library import load
from detente.model.race.vocabulary import TERMS
from detente.race.accounts import FLOWS
from detente.race.ensemble import run_race
from detente.race.luck import draw
from detente.race.paths import Path, classify, evidence
from detente.race.play import play
from detente.race.results import QUANTILES
from detente.race.stage import Stage
from detente.race.utility import MOVES

share = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.85, 1.0])
money = st.sampled_from(["0 USD", "1e6 USD", "3e8 USD", "2e10 USD"])
BLOCS = st.sampled_from(["west", "east", None])
ACTORS = (("avalon", "avalon-forces"), ("borduria",), ("westclear", "tarn"))
FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def players(draw_: st.DrawFn) -> dict[str, Any]:
    cast: dict[str, Any] = {}
    for i in range(draw_(st.integers(1, 4))):
        acts = {"attribution-error": list(ACTORS[i])} if i < len(ACTORS) and draw_(st.booleans()) else {}
        one = {
            "kind": draw_(st.sampled_from(["state", "supplier", "non-state"])),
            "budget": draw_(st.sampled_from(["1e6 USD", "1e10 USD"])),
            "prize": draw_(money), "procurement": draw_(money), "certified": draw_(money), "catastrophe": draw_(money),
            "costs": {"capability": draw_(money), "safety": draw_(money)},
            "start": {name: draw_(share) for name in ("autonomy", "capability", "safety")},
            "acts_as": acts,
        }  # fmt: skip
        if bloc := draw_(BLOCS):
            one["bloc"] = bloc
        if draw_(st.booleans()):
            one["market"] = "market"
        if i and draw_(st.booleans()):
            one["supplied_by"] = {"p0": draw_(share)}
        if i and draw_(st.booleans()):
            one["enters"] = {"barrier": draw_(share), "a_year": draw_(share)}
        cast[f"p{i}"] = one
    return cast


measures = st.fixed_dictionaries(
    {"from": st.integers(1, 4), "verification": share},
    optional={
        "portfolio": st.sampled_from(["essay", "compartments", "phased-rollout"]),
        "sets": st.fixed_dictionaries({"liability": share, "penalty": share, "certified": share}),
        "concern": st.just(0.5), "how": st.sampled_from(["domestic", "treaty"]), "lag": st.integers(0, 2),
        "drag": share, "barrier": share,
    },
).map(lambda one: {**one, "slows": 0.5})  # fmt: skip


@st.composite
def races(draw_: st.DrawFn) -> dict[str, Any]:
    """A race of a year or two, on one scenario or without crises."""
    crises = [{"scenario": "attribution-error", "a_year": draw_(st.sampled_from([0.0, 0.5, 12.0]))}]
    return {
        "detente": 1,
        "race": "any",
        "quarters": draw_(st.integers(4, 7)),
        "crises": draw_(st.sampled_from([crises, crises, []])),
        "players": draw_(players()),
        "terms": {name: draw_(share) for name in TERMS},
        "conduct": {
            "sharpness": draw_(st.sampled_from([0, 50, 1e6])), "step": draw_(share), "rivalry": draw_(share),
            "review": draw_(st.integers(1, 4)), "innovation": draw_(share), "decisiveness": draw_(st.sampled_from([0.3, 1, 4])),
        },
        "insurance": {"covers": draw_(share), "loading": draw_(share)},
        "concern": {"near_miss": draw_(share)},
        "trust": {"start": draw_(share), "grows": draw_(share), "falls": draw_(share)},
        "paths": {"window": draw_(st.integers(4, 8))},
        "reactions": draw_(st.lists(measures, max_size=1)),
        "policies": {"nothing": {}, "some": {"measures": draw_(st.lists(measures, max_size=3))}},
    }  # fmt: skip


def flow(run, name):
    return run.flows[:, FLOWS.index(name)]


@FEW
@given(races(), st.integers(0, 2**64 - 1))
def test_numbers_stay_where_they_belong_and_books_balance(document, seed):
    """Null: a posture, a share or a chance leaves [0, 1], or money comes from nowhere."""
    stage = Stage(load(document))
    race = stage.race
    for policy in race.policies:
        run = play(stage, policy, draw(race, seed, 0, len(MOVES)))
        for shares in (run.postures, run.chances, run.trust):
            assert ((shares >= 0.0) & (shares <= 1.0 + 1e-12)).all()
        assert (run.concern >= 0.0).all()
        assert (run.crises >= run.critical).all()
        assert (run.critical >= run.catastrophes).all()
        assert np.isfinite(run.escalation).all()
        assert (run.escalation >= 0.0).all()
        # Between players and the others nothing is lost and nothing comes into being.
        total = flow(run, "liability").sum() + run.outside[FLOWS.index("liability")]
        assert total == pytest.approx(0.0, abs=1e-6 + 1e-9 * np.abs(run.flows).max())
        assert flow(run, "claims") == pytest.approx(-race.insurance.covers * flow(run, "loss"))
        assert (flow(run, "loss") <= 0.0).all()
        assert (flow(run, "cost") <= 0.0).all()
        assert flow(run, "premium") == pytest.approx(-run.premiums.sum(axis=0) / 4.0)
        years = race.quarters / 4.0
        prizes = [player.prize if player.market else 0.0 for player in race.players]
        assert (flow(run, "contest") <= race.terms.contest * np.array(prizes) * years + 1e-6).all()
        # Who is absent chooses nothing, is covered by nothing and is not certified.
        assert not (run.certified & ~run.there).any()
        assert not (run.covered & ~run.there).any()
        moved = np.diff(run.postures, axis=0).any(axis=2)
        assert not (moved & ~run.there[1:]).any()
        assert (run.there[1:] >= run.there[:-1]).all()
        # At most one number moves, by a step.
        steps = np.abs(np.diff(run.postures, axis=0))
        assert ((steps > 0.0).sum(axis=2) <= 1).all()
        assert steps.max(initial=0.0) <= race.conduct.step + 1e-9


@FEW
@given(races(), st.integers(0, 2**32))
def test_every_run_has_one_path_and_is_the_same_however_many_there_are(document, seed):
    race = load(document)
    few, many = (run_race(race, runs=runs, seed=seed, without_adaptation=True) for runs in (2, 3))
    for one, other in zip(few.arms, many.arms, strict=True):
        assert one.chosen == other.chosen[:2]
        assert sum(estimate.value for estimate in other.paths.values()) == pytest.approx(1.0)
        assert set(other.paths) == set(Path)
        assert all(0.0 <= value <= 1.0 for value in other.sensitivity.values())
        for series in other.yearly:
            assert series.quantiles.shape == (race.quarters // 4, len(QUANTILES))
            assert (np.diff(series.quantiles, axis=1) >= 0.0).all()
        json.dumps(other.as_dict(), allow_nan=False)


@FEW
@given(races(), st.integers(0, 2**32))
def test_the_same_luck_and_postures_meet_the_same_crises(document, seed):
    """Null: crises hang on the policy's name, on what was run before, or on what players would have liked."""
    stage = Stage(load(document))
    race = stage.race
    luck = draw(race, seed, 1, len(MOVES))
    first = play(stage, race.policy("nothing"), luck)
    again = play(Stage(race), race.policy("nothing"), draw(race, seed, 1, len(MOVES)), script=first)
    for name in (
        "crises",
        "near_misses",
        "critical",
        "catastrophes",
        "flows",
        "escalation",
        "concern",
        "trust",
    ):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert classify(evidence(race, first), race.paths) is classify(evidence(race, again), race.paths)
