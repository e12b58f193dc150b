"""`detente run`: many crises of one scenario, and what they say."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.terminal import INTERRUPTED, ArgumentError, Json, emit_json, errors, output

if TYPE_CHECKING:
    from detente.ensemble.results import Ensemble

__all__ = ["run"]

MAX_INCIDENTS = 100_000
"""As in `detente.engine.run`, which is not imported here because it loads the simulator."""

Scenario = Annotated[str, typer.Argument(help="The name of a shipped scenario, or a scenario file.")]
Seed = Annotated[int, typer.Option(help="With the scenario, decides every crisis; 0 to 2^64 - 1.")]
Budget = Annotated[
    int,
    typer.Option(
        help="Incidents after which a crisis ends as `capped`, its true end unknown "
        "(so does one with 4,194,304 incidents pending at once)."
    ),
]


def run(
    scenario: Scenario,
    runs: Annotated[int, typer.Option(help="How many crises.")] = 100_000,
    seed: Seed = 0,
    threads: Annotated[
        int | None, typer.Option(help="Default: every processor. Changes the speed, never the result.")
    ] = None,
    max_incidents: Budget = MAX_INCIDENTS,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write one row per crisis to DIR/crises.parquet.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate many crises: how often, how fast, how costly, and how sure that is.

    Ctrl-C ends the run and reports the crises that were finished.
    """
    from detente.ensemble.replicate import SimulationInterrupted, simulate
    from detente.model.library import load

    loaded = load(scenario)
    folder = _prepared(out)
    announce_compilation()
    try:
        with _progress(runs) as progress:
            ensemble = simulate(
                loaded,
                runs=runs,
                seed=seed,
                threads=threads,
                max_incidents=max_incidents,
                progress=progress,
                command=shlex.join(["detente", *sys.argv[1:]]),
            )
    except SimulationInterrupted as interruption:
        if interruption.ensemble is None:
            raise
        _report(interruption.ensemble, scenario, folder, as_json=as_json)
        raise typer.Exit(INTERRUPTED) from None
    _report(ensemble, scenario, folder, as_json=as_json)


def announce_compilation() -> None:
    """Say on standard error that the first run takes longer, when it will."""
    from detente.engine.run import is_compiled

    if not is_compiled():
        errors().print("compiling the kernel (once; later runs start at once) ...")


def _report(ensemble: "Ensemble", asked_for: str, folder: Path | None, *, as_json: bool) -> None:
    from detente.cli.report import render, warn

    summary = ensemble.summary()
    saved = ensemble.save(folder / "crises.parquet") if folder else None
    if as_json:
        emit_json({**summary.as_dict(), "rows": str(saved) if saved else None})
        warn(summary, errors(), ensemble.provenance.max_incidents)
        return
    render(
        summary,
        ensemble.scenario,
        output(),
        asked_for=asked_for,
        max_incidents=ensemble.provenance.max_incidents,
    )
    if saved:
        output().print(f"Rows:         {saved}", soft_wrap=True)
    errors().print(
        f"{summary.wall_s:.2f} s, {summary.incidents_per_second:,.0f} incidents per second", soft_wrap=True
    )


def _prepared(folder: Path | None) -> Path | None:
    """Make the folder for results before hours are spent on what could not be written there."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".detente-can-write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ArgumentError(f"--out {folder}: cannot be written: {error.strerror}") from error
    return folder


@contextmanager
def _progress(runs: int) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on a terminal, and nothing anywhere else."""
    console = errors()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("crises"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("crises", total=runs)
        yield lambda finished: bar.update(task, advance=finished)
