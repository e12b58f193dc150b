"""Many crises of one scenario, in pieces, so that memory stays small and an interrupt loses little."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import overload

import polars as pl

from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS, Interrupted, simulate_block, warm_up
from detente.engine.tables import Tables
from detente.ensemble.arguments import (
    budget,
    executor_of,
    function,
    seed_of,
    threads_of,
    whole,
    words,
    writable,
)
from detente.ensemble.chunks import Chunk, Job, Recipe, encode, run_chunk
from detente.ensemble.dataset import Dataset, Writer, writing
from detente.ensemble.executors import map_jobs
from detente.ensemble.frame import to_frame
from detente.ensemble.manifest import Manifest
from detente.ensemble.provenance import of_run
from detente.ensemble.results import Ensemble
from detente.ensemble.spans import CHUNK, Span, cut
from detente.ensemble.stopping import Precision, precision
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Ending, Scenario

__all__ = ["SimulationInterrupted", "simulate"]

_BLOCK = 1 << 18  # crises turned into a table at a time: some 30 MB for a scenario of ten actors
_MOST_RUNS = 10**10


class SimulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; `ensemble` holds the crises that were finished, None when none was.

    A KeyboardInterrupt, so that a program that does not ask for the partial result ends as usual.
    """

    def __init__(self, ensemble: Ensemble | Dataset | None) -> None:
        self.ensemble = ensemble
        super().__init__(f"interrupted after {ensemble.runs if ensemble else 0} crises")


@overload
def simulate(
    scenario: Scenario | str | Path | Mapping[str, object],
    runs: int = ...,
    seed: int = ...,
    threads: int | None = ...,
    max_incidents: int = ...,
    progress: Callable[[int], None] | None = ...,
    command: str = ...,
    portfolio: Portfolio | str | Path | Mapping[str, object] = ...,
    executor: Executor | None = ...,
    checkpoint: None = ...,
    error: float | None = ...,
    half_width: float | None = ...,
    at_least: int = ...,
    chunk: int = ...,
) -> Ensemble: ...


@overload
def simulate(
    scenario: Scenario | str | Path | Mapping[str, object],
    runs: int = ...,
    seed: int = ...,
    threads: int | None = ...,
    max_incidents: int = ...,
    progress: Callable[[int], None] | None = ...,
    command: str = ...,
    portfolio: Portfolio | str | Path | Mapping[str, object] = ...,
    executor: Executor | None = ...,
    *,
    checkpoint: str | Path,
    error: float | None = ...,
    half_width: float | None = ...,
    at_least: int = ...,
    chunk: int = ...,
) -> Dataset: ...


def simulate(
    scenario: Scenario | str | Path | Mapping[str, object],
    runs: int = 100_000,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[int], None] | None = None,
    command: str = "",
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    error: float | None = None,
    half_width: float | None = None,
    at_least: int = 1,
    chunk: int = CHUNK,
) -> Ensemble | Dataset:
    """Simulate many crises of a scenario, with the safeguards of a portfolio.

    Crisis i depends on the scenario, the seed and i alone: more runs add crises and change none,
    and who runs them (threads, processes, a cluster), and in what pieces, changes nothing.

    Parameters
    ----------
    scenario
        A scenario, or what `detente.load` accepts: a shipped name, a path, a mapping.
    runs
        How many crises, 1 or more; with `error` or `half_width` the most.
    seed
        0 to 2**64 - 1.
    threads
        Default: one for each processor this process may use. Without effect on an executor.
    max_incidents
        Event budget of one crisis, after which it ends as `capped`: nobody knows how.
    progress
        Called now and then with the number of crises finished since the last call.
    command
        What to record as the command that made the result; default: this call.
    portfolio
        A portfolio, or what `detente.load_portfolio` accepts; default: no safeguards. The same seed gives
        the same luck under every portfolio.
    executor
        Any executor of `concurrent.futures`, which gets the work in pieces; default: threads of this process.
        It is left open.
    checkpoint
        A directory to store every finished piece in. The same call goes on where a killed one ended, and the
        table is not held in memory: the result is a `Dataset`.
    error
        Stop once both ends of the interval of P(catastrophe) are within this share of its estimate, as 0.05.
    half_width
        Stop once both ends are within so much of it, as 0.001; with `error`, once both hold.
    at_least
        How many crises to run however tight the interval is before.
    chunk
        Crises in a piece for an executor or a checkpoint.

    Raises
    ------
    ScenarioError
        When the scenario cannot be used.
    PortfolioError
        When the portfolio cannot be used, or not with this scenario.
    SimulationError
        When another argument cannot be used, a crisis does not fit into memory, or an executor fails.
    ResultError
        When the directory of the checkpoint cannot be used or written.
    SimulationInterrupted
        On Ctrl-C, with what was finished.
    """
    resolved = load(scenario)
    runs = whole("runs", runs, 1, _MOST_RUNS)
    seed = seed_of(seed)
    threads = threads_of(threads)
    max_incidents = budget(max_incidents)
    guarded = load_portfolio(portfolio)
    run = _Run(
        scenario=resolved,
        portfolio=guarded,
        tables=compile_tables(resolved, guarded),
        runs=runs,
        seed=seed,
        threads=threads,
        max_incidents=max_incidents,
        progress=function("progress", progress) or (lambda _: None),
        command=words("command", command, "'detente run'")
        or _call(resolved, guarded, runs, seed, max_incidents),
        executor=executor_of(executor),
        precision=precision(error, half_width),
        at_least=whole("at_least", at_least, 1, runs),
        chunk=whole("chunk", chunk, 1, _MOST_RUNS),
    )
    folder = writable("checkpoint", checkpoint)
    warm_up(run.tables)
    return _in_memory(run) if folder is None else _on_disk(run, folder)


def _call(scenario: Scenario, portfolio: Portfolio, runs: int, seed: int, max_incidents: int) -> str:
    guarded = f", portfolio={portfolio.name!r}" if portfolio.safeguards else ""
    return f"detente.simulate({scenario.name!r}, {runs=}, {seed=}, {max_incidents=}{guarded})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The arguments of `simulate`, checked."""

    scenario: Scenario
    portfolio: Portfolio
    tables: Tables
    runs: int
    seed: int
    threads: int
    max_incidents: int
    progress: Callable[[int], None]
    command: str
    executor: Executor | None
    precision: Precision | None
    at_least: int
    chunk: int

    @property
    def recipe(self) -> Recipe:
        return Recipe.of(
            self.scenario.document,
            self.portfolio.document,
            seed=self.seed,
            max_incidents=self.max_incidents,
        )

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many crises the run may end."""
        return self.precision.looks(self.runs) if self.precision else (self.runs,)

    def may_end(self, catastrophes: int, finished: int) -> bool:
        """Whether a look after so many crises finds what was asked for."""
        if self.precision is None or finished < self.at_least:
            return False
        return self.precision.stopping(catastrophes, finished, self.runs).is_met


def _in_memory(run: _Run) -> Ensemble:
    started = time.perf_counter()
    frames: dict[int, pl.DataFrame] = {}  # by the index of their first crisis
    is_interrupted = False
    pieces = cut(run.runs, _BLOCK if run.executor is None else run.chunk, run.looks)
    try:
        for stage in _stages(pieces, run.looks):
            _fill(frames, run, stage)
            if run.may_end(_catastrophes(frames), stage[-1].stop):
                break
    except KeyboardInterrupt:
        is_interrupted = True
    found = _without_gap(frames)
    ensemble = None
    if found:
        frame = pl.concat(found, rechunk=False)
        record = of_run(
            run.scenario,
            run.portfolio,
            seed=run.seed,
            requested_runs=run.runs,
            finished_runs=frame.height,
            max_incidents=run.max_incidents,
            threads=run.threads,
            wall_s=time.perf_counter() - started,
            command=run.command,
            stopping=run.precision.as_dict() if run.precision else None,
        )
        ensemble = Ensemble(scenario=run.scenario, portfolio=run.portfolio, frame=frame, provenance=record)
    if is_interrupted or ensemble is None:
        raise SimulationInterrupted(ensemble)
    return ensemble


def _stages(pieces: Sequence[Span], looks: Sequence[int]) -> Iterator[list[Span]]:
    """Give the pieces that lie before each look and after the one before."""
    ends = iter(looks)
    end = next(ends)

    def look_of(piece: Span) -> int:
        nonlocal end
        while piece.stop > end:
            end = next(ends)
        return end

    for _, stage in groupby(pieces, look_of):
        yield list(stage)


def _fill(frames: dict[int, pl.DataFrame], run: _Run, pieces: Sequence[Span]) -> None:
    """Add the tables of these pieces; on Ctrl-C, of what was finished of them."""
    if run.executor is None:
        for piece in pieces:
            _fill_here(frames, run, piece)
        return
    with closing(map_jobs(run_chunk, _jobs(run, pieces), run.executor)) as results:
        for _, chunk in results:
            frames[chunk.span.first] = chunk.frame()
            run.progress(chunk.span.count)


def _jobs(run: _Run, pieces: Iterable[Span]) -> Iterator[Job]:
    recipe = run.recipe  # which holds the documents: once for all pieces
    return (Job(recipe=recipe, span=piece) for piece in pieces)


def _fill_here(frames: dict[int, pl.DataFrame], run: _Run, piece: Span) -> None:
    is_interrupted = False
    try:
        outcomes = simulate_block(
            run.tables,
            seed=run.seed,
            first=piece.first,
            count=piece.count,
            threads=run.threads,
            max_incidents=run.max_incidents,
            progress=run.progress,
        )
    except Interrupted as stop:
        outcomes, is_interrupted = stop.outcomes, True
    if outcomes.ended.size:
        try:
            frames[piece.first] = to_frame(run.scenario, outcomes, piece.first)
        except KeyboardInterrupt:  # what is simulated is not thrown away
            frames[piece.first] = to_frame(run.scenario, outcomes, piece.first)
            raise
    if is_interrupted:
        raise KeyboardInterrupt


def _catastrophes(frames: Mapping[int, pl.DataFrame]) -> int:
    return sum(int((frame["ended"] == Ending.CATASTROPHE.value).sum()) for frame in frames.values())


def _without_gap(frames: Mapping[int, pl.DataFrame]) -> list[pl.DataFrame]:
    """Return the tables that follow each other from the first crisis on.

    What was finished beyond a gap is left out: pieces with short crises are finished first, and would count too much.
    """
    together: list[pl.DataFrame] = []
    following = 0
    while (frame := frames.get(following)) is not None:
        together.append(frame)
        following += frame.height
    return together


def _on_disk(run: _Run, folder: Path) -> Dataset:
    started = time.perf_counter()
    plan = Manifest.of(
        run.scenario, run.portfolio, run.recipe, runs=run.runs, chunk=run.chunk, precision=run.precision
    )
    with writing(folder, plan) as writer:
        try:
            _write(writer, run)
        except KeyboardInterrupt:
            made = writer.dataset(time.perf_counter() - started) if writer.tally else None
            raise SimulationInterrupted(made) from None
        return writer.dataset(time.perf_counter() - started)


def _write(writer: Writer, run: _Run) -> None:
    until = 0
    for stage in _stages(writer.spans, run.looks):
        until += len(stage)
        missing = writer.look(until)
        run.progress(sum(piece.count for piece in stage) - sum(writer.spans[one].count for one in missing))
        with closing(_made(run, [writer.spans[one] for one in missing])) as chunks:
            for position, chunk in chunks:
                writer.add(missing[position], chunk)
        assert writer.tally is not None  # INVARIANT: no piece of a finished stage is missing
        if run.may_end(writer.tally.catastrophes, writer.tally.runs):
            return


def _made(run: _Run, pieces: Sequence[Span]) -> Generator[tuple[int, Chunk]]:
    """Give the chunks of these pieces with their positions, as they come."""
    if run.executor is None:
        yield from _made_here(run, pieces)
        return
    with closing(map_jobs(run_chunk, _jobs(run, pieces), run.executor)) as results:
        for position, chunk in results:
            run.progress(chunk.span.count)
            yield position, chunk


def _made_here(run: _Run, pieces: Sequence[Span]) -> Iterator[tuple[int, Chunk]]:
    """The same by threads of this process: one piece is encoded while the next is simulated."""
    recipe = run.recipe
    encoding: tuple[int, Future[Chunk]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="detente-encode") as encoder:
        try:
            for position, piece in enumerate(pieces):
                outcomes = simulate_block(
                    run.tables,
                    seed=run.seed,
                    first=piece.first,
                    count=piece.count,
                    threads=run.threads,
                    max_incidents=run.max_incidents,
                    progress=run.progress,
                )
                before, encoding = encoding, None
                if before is not None:
                    yield before[0], before[1].result()
                encoding = position, encoder.submit(encode, run.scenario, outcomes, recipe, piece)
        except Interrupted:
            if encoding is not None:
                yield encoding[0], encoding[1].result()
            raise KeyboardInterrupt from None
        if encoding is not None:
            yield encoding[0], encoding[1].result()
