"""`detente plan`: the cheapest safeguards that keep a stated risk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.arguments import Seed, Threads
from detente.cli.places import place_for
from detente.cli.terminal import Interruption, Json, emit_json, errors, output
from detente.cli.working import announce, announce_compilation, announce_solver, tally

if TYPE_CHECKING:
    from detente.analysis.planner.results import Plan

__all__ = ["plan"]

NOT_HELD = 1


def plan(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO...", help="Shipped scenarios, or scenario files.")
    ],
    risk: Annotated[
        float, typer.Option(metavar="SHARE", help="P(catastrophe) is to be at most this in each, as 0.01.")
    ],
    menu: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A portfolio with all safeguards on offer.")
    ] = "essay",
    draws: Annotated[
        int,
        typer.Option(
            help="In how many draws of everything uncertain it is tried; 0 for stated values alone."
        ),
    ] = 64,
    share: Annotated[
        float,
        typer.Option(metavar="SHARE", help="The risk is to be kept in at least this share of the draws."),
    ] = 0.9,
    lost: Annotated[
        float, typer.Option(metavar="SHARE", help="At most this share of rightful actions may be stopped.")
    ] = 1.0,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="SAFEGUARD", help="Stands in every plan; as often as you like."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="SAFEGUARD", help="Stands in none; as often as you like.")
    ] = None,
    trials: Annotated[
        int, typer.Option(help="How many candidates the search over settings may breed.")
    ] = 400,
    seed: Seed = 0,
    threads: Threads = None,
    max_incidents: Annotated[
        int, typer.Option(help="A crisis with more incidents is running away, and counts as a catastrophe.")
    ] = 10_000,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the plan as a portfolio file.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep what was examined; the same command goes on from there."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the cheapest safeguards, with their settings, that keep P(catastrophe) below a level in every scenario.

    The plan is chosen with some luck and some draws, and measured once more with others. Exit code 1: nothing
    was found that keeps the risk, or what was found was not shown to.
    """
    from detente.analysis.planner.plan import plan as find_plan
    from detente.analysis.planner.results import PlanInterrupted, is_plan
    from detente.cli.plans import how_far, render

    if out is not None:
        place_for(out, "a plan", is_plan)
    announce_compilation()
    announce_solver()
    try:
        with tally("candidates looked at") as progress:
            found = find_plan(
                scenarios, risk, menu, draws=draws, share=share, lost=lost, keep=keep or (), without=without or (),
                trials=trials, seed=seed, threads=threads, max_incidents=max_incidents, checkpoint=checkpoint,
                name=_name(out), progress=progress, say=announce,
            )  # fmt: skip
    except PlanInterrupted as interruption:
        raise Interruption(how_far(interruption, checkpoint)) from None
    if out is not None and found.portfolio is not None:
        found.write(out)
    _report(found, render, out, as_json=as_json)
    if not found.held:
        raise typer.Exit(NOT_HELD)


def _name(out: Path | None) -> str:
    """What the portfolio is called: as its file, where that can be a name."""
    import re

    from detente.model.names import NAME_PATTERN

    return out.stem if out is not None and re.fullmatch(NAME_PATTERN, out.stem) else "plan"


def _report(found: "Plan", render: object, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        emit_json(found.as_dict())
        return
    assert callable(render)
    render(found, output())
    if out is not None:
        told = (
            f"written to {out}" if found.portfolio is not None else f"{out} was not written: there is no plan"
        )
        errors().print(told, soft_wrap=True)
