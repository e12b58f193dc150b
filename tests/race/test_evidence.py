"""What of a trajectory decides its path: the last quarters, who is there, and crises without catastrophe."""

import numpy as np
import pytest

from detente.race.paths import evidence, years_at_end
from detente.race.trajectory import blank
from tests.race.documents import player, race

LATER = {"barrier": 0.0, "a_year": 0.5}
PLAYERS = {
    "ash": player(bloc="west"), "beech": player(bloc="east"), "cedar": player(), "elm": player(bloc="west", enters=LATER),
}  # fmt: skip
NAMES = sorted(PLAYERS)


@pytest.fixture
def stated():
    return race(players=PLAYERS, quarters=20, paths={"window": 8})


def filled(stated, **fields):
    """A trajectory with everybody there from the first quarter but elm, and what is given."""
    run = blank(stated)
    run.there[:, [NAMES.index(name) for name in ("ash", "beech", "cedar")]] = True
    for name, value in fields.items():
        getattr(run, name)[...] = value
    return run


def by_quarter(stated, **at):
    found = np.zeros(stated.quarters)
    for quarter, value in at.items():
        found[int(quarter[1:])] = value
    return found


def test_critical_crises_count_at_the_end_and_without_those_that_end_in_catastrophe(stated):
    """Null: those before the window count, or catastrophes count as critical crises, or a quarter is taken for a year."""
    run = filled(
        stated,
        critical=by_quarter(stated, q11=7, q12=3, q19=2),
        catastrophes=by_quarter(stated, q0=1, q10=1, q12=1),
    )
    seen = evidence(stated, run)
    assert seen.critical_a_year == pytest.approx((3 + 2 - 1) / 2.0)
    assert seen.catastrophes == 3


def test_r_is_the_mean_of_the_ends_of_the_years_in_the_window(stated):
    """Null: another year counts, or one part is told for another."""
    run = filled(stated)
    for year in range(5):
        run.escalation[year] = np.array([1.0, 2.0, 4.0, 8.0]) * 10.0**year
    seen = evidence(stated, run)
    mean = (10.0**3 + 10.0**4) / 2.0
    assert seen.escalation == pytest.approx(mean)
    assert seen.between == pytest.approx(2.0 * mean)
    assert seen.within == pytest.approx((4.0 * mean, 8.0 * mean))


def test_restrained_are_those_covered_or_certified_of_those_who_are_there(stated):
    """Null: players of the other bloc count, or those who are absent, or what was before the window."""
    run = filled(stated)
    ash, beech, cedar, elm = range(4)
    run.covered[:12, beech] = True  # before the window
    run.covered[12:16, ash] = True
    run.certified[14:18, ash] = True  # two of four quarters at the same time as a measure
    run.covered[:, cedar] = True  # of no bloc
    east, west = evidence(stated, run).restrained
    assert (east, west) == (0.0, pytest.approx(6 / 8))
    run.there[16:, elm] = True
    assert evidence(stated, run).restrained[1] == pytest.approx(6 / 12)
    run.there[:, beech] = False
    assert evidence(stated, run).restrained[0] == 0.0


@pytest.mark.parametrize(
    ("quarters", "window", "years"), [(20, 8, 2), (20, 3, 1), (20, 7, 1), (7, 40, 1), (6, 8, 1), (12, 100, 3)]
)
def test_the_years_looked_at_are_those_in_the_window(quarters, window, years):
    stated = race(players=PLAYERS, quarters=quarters, paths={"window": window})
    assert years_at_end(stated) == years
    run = filled(stated)
    run.escalation[-years:] = 1.5
    assert evidence(stated, run).escalation == pytest.approx(1.5)
    run.critical[0] = 4.0  # in the window only where that is as long as the race
    assert evidence(stated, run).critical_a_year == (0.0 if window < quarters else 4.0 / (quarters / 4.0))
