"""Runs of a race: luck, money, shares, and players who answer or do not."""

import numpy as np
import pytest

from detente.errors import RaceError
from detente.model.race.vocabulary import Belief
from detente.race.accounts import FLOWS, liabilities
from detente.race.ensemble import run_race
from detente.race.luck import draw
from detente.race.paths import Path
from detente.race.play import play
from detente.race.stage import Stage
from detente.race.utility import MOVES
from tests.race.documents import race, rivals

POLICIES = {
    "nothing": {},
    "walls": {"measures": [{"portfolio": "compartments", "from": 1}]},
    "careful": {"measures": [{"sets": {"liability": 0.5, "insurance": 1.0}, "from": 3, "for": ["west"]}]},
    "slow": {"measures": [{"from": 1, "slows": 1.0, "drag": 0.5}]},
}


@pytest.fixture(scope="module")
def stage():
    return Stage(race(**rivals(policies=POLICIES)))


def run(stage, policy="nothing", number=0, **options):
    return play(stage, stage.race.policy(policy), draw(stage.race, 5, number, len(MOVES)), **options)


def test_the_same_luck_is_the_same_run(stage):
    one, other = run(stage), run(stage)
    assert all(np.array_equal(a, b) for a, b in zip(vars_of(one), vars_of(other), strict=True))


def vars_of(trajectory):
    return [getattr(trajectory, name) for name in type(trajectory).__slots__]


def test_the_same_profile_has_the_same_crises_whatever_pays_for_it(stage):
    """Null: where a policy changes money alone and players go on as before, crises differ."""
    before = run(stage)
    after = run(stage, "careful", script=before)
    for name in ("crises", "near_misses", "critical", "catastrophes"):
        assert np.array_equal(getattr(after, name), getattr(before, name))
    assert np.array_equal(after.postures, before.postures)
    losses = FLOWS.index("loss")
    assert np.array_equal(after.flows[:, losses], before.flows[:, losses])


def test_safeguards_prevent_and_do_not_add(stage):
    often = Belief(name="often", title="", crises=10.0)
    plain = [run(stage, number=i, belief=often) for i in range(12)]
    walled = [run(stage, "walls", i, belief=often, script=one) for i, one in enumerate(plain)]
    assert all(np.array_equal(a.crises, b.crises) for a, b in zip(plain, walled, strict=True))
    for name in ("critical", "catastrophes"):
        before, after = (sum(getattr(one, name).sum() for one in runs) for runs in (plain, walled))
        assert after < before


def test_shares_stay_in_range(stage):
    for number in range(6):
        one = run(stage, "careful", number)
        assert ((one.postures >= 0.0) & (one.postures <= 1.0)).all()
        assert ((one.trust >= 0.0) & (one.trust <= 1.0)).all()
        assert ((one.chances >= 0.0) & (one.chances <= 1.0)).all()
        assert (one.concern >= 0.0).all()
        assert (one.catastrophes <= one.critical).all()
        assert (one.critical + one.near_misses <= one.crises).all()


def test_what_players_owe_each_other_balances(stage):
    """Null: liability makes money, or destroys it."""
    place = FLOWS.index("liability")
    paid = [run(stage, "careful", number) for number in range(12)]
    assert any(one.flows[:, place].any() for one in paid)
    for one in paid:
        moved = np.abs(one.flows[:, place]).sum()
        assert one.flows[:, place].sum() + one.outside[place] == pytest.approx(
            0.0, abs=1e-9 * max(1.0, moved)
        )
        assert one.flows[:, FLOWS.index("claims")] == pytest.approx(-0.2 * one.flows[:, FLOWS.index("loss")])


def test_liabilities_sum_to_nothing():
    amounts, outside = liabilities(
        np.array([0.5, 0.0, 1.0]), np.array([0.2, 0.3, 0.5]), np.array([10.0, 20.0, 0.0]), 5.0
    )
    assert amounts.sum() + outside == pytest.approx(0.0)
    assert outside == pytest.approx((0.1 + 0.5) * 5.0)
    assert amounts[1] > 0.0 > amounts[2]


def test_who_is_slowed_automates_less(stage):
    free = np.mean([run(stage, "nothing", i).postures[-1, :, 0].mean() for i in range(8)])
    slow = np.mean([run(stage, "slow", i).postures[-1, :, 0].mean() for i in range(8)])
    assert slow < free


def test_without_a_crisis_layer_nothing_happens_and_the_prize_is_shared():
    stated = race()
    one = play(Stage(stated), stated.policies[0], draw(stated, 0, 0, len(MOVES)))
    assert not one.crises.any()
    assert not one.flows[:, FLOWS.index("loss")].any()


def test_a_belief_changes_how_often_crises_come(stage):
    often = sum(
        run(stage, number=i, belief=Belief(name="b", title="", crises=4.0)).crises.sum() for i in range(6)
    )
    rare = sum(
        run(stage, number=i, belief=Belief(name="b", title="", crises=0.2)).crises.sum() for i in range(6)
    )
    assert rare < often


def test_run_i_does_not_hang_on_how_many_there_are():
    stated = race(**rivals(quarters=4, policies=POLICIES))
    few, many = (run_race(stated, ["nothing", "walls"], runs=n, seed=2) for n in (3, 25))
    assert few.arm("walls").chosen == many.arm("walls").chosen[:3]


def test_each_run_has_exactly_one_path_and_the_shares_sum_to_one():
    stated = race(**rivals(quarters=4, policies=POLICIES))
    found = run_race(stated, ["nothing", "walls"], runs=5, without_adaptation=True)
    assert [(arm.policy, arm.adapts) for arm in found.arms] == [
        ("nothing", True), ("walls", True), ("walls", False),
    ]  # fmt: skip
    for arm in found.arms:
        assert sum(estimate.value for estimate in arm.paths.values()) == pytest.approx(1.0)
        assert set(arm.paths) == set(Path)
    assert found.arm("walls", adapts=False).innovation_lost.value == 0.0
    assert found.as_dict()["arms"][0]["likeliest"] in {path.value for path in Path}


@pytest.mark.parametrize(
    ("what", "options"), [("policy", {"policies": ["wals"]}), ("belief", {"belief": "calm"})]
)
def test_an_unknown_name_is_told(what, options):
    stated = race(**rivals(policies=POLICIES))
    with pytest.raises(RaceError, match=f"a {what} of the race 'small'"):
        run_race(stated, **options)


def test_an_unknown_actor_is_told():
    document = rivals()
    document["players"]["avalon"]["acts_as"] = {"attribution-error": ["avalom"]}
    with pytest.raises(RaceError, match="did you mean 'avalon'"):
        Stage(race(**document))
