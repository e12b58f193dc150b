"""What the exact solver says about a profile of postures: chances, their slopes by each posture, and R.

The slopes come from one adjoint solve per rung, which gives the derivative by every number of the tables at once;
the chain rule takes them to the postures of actors (`race.postures` says how those enter the tables).
"""

from dataclasses import dataclass

import numpy as np

from detente.engine import tables as t
from detente.engine.tables import Tables
from detente.errors import SolverError
from detente.exact.catastrophe import Reach, reach, supports
from detente.exact.criticality import reachable
from detente.exact.derivatives import of_log_probability
from detente.exact.means import arrivals
from detente.exact.operator import Operator
from detente.exact.parameters import by_arrivals, by_autonomy, by_senses
from detente.model.race.vocabulary import Conduct
from detente.race.postures import AUTONOMY, CAPABILITY, SAFETY, Floats, Mask

__all__ = ["CATASTROPHE", "CRITICAL", "Escalation", "Risk", "escalation", "risk"]

CRITICAL, CATASTROPHE = range(2)
"""positions of the two chances"""

_FINE = 1e-4  # of slopes, relative: choices are noisier than that by far
_NOTHING = 1e-9
_PASSES, _SETTLED, _SHIFT = 400, 2e-4, 0.3  # of R: most passes, relative change at which it is taken, shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Of one crisis on one profile."""

    chances: Floats
    """(2,) of a critical incident, and of catastrophe"""
    slopes: Floats
    """(2, actors, 3) the derivative of each chance by the posture of each actor"""
    answers_for: Floats
    """(actors,) how much of a critical crisis each actor's actions bring about: shares that sum to 1, or all 0"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """R on one profile, as a whole and in parts."""

    total: float
    between: float
    """along loops that step from one bloc into another each time; actors of no bloc count as one bloc"""
    within: tuple[float, ...]
    """among the systems of each bloc alone, in the order of blocs"""


def risk(tables: Tables, base: Tables, conduct: Conduct) -> Risk:
    """The chances and slopes on a profile; `base` is the same tables before postures were put in.

    A chance of 0 has slopes of 0, and so has one whose adjoint does not settle.
    """
    op = Operator(tables)
    rungs = (tables.critical, tables.catastrophe)
    able = supports(op, set(rungs))
    critical = reach(op, rungs[0], None, able[rungs[0]])
    actors = len(tables.actors)
    by_critical, answers_for = _slopes(op, critical, base, conduct)
    if rungs[0] == rungs[1]:
        catastrophe, by_catastrophe = critical, by_critical
    else:
        catastrophe = reach(op, rungs[1], critical.q, able[rungs[1]])
        by_catastrophe, _ = _slopes(op, catastrophe, base, conduct)
    total = answers_for.sum()
    return Risk(
        chances=np.array([critical.probability, catastrophe.probability]),
        slopes=np.stack([by_critical, by_catastrophe]),
        answers_for=answers_for / total if total > 0.0 else np.zeros(actors),
    )


def _slopes(op: Operator, reached: Reach, base: Tables, conduct: Conduct) -> tuple[Floats, Floats]:
    """(actors, 3) the derivative of the chance by postures, and (actors,) its elasticity by each actor's actions."""
    actors = len(op.tables.actors)
    found = np.zeros((actors, 3))
    if reached.probability <= 0.0:
        return found, np.zeros(actors)
    try:
        slopes = of_log_probability(op, reached, _FINE)
    except SolverError:
        return found, np.zeros(actors)
    tables, rules = op.tables, op.tables.rules
    owner = tables.systems["owner"]
    of_rule = owner[rules["system"]]
    is_capped = rules["autonomy"] < base.rules["autonomy"]
    laws = tables.laws[rules["law"]]
    is_free = (laws["kind"] != t.WHOLE) & ((laws["kind"] != t.BERNOULLI) | (laws["mean"] < 1.0))
    acting = slopes.means * laws["mean"]
    found[:, AUTONOMY] = np.bincount(of_rule, by_autonomy(op, slopes) * is_capped, actors)
    found[:, CAPABILITY] = conduct.gain * np.bincount(of_rule, acting * is_free, actors)
    senses, _ = by_senses(op, slopes)
    alarms = np.where(tables.roots["kind"] == t.PHANTOM, by_arrivals(op, reached), 0.0)
    found[:, SAFETY] = conduct.care * np.bincount(owner, _by_errors(tables, senses), actors)
    found[:, SAFETY] -= conduct.care * np.bincount(owner[tables.roots["system"]], alarms, actors)
    answers_for = np.maximum(0.0, np.bincount(of_rule, acting, actors))
    return found * reached.probability, answers_for


def _by_errors(tables: Tables, senses: dict[str, Floats]) -> Floats:
    """(systems,) the derivative by -log of the factor of errors: all that safety does to a system's senses.

    Where a safeguard's floor stands above what safety gives, safety changes nothing.
    """
    systems = tables.systems
    guards = tables.guards[systems["owner"]]
    counts = np.ones(len(systems))
    certified = (systems["certified"] == 1) & (tables.guarded == 1)
    by = senses["recognises_accidents"] * (1.0 - systems["recognises_accidents"])
    floor = certified & (systems["attribution"] <= guards["attribution"])
    by += np.where(floor, 0.0, counts) * senses["attribution"] * (1.0 - systems["attribution"])
    seen = systems["sees_through_spoofs"] <= guards["sees_through_spoofs"]
    by += np.where(seen, 0.0, counts) * senses["sees_through_spoofs"] * (1.0 - systems["sees_through_spoofs"])
    by -= senses["inflates"] * systems["inflates"] + senses["deflates"] * systems["deflates"]
    exact = certified & (guards["overconfidence"] > 0.0)
    by -= np.where(exact, 0.0, counts) * senses["overconfidence"] * (systems["overconfidence"] - 1.0)
    found: Floats = by
    return found


def escalation(tables: Tables, blocs: tuple[Mask, ...], *, parts: bool = True) -> Escalation:
    """R on a profile, to about three digits; each of `blocs` says which actors belong to it.

    Without `parts` only the whole is worked out, and the parts are NaN.
    """
    op = Operator(tables)
    among = reachable(op, *op.seed(arrivals(op)))
    everyone = [np.ones(among.shape[0], np.bool_)]
    total = _radius(op, among, everyone)
    if not parts:
        return Escalation(total=total, between=np.nan, within=(np.nan,) * len(blocs))
    owner = op.tables.systems["owner"][op.net.row_system]
    members = [mask[owner] for mask in blocs]
    nobody = ~np.any(members, axis=0) if members else everyone[0]
    return Escalation(
        total=total,
        between=_radius(op, among, [*members, nobody], apart=True),
        within=tuple(_radius(op, among & rows[:, None], everyone) for rows in members),
    )


def _radius(op: Operator, among: Mask, groups: list[Mask], *, apart: bool = False) -> float:
    """The spectral radius of the mean operator among some types, by shifted power iteration.

    With `apart`, of the operator without the steps that stay within one of the `groups` of rows.
    """
    kept = among.astype(np.float64)
    kept[:, op.tables.catastrophe :] = 0.0
    x, before = kept / max(kept.sum(), 1.0), 0.0
    radius = 0.0
    for _ in range(_PASSES):
        image = _apart(op, x, groups) if apart else op.mean(x)
        image *= kept
        size = float(x.sum())
        radius = float(image.sum()) / size if size else 0.0
        if radius <= _NOTHING or abs(radius - before) <= _SETTLED * radius:
            break
        before = radius
        x = image + _SHIFT * radius * x
        x /= x.sum()
    return radius if radius > _NOTHING else 0.0


def _apart(op: Operator, x: Floats, groups: list[Mask]) -> Floats:
    """What incidents in one group are worth by their children in others alone."""
    image = np.zeros(x.shape)
    for rows in groups:
        if rows.any():
            image[rows] = op.mean(np.where(rows[:, None], 0.0, x))[rows]
    return image
