"""The one cascade that every event engine can run: immigrants, Poisson children, exponential delays.

Immigrants arrive at `RATE` a second over all types together; every event has a Poisson number of
children, `CHILDREN` on average, each of a type drawn uniformly, each after an exponential delay with
mean one second. As a point process this is a Hawkes process with an exponential kernel, adjacency
CHILDREN / types everywhere. Each run is checked against the exact mean, so nobody does less work.
"""

import math
import random

RATE = 1.0
CHILDREN = 0.75
HORIZON = 60.0  # seconds in one crisis of detente

__all__ = ["CHILDREN", "HORIZON", "RATE", "document", "poisson", "require_plausible"]


def mean_events(horizon: float) -> float:
    """Expected events until `horizon`, starting empty (solve m' = RATE - (1 - CHILDREN) (m - RATE t) for m)."""
    left = 1.0 - CHILDREN
    return RATE / left * (horizon - CHILDREN / left * -math.expm1(-left * horizon))


def require_plausible(events: int, horizon: float, runs: int = 1) -> int:
    """`events`, if it lies within six standard deviations of what `runs` runs should have."""
    deviation = math.sqrt(
        runs * RATE * horizon / (1.0 - CHILDREN) ** 3
    )  # of a stationary one; ours vary less
    expected = runs * mean_events(horizon)
    if abs(events - expected) > 6.0 * deviation:
        raise ValueError(f"{events} events where {expected:.0f} ± {deviation:.0f} were expected")
    return events


def poisson(draw: random.Random, zero: float = math.exp(-CHILDREN)) -> int:
    """A Poisson number with mean `CHILDREN`, by inversion."""
    u, n, term = draw.random(), 0, zero
    total = term
    while u >= total and n < 50:
        n += 1
        term *= CHILDREN / n
        total += term
    return n


def document(types: int) -> dict[str, object]:
    """The cascade as a scenario: one system per type, alternately owned by two actors."""
    names = [f"type-{i}" for i in range(types)]
    rule = {"from": "signal", "at": names, "actions": CHILDREN, "after": {"mean": "1 s"}}
    owners = [("left", "right")[i % 2] for i in range(types)]
    return {
        "detente": 1,
        "name": f"cascade-{types}",
        "critical": "strategic",
        "horizon": f"{HORIZON} s",
        "actors": {"left": {"kind": "state"}, "right": {"kind": "state"}},
        "systems": {
            name: {"owner": owner, "domain": "cyber", "responds": [rule]}
            for name, owner in zip(names, owners, strict=True)
        },
        "shocks": [
            {"hits": name, "rung": "signal", "author": owner, "rate": f"{RATE / types} /s"}
            for name, owner in zip(names, owners, strict=True)
        ],
    }
