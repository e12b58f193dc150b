"""`detente run`: many crises of one scenario, and what they say."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.arguments import (
    MAX_INCIDENTS,
    NO_PORTFOLIO,
    Budget,
    OwnThreads,
    Portfolio,
    Runs,
    Scenario,
    Seed,
    tell_threads,
)
from detente.cli.places import place_for
from detente.cli.terminal import INTERRUPTED, Json, emit_json, errors, output
from detente.cli.workforce import (
    Checkpoint,
    Cluster,
    Error,
    HalfWidth,
    Workers,
    tell_kept,
    tell_resumed,
    workforce,
)
from detente.cli.working import announce_compilation, announce_solver, bar, solved
from detente.errors import SolverError

if TYPE_CHECKING:
    from detente.ensemble.dataset import Dataset
    from detente.ensemble.results import Ensemble
    from detente.exact.solution import Solution

__all__ = ["run"]


def run(
    scenario: Scenario,
    portfolio: Portfolio = NO_PORTFOLIO,
    runs: Runs = 100_000,
    seed: Seed = 0,
    threads: OwnThreads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write one row per crisis to DIR/crises.parquet.")
    ] = None,
    exact: Annotated[
        bool, typer.Option(help="Put the exact solver's figures beside the simulated ones.")
    ] = True,
    error: Error = None,
    half_width: HalfWidth = None,
    checkpoint: Checkpoint = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Simulate many crises: how often, how fast, how costly, and how sure that is.

    Ctrl-C ends the run and reports the crises that were finished.
    """
    from detente.ensemble.replicate import SimulationInterrupted, simulate
    from detente.ensemble.store import is_result
    from detente.model.library import load
    from detente.model.portfolio.library import load as load_portfolio

    loaded, guarded = load(scenario), load_portfolio(portfolio)
    asked_for = scenario if portfolio == NO_PORTFOLIO else f"{scenario} --portfolio {shlex.quote(portfolio)}"
    rows = None if out is None else place_for(out / "crises.parquet", "a result of detente", is_result)
    tell_threads(threads, workers, cluster)
    announce_compilation()
    try:
        with workforce(workers, cluster) as executor, bar(runs, "crises") as progress:
            ensemble = simulate(
                loaded,
                portfolio=guarded,
                runs=runs,
                seed=seed,
                threads=threads,
                max_incidents=max_incidents,
                progress=progress,
                command=shlex.join(["detente", *sys.argv[1:]]),
                executor=executor,
                checkpoint=checkpoint,
                error=error,
                half_width=half_width,
            )
    except SimulationInterrupted as interruption:
        if interruption.ensemble is None:
            if checkpoint:
                tell_kept(checkpoint)
            raise
        _report(interruption.ensemble, asked_for, rows, exact=exact, as_json=as_json)
        raise typer.Exit(INTERRUPTED) from None
    _report(ensemble, asked_for, rows, exact=exact, as_json=as_json)


def _report(
    ensemble: "Ensemble | Dataset", asked_for: str, rows: Path | None, *, exact: bool, as_json: bool
) -> None:
    from detente.cli.exact import as_plain
    from detente.cli.outcome import render, warn
    from detente.ensemble.results import Ensemble

    if not isinstance(ensemble, Ensemble):
        tell_resumed(ensemble)
    summary = ensemble.summary()
    saved = ensemble.save(rows) if rows else None
    solution = _solution(ensemble) if exact else None
    if as_json:
        plain = as_plain(solution) if solution else None
        emit_json({**summary.as_dict(), "exact": plain, "rows": str(saved) if saved else None})
        warn(summary, errors(), ensemble.max_incidents)
        return
    render(
        summary,
        ensemble.scenario,
        ensemble.portfolio,
        output(),
        asked_for=asked_for,
        max_incidents=ensemble.max_incidents,
        solution=solution,
        checkpoint=None if isinstance(ensemble, Ensemble) else ensemble.folder,
    )
    if saved:
        output().print(f"Rows:         {saved}", soft_wrap=True)
    errors().print(
        f"{summary.wall_s:.2f} s, {summary.incidents_per_second:,.0f} incidents per second", soft_wrap=True
    )


def _solution(ensemble: "Ensemble | Dataset") -> "Solution | None":
    """What the exact solver says; a simulation is worth showing without it."""
    announce_solver()
    try:
        return solved(ensemble.scenario, ensemble.portfolio)
    except SolverError as error:
        errors().print(f"the exact solver has no figures to put beside these: {error}", soft_wrap=True)
        return None
