"""Derivatives by every number of a scenario, by the adjoint (design, section 6).

One solve with the transposed, linearised pass gives the derivative of R, or of the log-probability of
catastrophe, by every number of the tables at once; the chain rule takes each to what the scenario
states. (A. Griewank and A. Walther, Evaluating Derivatives, 2008, chapter 15: implicit functions.)
"""

import numpy as np

from detente.exact.catastrophe import Reach
from detente.exact.criticality import Perron
from detente.exact.fixed_point import affine_fixed_point
from detente.exact.means import arrivals
from detente.exact.network import Floats
from detente.exact.operator import Operator, Slopes

__all__ = ["of_log_probability", "of_radius", "per_arrival"]


def of_radius(op: Operator, loop: Perron) -> Slopes:
    """The derivative of the spectral radius: v (dM) w / (v w)."""
    op.mean(loop.right)
    slopes = op.slopes()
    op.mean_back(loop.left / loop.overlap, q=loop.right, slopes=slopes)
    return slopes


def of_log_probability(op: Operator, reached: Reach, tolerance: float | None = None) -> Slopes:
    """The derivative of the logarithm of `reached.probability`, which must be above 0.

    `tolerance` is that of the adjoint, relative; default: as fine as numbers are.
    """
    types, alarms = op.seed(per_arrival(reached) * _streams(op, reached))
    op.chance(reached.q, reached.goal)
    able = (reached.q > 0.0).astype(np.float64)  # nothing leads to success from anywhere else

    def step(x: Floats, out: Floats) -> None:
        op.chance_back(reached.q, reached.goal, x, alarms, out=out)
        np.add(out, types, out=out)
        np.multiply(out, able, out=out)

    what = "the adjoint of the probability of catastrophe"
    weight = affine_fixed_point(step, types * able, what=what, tolerance=tolerance)
    slopes = op.slopes()
    op.chance_back(reached.q, reached.goal, weight, alarms, slopes)
    return slopes


def per_arrival(reached: Reach) -> Floats:
    """The derivative of log P by the log-probability that each root fails, negated: what is left by the other roots, over P."""
    fails = 1.0 - reached.arrivals
    certain = fails <= 0.0
    rest = np.prod(fails[~certain])
    alone = np.where(certain.sum() == 1, rest, 0.0) if certain.any() else rest
    others = np.where(certain, alone, 0.0) if certain.any() else alone / fails
    return others / reached.probability


def _streams(op: Operator, reached: Reach) -> Floats:
    """The derivative of each root's chance by the chance of one of its incidents."""
    often = arrivals(op)
    is_stream = op.tables.roots["law"] >= 0
    return np.where(is_stream, often * np.exp(-often * reached.roots), often)
