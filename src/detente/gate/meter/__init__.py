"""The criticality meter: R, the mean number of further events that an event provokes, as events come in.

    from detente.gate.meter import Event, Meter, Settings, crosses, observe, read

    settings = Settings(half_life_s=1800)
    meter = Meter.empty(settings)
    meter = observe(meter, Event("a1", now, "avalon", "west-cyber", parents=("i7",)), settings)
    estimate = read(meter, ("overall",), now, settings)
    if crosses(estimate, level=1.0, confidence=0.95): ...

Pure, without a clock: the same events in the same order give the same meter. What it estimates, how well, and where
it fails: docs/meter.md.
"""

from detente.gate.meter.observe import observe
from detente.gate.meter.plain import from_plain, to_plain
from detente.gate.meter.read import Estimate, crosses, may_cross, probability_at_least, read
from detente.gate.meter.settings import Settings
from detente.gate.meter.state import Event, Meter

__all__ = [
    "Estimate",
    "Event",
    "Meter",
    "Settings",
    "crosses",
    "from_plain",
    "may_cross",
    "observe",
    "probability_at_least",
    "read",
    "to_plain",
]
