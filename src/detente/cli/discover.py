"""`detente discover`: where in the space of unknowns a portfolio fails."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.arguments import (
    MAX_INCIDENTS,
    NO_PORTFOLIO,
    Budget,
    OwnThreads,
    Portfolio,
    Scenario,
    Seed,
    tell_threads,
)
from detente.cli.sweep import Draws, Out, SimulatedRuns
from detente.cli.terminal import Interruption, Json, emit_json, output
from detente.cli.workforce import Cluster, Workers, workforce
from detente.cli.working import announce_compilation, announce_solver, bar

if TYPE_CHECKING:
    from detente.analysis.uncertainty.discover import Discovery

__all__ = ["discover"]


def discover(
    scenario: Scenario,
    portfolio: Portfolio = NO_PORTFOLIO,
    fails: Annotated[
        str,
        typer.Option(metavar="CONDITION", help="catastrophe, critical, loss or R; >, >=, < or <=; a number."),
    ] = "catastrophe > 0.01",
    draws: Draws = 1024,
    runs: SimulatedRuns = 1000,
    seed: Seed = 0,
    threads: OwnThreads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    out: Out = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Find the boxes of uncertain inputs in which a portfolio fails (the patient rule induction method).

    It needs all of its draws: Ctrl-C loses them, unless --out stores them, and then the same command goes on from there.
    """
    from detente.analysis.uncertainty.discover import condition
    from detente.analysis.uncertainty.discover import discover as find_boxes
    from detente.analysis.uncertainty.sweep import SweepInterrupted
    from detente.cli.unknowns import render_discovery

    condition(fails)
    tell_threads(threads, workers, cluster)
    announce_compilation()
    announce_solver()
    try:
        with workforce(workers, cluster) as executor, bar(draws, "draws") as progress:
            found: Discovery = find_boxes(
                scenario, portfolio, fails=fails, draws=draws, runs=runs, seed=seed, threads=threads,
                max_incidents=max_incidents, out=out, progress=progress, executor=executor,
            )  # fmt: skip
    except SweepInterrupted as stop:
        raise Interruption(_how_far(stop.sweep.draws if stop.sweep else 0, draws, out)) from None
    if as_json:
        emit_json(found.as_dict())
    else:
        render_discovery(found, output())


def _how_far(finished: int, draws: int, out: Path | None) -> str:
    """Return what is kept of a sweep that was cut short."""
    kept = "what is finished is lost; --out FILE would keep it, and the same command would go on from there"
    if out is not None:
        kept = f"what is finished is stored in {out}: the same command goes on from there"
    told = kept if finished else "nothing is finished that could be kept"
    return f"interrupted after {finished:,} of {draws:,} draws, too few to look for boxes: {told}"
