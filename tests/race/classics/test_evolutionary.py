"""The evolutionary AI race against the figures of lab-anchors 4.9."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from detente.errors import ClassicError
from detente.race.classics.evolutionary import (
    Development,
    Zone,
    dominance_threshold,
    payoffs,
    payoffs_of_a_round,
    society_threshold,
    unsafe_share,
    zone,
)
from detente.race.classics.imitation import Population

# speed: society's threshold, risk dominance, and their limits for a large prize
TABLE = [
    (1.5, 0.337662, 0.775065, 0.333333, 0.777778),
    (2.0, 0.500000, 0.831510, 0.500000, 0.833333),
    (3.0, 0.664474, 0.887912, 0.666667, 0.888889),
    (5.0, 0.797619, 0.932921, 0.800000, 0.933333),
]
SHARES = [
    (1.5, 0.70, 0.999862),
    (1.5, 0.77, 0.713798),
    (1.5, 0.78, 0.443887),
    (1.5, 0.90, 9.22e-7),
    (3.0, 0.90, 0.0837848),
]

chances = st.floats(0.0, 1.0)
developments = st.builds(
    Development,
    speed=st.floats(1.01, 6.0),
    risk=chances,
    benefit=st.floats(0.5, 10.0),
    cost=st.floats(0.0, 2.0),
    prize=st.floats(0.0, 1e5),
    rounds=st.floats(1.0, 1e3),
    detection=chances,
)


@pytest.mark.parametrize(("speed", "society", "dominance", "society_limit", "dominance_limit"), TABLE)
def test_thresholds(speed, society, dominance, society_limit, dominance_limit):
    development = Development(speed=speed)
    assert society_threshold(development) == pytest.approx(society, abs=5e-7)
    assert dominance_threshold(development) == pytest.approx(dominance, abs=5e-7)
    rich = replace(development, prize=1e12)
    assert society_threshold(rich) == pytest.approx(society_limit, abs=5e-7)
    assert dominance_threshold(rich) == pytest.approx(dominance_limit, abs=5e-7)
    assert (1.0 - 1.0 / speed, 1.0 - 1.0 / (3.0 * speed)) == pytest.approx(
        (society_limit, dominance_limit), abs=5e-7
    )


@pytest.mark.parametrize(("speed", "risk", "share"), SHARES)
def test_the_unsafe_share(speed, risk, share):
    found = unsafe_share(Development(speed=speed, risk=risk), Population())
    assert found == pytest.approx(share, rel=5e-4 if share < 1e-3 else 1e-6)


@pytest.mark.parametrize("speed", [row[0] for row in TABLE])
def test_the_thresholds_are_where_the_payoffs_cross(speed):
    def ahead(risk):
        (ss, su), (us, uu) = payoffs(Development(speed=speed, risk=risk))
        return np.array([ss - uu, ss + su - us - uu])

    society, dominance = (brentq(lambda risk, i=i: ahead(risk)[i], 0.0, 1.0, xtol=1e-13) for i in (0, 1))
    assert society_threshold(Development(speed=speed)) == pytest.approx(society, abs=1e-12)
    assert dominance_threshold(Development(speed=speed)) == pytest.approx(dominance, abs=1e-12)


def test_a_large_population_turns_at_risk_dominance():
    development = Development(speed=1.5)
    even = [
        brentq(
            lambda risk, size=size: (
                unsafe_share(replace(development, risk=risk), Population(players=size)) - 0.5
            ),
            0.5,
            0.95,
        )
        for size in (20, 200, 2000)
    ]
    errors = np.abs(np.array(even) - dominance_threshold(development))
    assert errors[0] > 5.0 * errors[1] > 25.0 * errors[2]
    assert errors[2] < 2e-4


def test_payoffs_by_hand():
    """Speed 3, all else as published: markets of 4 shared 1 to 3, a prize of 100 a round, or of 300 when unsafe."""
    development = Development(speed=3.0, risk=0.5)
    assert payoffs_of_a_round(development).tolist() == [[1.0, 0.0], [3.0, 2.0]]
    assert payoffs(development).tolist() == [[51.0, 0.0], [151.5, 76.0]]
    # Found out in half of the rounds: the safe one then has the market alone.
    assert payoffs_of_a_round(replace(development, detection=0.5)).tolist() == [[1.0, 1.5], [1.5, 1.5]]


def test_zones():
    assert zone(Development(speed=1.5, risk=0.9)) is Zone.COMPLIANCE
    assert zone(Development(speed=1.5, risk=0.5)) is Zone.DILEMMA
    assert zone(Development(speed=1.5, risk=0.2)) is Zone.INNOVATION
    watched = Development(speed=3.0, prize=0.0, cost=1.7, detection=0.9)
    assert payoffs(watched) == pytest.approx(np.array([[0.3, 2.0], [0.3, 0.38]]))
    assert zone(watched) is Zone.OVERREGULATION


def test_who_is_always_found_out_and_wins_no_prize_earns_nothing():
    idle = Development(speed=2.0, prize=0.0, detection=1.0)
    assert (society_threshold(idle), zone(idle)) == (-math.inf, Zone.COMPLIANCE)
    ruinous = replace(idle, cost=3.0)
    assert (society_threshold(ruinous), zone(ruinous)) == (math.inf, Zone.INNOVATION)


@settings(deadline=None)
@given(developments)
def test_a_zone_is_what_payoffs_say(development):
    (ss, su), (us, uu) = payoffs(development)
    assume(min(abs(ss - uu), abs(ss + su - us - uu)) > 1e-9)
    expected = {
        (True, True): Zone.COMPLIANCE,
        (True, False): Zone.DILEMMA,
        (False, False): Zone.INNOVATION,
        (False, True): Zone.OVERREGULATION,
    }[bool(ss > uu), bool(ss + su > us + uu)]
    assert zone(development) is expected


@settings(deadline=None)
@given(developments, st.floats(0.0, 1.0))
def test_risk_and_detection_only_deter(development, more):
    worse = replace(development, risk=max(development.risk, more))
    found_out = replace(development, detection=max(development.detection, more))
    share = unsafe_share(development, Population(players=20))
    assert unsafe_share(worse, Population(players=20)) <= share * (1.0 + 1e-9)
    assert unsafe_share(found_out, Population(players=20)) <= share * (1.0 + 1e-9)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"speed": 1.0}, "speed: found 1, expected a number above 1"),
        ({"risk": 1.2}, "risk: found 1.2, expected a number at least 0 and at most 1"),
        ({"rounds": 0}, "rounds: found 0, expected a number at least 1"),
        ({"prize": "large"}, "prize: found 'large', expected a number at least 0"),
    ],
)
def test_bad_numbers_are_named(wrong, said):
    with pytest.raises(ClassicError) as caught:
        Development(**({"speed": 2.0} | wrong))
    assert str(caught.value) == said


def test_bad_arguments_are_named():
    with pytest.raises(ClassicError, match="development: found 3, expected a Development"):
        payoffs(3)
    with pytest.raises(ClassicError, match="development: found 3, expected a Development"):
        society_threshold(3)
    with pytest.raises(ClassicError, match="development: found 3, expected a Development"):
        zone(3)
