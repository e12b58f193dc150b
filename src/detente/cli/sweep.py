"""`detente sweep`: portfolios over what nobody knows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.arguments import (
    MAX_INCIDENTS,
    NO_PORTFOLIO,
    Budget,
    OwnThreads,
    Scenario,
    Seed,
    tell_threads,
)
from detente.cli.terminal import INTERRUPTED, ArgumentError, Json, emit_json, errors, output
from detente.cli.workforce import Cluster, Workers, workforce
from detente.cli.working import announce_compilation, announce_solver, bar

if TYPE_CHECKING:
    from detente.analysis.uncertainty.results import Sweep

__all__ = ["Draws", "Out", "SimulatedRuns", "sweep"]

Draws = Annotated[int, typer.Option(help="How many values of everything unknown; powers of two are best.")]
SimulatedRuns = Annotated[
    int, typer.Option("--runs", help="Crises simulated in each draw; 0 for the exact figures alone.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A Parquet file to write while working (after the first draw, then every 5 seconds), and to go on from if "
        "it is there already.",
    ),
]


def sweep(
    scenario: Scenario,
    portfolio: Annotated[
        list[str] | None,
        typer.Option(
            "--portfolio", metavar="NAME|FILE", help="As often as you like: all stand in the same draws."
        ),
    ] = None,
    draws: Draws = 1024,
    runs: SimulatedRuns = 1000,
    measure: Annotated[
        str, typer.Option(metavar="catastrophe|loss", help="What regret is counted in.")
    ] = "catastrophe",
    seed: Seed = 0,
    threads: OwnThreads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    out: Out = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Draw every number that has a range: how much of the risk is chance, and how much is not knowing.

    With several portfolios, a table of regrets: how much worse each is, draw by draw, than the best of them.
    Ctrl-C ends the sweep and reports the draws that were finished.
    """
    from detente.analysis.uncertainty.results import MEASURES
    from detente.analysis.uncertainty.sweep import SweepInterrupted
    from detente.analysis.uncertainty.sweep import sweep as sweep_everything

    if measure not in MEASURES:
        raise ArgumentError(f"--measure: found {measure!r}, expected one of {', '.join(MEASURES)}")
    named = portfolio or [NO_PORTFOLIO]
    tell_threads(threads, workers, cluster)
    announce_compilation()
    announce_solver()
    try:
        with workforce(workers, cluster) as executor, bar(draws, "draws") as progress:
            found = sweep_everything(
                scenario, named, draws=draws, runs=runs, seed=seed, threads=threads,
                max_incidents=max_incidents, out=out, progress=progress, executor=executor,
            )  # fmt: skip
    except SweepInterrupted as interruption:
        if interruption.sweep is None:
            raise
        _report(interruption.sweep, measure, as_json=as_json)
        errors().print(f"interrupted after {interruption.sweep.draws} of {draws} draws")
        raise typer.Exit(INTERRUPTED) from None
    _report(found, measure, as_json=as_json)


def _report(found: "Sweep", measure: str, *, as_json: bool) -> None:
    from detente.cli.unknowns import render_sweep

    if as_json:
        emit_json(found.as_dict(measure))
    else:
        render_sweep(found, measure, output())
