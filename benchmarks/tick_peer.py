"""Peer: `tick`, whose multivariate Hawkes simulator is compiled C++.

Its event: one point of the process, drawn by thinning the total intensity, with the intensities of all types
brought up to date and its time stored. Types are its only marks: no sensing, blame, rungs, harm or
command. detente runs the same process, with all of those and a queue, as many short crises.
"""

from functools import partial
from itertools import count

import numpy as np

from benchmarks import cascade
from benchmarks.contest import Contest, Missing, Workload
from benchmarks.ours import CRISES, cascades, simulate

_HORIZONS = {2: 250_000.0, 24: 4_000.0}  # seconds: a third of a second of computing or so


def contests() -> list[Contest]:
    try:
        from tick.hawkes import SimuHawkesExpKernels
    except ImportError as error:
        raise Missing(f"tick cannot be imported ({error})") from error
    seeds = count(1)

    def peer(types: int) -> int:
        process = SimuHawkesExpKernels(
            adjacency=np.full((types, types), cascade.CHILDREN / types),
            decays=1.0,
            baseline=np.full(types, cascade.RATE / types),
            end_time=_HORIZONS[types],
            seed=next(seeds),
            verbose=False,
        )
        process.simulate()
        return cascade.require_plausible(int(process.n_total_jumps), _HORIZONS[types])

    def ours(types: int) -> int:
        incidents = int(simulate(cascades(types), "cascade").incidents.sum())
        return cascade.require_plausible(incidents, cascade.HORIZON, CRISES["cascade"])

    return [
        Contest(
            "events",
            Workload(f"cascade, {types} types", partial(ours, types)),
            Workload(f"tick, Hawkes, {types} types", partial(peer, types)),
            "a point of the process, by thinning; no marks but its type",
        )
        for types in _HORIZONS
    ]
