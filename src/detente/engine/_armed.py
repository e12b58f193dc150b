"""Whether a safeguard stands in this crisis, and what is known of a root by now.

Nothing here is remembered: whether a safeguard is disarmed belongs to (crisis, adopter, safeguard), and
a verdict to the root, so each is drawn again whenever somebody asks.
"""

import numpy as np

from detente.engine._chance import ARRIVAL, DISARM, ITSELF, VERDICT_DELAY, delay, uniform
from detente.engine._jit import kernel
from detente.engine.tables import SHARED_ATTRIBUTION


@kernel
def is_armed(tables, crisis, actor, safeguard):
    """Whether `safeguard` of `actor` works in the crisis with that key."""
    inert = tables.inert[actor, safeguard]
    return inert == 0.0 or uniform(crisis, tables.actors[actor]["id"] + np.uint64(safeguard), DISARM) >= inert


@kernel
def root_time(tables, root, root_key):
    """When the root of a lineage happened, in seconds."""
    if tables.roots[root]["law"] < 0:
        return tables.roots[root]["at"]
    # Given their number, a Poisson stream's arrivals are independent and uniform.
    return tables.horizon * uniform(root_key, ITSELF, ARRIVAL)


@kernel
def verdict_time(tables, guard, root, root_key):
    """When the verdict on a root arrives."""
    lag = delay(
        uniform(root_key, ITSELF, VERDICT_DELAY),
        guard["verdict_law"], guard["verdict_scale"], guard["verdict_spread"],
    )  # fmt: skip
    return root_time(tables, root, root_key) + lag


@kernel
def has_verdict(tables, crisis, actor, time, root, root_key):
    """Whether `actor` goes by a verdict on that root at `time`."""
    guard = tables.guards[actor]
    return (
        guard["uses_verdicts"] == 1
        and is_armed(tables, crisis, actor, SHARED_ATTRIBUTION)
        and time >= verdict_time(tables, guard, root, root_key)
    )
