"""Postures in the tables, and what the solver says about them, against differences and against the simulator."""

import numpy as np
import pytest

from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.exact.catastrophe import reach
from detente.exact.operator import Operator
from detente.model.library import load
from detente.race.ensemble import default_order
from detente.race.postures import GRID, Fitter, rounded
from detente.race.risk import CATASTROPHE, CRITICAL, escalation, risk
from detente.race.stage import Stage
from detente.race.theatre import starts
from tests.race.documents import race, rivals

CONDUCT = race(conduct={"gain": 0.8, "haste": 1.0, "care": 1.2}).conduct


@pytest.fixture(scope="module")
def base():
    return compile_tables(load("attribution-error"))


def profile(base, **changes):
    found = np.tile([0.55, 0.5, 0.5], (len(base.actors), 1))
    for place, value in changes.items():
        found[:, ("autonomy", "capability", "safety").index(place)] = value
    return found


def nobody(base):
    return np.zeros(len(base.actors), np.bool_)


def test_the_reference_posture_changes_no_number(base):
    """Null: putting the scenario's own posture in changes the crises."""
    fitted = Fitter(CONDUCT).fit(base, profile(base, autonomy=1.0), nobody(base))
    before = simulate_block(base, seed=3, first=0, count=400)
    after = simulate_block(fitted, seed=3, first=0, count=400)
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_slopes_are_the_differences_of_chances(base):
    """Null: a slope is off by more than a twentieth of the largest one."""
    postures, fitter = profile(base), Fitter(CONDUCT)
    found = risk(fitter.fit(base, postures, nobody(base)), base, CONDUCT)

    def chances(changed):
        op = Operator(fitter.fit(base, changed, nobody(base)))
        return np.array([reach(op, base.critical).probability, reach(op, base.catastrophe).probability])

    step = 1e-4
    differences = np.zeros((2, len(base.actors), 3))
    for actor in range(len(base.actors)):
        for part in range(3):
            up, down = postures.copy(), postures.copy()
            up[actor, part] += step
            down[actor, part] -= step
            differences[:, actor, part] = (chances(up) - chances(down)) / (2 * step)
    for rung in (CRITICAL, CATASTROPHE):
        largest = np.abs(differences[rung]).max()
        assert largest > 0.005
        assert found.slopes[rung] == pytest.approx(differences[rung], abs=0.01 * largest)


def test_more_autonomy_more_risk_and_more_safety_less(base):
    fitter = Fitter(CONDUCT)

    def chance(**changes):
        return risk(fitter.fit(base, profile(base, **changes), nobody(base)), base, CONDUCT).chances[
            CATASTROPHE
        ]

    assert chance(autonomy=0.2) < chance(autonomy=0.5) < chance(autonomy=1.0)
    assert chance(capability=0.2) < chance(capability=0.8)
    assert chance(safety=0.9) < chance(safety=0.1)


def test_who_is_absent_does_nothing(base):
    """Null: where everybody is absent, anything but shocks and outages happens."""
    fitted = Fitter(CONDUCT).fit(base, profile(base), ~nobody(base))
    assert simulate_block(fitted, seed=0, first=0, count=300).actions.sum() == 0


def test_parts_of_r_are_below_the_whole(base):
    scenario = load("attribution-error")
    blocs = tuple(np.array([actor.bloc == bloc for actor in scenario.actors]) for bloc in ("east", "west"))
    found = escalation(Fitter(CONDUCT).fit(base, profile(base, autonomy=1.0), nobody(base)), blocs)
    assert 0.0 < found.between < found.total
    assert all(0.0 < within < found.total for within in found.within)
    assert escalation(base, blocs, parts=False).total == pytest.approx(1.1715, abs=2e-3)


def test_parts_of_r_are_spectral_radii_of_parts_of_the_mean_operator(base):
    """Against eigenvalues of the operator written out as a matrix. Null: power iteration finds another radius."""
    scenario = load("attribution-error")
    blocs = tuple(np.array([actor.bloc == bloc for actor in scenario.actors]) for bloc in ("east", "west"))
    tables = Fitter(CONDUCT).fit(base, profile(base, autonomy=1.0), nobody(base))
    op = Operator(tables)
    units = np.eye(op.zeros().size).reshape(-1, *op.shape)
    matrix = np.stack([op.mean(unit).ravel() for unit in units], axis=1)
    owner = op.tables.systems["owner"][op.net.row_system]
    bloc = np.repeat([1 * blocs[0][i] + 2 * blocs[1][i] for i in owner], op.shape[1])

    def radius(kept):
        return np.abs(np.linalg.eigvals(np.where(kept, matrix, 0.0))).max()

    found = escalation(tables, blocs)
    assert found.total == pytest.approx(radius(np.True_), rel=2e-3)
    assert found.between == pytest.approx(radius(bloc[:, None] != bloc[None]), rel=2e-3)
    for number, within in enumerate(found.within, start=1):
        members = (bloc[:, None] == number) & (bloc[None] == number)
        assert within == pytest.approx(radius(members), rel=2e-3)


def test_r_is_0_where_nobody_answers(base):
    """Null: a part without systems, or without answers, is said to hold or to run away."""
    blocs = (nobody(base), ~nobody(base))
    found = escalation(Fitter(CONDUCT).fit(base, profile(base, autonomy=1.0), nobody(base)), blocs)
    assert found.within == (0.0, pytest.approx(found.total, rel=1e-3))
    assert found.between == 0.0
    silent = escalation(Fitter(CONDUCT).fit(base, profile(base), ~nobody(base)), blocs)
    assert silent.total < 0.05  # outages alone go on, and die out
    assert silent.within == (0.0, pytest.approx(silent.total, abs=1e-6))


def test_postures_are_rounded_to_the_grid():
    assert rounded(np.array([0.52, 0.531, 0.9999])) == pytest.approx([0.5, 0.55, 1.0])
    assert GRID == 0.05


def test_suppliers_shape_what_they_sell():
    document = rivals()
    document["players"]["mill"] = {**document["players"]["avalon"], "acts_as": {}}
    document["players"]["avalon"]["supplied_by"] = {"mill": 0.4}
    stated = race(**document)
    (theatre,) = Stage(stated).theatres
    postures = starts(stated)
    postures[[p.name for p in stated.players].index("mill"), 0] = 1.0
    actor = theatre.actors.index("avalon")
    assert theatre.actor_postures(postures)[actor, 0] == pytest.approx(0.6 * 0.5 + 0.4)
    assert default_order(stated) == ("nothing",)
