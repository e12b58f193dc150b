"""Peer: SimPy, a discrete-event library on generators.

Its events: (timeouts) a process waits and is resumed, which is its engine with an empty body; (cascade)
one process per incident that waits, is counted, draws its number of children and starts their processes.
No sensing, blame, rungs, harm or command in either.
"""

import random
from collections.abc import Generator
from typing import Any

from benchmarks import cascade
from benchmarks.contest import Contest, Missing, Workload
from benchmarks.ours import attribution_error, cascades, simulate

_TIMEOUTS = 100_000
_HORIZON = 10_000.0  # seconds of the cascade: about 40,000 events


def contests() -> list[Contest]:
    try:
        import simpy
    except ImportError as error:
        raise Missing(f"simpy cannot be imported ({error})") from error

    def timeouts() -> int:
        environment = simpy.Environment()

        def wait() -> Generator[Any, Any, None]:
            for _ in range(_TIMEOUTS):
                yield environment.timeout(1.0)

        environment.process(wait())
        environment.run()
        return _TIMEOUTS

    def run_cascade() -> int:
        environment, draw, events = simpy.Environment(), random.Random(1), 0

        def incident(lag: float) -> Generator[Any, Any, None]:
            nonlocal events
            yield environment.timeout(lag)
            events += 1
            for _ in range(cascade.poisson(draw)):
                environment.process(incident(draw.expovariate(1.0)))

        def immigrants() -> Generator[Any, Any, None]:
            while True:
                yield environment.timeout(draw.expovariate(cascade.RATE))
                environment.process(incident(0.0))

        environment.process(immigrants())
        environment.run(until=_HORIZON)
        return cascade.require_plausible(events, _HORIZON)

    return [
        Contest(
            "events",
            Workload(
                "attribution-error",
                lambda: int(simulate(attribution_error(), "attribution-error").incidents.sum()),
            ),
            Workload("SimPy, timeouts", timeouts),
            "a process resumed after a timeout; empty body",
        ),
        Contest(
            "events",
            Workload("cascade, 2 types", lambda: int(simulate(cascades(2), "cascade").incidents.sum())),
            Workload("SimPy, cascade", run_cascade),
            "a process that waits and starts Poisson children",
        ),
    ]
