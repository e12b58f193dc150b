"""Where crises are copied on their way to a rare event: levels laid by a small run of their own."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine.branches import Guide
from detente.engine.tables import Tables
from detente.ensemble.event import Event
from detente.ensemble.executors import awaited
from detente.ensemble.paths import Floats, Levels, Runner

__all__ = ["PILOT", "Laid", "SearchInterrupted", "find_levels"]

PILOT = 1 << 48
"""the first crisis of those that only find the levels"""
_KEPT = 0.3  # share of paths that a level should let pass
_ENOUGH = 0.25  # share of those beyond the last level that meet the event, from which on no level is needed
_LEAVES = 150  # beyond the last level, to lay the next
_MOST_LEVELS = 100
_FIRST = 1024  # crises tried at first
_PIECE = 4096  # crises followed before one looks up


class Laid(NamedTuple):
    """Levels, and what it took to lay them."""

    levels: Levels
    core_seconds: float
    crises: int


class SearchInterrupted(KeyboardInterrupt):
    """Ctrl-C while levels are laid: how many there are, and how many crises that took."""

    def __init__(self, levels: int, crises: int) -> None:
        self.levels, self.crises = levels, crises
        super().__init__(f"interrupted at level {levels}, after {crises} crises")


def find_levels(
    tables: Tables,
    guide: Guide,
    event: Event,
    *,
    ceiling: float,
    seed: int,
    max_incidents: int,
    most_crises: int,
    most_at_a_level: int = 1 << 20,
    progress: Callable[[int], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Laid:
    """Lay levels for an event, as far as so many crises can.

    Parameters
    ----------
    ceiling
        How near a path is that meets the event, at least: no level may lie above it.
    most_crises
        To follow in all; the last level is the one that was laid by then.
    most_at_a_level
        After so many crises that bring no more paths to the last level, it is the last.
    progress
        Called with the number of crises finished since the last call.

    Raises
    ------
    SearchInterrupted
        On Ctrl-C.
    """
    levels = Levels(np.zeros(0), np.zeros(0, np.int64))
    with ThreadPoolExecutor(1, thread_name_prefix="detente") as pool:
        search = _Search(pool, most_crises, most_at_a_level, progress)
        while levels.places.size < _MOST_LEVELS and search.used < most_crises:
            runner = Runner(tables, guide, event, levels, seed, max_incidents, gives_up=False)
            try:
                search.beyond(runner)
            except KeyboardInterrupt:
                runner.halt()
                raise SearchInterrupted(levels.places.size, search.used) from None
            place = _next(search.weights, search.peaks, search.met, levels, ceiling)
            if place is None:
                break
            passing = float(search.weights[search.peaks >= place].sum() / search.weights.sum())
            copies = int(np.clip(round(1.0 / passing), 2, 10))
            levels = Levels(np.append(levels.places, place), np.append(levels.copies, copies))
            if say:
                say(f"level {levels.places.size}: {100 * passing:.0f} % of paths pass it")
    return Laid(levels, search.spent, search.used)


class _Search:
    """The crises that are followed to lay levels, in a thread, since what is compiled hears no Ctrl-C."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        most: int,
        most_at_a_level: int,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.pool, self.most, self.most_at_a_level, self.progress = pool, most, most_at_a_level, progress
        self.used, self.spent = 0, 0.0
        self._forget()

    def _forget(self) -> None:
        self.weights, self.peaks, self.met = np.zeros(0), np.zeros(0), np.zeros(0, np.bool_)

    def beyond(self, runner: Runner) -> None:
        """Follow crises until enough paths have passed the last level of `runner`, or too many crises were tried."""
        self._forget()
        began, count = self.used, _FIRST
        while (
            self.peaks.size < _LEAVES and self.used - began < self.most_at_a_level and self.used < self.most
        ):
            until = min(self.used + count, self.most)
            while self.used < until:
                self._follow(runner, min(_PIECE, until - self.used))
            count *= 2

    def _follow(self, runner: Runner, count: int) -> None:
        batch = awaited(self.pool.submit(runner.run, PILOT + self.used, count))
        self.used, self.spent = self.used + count, self.spent + batch.core_seconds
        self.weights = np.concatenate((self.weights, batch.weights))
        self.peaks = np.concatenate((self.peaks, batch.peaks))
        self.met = np.concatenate((self.met, batch.met))
        if self.progress:
            self.progress(count)


def _next(
    weights: Floats, peaks: Floats, met: npt.NDArray[np.bool_], levels: Levels, ceiling: float
) -> float | None:
    """Where the next level lies; None where none is needed, or none can be found."""
    if peaks.size == 0 or float(weights[met].sum()) >= _ENOUGH * float(weights.sum()):
        return None
    last = levels.places[-1] if levels.places.size else -math.inf
    order = np.argsort(-peaks, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    place = min(float(peaks[order][np.searchsorted(reached, _KEPT)]), ceiling)
    if place <= last:  # many are exactly there: the next that is higher
        higher = peaks[peaks > last]
        place = min(float(higher.min()), ceiling) if higher.size else last
    return place if last < place < math.inf else None
