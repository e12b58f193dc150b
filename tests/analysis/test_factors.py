import dataclasses

import numpy as np
import pytest
from scipy import stats

import detente
from detente.analysis.uncertainty.factors import Factor, factors_of, values
from detente.analysis.uncertainty.points import sobol
from detente.analysis.uncertainty.space import Space
from detente.model.substitute import with_numbers
from detente.model.vocabulary import Quantity
from tests.analysis.uncertain import CHAIN, REVIEW, chain

REASONED = {"value": 0.5, "low": 0.1, "high": 0.9, "assumed": "one judgement"}


def drawn(scenario, portfolios=(), draws=8, seed=3):
    space = Space.of(scenario, portfolios)
    rows = values(space.factors, sobol(draws, len(space.factors), seed))
    return [space.draw(row) for row in rows]


@pytest.mark.parametrize("name", detente.scenarios())
def test_a_draw_is_what_a_document_with_these_numbers_would_be(name):
    portfolios = [detente.load_portfolio(one) for one in ("essay", "prudent")]
    for scenario, guarded in drawn(detente.load(name), portfolios):
        assert scenario == detente.load(scenario.document)
        assert list(guarded) == [detente.load_portfolio(one.document) for one in guarded]


@pytest.mark.parametrize("name", detente.scenarios())
def test_stated_values_give_the_scenario_back_but_for_its_ranges(name):
    scenario = detente.load(name)
    stated = {path: one.value for path, one in scenario.quantities.items() if one.low is not None}
    same = with_numbers(scenario, stated)
    for field in dataclasses.fields(scenario):
        if field.name not in ("quantities", "document"):
            assert getattr(same, field.name) == getattr(scenario, field.name)


def test_entries_keep_their_place_when_their_numbers_change_order():
    document = chain()
    first = document["systems"]["first"]["responds"]
    first.append({**first[0], "actions": {"value": 0.6, "low": 0.0, "high": 1.0}})
    scenario = detente.load(document)
    path = "systems.first.responds[1].actions"
    changed = with_numbers(scenario, {path: 0.01})
    assert [rule.actions for rule in changed.systems[0].responds] == [0.5, 0.01]
    assert [rule.actions for rule in detente.load(changed.document).systems[0].responds] == [0.01, 0.5]


def test_the_same_range_for_the_same_reason_is_one_unknown():
    names = [one.name for one in factors_of(detente.load(chain(first=REASONED, second=REASONED)))]
    assert names == ["systems.first.responds[0].actions", "systems.third.harm.mid"]


@pytest.mark.parametrize(
    "other",
    [
        {**REASONED, "assumed": "another judgement"},
        {**REASONED, "high": 0.8},
        {"value": 0.5, "low": 0.1, "high": 0.9},
    ],
)
def test_another_range_or_reason_or_none_is_another_unknown(other):
    assert len(factors_of(detente.load(chain(first=REASONED, second=other)))) == 3


def test_ranges_without_a_reason_stay_apart_even_when_alike():
    alike = {"value": 0.5, "low": 0.1, "high": 0.9}
    assert len(factors_of(detente.load(chain(first=alike, second=alike)))) == 3


def test_a_resolved_document_has_the_same_unknowns():
    scenario = detente.load("attribution-error")
    again = detente.load(scenario.document)
    assert factors_of(scenario) == factors_of(again)


def test_portfolios_share_what_they_state_alike_and_keep_what_they_do_not():
    scenario, slow = detente.load(CHAIN), detente.load_portfolio(REVIEW)
    other = {
        **REVIEW,
        "portfolio": "other",
        "safeguards": {"phased-rollout": {"autonomy": {"value": 0.2, "low": 0, "high": 0.4}}},
    }
    twin = {**REVIEW, "portfolio": "twin"}
    names = [
        one.name
        for one in factors_of(scenario, [slow, detente.load_portfolio(twin), detente.load_portfolio(other)])
    ]
    assert names[-3:] == [
        "safeguards.phased-rollout.autonomy", "safeguards.throttle.burst", "other:safeguards.phased-rollout.autonomy",
    ]  # fmt: skip


def factor(*, whole=False, **quantity):
    return Factor(name="x", quantity=Quantity(**quantity), places=((-1, "x"),), whole=whole, unit="")


def test_a_range_is_uniform_and_with_a_mode_triangular():
    u = np.linspace(0.001, 0.999, 999)[:, None]
    uniform = values([factor(value=3.0, low=2.0, high=6.0)], u)
    assert np.allclose(uniform, stats.uniform(2, 4).ppf(u))
    for mode in (2.0, 3.0, 6.0):
        triangular = values([factor(value=3.0, low=2.0, high=6.0, mode=mode)], u)
        assert np.allclose(triangular, stats.triang((mode - 2) / 4, 2, 4).ppf(u))


def test_whole_numbers_are_equally_likely_ends_included():
    u = (np.arange(4000)[:, None] + 0.5) / 4000
    found = values([factor(value=2.0, low=1.0, high=4.0, whole=True)], u)
    assert np.unique(found, return_counts=True)[1].tolist() == [1000] * 4


def test_whole_numbers_of_both_documents_are_drawn_whole():
    slow = detente.load_portfolio(REVIEW)
    bursts = {guarded[0].throttle.burst for _, guarded in drawn(detente.load(CHAIN), [slow], draws=32)}
    assert bursts == {1, 2, 3, 4}


def steps_of(step, draws=32):
    document = chain()
    document["systems"]["first"]["responds"][0] |= {"law": "poisson", "step": step}
    return [
        scenario.systems[0].responds[0].step for scenario, _ in drawn(detente.load(document), draws=draws)
    ]


def test_steps_sum_to_1_in_every_draw():
    down = {"value": 0.2, "low": 0.0, "high": 0.5}
    for step in ({"down": down, "up": 0.3}, {"down": down, "same": 0.5, "up": 0.3}):
        found = steps_of(step)
        assert len({one.down for one in found}) == len(found)
        assert all(one.up == pytest.approx(0.3) for one in found)
        assert all(one.down + one.same + one.up == pytest.approx(1.0, abs=1e-12) for one in found)


def test_shares_that_nothing_can_make_room_for_are_scaled_together():
    found = steps_of({"down": 0.5, "same": {"value": 0.3, "low": 0.0, "high": 0.9}, "up": 0.2})
    assert len({one.same for one in found}) == len(found)
    assert all(one.down / one.up == pytest.approx(2.5) for one in found)
    assert all(one.down + one.same + one.up == pytest.approx(1.0, abs=1e-12) for one in found)


def test_suspicions_sum_to_1_in_every_draw():
    for scenario, _ in drawn(detente.load("false-flag")):
        for system in scenario.systems:
            if system.senses.suspects:
                assert sum(share for _, share in system.senses.suspects) == pytest.approx(1.0, abs=1e-12)


def test_points_stay_when_draws_or_unknowns_are_added():
    few, many = sobol(5, 3, seed=1), sobol(3000, 40, seed=1)
    assert np.array_equal(few, many[:5, :3])
    assert not np.array_equal(few, sobol(5, 3, seed=2))
    # Two-dimensional faces are even: 64 of 1024 points in each of 16 squares, far closer than chance would be.
    counts = np.histogram2d(many[:1024, 3], many[:1024, 17], bins=4)[0]
    assert abs(counts - 64).max() < 16
