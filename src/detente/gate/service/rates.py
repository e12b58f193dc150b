"""How often somebody may ask: GCRA for each name, as the owners' throttle inside the gate, by the clock that never goes back.

Counted in whole nanoseconds, as there: sums of float seconds would refuse the last of a burst for what they round.
"""

import time
from collections.abc import Callable

from msgspec import Struct

from detente.gate.policy import NS

__all__ = ["Rate", "Rates"]


class Rate(Struct, frozen=True):
    """So many a minute in the long run, and so many at once."""

    per_minute: float = 600.0
    burst: int = 100


class Rates:
    """The clocks of all who ask. For one thread: that of the event loop. At most two for each identity."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._idle: dict[str, int] = {}

    def take(self, name: str, rate: Rate) -> float:
        """Count a request; return 0, or in how many seconds there is room for it where there is none now."""
        now = round(self._clock() * NS)
        interval = round(60.0 / rate.per_minute * NS)
        idle = self._idle.get(name, now)
        wait = idle - now - (rate.burst - 1) * interval
        if wait > 0:
            return wait / NS
        self._idle[name] = max(now, idle) + interval
        return 0.0
