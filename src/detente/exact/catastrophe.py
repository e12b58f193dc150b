"""The probability that an incident's progeny ever reaches a rung (design, section 6).

q is the smallest fixed point of one pass of `Operator.chance`. On the types from which the rung
can be reached at all it is the only positive fixed point (the pass is increasing and concave), so any
iteration that stays positive there and 0 elsewhere ends at it; downwards from 1 it cannot miss it.
See T. E. Harris, The Theory of Branching Processes, 1963, chapter II.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detente.engine.tables import Tables
from detente.exact.fixed_point import fixed_point_below
from detente.exact.network import Floats, Mask
from detente.exact.operator import Operator

__all__ = ["Reach", "combined", "once_each", "reach", "supports"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What can reach a rung, and how likely."""

    goal: int
    """the rung"""
    q: Floats
    """(rows, rungs): that an incident, or what follows from it, reaches the rung"""
    roots: Floats
    """one per shock and stream of false alarms: the same for one of its incidents"""
    arrivals: Floats
    """the same for the shock or the whole stream"""
    probability: float
    """for the crisis"""


def reach(op: Operator, goal: int, above: Floats | None = None, able: Mask | None = None) -> Reach:
    """The probabilities of reaching rung `goal`.

    `above`, the same for a lower rung, and `able`, from `supports`, save passes.
    """
    able = supports(op, [goal])[goal] if able is None else able
    start = np.where(able, 1.0 if above is None else above, 0.0)
    q = fixed_point_below(
        lambda m, safe, passes: op.descend(m, safe, passes, goal),
        lambda x, out: op.chance(x, goal, out),
        start,
        what=f"the probability of rung {goal}",
    )
    op.chance(q, goal)  # what the steps on the way are worth is left at q
    roots = op.at_roots(q)
    arrivals = once_each(op.tables, roots)
    return Reach(goal=goal, q=q, roots=roots, arrivals=arrivals, probability=combined(arrivals))


def supports(op: Operator, goals: Iterable[int]) -> dict[int, Mask]:
    """For each rung, the types from which it can be reached at all.

    Found by adding types until none is left to add, from the highest rung down: what can reach one can reach
    those below.
    """
    found: dict[int, Mask] = {}
    able = np.zeros(op.shape, np.bool_)
    for goal in sorted(goals, reverse=True):
        while True:
            more = able | (op.chance(able.astype(np.float64), goal) > 0.0)
            if np.array_equal(more, able):
                break
            able = more
        found[goal] = able
    return found


def once_each(tables: Tables, per_incident: Floats) -> Floats:
    """The probability that at least one incident of a shock, or of a stream until the horizon, succeeds."""
    roots = tables.roots
    once = np.where(roots["at"] <= tables.horizon, roots["share"] * per_incident, 0.0)
    streams = roots["law"] >= 0
    means = np.zeros(roots.size)
    means[streams] = tables.laws["mean"][roots["law"][streams]]
    return np.where(streams, 0.0 - np.expm1(-means * roots["share"] * per_incident), once)


def combined(chances: Floats) -> float:
    """The probability that at least one of several independent things happens."""
    if np.any(chances >= 1.0):
        return 1.0
    return float(0.0 - np.expm1(np.log1p(-chances).sum()))
