"""Two programs measured alternately, and what came out of it."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

__all__ = ["Contest", "Measured", "Missing", "Workload", "measure"]

REPEATS = 9


class Missing(Exception):
    """A peer cannot take part; the message says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A fixed amount of work."""

    name: str
    run: Callable[[], int]
    """does it, and returns how many units it was"""


@dataclass(frozen=True, slots=True)
class Contest:
    """One row of the table."""

    unit: str
    """what both count, in the plural"""
    ours: Workload
    peer: Workload
    includes: str
    """what the peer does for one unit"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Units per second of processor time in each repeat, in the order of measuring; at one position, the pair lay side by side."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        return tuple(mine / theirs for mine, theirs in zip(self.ours, self.peer, strict=True))

    @property
    def medians(self) -> tuple[float, float, float]:
        """Of detente's rate, of the peer's rate, of their ratio."""
        return median(self.ours), median(self.peer), median(self.ratios)


def measure(contest: Contest, repeats: int = REPEATS) -> Measured:
    """Both sides alternately, once each unmeasured and then `repeats` times, taking turns at going first."""
    contest.ours.run()
    contest.peer.run()
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    for repeat in range(repeats):
        turns = (("ours", contest.ours), ("peer", contest.peer))
        for side, workload in turns if repeat % 2 == 0 else reversed(turns):
            rates[side].append(_rate(workload))
    return Measured(tuple(rates["ours"]), tuple(rates["peer"]))


def _rate(workload: Workload) -> float:
    gc.collect()
    # Processor time of all threads: both sides use one core, and a busy machine must not decide who wins.
    start = time.process_time()
    units = workload.run()
    return units / (time.process_time() - start)
