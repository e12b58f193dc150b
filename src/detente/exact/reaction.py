"""How fast the automation around an incident would have to be stopped for no loop to run away.

If every automated answer to an incident is stopped a time T after it, what remains of R is the
spectral radius with only the actions that land within T. Where one loop with exponential delays of rate b
carries R = n, that is n (1 - exp(-b T)), which falls to 1 at T = -ln(1 - 1/n) / b; in general it is found
on the mean operator. Outages, worms and what people order go on as before.
"""

import math

import numpy as np
from scipy import special

from detente.engine.tables import EXPONENTIAL, LOGNORMAL
from detente.exact.criticality import dominant, reachable
from detente.exact.means import arrivals
from detente.exact.network import Floats, Gains, automation, by_command
from detente.exact.operator import Operator

__all__ = ["reaction_deadline"]

_SHORTEST, _LONGEST = 1e-9, 1e11  # seconds
_CLOSE = 1e-9  # of ln T


def reaction_deadline(op: Operator) -> float:
    """The longest T, in seconds, that keeps R at 1 or below: infinite where R is, 0 where no T does."""
    among = reachable(op, *op.seed(arrivals(op)))

    def radius(after: float) -> float:
        strongest = dominant(op, among, _within(op, after))
        return strongest.radius if strongest else 0.0

    if radius(math.inf) <= 1.0:
        return math.inf
    if radius(0.0) > 1.0:
        return 0.0
    low, high = math.log(_SHORTEST), math.log(_LONGEST)
    while high - low > _CLOSE:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if radius(math.exp(middle)) <= 1.0 else (low, middle)
    return math.exp(low)


def _within(op: Operator, after: float) -> Gains:
    """The gains when automated actions land only within that time."""
    tables = op.tables
    in_time = _landed(
        tables.rules["delay_law"], tables.rules["delay_scale"], tables.rules["delay_spread"], after
    )
    acts = tables.guards["acts"][tables.systems["owner"][tables.rules["system"]]]
    automated = automation(tables) * in_time
    by_right, by_wrong = by_command(tables)
    return op.plain._replace(right=acts * (automated + by_right), wrong=acts * (automated + by_wrong))


def _landed(law: Floats, scale: Floats, spread: Floats, after: float) -> Floats:
    """The chance that each delay is at most `after`."""
    if math.isinf(after):
        return np.ones(scale.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        exponential = -np.expm1(-after / np.where(scale > 0.0, scale, 1.0))
        steps = np.log(after / scale) / spread
    found: Floats = (scale <= after).astype(np.float64)
    found = np.where((law == EXPONENTIAL) & (scale > 0.0), exponential, found)
    spread_out = (law == LOGNORMAL) & (spread > 0.0) & (scale > 0.0)
    return np.where(spread_out, special.ndtr(np.where(spread_out, steps, 0.0)), found)
