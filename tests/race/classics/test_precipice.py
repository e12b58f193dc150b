"""The race to the precipice against lab-anchors 4.10, and against search and quadrature over its rules."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from detente.errors import ClassicError
from detente.race.classics import precipice_forms
from detente.race.classics.precipice import Knowledge, Race, equilibrium, undercut
from detente.race.classics.precipice_private import climb, most_to_gain

# teams, enmity, capability: risk when nobody knows, each knows its own, everybody knows all
TABLE = [
    (2, 1.0, 1.0, 0.5, 0.666667, 0.666667),
    (2, 1.0, 2.0, 0.0, 0.333333, 0.416667),
    (2, 0.5, 1.0, 0.0, 0.555556, 0.416667),
    (5, 1.0, 1.0, 0.8, 0.833333, 0.833333),
    (5, 1.0, 4.0, 0.2, 0.333333, 0.451986),
    (5, 0.5, 1.0, 0.6, 0.722222, 0.671875),
]
CASES = [
    pytest.param(
        Race(teams=n, enmity=e, capability=mu), knowledge, risk, id=f"{n}-{e}-{mu}-{knowledge.value}"
    )
    for n, e, mu, *risks in TABLE
    for knowledge, risk in zip(Knowledge, risks, strict=True)
]
races = st.builds(
    Race, teams=st.integers(2, 12), enmity=st.floats(0.05, 1.0), capability=st.floats(0.05, 6.0)
)


@pytest.mark.parametrize(("race", "knowledge", "risk"), CASES)
def test_the_closed_form_is_the_published_figure(race, knowledge, risk):
    assert precipice_forms.risk(race, knowledge) == pytest.approx(risk, abs=5e-7)


@pytest.mark.parametrize(("race", "knowledge", "risk"), CASES)
def test_the_search_finds_the_published_figure(race, knowledge, risk):
    found = equilibrium(race, knowledge)
    assert found.risk == pytest.approx(risk, abs=6e-7)
    assert found.gain < 1e-7


@pytest.mark.parametrize("knowledge", Knowledge)
@pytest.mark.parametrize(
    "race",
    [
        Race(teams=3, enmity=0.1, capability=2.0),
        Race(teams=2, enmity=0.5, capability=3.0),
        Race(teams=20, enmity=0.3, capability=10.0),
        Race(teams=100, enmity=1.0, capability=1.0),
        Race(teams=2, enmity=0.001, capability=5.0),
    ],
)
def test_the_search_finds_the_closed_form_where_some_are_wholly_safe_and_where_many_race(race, knowledge):
    found = equilibrium(race, knowledge)
    assert found.risk == pytest.approx(precipice_forms.risk(race, knowledge), abs=3e-6)
    assert found.safety.max() <= 1.0


@settings(max_examples=15, deadline=None)
@given(races, st.sampled_from(Knowledge))
def test_the_search_finds_the_closed_form(race, knowledge):
    found = equilibrium(race, knowledge)
    expected = precipice_forms.safety(race, knowledge, found.knows)
    # A kink may fall between two nodes; elsewhere the strategies are the same.
    assert np.quantile(np.abs(found.safety - expected), 0.99) < 2e-6
    assert np.abs(found.safety - expected).max() < 4e-3
    assert found.risk == pytest.approx(precipice_forms.risk(race, knowledge), abs=3e-6)


def wins_unknowing(race, own, rivals):
    """The chance to win with safety `own` against rivals' `rivals`, by quadrature over the own capability."""

    def density(x):
        return min(max((x - own + rivals) / race.capability, 0.0), 1.0) ** (race.teams - 1) / race.capability

    kinks = sorted(
        {min(max(k, 0.0), race.capability) for k in (own - rivals, race.capability + own - rivals)}
    )
    return quad(density, 0.0, race.capability, points=kinks, epsabs=1e-11)[0]


@pytest.mark.parametrize("race", [Race(teams=n, enmity=e, capability=mu) for n, e, mu, *_ in TABLE])
def test_nobody_who_knows_nothing_gains_by_departing(race):
    all_do = 1.0 - precipice_forms.risk(race, Knowledge.NONE)

    def worth(own):
        wins = wins_unknowing(race, own, all_do)
        return own * wins + (1.0 - race.enmity) * all_do * (1.0 - wins)

    assert max(worth(own) for own in np.linspace(0.0, 1.0, 201)) <= worth(all_do) + 1e-9


def private_worth(race, own, score):
    """Of a score to a team of capability `own`, against rivals s = min(1, x / K), by quadrature over the best rival."""
    k, rivals, mu = race.enmity * (race.teams - 1) + 1.0, race.teams - 1, race.capability
    level = k - 1.0  # the score at which safety is complete
    beaten = min(score * k / (k - 1.0) if score <= level else score + 1.0, mu)

    def theirs(x):
        return min(1.0, x / k) * rivals * x ** (rivals - 1) / mu**rivals

    others_win = quad(theirs, beaten, mu, points=[min(max(k, beaten), mu)], epsabs=1e-11)[0]
    return (own - score) * (beaten / mu) ** rivals + (1.0 - race.enmity) * others_win


@pytest.mark.parametrize("race", [Race(teams=n, enmity=e, capability=mu) for n, e, mu, *_ in TABLE])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.77, 1.0])
def test_nobody_who_knows_its_own_capability_gains_by_departing(race, share):
    own = share * race.capability
    does = float(precipice_forms.safety(race, Knowledge.PRIVATE, [own])[0])
    now = private_worth(race, own, own - does)
    tried = [private_worth(race, own, own - s) for s in np.linspace(0.0, min(1.0, own), 101)]
    assert max(tried) <= now + 1e-9


def public_worth(capabilities, safeties, enmity, team):
    """The rules of the game; capabilities descend, and of equal scores the first wins."""
    scores = np.round(np.array(capabilities) - safeties, 12)
    winner = int(np.argmax(scores))
    return safeties[winner] * (1.0 if winner == team else 1.0 - enmity)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0, 3.0), min_size=2, max_size=5).map(lambda x: sorted(x, reverse=True)),
    st.floats(0.05, 1.0),
)
def test_nobody_who_knows_all_gains_by_departing(capabilities, enmity):
    leader = float(undercut(np.array([capabilities[0] - capabilities[1]]), enmity)[0])
    score = capabilities[0] - leader
    do = [leader, *(max(0.0, x - score) for x in capabilities[1:])]
    for team in range(len(do)):
        now = public_worth(capabilities, do, enmity, team)
        for other in np.linspace(0.0, 1.0, 101):
            departed = [*do[:team], float(other), *do[team + 1 :]]
            assert public_worth(capabilities, departed, enmity, team) <= now + 2e-8


@pytest.mark.parametrize(
    ("lead", "enmity"), [(10, 1.0), (10, 0.5), (10, 0.25), (30, 0.5), (0, 0.4), (50, 0.9)]
)
def test_all_public_equilibria_lie_between_the_lead_and_the_safest(lead, enmity):
    """Every pair of safeties on a grid of fiftieths, each against every departure: two teams, the first ahead by `lead`."""
    grid = np.arange(51)
    leader_wins = grid[:, None] - lead <= grid[None, :]  # rows: the leader's safety
    safety = np.where(leader_wins, grid[:, None], grid[None, :]) / 50.0
    first = safety * np.where(leader_wins, 1.0, 1.0 - enmity)
    second = safety * np.where(leader_wins, 1.0 - enmity, 1.0)
    best = (first >= first.max(axis=0)[None, :] - 1e-12) & (second >= second.max(axis=1)[:, None] - 1e-12)
    led = [i for i, j in product(grid, grid) if best[i, j] and leader_wins[i, j]]
    assert min(led) == min(lead, 50)
    # On the grid a departure must undercut by a whole step, so the safest may be one or so over.
    safest = min(1.0, lead / 50.0 / enmity)
    assert safest - 1e-9 <= max(led) / 50.0 <= min(1.0, safest + 0.02 / enmity) + 1e-9
    assert float(undercut(np.array([lead / 50.0]), enmity)[0]) == pytest.approx(safest, abs=1e-6)


@settings(deadline=None)
@given(races, st.sampled_from(Knowledge), st.floats(1.0, 3.0))
def test_enmity_endangers_and_capability_reassures(race, knowledge, more):
    now = precipice_forms.risk(race, knowledge)
    assert 0.0 <= now <= 1.0
    hostile = replace(race, enmity=min(1.0, race.enmity * more))
    assert precipice_forms.risk(hostile, knowledge) >= now - 1e-12
    able = replace(race, capability=race.capability * more)
    assert precipice_forms.risk(able, knowledge) <= now + 1e-12
    if knowledge is not Knowledge.PRIVATE:
        crowded = replace(race, teams=race.teams + 1)
        assert precipice_forms.risk(crowded, knowledge) >= now - 1e-12


@settings(deadline=None)
@given(races)
def test_to_know_nothing_is_safest(race):
    nothing = precipice_forms.risk(race, Knowledge.NONE)
    assert nothing <= precipice_forms.risk(race, Knowledge.PRIVATE) + 1e-12
    assert nothing <= precipice_forms.risk(race, Knowledge.PUBLIC) + 1e-12


def test_among_friends_a_further_team_may_help():
    friends = Race(teams=2, enmity=0.05, capability=2.0)
    crowded = replace(friends, teams=3)
    assert precipice_forms.risk(crowded, Knowledge.PRIVATE) < precipice_forms.risk(friends, Knowledge.PRIVATE)


def test_a_strategy_that_is_no_equilibrium_is_seen_to_be_none():
    nodes = np.linspace(0.0, 1.0, 201)
    assert most_to_gain(nodes, climb(nodes, 3, 0.7), 3, 0.7) < 1e-12
    assert most_to_gain(nodes, nodes / 2.0, 3, 0.7) > 1e-3
    # All reckless: the most capable wins 0 for sure, and would do best with s = 1/3, 1/3 (2/3)^2.
    assert most_to_gain(nodes, np.zeros(201), 3, 1.0) == pytest.approx(4.0 / 27.0, rel=1e-6)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"teams": 1}, "teams: found 1, expected a whole number, 2 to 100"),
        ({"teams": 2.0}, "teams: found 2.0, expected a whole number, 2 to 100"),
        ({"enmity": 0.0}, "enmity: found 0, expected a number above 0 and at most 1"),
        ({"capability": -math.inf}, "capability: found -inf, expected a number above 0"),
    ],
)
def test_bad_numbers_are_named(wrong, said):
    with pytest.raises(ClassicError) as caught:
        Race(**({"teams": 2, "enmity": 1.0, "capability": 1.0} | wrong))
    assert str(caught.value) == said


def test_bad_arguments_are_named():
    race = Race(teams=2, enmity=1.0, capability=1.0)
    with pytest.raises(ClassicError, match="knowledge: found 'public', expected a Knowledge"):
        equilibrium(race, "public")
    with pytest.raises(ClassicError, match="race: found 1, expected a Race"):
        precipice_forms.risk(1, Knowledge.NONE)
    with pytest.raises(ClassicError, match=r"knows\[0\]: found -1, expected a number at least 0"):
        precipice_forms.safety(race, Knowledge.PUBLIC, [-1.0])
