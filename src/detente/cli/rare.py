"""`detente rare`: how likely an event is that plain simulation would hardly ever meet."""

from typing import TYPE_CHECKING, Annotated

import typer

from detente.analysis.wording import counted, duration, one_in
from detente.cli.arguments import MAX_INCIDENTS, NO_PORTFOLIO, Budget, Portfolio, Scenario, Seed, Threads
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.workforce import Cluster, Workers, workforce
from detente.cli.working import announce, announce_solver, bar

if TYPE_CHECKING:
    from detente.analysis.rare import RareEvent

__all__ = ["rare"]

_CATASTROPHE = "ended == 'catastrophe'"
_MAX_CRISES = 10_000_000


def rare(
    scenario: Scenario,
    event: Annotated[
        str, typer.Option(metavar="EVENT", help="Comparisons of columns of the table of crises, joined by and, or, not.")
    ] = _CATASTROPHE,
    portfolio: Portfolio = NO_PORTFOLIO,
    error: Annotated[float, typer.Option(help="The relative standard error at which to stop.")] = 0.1,
    max_crises: Annotated[int, typer.Option(help="The most crises to follow.")] = _MAX_CRISES,
    history: Annotated[
        int | None, typer.Option(metavar="N", help="Also show the Nth crisis that met the event, from 0.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Estimate how likely a rare event is, by splitting: crises that come near it go on as several.

    For one in a million it takes hundreds of times less work than `run` at the same error.
    """
    from detente.analysis.rare import rare as estimate
    from detente.engine.run import is_compiled

    if not 0.0 < error < 1.0:
        raise ArgumentError(f"--error: found {error:g}, expected a relative error above 0 and below 1")
    if not is_compiled("split_block"):
        errors().print("compiling the kernel (once; later runs start at once) ...")
    announce_solver()
    with workforce(workers, cluster) as executor, bar(max_crises, "crises, at most") as advance:
        found = estimate(
            scenario,
            event,
            portfolio,
            error=error,
            seed=seed,
            max_crises=max_crises,
            threads=threads,
            max_incidents=max_incidents,
            progress=advance,
            say=announce,
            executor=executor,
        )
    if history is not None and not 0 <= history < found.histories:
        raise ArgumentError(f"--history: found {history}, expected 0 to {found.histories - 1}")
    if as_json:
        _emit(found, history)
        return
    _print(found, scenario, portfolio, error, max_crises)
    if history is not None:
        from detente.cli.tree import render

        output().print()
        render(found.trace(history), found.scenario, output(), everything=False, condition=None)


def _emit(found: "RareEvent", history: int | None) -> None:
    from detente.cli.tree import as_dict

    told = found.as_dict()
    if history is not None:
        told["trace"] = as_dict(found.trace(history), None)
    emit_json(told)


def _print(found: "RareEvent", scenario: str, portfolio: str, error: float, max_crises: int) -> None:
    out, split = output(), found.found
    out.print(found.scenario.title or found.scenario.name, style="bold", markup=False)
    if found.portfolio.safeguards:
        out.print(f"portfolio {found.portfolio.name}", markup=False)
    out.print()
    one = one_in(found.probability)
    often = f": {one}" if one else ""
    out.print(
        f"{found.event}\n{found.probability:.3g} of crises ({found.low:.3g} to {found.high:.3g}){often}.",
        markup=False,
    )
    out.print("In brackets: the 95 % interval.\n")
    if split.hits == 0:
        out.print(
            f"None of {counted(split.crises, 'crisis', 'crises')} met it; the bound is that of as many without splitting."
        )
    elif split.levels.places.size == 0:
        out.print(
            f"{counted(split.crises, 'crisis', 'crises')}, none of them copied: it is not rare, and `detente run` says as much."
        )
    else:
        plain = f"{split.equivalent_plain_runs:,.0f}"
        out.print(
            f"{counted(split.crises, 'crisis', 'crises')} copied at {counted(split.levels.places.size, 'level')}, "
            f"{split.hits:,} of the paths met it;"
        )
        out.print(f"the same error would take {plain} crises without splitting.")
    if not split.settled:
        out.print(
            f"Stopped at the most crises allowed, before the relative error was {error:g}.", style="bold"
        )
    again = f'detente rare {scenario} --event "{found.event}" --error {error:g} --seed {found.seed}'
    guarded = f" --portfolio {portfolio}" if found.portfolio.safeguards else ""
    guarded += f" --max-crises {max_crises}" if max_crises != _MAX_CRISES else ""
    guarded += f" --max-incidents {found.max_incidents}" if found.max_incidents != MAX_INCIDENTS else ""
    out.print(f"\nDo it again: {again}{guarded}", soft_wrap=True, markup=False)
    errors().print(f"{duration(found.core_seconds)} of processor time", soft_wrap=True)
    if found.histories:
        out.print(f"See one:     {again}{guarded} --history 0", soft_wrap=True, markup=False)
