"""`detente race`: what policies make of the incentives of many players over years."""

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.arguments import Seed
from detente.cli.pages import place_for_page
from detente.cli.terminal import Json, emit_json, output
from detente.cli.workforce import Checkpoint, Cluster, Workers, workforce
from detente.cli.working import announce_compilation, announce_solver, bar

__all__ = ["race"]


def race(
    name: Annotated[str, typer.Argument(metavar="RACE", help="The name of a shipped race, or a race file.")],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy", metavar="NAME",
            help="A policy of the race; the first is what the others are held against. Default: all.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(help="How many runs, the same luck under each policy.")] = 2000,
    seed: Seed = 0,
    belief: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is true, or believed, instead of what the race states."),
    ] = None,
    fixed: Annotated[
        bool,
        typer.Option(
            "--fixed-players",
            help="Also run every policy with players who go on as under the first, whatever the safeguards.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a report: one HTML file; a report that is there is replaced.")
    ] = None,
    checkpoint: Checkpoint = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Run a race over years: who automates how far, what crises come of it, and on which of four paths it ends."""
    from detente.cli.races import render
    from detente.model.race.library import load
    from detente.race.ensemble import default_order, run_race

    stated = load(name)
    policies = tuple(policy or default_order(stated))
    arms = 2 * len(policies) - 1 if fixed else len(policies)
    place = place_for_page(out) if out else None
    announce_compilation()
    announce_solver()
    with workforce(workers, cluster) as executor, bar(runs * arms, "runs") as advance:
        result = run_race(
            stated,
            policies,
            runs=runs,
            seed=seed,
            belief=belief,
            without_adaptation=fixed,
            executor=executor,
            checkpoint=checkpoint,
            progress=advance,
        )
    if place:
        from detente.analysis.race_report.make import race_report

        race_report(result, name).save(place)
    if as_json:
        emit_json({**({"report": str(place)} if place else {}), **result.as_dict()})
        return
    render(result, output())
    if place:
        output().print(f"\nReport: {place}", soft_wrap=True)
