"""Running crises: memory for the kernel, threads around it, progress and interruption.

A crisis depends on the tables, the seed and its index, and on nothing else: chunks may run on any
thread, in any order, and memory may grow in the middle (the crisis is then run again from its key).
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine._chance import crisis_key
from detente.engine._jit import is_compiled
from detente.engine._kernel import run_block, run_crisis
from detente.engine.tables import Log, Outcomes, Tables, Work
from detente.errors import DetenteError, SimulationError

__all__ = [
    "MAX_INCIDENTS",
    "Interrupted",
    "Outcomes",
    "default_threads",
    "is_compiled",
    "simulate_block",
    "simulate_here",
    "simulate_listed",
    "warm_up",
]

MAX_INCIDENTS = 100_000
"""Incidents after which a crisis ends as `capped`, unless the caller says otherwise.

So does one with more than `tables.MAX_PENDING` incidents pending, whatever the budget.
"""

_CHUNK = 4096
_CALL_S = 0.02  # calls of the kernel are made about so long: progress is told between them
_TELL_EVERY_S = 0.2
_FIRST_CAPACITY = 256


class Interrupted(DetenteError):  # noqa: N818 - not an error: somebody asked
    """The run was interrupted; `outcomes` holds the crises finished without a gap from the first."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        super().__init__(f"interrupted after {outcomes.ended.size} crises")


def default_threads() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def simulate_block(
    tables: Tables,
    *,
    seed: int,
    first: int,
    count: int,
    threads: int = 1,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[int], None] | None = None,
) -> Outcomes:
    """The outcomes of crises `first` to `first + count - 1` of the ensemble `seed`.

    Parameters
    ----------
    seed
        0 to 2**64 - 1.
    threads
        How many threads run crises; the outcomes do not depend on it.
    max_incidents
        Event budget of one crisis, >= 1.
    progress
        Called on the calling thread with the number of crises finished since the last call.

    Raises
    ------
    Interrupted
        On Ctrl-C, with the outcomes finished so far.
    SimulationError
        When the pending incidents of one crisis do not fit into memory.
    """
    return simulate_listed(
        tables,
        np.arange(first, first + count),
        seed=seed,
        threads=threads,
        max_incidents=max_incidents,
        progress=progress,
    )


def simulate_listed(
    tables: Tables,
    crises: npt.NDArray[np.int64],
    *,
    seed: int,
    threads: int = 1,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[int], None] | None = None,
) -> Outcomes:
    """The same for any crises of the ensemble, by their indices; a row each, in that order."""
    runner = _Runner(tables, seed, crises, max_incidents)
    count = crises.size
    starts = iter(range(0, count, _CHUNK))
    running: set[Future[None]] = set()
    told = 0
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="detente") as pool:
        try:
            while True:
                while len(running) < 2 * threads and (start := next(starts, None)) is not None:
                    running.add(pool.submit(runner.run, start))
                if not running:
                    return runner.out
                done, running = wait(running, timeout=_TELL_EVERY_S, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                finished = runner.finished()
                if progress and finished > told:
                    progress(finished - told)
                told = finished
        except KeyboardInterrupt:
            runner.halt()
            wait(running)
            raise Interrupted(runner.prefix()) from None
        except BaseException:
            runner.halt()
            raise


def simulate_here(
    tables: Tables,
    crises: npt.NDArray[np.int64],
    *,
    seed: int,
    max_incidents: int = MAX_INCIDENTS,
) -> Outcomes:
    """The same on the calling thread, for who runs a few crises at a time and very often.

    Raises
    ------
    SimulationError
        When the pending incidents of one crisis do not fit into memory.
    """
    out, work, log = blank(crises.size, len(tables.actors)), new_work(tables), new_log(0)
    row = 0
    while True:
        row = run_block(tables, work, log, np.uint64(seed), crises, max_incidents, out, row, crises.size)
        if row == crises.size:
            return out
        work = grown(work)


class _Runner:
    """Runs chunks of crises; each thread keeps its own scratch memory."""

    def __init__(self, tables: Tables, seed: int, crises: npt.NDArray[np.int64], max_incidents: int) -> None:
        self.tables, self.out = tables, blank(crises.size, len(tables.actors))
        self.seed, self.crises, self.max_incidents = np.uint64(seed), crises, max_incidents
        self.stop = threading.Event()
        # Rows finished in each chunk; a chunk is one thread's, so its entry needs no lock.
        self.rows = [0] * -(-crises.size // _CHUNK)
        self._local = threading.local()
        self._states: list[npt.NDArray[np.int64]] = []  # of every thread, to stop a call in the middle

    def run(self, start: int) -> None:
        """Run the chunk that begins at row `start`, in calls long enough to be worth their cost."""
        work: Work = getattr(self._local, "work", None) or new_work(self.tables)
        self._states.append(work.state)
        chunk, row, step, log = start // _CHUNK, start, getattr(self._local, "step", 1), new_log(0)
        stop = min(start + _CHUNK, self.out.ended.size)
        while row < stop and not self.stop.is_set():
            until, began = min(row + step, stop), time.perf_counter()
            row = run_block(
                self.tables, work, log, self.seed, self.crises, self.max_incidents, self.out, row, until
            )
            self.rows[chunk] = row - start
            if row < until and not self.stop.is_set():
                work = grown(work)
            step = 2 * step if time.perf_counter() - began < _CALL_S else max(1, step // 2)
        self._local.work, self._local.step = work, step

    def halt(self) -> None:
        """Let every thread stop after the crisis it is running."""
        self.stop.set()
        for state in self._states:
            state[t.STOP] = 1

    def finished(self) -> int:
        """How many crises are finished so far."""
        return sum(self.rows)

    def prefix(self) -> Outcomes:
        """The outcomes finished without a gap from the first."""
        size = 0
        for rows in self.rows:
            size += rows
            if rows < _CHUNK:
                break
        return Outcomes._make(column[:size] for column in self.out)


def new_work(tables: Tables, capacity: int = _FIRST_CAPACITY) -> Work:
    """Scratch memory for one thread, with room for `capacity` pending incidents."""
    actors, systems = len(tables.actors), len(tables.systems)
    return Work(
        state=np.zeros(t.STATE_SIZE, np.int64),
        **_queue(capacity),
        down_until=np.zeros(systems),
        down_stamp=np.zeros(systems, np.int64),
        crisis=np.zeros(1, np.uint64),
        begun=np.zeros(2),
        ring=np.zeros(max(1, int(tables.actors["trips_at"].sum() + tables.guards["trips_at"].sum()))),
        sensed=np.zeros(2 * actors, np.int64),
        noted=np.zeros(2 * actors, np.int64),
        on_until=np.zeros(2 * actors),
        ring_stamp=np.zeros(2 * actors, np.int64),
        busy_since=np.zeros(actors),
        let_go=np.zeros(actors, np.int64),
        throttle_stamp=np.zeros(actors, np.int64),
        free=np.zeros(max(1, int(np.maximum(tables.guards["reviewers"], 0).sum()))),
        free_stamp=np.zeros(actors, np.int64),
        tally=np.zeros(t.TALLY_SIZE, np.int64),
        waits=np.zeros(t.WAITS),
        actor_stamp=np.zeros(actors, np.int64),
        domain_stamp=np.zeros(tables.domain_count, np.int64),
    )


def grown(work: Work) -> Work:
    """The same scratch memory with room for twice as many pending incidents, up to `MAX_PENDING`."""
    capacity = min(2 * work.times.size, t.MAX_PENDING)
    try:
        return work._replace(**_queue(capacity))
    except MemoryError:
        message = (
            f"a crisis has more than {work.times.size} incidents pending, which does not fit into memory; "
            "run with fewer threads, or lower the mean numbers of actions"
        )
        raise SimulationError(message) from None


def _queue(capacity: int) -> dict[str, Any]:
    return {
        "times": np.zeros(capacity),
        "keys": np.zeros(capacity, np.uint64),
        "slots": np.arange(capacity, dtype=np.int32),
        "pending": np.zeros((capacity, t.FIELDS), np.int32),
        "root_keys": np.zeros(capacity, np.uint64),
    }


def new_log(capacity: int) -> Log:
    """Memory for the record of one crisis; 0 for none."""
    return Log(
        times=np.zeros(capacity),
        keys=np.zeros(capacity, np.uint64),
        rows=np.zeros((capacity, t.FIELDS), np.int32),
        root_keys=np.zeros(capacity, np.uint64),
        stops=np.zeros((capacity, t.FIELDS + 1), np.int32),
        stop_keys=np.zeros(capacity, np.uint64),
    )


def record_crisis(tables: Tables, seed: int, crisis: int, max_incidents: int) -> tuple[Outcomes, Log]:
    """Run one crisis with its full record."""
    # Compiled functions hand 64-bit keys back as plain integers, which would come in again as signed.
    key = np.uint64(crisis_key(np.uint64(seed), np.uint64(crisis)))
    out = blank(1, len(tables.actors))
    work, capacity = new_work(tables), 1024
    while True:
        log = new_log(capacity)
        if run_crisis(tables, work, log, key, max_incidents, out, 0):
            return out, logged(log, work)
        if work.state[t.LOG_FULL]:
            capacity *= 2
        else:
            work = grown(work)


def logged(log: Log, work: Work) -> Log:
    """What has been written of a log."""
    size, stops = int(work.state[t.LOGGED]), int(work.state[t.STOPS_LOGGED])
    return Log(
        times=log.times[:size],
        keys=log.keys[:size],
        rows=log.rows[:size],
        root_keys=log.root_keys[:size],
        stops=log.stops[:stops],
        stop_keys=log.stop_keys[:stops],
    )


def warm_up(tables: Tables) -> bool:
    """Compile the kernel if no compiled one is on disk; returns whether it had to."""
    compiled = is_compiled()
    simulate_block(tables, seed=0, first=0, count=1)
    return not compiled


def blank(count: int, actors: int) -> Outcomes:
    return Outcomes(
        ended=np.zeros(count, np.int8),
        duration_s=np.zeros(count),
        incidents=np.zeros(count, np.int64),
        actions=np.zeros(count, np.int64),
        peak_rung=np.zeros(count, np.int8),
        first_critical_s=np.zeros(count),
        catastrophe_s=np.zeros(count),
        loss_usd=np.zeros((count, actors)),
        actors_reached=np.zeros(count, np.int32),
        domains_reached=np.zeros(count, np.int32),
        wrongful_actions=np.zeros(count, np.int64),
        depth=np.zeros(count, np.int32),
        reviewed=np.zeros(count, np.int64),
        review_wait_s=np.zeros(count),
        review_queue_s=np.zeros(count),
        denied=np.zeros(count, np.int64),
        timed_out=np.zeros(count, np.int64),
        withdrawn=np.zeros(count, np.int64),
        rightful_stopped=np.zeros(count, np.int64),
        rightful_delay_s=np.zeros(count),
        stopped=np.zeros((count, t.SAFEGUARD_COUNT), np.int32),
    )
