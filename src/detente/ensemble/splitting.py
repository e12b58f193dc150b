"""Multilevel splitting: how often a rare event happens, from crises that are copied as they come nearer to it.

Levels stand before the first crisis that counts: the caller gives them, or a small run of its own has laid them
(`ensemble.levels`). So the estimate is unbiased, because a path that becomes n copies leaves each of them an n-th of its
weight. Crises are independent of each other, so the spread of their weights is an honest error (decision 0013).
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from detente.engine.branches import Guide
from detente.engine.tables import Tables
from detente.ensemble.chunks import Recipe, compiled
from detente.ensemble.event import Event, parse
from detente.ensemble.executors import awaited, in_order, map_jobs
from detente.ensemble.paths import BATCH, Batch, Levels, Runner
from detente.ensemble.spans import Span
from detente.ensemble.weights import Splitting, Weights

__all__ = ["Crew", "Job", "run_batches", "split"]

_TOGETHER = 8  # batches in one job for an executor: some tenths of a second


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

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before any crisis is finished; later, what is finished counts.
    """
    weights = Weights(levels=levels, core_seconds=core_seconds)
    settled, is_interrupted = False, False
    if crew is None:
        runner = Runner(tables, guide, event, levels, seed, max_incidents, gives_up=True)
        batches = _batches(runner, max_crises, threads)
    else:
        batches = _batches_of(crew, guide, event, levels, max_crises)
    try:
        with closing(batches):
            for batch in batches:
                weights.add(batch)
                if progress:
                    progress(batch.crises)
                if weights.is_settled(error):
                    settled = True
                    break
    except KeyboardInterrupt:
        is_interrupted = True
        if not weights.crises:
            raise
    return weights.told(settled=settled, is_interrupted=is_interrupted)


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
                yield awaited(waiting.pop(0))
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
