"""Peer: Mesa's experimental event scheduler (`DEVSimulator`).

Its events: (events) a scheduled call that schedules the next one, which is its engine with an empty body;
(cascade) one scheduled call per incident, which is counted, draws its number of children and schedules
them. No sensing, blame, rungs, harm or command in either, and no agents.
"""

import random
import warnings

from benchmarks import cascade
from benchmarks.contest import Contest, Missing, Workload
from benchmarks.ours import attribution_error, cascades, simulate

_EVENTS = 60_000
_HORIZON = 8_000.0  # seconds of the cascade: about 32,000 events


def contests() -> list[Contest]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the package being experimental
            import mesa
            from mesa.experimental.devs import DEVSimulator
    except ImportError as error:
        raise Missing(f"mesa cannot be imported ({error})") from error

    class Chain(mesa.Model):
        """One event after another."""

        def __init__(self, simulator: DEVSimulator) -> None:
            super().__init__(seed=1)
            self.simulator, self.events = simulator, 0

        def happen(self) -> None:
            self.events += 1
            self.simulator.schedule_event_relative(self.happen, 1.0)

    class Cascade(mesa.Model):
        """Immigrants and their descendants."""

        def __init__(self, simulator: DEVSimulator) -> None:
            super().__init__(seed=1)
            self.simulator, self.events, self.draw = simulator, 0, random.Random(1)

        def arrive(self) -> None:
            self.simulator.schedule_event_relative(self.arrive, self.draw.expovariate(cascade.RATE))
            self.happen()

        def happen(self) -> None:
            self.events += 1
            for _ in range(cascade.poisson(self.draw)):
                self.simulator.schedule_event_relative(self.happen, self.draw.expovariate(1.0))

    def chain() -> int:
        simulator = DEVSimulator()
        model = Chain(simulator)
        simulator.setup(model)
        simulator.schedule_event_relative(model.happen, 1.0)
        simulator.run_until(float(_EVENTS))
        return model.events

    def run_cascade() -> int:
        simulator = DEVSimulator()
        model = Cascade(simulator)
        simulator.setup(model)
        simulator.schedule_event_relative(model.arrive, model.draw.expovariate(cascade.RATE))
        simulator.run_until(_HORIZON)
        return cascade.require_plausible(model.events, _HORIZON)

    return [
        Contest(
            "events",
            Workload(
                "attribution-error",
                lambda: int(simulate(attribution_error(), "attribution-error").incidents.sum()),
            ),
            Workload("Mesa, events", chain),
            "a scheduled call that schedules the next; empty body",
        ),
        Contest(
            "events",
            Workload("cascade, 2 types", lambda: int(simulate(cascades(2), "cascade").incidents.sum())),
            Workload("Mesa, cascade", run_cascade),
            "a scheduled call that schedules Poisson children",
        ),
    ]
