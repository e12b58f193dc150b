"""A scenario over what we do not know: every ranged number drawn, each draw solved and simulated under every portfolio."""

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from detente.analysis.uncertainty import store
from detente.analysis.uncertainty.evaluate import COLUMNS, Plan, Row, evaluate, evaluate_stated
from detente.analysis.uncertainty.factors import values
from detente.analysis.uncertainty.points import MOST_DRAWS, sobol
from detente.analysis.uncertainty.results import Sweep
from detente.analysis.uncertainty.space import Space
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS, warm_up
from detente.ensemble.arguments import (
    budget,
    executor_of,
    function,
    listed,
    seed_of,
    threads_of,
    whole,
    writable,
)
from detente.ensemble.executors import in_order, map_jobs
from detente.errors import SimulationError
from detente.model.library import load
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.several import load_several
from detente.model.vocabulary import Scenario

__all__ = ["DRAWS", "RUNS", "SweepInterrupted", "sweep"]

DRAWS = 1024
"""a power of two, at which Sobol points are balanced"""
RUNS = 1000
_STATED_RUNS = 20_000
"""at least so many crises at the stated values: there is one of these and a thousand draws"""
_BATCH = 4  # draws in one task for an executor, so that the documents travel less often
_SHORT_BATCH = 1  # on our own threads, so that Ctrl-C is heard soon
_WRITE_EVERY_S = 5.0


class SweepInterrupted(KeyboardInterrupt):
    """Ctrl-C during a sweep; `sweep` holds the draws that were finished, None when none was."""

    def __init__(self, found: Sweep | None) -> None:
        self.sweep = found
        super().__init__(f"interrupted after {found.draws if found else 0} draws")


def sweep(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolios: Iterable[Portfolio | str | Path | Mapping[str, object]] = (NO_PORTFOLIO,),
    draws: int = DRAWS,
    runs: int = RUNS,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    out: str | Path | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Draw every ranged number of a scenario and its portfolios, and see what follows.

    Draw i depends on the documents, the seed and i alone. All portfolios stand in the same draws and meet the same
    luck; each draw has luck of its own.

    Parameters
    ----------
    scenario, seed, max_incidents
        As in `detente.simulate`.
    portfolios
        One or more; default: no safeguards. Those of one name are told apart as `model.portfolio.several` says. What an earlier one and a later one state alike is one unknown.
    draws
        How many; best a power of two. Draws can be added later and change none.
    runs
        Crises simulated for each draw and portfolio; 0 for the exact figures alone, which leave out what
        `exact.scope` lists.
    threads
        Draws worked on at once, where no `executor` is given; changes the speed, never the result.
    out
        A Parquet file to write while working, after the first draw and then every five seconds. If it holds the beginning of this very sweep, that is not done again.
    executor
        Where to work instead: threads, processes, a cluster. The result is the same.
    progress
        Called with the number of draws finished since the last call.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used, nothing in the documents has a range, or an executor fails.
    ResultError
        When `out` holds something else, or cannot be written.
    SweepInterrupted
        On Ctrl-C, with what was finished.
    """
    draws = whole("draws", draws, 1, MOST_DRAWS)
    threads = threads_of(threads)
    progress, executor = function("progress", progress), executor_of(executor)
    place = writable("out", out)
    plan = _plan(scenario, portfolios, draws, runs, seed, max_incidents)
    kept = store.read(place, plan) if place is not None else store.Kept(stated=None, frame=None)
    warm_up(compile_tables(plan.space.scenario, plan.space.portfolios[0]))
    stated = kept.stated if kept.stated is not None else _stated(plan, threads)
    frames = [] if kept.frame is None else [kept.frame]
    done = frames[0]["draw"].n_unique() if frames else 0
    if progress and done:
        progress(min(done, draws))
    interrupted = False
    if done < draws:
        with _workers(executor, threads) as pool:
            batch = _BATCH if executor is not None else _SHORT_BATCH
            rows = in_order(map_jobs(evaluate, _parts(plan, done, batch), pool))
            interrupted = _work(rows, plan, frames, stated, place, progress)
    if not frames:
        raise SweepInterrupted(None)
    frame = pl.concat(frames)
    found = Sweep(plan=plan, stated=stated, frame=frame.filter(pl.col("draw") < draws))
    if interrupted:
        raise SweepInterrupted(found)
    return found


def _plan(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolios: Iterable[Portfolio | str | Path | Mapping[str, object]],
    draws: int,
    runs: int,
    seed: int,
    max_incidents: int,
) -> Plan:
    resolved = load(scenario)
    guarded = load_several(listed(portfolios))
    if not guarded:
        raise SimulationError("portfolios: found none, expected at least one (`none` is no safeguards)")
    _require_different(guarded)
    for one in guarded:
        compile_tables(resolved, one)  # every document is checked before hours are spent on the first
    seed = seed_of(seed)
    space = Space.of(resolved, guarded)
    if not space.factors:
        raise SimulationError(
            f"{resolved.name}: found no number with a range, expected at least one written as {{value, low, high}}"
        )
    return Plan(
        space=space,
        rows=values(space.factors, sobol(draws, len(space.factors), seed)),
        runs=whole("runs", runs, 0, 10**7),
        seed=seed,
        max_incidents=budget(max_incidents),
    )


def _require_different(portfolios: Sequence[Portfolio]) -> None:
    """Refuse a portfolio that stands twice: it would share every draw in which it is the best with itself."""
    for place, one in enumerate(portfolios):
        if any(one.document == other.document for other in portfolios[:place]):
            name = one.document["portfolio"]
            raise SimulationError(f"portfolios: found {name!r} twice, expected each only once")


def _stated(plan: Plan, threads: int) -> pl.DataFrame:
    runs = max(plan.runs, _STATED_RUNS) if plan.runs else 0
    return _frame(evaluate_stated(replace(plan, threads=threads), runs))


def _frame(rows: list[Row]) -> pl.DataFrame:
    kinds = {int: pl.Int64, float: pl.Float64, str: pl.String}
    return pl.DataFrame(rows, schema={name: kinds[kind] for name, kind in COLUMNS.items()})


@contextmanager
def _workers(executor: Executor | None, threads: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="detente-sweep")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _work(
    batches: Generator[list[Row]],
    plan: Plan,
    frames: list[pl.DataFrame],
    stated: pl.DataFrame,
    out: Path | None,
    progress: Callable[[int], None] | None,
) -> bool:
    """Add the missing draws to `frames`, in order, writing now and then; whether Ctrl-C cut that short."""
    interrupted = False
    written = -math.inf  # the first draw is written at once: then there is a file, whatever happens
    try:
        for batch in batches:
            rows = _frame(batch)
            frames.append(rows)
            if progress:
                progress(rows["draw"].n_unique())
            if out is not None and time.monotonic() - written > _WRITE_EVERY_S:
                store.write(out, plan, stated, pl.concat(frames))
                written = time.monotonic()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        batches.close()  # takes back what is handed out and not begun
    if out is not None and frames:
        store.write(out, plan, stated, pl.concat(frames))
    return interrupted


def _parts(plan: Plan, done: int, batch: int) -> Iterator[Plan]:
    """Give the draws from `done` on in batches."""
    return (plan.part(first, batch) for first in range(done, len(plan.rows), batch))
