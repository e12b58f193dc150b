"""Multilevel splitting: how often a rare event happens, from crises that are copied as they come nearer to it.

Levels stand before the first crisis that counts: the caller gives them, or a small run of its own has laid them
(`ensemble.levels`). So the estimate is unbiased, because a path that becomes n copies leaves each of them an n-th of its
weight. Crises are independent of each other, so the spread of their weights is an honest error (decision 0013).
"""

import math
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from scipy.special import ndtri

from detente.engine.branches import Guide
from detente.engine.tables import Tables
from detente.ensemble.chunks import Recipe, compiled
from detente.ensemble.estimators import LEVEL, wilson
from detente.ensemble.event import Event, parse
from detente.ensemble.executors import in_order, map_jobs
from detente.ensemble.paths import BATCH, HISTORIES, Batch, Levels, Runner, Script
from detente.ensemble.spans import Span

__all__ = ["Crew", "Job", "Splitting", "run_batches", "split"]

_FEWEST_HIT = 50  # crises with paths that met the event, before an error is believed
_TOGETHER = 8  # batches in one job for an executor: some tenths of a second


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
    histories: tuple[tuple[int, Script], ...]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who follows crises elsewhere, and what they compile the tables from."""

    executor: Executor
    recipe: Recipe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """Some crises to follow, as any executor can; picklable."""

    recipe: Recipe
    event: str
    guide: Guide
    levels: Levels
    span: Span


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
    crew: Crew | None = None,
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
    threads
        Of this process, where there is no `crew`.
    crew
        Who follows the crises instead; the result is the same.
    core_seconds
        What finding the levels took.
    progress
        Called with the number of crises finished since the last call.
    """
    total, squares, crises, hits, hit = 0.0, 0.0, 0, 0, 0
    histories: list[tuple[int, Script]] = []
    settled = False
    if crew is None:
        runner = Runner(tables, guide, event, levels, seed, max_incidents, gives_up=True)
        batches = _batches(runner, max_crises, threads)
    else:
        batches = _batches_of(crew, guide, event, levels, max_crises)
    with closing(batches):
        for batch in batches:
            total += float(batch.sums.sum())
            squares += float((batch.sums**2).sum())
            crises += batch.crises
            hits += int(batch.met.sum())
            hit += int((batch.sums > 0.0).sum())
            core_seconds += batch.core_seconds
            histories += batch.histories[: HISTORIES - len(histories)]
            if progress:
                progress(batch.crises)
            if hit >= _FEWEST_HIT and _error(total, squares, crises) <= error:
                settled = True
                break
    mean = total / crises
    if levels.places.size:
        low, high = _interval(mean, _error(total, squares, crises), crises)
    else:  # nothing was copied: so many crises of so many
        plain = wilson(round(total), crises)
        low, high = plain.low, plain.high
    return Splitting(
        probability=mean,
        low=low,
        high=high,
        crises=crises,
        hits=hits,
        levels=levels,
        histories=tuple(histories),
        core_seconds=core_seconds,
        settled=settled,
    )


def _batches(runner: Runner, max_crises: int, threads: int) -> Generator[Batch]:
    """Batches in their order, whichever thread is done first: what is estimated does not depend on threads."""
    spans = _spans(max_crises, BATCH)
    waiting: list[Future[Batch]] = []
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="detente") as pool:
        try:
            while True:
                while len(waiting) < 2 * threads and (span := next(spans, None)) is not None:
                    waiting.append(pool.submit(runner.run, span.first, span.count))
                if not waiting:
                    return
                yield waiting.pop(0).result()
        finally:
            runner.halt()
            for future in waiting:
                future.cancel()


def _batches_of(crew: Crew, guide: Guide, event: Event, levels: Levels, max_crises: int) -> Generator[Batch]:
    """The same batches, by an executor."""
    jobs = (
        Job(recipe=crew.recipe, event=event.text, guide=guide, levels=levels, span=span)
        for span in _spans(max_crises, _TOGETHER * BATCH)
    )
    with closing(in_order(map_jobs(run_batches, jobs, crew.executor))) as results:
        for batches in results:
            yield from batches


def run_batches(job: Job) -> list[Batch]:
    """Follow the crises of a job, on one thread.

    Raises
    ------
    SimulationError
        When this process runs another version of detente than the one that made the job.
    """
    scenario, tables = compiled(job.recipe)
    runner = Runner(
        tables, job.guide, parse(job.event, scenario), job.levels, job.recipe.seed, job.recipe.max_incidents,
        gives_up=True,
    )  # fmt: skip
    parts = (
        Span(first, min(BATCH, job.span.stop - first))
        for first in range(job.span.first, job.span.stop, BATCH)
    )
    return [runner.run(part.first, part.count) for part in parts]


def _spans(most: int, size: int) -> Iterator[Span]:
    return (Span(first, min(size, most - first)) for first in range(0, most, size))


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
