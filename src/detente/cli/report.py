"""`detente report`: one page to look at, to print and to send."""

import re
from pathlib import Path
from typing import Annotated

import typer

from detente.cli.arguments import MAX_INCIDENTS, Budget, Scenario, Seed, Threads
from detente.cli.pages import place_for_page
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.working import announce, announce_compilation, announce_solver, bar

__all__ = ["report"]


def report(
    scenario: Scenario,
    portfolio: Annotated[
        list[str] | None,
        typer.Option(
            "--portfolio", metavar="NAME|FILE",
            help="Safeguards to show, as often as you like; `none` always comes first. Without this: `essay`.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it. Default: <scenario>.html; replaced if it is there.")
    ] = None,
    runs: Annotated[int, typer.Option(help="How many crises, the same for each portfolio.")] = 20_000,
    seed: Seed = 0,
    halt_level: Annotated[
        float, typer.Option(metavar="LEVEL", help="Find until when all automation must be stopped for that P(catastrophe); 0 leaves it out.")
    ] = 0.01,
    threads: Threads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write a report: one HTML file with everything in it, that works offline and in print.

    It shows what happens without safeguards and under each portfolio, with how sure that is. The same
    command writes the same bytes again.
    """
    from detente.analysis.report.make import DEFAULT
    from detente.analysis.report.make import report as write
    from detente.model.library import load
    from detente.model.portfolio.library import load as load_portfolio

    if not 0.0 <= halt_level < 1.0:
        raise ArgumentError(f"--halt-level: found {halt_level:g}, expected a probability below 1, or 0")
    names = portfolio or list(DEFAULT)
    loaded = load(scenario)
    shown = sum(1 for name in names if load_portfolio(name).safeguards) + 1
    place = place_for_page(out or Path(f"{re.sub(r'[^A-Za-z0-9._-]', '-', loaded.name)}.html"))
    announce_compilation()
    announce_solver()
    with bar(runs * shown, "crises") as advance:
        made = write(
            scenario,
            names,
            runs=runs,
            seed=seed,
            threads=threads,
            max_incidents=max_incidents,
            halt_level=halt_level or None,
            progress=lambda _, finished: advance(finished),
            say=announce,
        )
    made.save(place)
    if as_json:
        emit_json({"report": str(place), **made.evidence.comparison.as_dict()})
    else:
        for sentence in made.headline:
            output().print(sentence)
        output().print(f"\nReport: {place}", soft_wrap=True)
    errors().print(
        f"{sum(arm.summary.wall_s for arm in made.evidence.comparison.arms):.2f} s", soft_wrap=True
    )
