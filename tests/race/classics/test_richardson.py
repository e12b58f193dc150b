"""Richardson's race against lab-anchors 4.11, NumPy's eigenvalues and a general integrator."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from detente.errors import ClassicError
from detente.race.classics.richardson import (
    Fate,
    Rivalry,
    doubling_time,
    eigenvalues,
    equilibrium,
    fate,
    is_stable,
    trajectory,
)

STABLE = Rivalry(answer_x=0.5, answer_y=0.8, fatigue_x=1.0, fatigue_y=1.2, grievance_x=0.3, grievance_y=-0.1)
RUNAWAY = Rivalry(answer_x=1.0, answer_y=1.5, fatigue_x=0.5, fatigue_y=0.4, grievance_x=-0.2, grievance_y=0.1)
BRINK = Rivalry(answer_x=1.0, answer_y=1.0, fatigue_x=2.0, fatigue_y=0.5, grievance_x=0.1, grievance_y=0.2)

rates = st.floats(0.01, 3.0)
grievances = st.floats(-2.0, 2.0)
rivalries = st.builds(
    Rivalry,
    answer_x=rates,
    answer_y=rates,
    fatigue_x=rates,
    fatigue_y=rates,
    grievance_x=grievances,
    grievance_y=grievances,
)


def change(rivalry, x, y):
    """The two equations as they are printed."""
    r = rivalry
    return (
        r.answer_x * y - r.fatigue_x * x + r.grievance_x,
        r.answer_y * x - r.fatigue_y * y + r.grievance_y,
    )


def test_an_equilibrium_by_hand():
    """a b - k l = 1.2 - 0.4 = 0.8; x = (-0.05 + 0.36) / 0.8, y = (0.24 - 0.1) / 0.8."""
    assert equilibrium(STABLE) == pytest.approx((0.3875, 0.175), rel=1e-14)


def test_equal_rivals_by_hand():
    """Their sum grows at k - a and their difference at -(k + a); the sum starts from rest at g / (a - k) each."""
    rivalry = Rivalry(
        answer_x=0.7, answer_y=0.7, fatigue_x=0.2, fatigue_y=0.2, grievance_x=1.0, grievance_y=1.0
    )
    assert eigenvalues(rivalry) == pytest.approx((0.5, -0.9), rel=1e-14)
    assert doubling_time(rivalry) == pytest.approx(math.log(2.0) / 0.5)
    assert equilibrium(rivalry) == pytest.approx((-2.0, -2.0))
    x, y = trajectory(rivalry, (1.0, 3.0), [2.0])[0]
    assert x + y == pytest.approx(8.0 * math.exp(1.0) - 4.0, rel=1e-12)
    assert x - y == pytest.approx(-2.0 * math.exp(-1.8), rel=1e-12)


@settings(deadline=None)
@given(rivalries)
def test_nothing_changes_at_the_equilibrium(rivalry):
    assume(abs(rivalry.margin) > 1e-3)
    x, y = equilibrium(rivalry)
    assert change(rivalry, x, y) == pytest.approx((0.0, 0.0), abs=1e-9 * (1.0 + abs(x) + abs(y)))


@settings(deadline=None)
@given(rivalries)
def test_eigenvalues_are_those_of_the_matrix_and_stability_is_their_sign(rivalry):
    found = np.sort(np.linalg.eigvals(rivalry.matrix).real)[::-1]
    assert eigenvalues(rivalry) == pytest.approx(tuple(found), abs=1e-12)
    assume(abs(rivalry.margin) > 1e-9)
    assert is_stable(rivalry) == (found[0] < 0.0)
    assert (doubling_time(rivalry) is None) == (found[0] <= 0.0)


@settings(deadline=None)
@given(rivalries)
def test_stability_is_that_what_both_tire_of_exceeds_what_both_answer(rivalry):
    assert is_stable(rivalry) == (rivalry.fatigue_x * rivalry.fatigue_y > rivalry.answer_x * rivalry.answer_y)


@pytest.mark.parametrize("rivalry", [STABLE, RUNAWAY, BRINK])
def test_a_trajectory_is_what_an_integrator_finds(rivalry):
    times = np.array([0.0, 0.4, 3.0, 1.0])
    exact = trajectory(rivalry, (2.0, 0.5), times)
    by_steps = solve_ivp(
        lambda _, levels: change(rivalry, *levels),
        (0.0, 3.0),
        [2.0, 0.5],
        dense_output=True,
        rtol=1e-11,
        atol=1e-12,
    ).sol(times)
    assert exact == pytest.approx(by_steps.T, rel=1e-8)


def test_a_stable_race_comes_to_rest_and_an_unstable_one_leaves_the_ridge():
    assert trajectory(STABLE, (50.0, -3.0), [200.0])[0] == pytest.approx(equilibrium(STABLE), rel=1e-12)
    assert fate(STABLE, (50.0, -3.0)) is Fate.SETTLES


@settings(deadline=None)
@given(rivalries, st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_where_a_race_goes_is_where_its_trajectory_goes(rivalry, x, y):
    rate = eigenvalues(rivalry)[0]
    assume(rate > 0.05)
    ridge = np.array(equilibrium(rivalry))
    above = float(np.array([rivalry.answer_y, rate + rivalry.fatigue_x]) @ ([x, y] - ridge))
    assume(abs(above) > 1e-6)
    end = trajectory(rivalry, (x, y), [60.0 / rate])[0]
    expected = Fate.RUNS_AWAY if end.sum() > 0.0 else Fate.DISARMS
    assert fate(rivalry, (x, y)) is expected


def test_on_the_brink_the_grievances_decide():
    calm = Rivalry(answer_x=1.0, answer_y=1.0, fatigue_x=2.0, fatigue_y=0.5)
    assert not is_stable(BRINK)
    assert eigenvalues(BRINK) == (0.0, -2.5)
    assert fate(BRINK, (1.0, 1.0)) is Fate.RUNS_AWAY
    assert fate(calm, (1.0, 5.0)) is Fate.SETTLES
    assert trajectory(calm, (1.0, 5.0), [100.0]) == pytest.approx(trajectory(calm, (1.0, 5.0), [200.0]))
    with pytest.raises(ClassicError, match="no equilibrium or a whole line"):
        equilibrium(BRINK)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"answer_x": -0.1}, "answer_x: found -0.1, expected a number at least 0"),
        ({"fatigue_y": math.inf}, "fatigue_y: found inf, expected a number at least 0"),
        ({"grievance_x": "much"}, "grievance_x: found 'much', expected a number"),
        ({"answer_y": True}, "answer_y: found True, expected a number at least 0"),
    ],
)
def test_bad_numbers_are_named(wrong, said):
    good = {"answer_x": 1.0, "answer_y": 1.0, "fatigue_x": 1.0, "fatigue_y": 1.0}
    with pytest.raises(ClassicError) as caught:
        Rivalry(**(good | wrong))
    assert str(caught.value) == said


def test_bad_arguments_are_named():
    with pytest.raises(ClassicError, match=r"times\[1\]: found -1, expected a number at least 0"):
        trajectory(STABLE, (0.0, 0.0), [0.0, -1.0])
    with pytest.raises(ClassicError, match="times: found 0 of them, expected some numbers"):
        trajectory(STABLE, (0.0, 0.0), [])
    with pytest.raises(ClassicError, match=r"times: found 3\.0, expected a list of some numbers"):
        trajectory(STABLE, (0.0, 0.0), 3.0)
    with pytest.raises(ClassicError, match="start: found 3 of them, expected 2 numbers"):
        fate(STABLE, (0.0, 0.0, 0.0))
    with pytest.raises(ClassicError, match="outgrown every number"):
        trajectory(RUNAWAY, (1.0, 1.0), [1e6])
    with pytest.raises(ClassicError, match="rivalry: found 7, expected a Rivalry"):
        is_stable(7)
    with pytest.raises(ClassicError, match="expected one above 0, or both to answer"):
        fate(Rivalry(answer_x=1.0, answer_y=0.0, fatigue_x=0.0, fatigue_y=0.0), (1.0, 1.0))
