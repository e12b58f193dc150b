"""Paths of crises that are copied as they come nearer to an event: followed in batches, on any thread."""

import math
import threading
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine._kernel import CAPPED
from detente.engine._splitting import NO_MEMORY, split_block
from detente.engine.branches import Branches, Guide, Leaves
from detente.engine.run import blank, new_log, new_work
from detente.engine.tables import Outcomes, Tables, Work
from detente.ensemble.event import Event

__all__ = [
    "BATCH",
    "HISTORIES",
    "Batch",
    "Branches",
    "Floats",
    "Guide",
    "Leaves",
    "Levels",
    "Runner",
    "Script",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Script = tuple[tuple[int, int], ...]
"""after how many incidents a path became which copy"""

BATCH = 256
"""crises that are followed together"""
HISTORIES = 20
"""paths that met the event are remembered, of so many crises"""
_MOST_COPIES = 5_000  # at one time, however many levels are passed
_BELOW = 0.9  # of a level, where a path has fallen back from it
_TURNS = 6  # times the levels there are that a path can be copied
_ROOM = 32 * BATCH
_PENDING = 64  # incidents there is room for at first; copying a path copies that


class Levels(NamedTuple):
    """Where paths are copied."""

    places: Floats
    """ascending"""
    copies: Integers
    """what a path becomes there"""

    @property
    def floors(self) -> Floats:
        """Below which a path has fallen back from each."""
        return _BELOW * self.places


class Batch(NamedTuple):
    crises: int
    weights: Floats
    """of every path that passed all levels"""
    peaks: Floats
    met: npt.NDArray[np.bool_]
    sums: Floats
    """(crises,) weight that met the event"""
    least: Floats
    """(crises,) the same without what may yet have left it, had its budget not run out"""
    most: Floats
    """(crises,) the same with what may yet have met it"""
    capped: int
    """crises with a path that ran out of its budget"""
    core_seconds: float
    histories: list[tuple[int, Script]]


class Runner:
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
        self.nominal = np.cumprod(np.append(1.0, 1.0 / levels.copies))
        self.tables, self.guide, self.event, self.levels = tables, guide, event, levels
        self.seed, self.max_incidents = np.uint64(seed), max_incidents
        self._local = threading.local()
        self._states: list[npt.NDArray[np.int64]] = []
        self._is_halted = False

    def halt(self) -> None:
        """Let every thread stop after the path it is following."""
        self._is_halted = True  # for those that have no memory yet
        for state in self._states:
            state[t.STOP] = 1

    def run(self, first: int, count: int) -> Batch:
        """Follow crises `first` to `first + count - 1`."""
        memory = getattr(self._local, "memory", None) or self._memory(_PENDING, _ROOM)
        work, branches, leaves = memory
        place = np.zeros(2, np.int64)
        self._follow(
            work, branches, leaves, first, first, place
        )  # loads or compiles, where that is still to do
        began = time.thread_time()
        parts: list[Leaves] = []
        start, last = first, first + count
        while True:
            start = self._follow(work, branches, leaves, start, last, place)
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
        return self._told(first, count, parts)._replace(core_seconds=time.thread_time() - began)

    def _follow(
        self, work: Work, branches: Branches, leaves: Leaves, start: int, last: int, place: Integers
    ) -> int:
        reached: int = split_block(
            self.tables, work, branches, new_log(0), self.guide, self.levels.places, self.floors,
            self.levels.copies, self.nominal, _MOST_COPIES, self.seed, start, last, self.max_incidents, leaves, place,
        )  # fmt: skip
        return reached

    def _memory(self, pending: int, room: int, leaves: Leaves | None = None) -> tuple[Work, Branches, Leaves]:
        work = new_work(self.tables, min(pending, t.MAX_PENDING))
        self._states.append(work.state)
        work.state[t.STOP] = self._is_halted
        depth = max(1, _TURNS * self.levels.places.size)
        actors = len(self.tables.actors)
        if leaves is None:
            leaves = Leaves(
                out=blank(room, actors),
                crisis=np.zeros(room, np.int64),
                weight=np.zeros(room),
                peak=np.zeros(room),
                passed=np.zeros(room, np.bool_),
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

    def _told(self, first: int, count: int, parts: list[Leaves]) -> Batch:
        met = [self.event.met(part.out) for part in parts]
        sums, least, most = np.zeros(count), np.zeros(count), np.zeros(count)
        capped = np.zeros(count, np.bool_)
        histories: dict[int, Script] = {}
        for part, hit in zip(parts, met, strict=True):
            of, cut_short = part.crisis - first, part.out.ended == CAPPED
            sure = hit if self.event.lasts else hit & ~cut_short
            for total, counted in ((sums, hit), (least, sure), (most, hit | cut_short)):
                np.add.at(total, of[counted], part.weight[counted])
            capped[of[cut_short]] = True
            for row in np.flatnonzero(hit):
                crisis = int(part.crisis[row])
                if crisis not in histories and len(histories) < HISTORIES:
                    turns = part.script[row, : part.turns[row]].tolist()
                    histories[crisis] = tuple((int(after), int(copy)) for after, copy in turns)
        return Batch(
            crises=count,
            weights=np.concatenate([part.weight[part.passed] for part in parts]),
            peaks=np.concatenate([part.peak[part.passed] for part in parts]),
            met=np.concatenate([hit[part.passed] for part, hit in zip(parts, met, strict=True)]),
            sums=sums,
            least=least,
            most=most,
            capped=int(capped.sum()),
            core_seconds=0.0,
            histories=list(histories.items()),
        )


def _cut(leaves: Leaves, size: int) -> Leaves:
    return Leaves(
        out=Outcomes._make(column[:size].copy() for column in leaves.out),
        crisis=leaves.crisis[:size].copy(),
        weight=leaves.weight[:size].copy(),
        peak=leaves.peak[:size].copy(),
        passed=leaves.passed[:size].copy(),
        turns=leaves.turns[:size].copy(),
        script=leaves.script[:size].copy(),
    )
