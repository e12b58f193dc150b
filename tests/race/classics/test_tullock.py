"""Tullock's contest against closed forms, and against search over the game's own payoffs."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.errors import ClassicError
from detente.race.classics import tullock
from detente.race.classics.tullock import Contest, duel, equals, equilibrium, lottery, most_equals

worths = st.floats(0.1, 10.0)


def pay(contest, efforts, player, spent):
    """The rules of the game: v p - x for each of the sums `spent` by `player`, others' efforts as they are."""
    others = sum(x**contest.decisiveness for i, x in enumerate(efforts) if i != player)
    force = np.asarray(spent) ** contest.decisiveness
    return contest.values[player] * force / (force + others) - spent


def most_to_gain(contest, outcome):
    """By how much any player could do better, whatever it spent, as a share of its value."""
    gains = []
    for player, value in enumerate(contest.values):
        now = float(pay(contest, outcome.efforts, player, np.array([outcome.efforts[player]]))[0])
        spent = value * np.concatenate([np.geomspace(1e-9, 1e-2, 400), np.linspace(0.01, 1.0, 4000)])
        best = max(0.0, float(pay(contest, outcome.efforts, player, spent).max()))
        gains.append((best - now) / value)
    return max(gains)


@pytest.mark.parametrize(
    ("players", "decisiveness", "each"),
    [(2, 1.0, 25.0), (2, 2.0, 50.0), (2, 0.5, 12.5), (3, 1.5, 100 / 3), (5, 1.0, 16.0), (10, 1.1, 9.9)],
)
def test_equals_spend_what_the_formula_says(players, decisiveness, each):
    """v r (n - 1) / n^2, for a prize of 100."""
    found = equals(players, 100.0, decisiveness)
    assert found.efforts == pytest.approx((each,) * players, rel=1e-14)
    assert found.chances == pytest.approx((1.0 / players,) * players, rel=1e-14)
    assert found.payoffs == pytest.approx((100.0 / players - each,) * players, abs=1e-12)
    numeric = equilibrium(Contest(values=(100.0,) * players, decisiveness=decisiveness))
    assert numeric.efforts == pytest.approx(found.efforts, rel=1e-9)


def test_a_lottery_by_hand():
    """Values 3, 2 and 1: the first two spend 6/5 together, which the third does not value enough to join."""
    found = lottery(Contest(values=(2.0, 1.0, 3.0)))
    assert found.spent == pytest.approx(1.2, rel=1e-14)
    assert found.efforts == pytest.approx((0.48, 0.0, 0.72), rel=1e-14)
    assert found.chances == pytest.approx((0.4, 0.0, 0.6), rel=1e-14)
    assert found.payoffs == pytest.approx((0.32, 0.0, 1.08), rel=1e-14)


def test_a_lottery_that_everybody_joins():
    """Values 4, 3, 3: X = 2 / (1/4 + 2/3) = 24/11."""
    found = lottery(Contest(values=(4.0, 3.0, 3.0)))
    assert found.spent == pytest.approx(24.0 / 11.0)
    assert found.chances == pytest.approx((5.0 / 11.0, 3.0 / 11.0, 3.0 / 11.0))


def test_a_duel_by_hand():
    """Values 4 and 1, r = 1/2: odds 2 to 1, each spends v r p (1 - p) = v / 9."""
    found = duel(Contest(values=(4.0, 1.0), decisiveness=0.5))
    assert found.chances == pytest.approx((2.0 / 3.0, 1.0 / 3.0), rel=1e-14)
    assert found.efforts == pytest.approx((4.0 / 9.0, 1.0 / 9.0), rel=1e-14)


@settings(deadline=None)
@given(st.lists(worths, min_size=2, max_size=8))
def test_the_numerical_lottery_is_the_closed_form(values):
    contest = Contest(values=tuple(values))
    closed, numeric = lottery(contest), equilibrium(contest)
    assert numeric.efforts == pytest.approx(closed.efforts, rel=1e-8, abs=1e-12)
    assert numeric.payoffs == pytest.approx(closed.payoffs, rel=1e-8, abs=1e-12)


@settings(deadline=None)
@given(worths, worths, st.floats(0.05, 2.0))
def test_the_numerical_duel_is_the_closed_form(one, other, decisiveness):
    contest = Contest(values=(one, other), decisiveness=decisiveness)
    limit = 1.0 + (min(one, other) / max(one, other)) ** decisiveness
    assume(abs(decisiveness - limit) > 1e-6)
    if decisiveness > limit:
        for solve in (duel, equilibrium):
            with pytest.raises(ClassicError, match="no equilibrium in pure strategies"):
                solve(contest)
    else:
        assert equilibrium(contest).efforts == pytest.approx(duel(contest).efforts, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.lists(worths, min_size=2, max_size=6), st.floats(0.2, 1.8))
def test_nobody_gains_by_spending_more_or_less(values, decisiveness):
    contest = Contest(values=tuple(values), decisiveness=decisiveness)
    try:
        found = equilibrium(contest)
    except ClassicError:
        assert decisiveness > 1.0
        return
    assert most_to_gain(contest, found) < 1e-9
    assert math.fsum(found.chances) == pytest.approx(1.0, rel=1e-9)
    force = np.array(found.efforts) ** decisiveness
    assert found.chances == pytest.approx(force / force.sum(), rel=1e-7, abs=1e-12)
    expected = np.array(values) * found.chances - found.efforts
    assert found.payoffs == pytest.approx(expected, rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.lists(worths, min_size=2, max_size=6), st.floats(0.2, 1.0), st.floats(0.01, 100.0), st.randoms())
def test_units_and_order_do_not_matter(values, decisiveness, scale, luck):
    found = equilibrium(Contest(values=tuple(values), decisiveness=decisiveness))
    order = list(range(len(values)))
    luck.shuffle(order)
    other = equilibrium(Contest(values=tuple(values[i] * scale for i in order), decisiveness=decisiveness))
    expected = [found.efforts[i] * scale for i in order]
    assert other.efforts == pytest.approx(expected, rel=1e-7, abs=1e-10 * scale)


@pytest.mark.parametrize(
    ("decisiveness", "most"), [(1.0, math.inf), (1.1, 11), (1.5, 3), (1.6, 2), (2.0, 2), (2.1, 1)]
)
def test_how_many_equals_can_take_part(decisiveness, most):
    """n / (n - 1) read the other way."""
    assert most_equals(decisiveness) == most
    for players in range(2, 5):
        if players <= most:
            assert min(equals(players, 1.0, decisiveness).payoffs) >= 0.0
        else:
            with pytest.raises(ClassicError, match=r"expected at most n / \(n - 1\)"):
                equals(players, 1.0, decisiveness)


def test_too_many_for_a_decisive_contest_leave_it_to_the_keenest():
    """At r = 1.6 only two can take part: each of them spends 1.6 / 4."""
    found = equilibrium(Contest(values=(1.0, 1.0, 1.0), decisiveness=1.6))
    assert sorted(found.efforts) == pytest.approx([0.0, 0.4, 0.4], rel=1e-9)


@pytest.mark.parametrize("worth", [0.1, 0.5, 0.6, 0.7, 0.95, 1.0])
@pytest.mark.parametrize("decisiveness", [1.05, 1.3, 1.5, 1.9])
def test_who_stays_out_would_gain_nothing_by_entering(worth, decisiveness):
    inside = equals(2, 1.0, decisiveness).efforts
    force = math.log(2.0 * inside[0] ** decisiveness)
    contest = Contest(values=(1.0, 1.0, worth), decisiveness=decisiveness)
    best = float(pay(contest, (*inside, 0.0), 2, np.linspace(1e-6, 1.0, 20_000)).max())
    assert tullock._stay_out(np.array([worth]), decisiveness, force) == (best <= 0.0)


def test_who_does_not_value_a_lottery_enough_spends_nothing_at_all():
    assert equilibrium(Contest(values=(3.0, 1.0, 2.0))).efforts[1] == 0.0


def test_a_large_field_of_the_unlike_is_solved():
    values = tuple(np.geomspace(1.0, 1e6, 300).tolist())
    assert equilibrium(Contest(values=values)).efforts == pytest.approx(
        lottery(Contest(values=values)).efforts, rel=1e-7, abs=1e-3
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"values": (1.0,)}, "values: how many: found 1, expected a whole number, 2 to 10000"),
        ({"values": (1.0, 0.0)}, "values[1]: found 0, expected a number above 0"),
        ({"values": "ab"}, "values: found 'ab', expected a list of some numbers"),
        ({"values": (1.0, None)}, "values[1]: found None, expected a number at least 0"),
        ({"decisiveness": 0.0}, "decisiveness: found 0, expected a number above 0"),
        ({"decisiveness": math.nan}, "decisiveness: found nan, expected a number above 0"),
    ],
)
def test_bad_numbers_are_named(wrong, said):
    with pytest.raises(ClassicError) as caught:
        Contest(**({"values": (1.0, 2.0)} | wrong))
    assert str(caught.value) == said


def test_bad_arguments_are_named():
    with pytest.raises(ClassicError, match="players: found 1, expected a whole number, 2 to"):
        equals(1)
    with pytest.raises(ClassicError, match="decisiveness: found 2, expected 1 for a lottery"):
        lottery(Contest(values=(1.0, 1.0), decisiveness=2.0))
    with pytest.raises(ClassicError, match="values: how many: found 3, expected a whole number, 2 to 2"):
        duel(Contest(values=(1.0, 1.0, 1.0)))
    with pytest.raises(ClassicError, match="contest: found None, expected a Contest"):
        equilibrium(None)
