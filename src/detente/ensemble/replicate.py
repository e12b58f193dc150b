"""Many crises of one scenario, in blocks, so that memory stays small and an interrupt loses little."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS, Interrupted, default_threads, simulate_block, warm_up
from detente.engine.tables import Outcomes, Tables
from detente.ensemble.arguments import whole
from detente.ensemble.frame import to_frame
from detente.ensemble.provenance import of_run
from detente.ensemble.results import Ensemble
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["SimulationInterrupted", "simulate"]

_BLOCK = 1 << 18  # crises turned into a table at a time: some 30 MB for a scenario of ten actors
_MOST_RUNS = 10**10
_MOST_THREADS = 1024


class SimulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; `ensemble` holds the crises that were finished, None when none was.

    A KeyboardInterrupt, so that a program that does not ask for the partial result ends as usual.
    """

    def __init__(self, ensemble: Ensemble | None) -> None:
        self.ensemble = ensemble
        super().__init__(f"interrupted after {ensemble.runs if ensemble else 0} crises")


def simulate(
    scenario: Scenario | str | Path | Mapping[str, object],
    runs: int = 100_000,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[int], None] | None = None,
    command: str = "",
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
) -> Ensemble:
    """Simulate many crises of a scenario, with the safeguards of a portfolio.

    Crisis i depends on the scenario, the seed and i alone: more runs add crises and change none,
    and the number of threads changes nothing.

    Parameters
    ----------
    scenario
        A scenario, or what `detente.load` accepts: a shipped name, a path, a mapping.
    runs
        How many crises, 1 or more.
    seed
        0 to 2**64 - 1.
    threads
        Default: one for each processor this process may use.
    max_incidents
        Event budget of one crisis, after which it ends as `capped`: nobody knows how.
    progress
        Called now and then with the number of crises finished since the last call.
    command
        What to record as the command that made the result; default: this call.
    portfolio
        A portfolio, or what `detente.load_portfolio` accepts; default: no safeguards. The same seed gives
        the same luck under every portfolio.

    Raises
    ------
    ScenarioError
        When the scenario cannot be used.
    PortfolioError
        When the portfolio cannot be used, or not with this scenario.
    SimulationError
        When another argument cannot be used, or a crisis does not fit into memory.
    SimulationInterrupted
        On Ctrl-C, with what was finished.
    """
    resolved = scenario if isinstance(scenario, Scenario) else load(scenario)
    runs = whole("runs", runs, 1, _MOST_RUNS)
    seed = whole("seed", seed, 0, 2**64 - 1)
    threads = default_threads() if threads is None else whole("threads", threads, 1, _MOST_THREADS)
    max_incidents = whole("max_incidents", max_incidents, 1, 2**31 - 1)
    guarded = portfolio if isinstance(portfolio, Portfolio) else load_portfolio(portfolio)
    tables = compile_tables(resolved, guarded)
    warm_up(tables)
    started = time.perf_counter()
    blocks, interrupted = _run_blocks(resolved, tables, runs, seed, threads, max_incidents, progress)
    ensemble = None
    if blocks:
        frame = pl.concat(blocks, rechunk=False)
        record = of_run(
            resolved,
            guarded,
            seed=seed,
            requested_runs=runs,
            finished_runs=frame.height,
            max_incidents=max_incidents,
            threads=threads,
            wall_s=time.perf_counter() - started,
            command=command or _call(resolved, guarded, runs, seed, max_incidents),
        )
        ensemble = Ensemble(scenario=resolved, portfolio=guarded, frame=frame, provenance=record)
    if interrupted or ensemble is None:
        raise SimulationInterrupted(ensemble)
    return ensemble


def _call(scenario: Scenario, portfolio: Portfolio, runs: int, seed: int, max_incidents: int) -> str:
    guarded = f", portfolio={portfolio.name!r}" if portfolio.safeguards else ""
    return f"detente.simulate({scenario.name!r}, {runs=}, {seed=}, {max_incidents=}{guarded})"


def _run_blocks(
    scenario: Scenario,
    tables: Tables,
    runs: int,
    seed: int,
    threads: int,
    max_incidents: int,
    progress: Callable[[int], None] | None,
) -> tuple[list[pl.DataFrame], bool]:
    """Return the tables of the blocks that were finished, and whether Ctrl-C cut the run short."""
    blocks: list[pl.DataFrame] = []
    untold: tuple[int, Outcomes] | None = None  # simulated and not yet in a table: first crisis, outcomes
    try:
        for first in range(0, runs, _BLOCK):
            outcomes = simulate_block(
                tables,
                seed=seed,
                first=first,
                count=min(_BLOCK, runs - first),
                threads=threads,
                max_incidents=max_incidents,
                progress=progress,
            )
            untold = first, outcomes
            blocks.append(to_frame(scenario, outcomes, first))
    except Interrupted as stop:
        untold = len(blocks) * _BLOCK, stop.outcomes
    except KeyboardInterrupt:
        pass  # between two blocks, or while a finished one was being turned into a table
    else:
        return blocks, False
    if untold and untold[0] == len(blocks) * _BLOCK and untold[1].ended.size:
        blocks.append(to_frame(scenario, untold[1], untold[0]))
    return blocks, True
