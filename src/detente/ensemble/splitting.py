"""Multilevel splitting: how often a rare event happens, from crises that are copied as they come nearer to it.

Levels are found by a first, small run, in which each is laid where about a third of the paths that reached the one
before arrive. The levels then stand, and the estimate comes from other crises: it is unbiased, because a path that
becomes n copies leaves each of them an n-th of its weight. Crises are independent of each other, so the spread of
their weights is an honest error.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from detente.engine import tables as t
from detente.engine._splitting import NO_MEMORY, split_block
from detente.engine.run import blank, new_log, new_work
from detente.engine.tables import Outcomes, Tables, Work
from detente.ensemble.estimators import LEVEL, wilson
from detente.ensemble.event import Event

__all__ = ["Branches", "Guide", "Leaves", "Levels", "Splitting", "find_levels", "split"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PILOT = 1 << 48
"""the first crisis of those that only find the levels"""
_BATCH = 1024  # crises that are followed together
_MOST_COPIES = 200  # at one time, however many levels are passed
_FAR_BELOW, _BELOW = 0.2, 0.5  # of the first level, where there are no two before
_TURNS = 3  # times the levels there are that a path can be copied
_KEPT = 0.3  # share of paths that a level should let pass
_ENOUGH = 0.25  # share of those beyond the last level that meet the event, from which on no level is needed
_LEAVES = 150  # beyond the last level, to lay the next
_MOST_LEVELS = 100
_FEWEST_HIT = 50  # crises with paths that met the event, before an error is believed
_HISTORIES = 20
_ROOM = 8 * _BATCH


class Guide(NamedTuple):
    """What tells how near a path is to the event."""

    measure: int
    """one of those in `engine._splitting`"""
    goal: int
    """the rung, where it is about one"""
    mark_of: npt.NDArray[np.int32]
    """(A + 1, A + 1) position of (author, points to), each shifted by one"""
    row_of: npt.NDArray[np.int32]
    """(S, M) row of a system and such a position"""
    worth: Floats
    """(rows, rungs) -ln(1 - q)"""
    roots: Floats
    """the same for one incident of each root"""


class Levels(NamedTuple):
    """Where paths are copied."""

    places: Floats
    """ascending"""
    copies: Integers
    """what a path becomes there"""

    @property
    def floors(self) -> Floats:
        """Below which a path has fallen back from each: the level two before, or a share of the first."""
        if self.places.size == 0:
            return self.places
        low = self.places[0] * np.array([_FAR_BELOW, _BELOW])
        return np.concatenate((low, self.places))[: self.places.size]


class Branches(NamedTuple):
    """The states at which copies of a path still wait, one for each time it was copied; D of them."""

    kept: Work
    """with a first axis of D"""
    out: Outcomes
    """(D + 1 rows) what was counted by then; the last row is that of the path being followed"""
    left: Integers
    clone: Integers
    level: Integers
    serial: Integers
    """incidents that had happened by then"""
    weight: Floats
    peak: Floats


class Leaves(NamedTuple):
    """Finished paths that have passed every level."""

    out: Outcomes
    crisis: Integers
    weight: Floats
    peak: Floats
    """how near they came"""
    turns: Integers
    """how often they were copied"""
    script: npt.NDArray[np.int64]
    """(leaves, D, 2) after how many incidents that was, and which copy they are"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """An estimate by splitting."""

    probability: float
    low: float
    high: float
    crises: int
    hits: int
    """paths that met the event"""
    levels: Levels
    histories: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    """of some crises that met it: the index, and when the path became which copy"""
    core_seconds: float
    """processor time, finding the levels included"""
    settled: bool
    """whether the error asked for was reached"""

    @property
    def relative_error(self) -> float:
        """Standard error over the estimate; infinite where nothing was hit."""
        if self.probability == 0.0:
            return math.inf
        return math.log(self.high / self.low) / (2.0 * float(ndtri(0.5 + LEVEL / 2)))

    @property
    def equivalent_plain_runs(self) -> float:
        """How many crises without splitting would have the same error."""
        p, error = self.probability, self.relative_error
        return (1.0 - p) / (p * error * error) if math.isfinite(error) and error > 0.0 else math.nan


class _Batch(NamedTuple):
    crises: int
    weights: Floats
    """of every leaf"""
    peaks: Floats
    met: npt.NDArray[np.bool_]
    sums: Floats
    """(crises,) weight that met the event"""
    histories: list[tuple[int, tuple[tuple[int, int], ...]]]


class _Runner:
    """Follows batches of crises on any thread; each keeps its own memory."""

    def __init__(
        self,
        tables: Tables,
        guide: Guide,
        event: Event,
        levels: Levels,
        seed: int,
        max_incidents: int,
        *,
        gives_up: bool,
    ) -> None:
        self.floors = levels.floors if gives_up else np.full(levels.places.size, -math.inf)
        self.tables, self.guide, self.event, self.levels = tables, guide, event, levels
        self.seed, self.max_incidents = np.uint64(seed), max_incidents
        self.seconds = 0.0
        self._local = threading.local()
        self._states: list[npt.NDArray[np.int64]] = []
        self._lock = threading.Lock()

    def halt(self) -> None:
        """Let every thread stop after the crisis it is following."""
        for state in self._states:
            state[t.STOP] = 1

    def run(self, first: int, count: int) -> _Batch:
        """Follow crises `first` to `first + count - 1`."""
        began = time.thread_time()
        memory = getattr(self._local, "memory", None) or self._memory(256, _ROOM)
        work, branches, leaves = memory
        place = np.zeros(2, np.int64)
        parts: list[Leaves] = []
        start, last = first, first + count
        while True:
            start = split_block(
                self.tables, work, branches, new_log(0), self.guide, self.levels.places, self.floors,
                self.levels.copies, _MOST_COPIES, self.seed, start, last, self.max_incidents, leaves, place,
            )  # fmt: skip
            if start == last or work.state[t.STOP] == 1:
                break
            if place[1] == NO_MEMORY:
                work, branches, leaves = self._memory(2 * work.times.size, leaves.weight.size, leaves)
            elif place[0] > 0:  # what is full is put aside
                parts.append(_cut(leaves, int(place[0])))
                place[0] = 0
            else:
                work, branches, leaves = self._memory(work.times.size, 2 * leaves.weight.size)
        self._local.memory = work, branches, leaves
        parts.append(_cut(leaves, int(place[0])))
        batch = self._told(first, count, parts)
        with self._lock:
            self.seconds += time.thread_time() - began
        return batch

    def _memory(self, pending: int, room: int, leaves: Leaves | None = None) -> tuple[Work, Branches, Leaves]:
        work = new_work(self.tables, min(pending, t.MAX_PENDING))
        self._states.append(work.state)
        depth = max(1, _TURNS * self.levels.places.size)
        actors = len(self.tables.actors)
        if leaves is None:
            leaves = Leaves(
                out=blank(room, actors),
                crisis=np.zeros(room, np.int64),
                weight=np.zeros(room),
                peak=np.zeros(room),
                turns=np.zeros(room, np.int64),
                script=np.zeros((room, depth, 2), np.int64),
            )
        kept = Work._make(np.zeros((depth, *array.shape), array.dtype) for array in work)
        branches = Branches(
            kept=kept,
            out=blank(depth + 1, actors),
            left=np.zeros(depth, np.int64),
            clone=np.zeros(depth, np.int64),
            level=np.zeros(depth, np.int64),
            serial=np.zeros(depth, np.int64),
            weight=np.zeros(depth),
            peak=np.zeros(depth),
        )
        return work, branches, leaves

    def _told(self, first: int, count: int, parts: list[Leaves]) -> _Batch:
        met = [self.event.met(part.out) for part in parts]
        sums = np.zeros(count)
        histories: dict[int, tuple[tuple[int, int], ...]] = {}
        for part, hit in zip(parts, met, strict=True):
            np.add.at(sums, part.crisis[hit] - first, part.weight[hit])
            for row in np.flatnonzero(hit):
                crisis = int(part.crisis[row])
                if crisis not in histories and len(histories) < _HISTORIES:
                    turns = part.script[row, : part.turns[row]].tolist()
                    histories[crisis] = tuple((int(after), int(copy)) for after, copy in turns)
        return _Batch(
            crises=count,
            weights=np.concatenate([part.weight for part in parts]),
            peaks=np.concatenate([part.peak for part in parts]),
            met=np.concatenate(met),
            sums=sums,
            histories=list(histories.items()),
        )


def _cut(leaves: Leaves, size: int) -> Leaves:
    return Leaves(
        out=Outcomes._make(column[:size].copy() for column in leaves.out),
        crisis=leaves.crisis[:size].copy(),
        weight=leaves.weight[:size].copy(),
        peak=leaves.peak[:size].copy(),
        turns=leaves.turns[:size].copy(),
        script=leaves.script[:size].copy(),
    )


def find_levels(
    tables: Tables,
    guide: Guide,
    event: Event,
    *,
    ceiling: float,
    seed: int,
    max_incidents: int,
    most_crises: int = 1 << 20,
    say: Callable[[str], None] | None = None,
) -> tuple[Levels, float]:
    """Lay levels for an event; gives them with the processor seconds that took.

    Parameters
    ----------
    ceiling
        How near a path is that meets the event, at least: no level may lie above it.
    most_crises
        After so many crises that bring no more paths to the last level, it is the last.
    """
    levels, spent = Levels(np.zeros(0), np.zeros(0, np.int64)), 0.0
    # Compiles, where that is still to do.
    _Runner(tables, guide, event, levels, seed, max_incidents, gives_up=False).run(PILOT, 1)
    first = PILOT
    while levels.places.size < _MOST_LEVELS:
        runner = _Runner(tables, guide, event, levels, seed, max_incidents, gives_up=False)
        weights, peaks, met, count = np.zeros(0), np.zeros(0), np.zeros(0, np.bool_), _BATCH
        tried = 0
        while peaks.size < _LEAVES and tried < most_crises:
            batch = runner.run(first, count)
            first, tried, count = first + count, tried + count, 2 * count
            weights = np.concatenate((weights, batch.weights))
            peaks = np.concatenate((peaks, batch.peaks))
            met = np.concatenate((met, batch.met))
        spent += runner.seconds
        place = _next(weights, peaks, met, levels, ceiling)
        if place is None:
            break
        passing = float(weights[peaks >= place].sum() / weights.sum())
        copies = int(np.clip(round(1.0 / passing), 2, 10))
        levels = Levels(np.append(levels.places, place), np.append(levels.copies, copies))
        if say:
            say(f"level {levels.places.size}: {100 * passing:.0f} % of paths pass it")
    return levels, spent


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


def split(
    tables: Tables,
    guide: Guide,
    event: Event,
    levels: Levels,
    *,
    error: float,
    seed: int,
    max_crises: int,
    max_incidents: int,
    threads: int,
    core_seconds: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> Splitting:
    """Estimate how likely an event is, until the error is as small as asked.

    Parameters
    ----------
    error
        Relative standard error at which to stop.
    max_crises
        The most crises to follow.
    core_seconds
        What finding the levels took.
    progress
        Called with the number of crises finished since the last call.
    """
    runner = _Runner(tables, guide, event, levels, seed, max_incidents, gives_up=True)
    total, squares, crises, hits, hit = 0.0, 0.0, 0, 0, 0
    histories: list[tuple[int, tuple[tuple[int, int], ...]]] = []
    settled = False
    for batch in _batches(runner, max_crises, threads):
        total += float(batch.sums.sum())
        squares += float((batch.sums**2).sum())
        crises += batch.crises
        hits += int(batch.met.sum())
        hit += int((batch.sums > 0.0).sum())
        histories += batch.histories[: _HISTORIES - len(histories)]
        if progress:
            progress(batch.crises)
        if hit >= _FEWEST_HIT and _error(total, squares, crises) <= error:
            settled = True
            break
    mean = total / crises
    low, high = _interval(mean, _error(total, squares, crises), crises)
    return Splitting(
        probability=mean,
        low=low,
        high=high,
        crises=crises,
        hits=hits,
        levels=levels,
        histories=tuple(histories),
        core_seconds=core_seconds + runner.seconds,
        settled=settled,
    )


def _batches(runner: _Runner, max_crises: int, threads: int) -> Iterator[_Batch]:
    """Batches in their order, whichever thread is done first: what is estimated does not depend on threads."""
    starts = iter(range(0, max_crises, _BATCH))
    waiting: list[Future[_Batch]] = []
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="detente") as pool:
        try:
            while True:
                while len(waiting) < 2 * threads and (start := next(starts, None)) is not None:
                    waiting.append(pool.submit(runner.run, start, min(_BATCH, max_crises - start)))
                if not waiting:
                    return
                yield waiting.pop(0).result()
        finally:
            runner.halt()
            for future in waiting:
                future.cancel()


def _error(total: float, squares: float, crises: int) -> float:
    """The relative standard error of the mean weight; infinite where nothing was hit."""
    if total <= 0.0 or crises < 2:
        return math.inf
    mean = total / crises
    variance = max(0.0, (squares - crises * mean * mean) / (crises - 1))
    return math.sqrt(variance / crises) / mean


def _interval(mean: float, error: float, crises: int) -> tuple[float, float]:
    """A 95 % interval, of the logarithm; where nothing was hit, that of as many crises without splitting."""
    if not math.isfinite(error):
        return 0.0, wilson(0, crises).high
    half = float(ndtri(0.5 + LEVEL / 2)) * error
    return mean * math.exp(-half), min(1.0, mean * math.exp(half))
