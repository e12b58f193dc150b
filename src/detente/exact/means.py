"""Expected numbers and losses of a crisis while R < 1 (design, section 6).

They count every lineage to its end. A crisis stops at its first catastrophe, so where catastrophe is
likely these means lie above what a simulation counts.
"""

from dataclasses import dataclass

import numpy as np

from detente.exact.fixed_point import affine_fixed_point
from detente.exact.network import Floats
from detente.exact.operator import Operator

__all__ = ["Expected", "arrivals", "expected", "visits", "worth_by_rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Means per crisis."""

    incidents: float
    actions: float
    wrongful_actions: float
    """actions on a blame that was not the author"""
    loss_usd: float
    loss_usd_by_actor: Floats
    """by owner of the systems hit, in the order of actors"""


def arrivals(op: Operator) -> Floats:
    """The expected number of incidents of each shock and false alarms of each stream, until the horizon."""
    roots = op.tables.roots
    often = (roots["at"] <= op.tables.horizon).astype(np.float64)
    streams = roots["law"] >= 0
    often[streams] = op.tables.laws["mean"][roots["law"][streams]]
    thinned: Floats = often * roots["share"]
    return thinned


def visits(op: Operator) -> Floats:
    """The expected number of incidents of each type (rows, rungs); only while R < 1."""
    types, alarms = op.seed(arrivals(op))

    def step(x: Floats, out: Floats) -> None:
        op.mean_back(x, alarms=alarms, out=out)
        np.add(out, types, out=out)

    return affine_fixed_point(step, types, what="the expected number of incidents")


def expected(op: Operator) -> Expected:
    """Means per crisis; only while R < 1."""
    often = visits(op)
    by_rule = worth_by_rule(op, often, np.ones(op.shape))
    losses = _losses(op, often)
    return Expected(
        incidents=float(often.sum()),
        actions=float(by_rule.sum()),
        wrongful_actions=float(by_rule[0].sum()),
        loss_usd=float(losses.sum()),
        loss_usd_by_actor=losses,
    )


def _losses(op: Operator, often: Floats) -> Floats:
    """What is lost by each owner: the harm of every incident, less what reversible actions undo."""
    tables = op.tables
    owner = tables.systems["owner"][op.net.row_system]
    harm = tables.harm[op.net.row_system]
    losses = np.zeros(len(tables.actors))
    np.add.at(losses, owner, (often * harm).sum(axis=1))
    undone = 1.0 - tables.rules["keeps"]
    if not undone.any():
        return losses
    for actor in range(len(tables.actors)):
        theirs = harm * (owner == actor)[:, None]
        if theirs.any():
            losses[actor] -= float((worth_by_rule(op, often, theirs) * undone).sum())
    return losses


def worth_by_rule(op: Operator, often: Floats, worth: Floats) -> Floats:
    """The expected total `worth` of the actions of each rule, on wrong blame and on right blame: (2, rules)."""
    _, alarms = op.seed(arrivals(op))
    op.mean(worth)
    slopes = op.slopes()
    op.mean_back(often, q=worth, alarms=alarms, slopes=slopes)
    return np.stack([slopes.wrong * op.plain.wrong, slopes.right * op.plain.right])
