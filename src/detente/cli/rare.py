"""`detente rare`: how likely an event is that plain simulation would hardly ever meet."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from detente.analysis.wording import counted, duration
from detente.cli.arguments import MAX_INCIDENTS, NO_PORTFOLIO, Budget, Portfolio, Scenario, Seed, Threads
from detente.cli.terminal import (
    BAD_INPUT,
    INTERRUPTED,
    ArgumentError,
    Interruption,
    Json,
    emit_json,
    errors,
    output,
)
from detente.cli.workforce import Cluster, Workers, workforce
from detente.cli.working import announce, announce_solver, bar

if TYPE_CHECKING:
    from detente.analysis.rare_event import RareEvent

__all__ = ["rare"]

_CATASTROPHE = "ended == 'catastrophe'"
_MAX_CRISES = 1_000_000


def rare(
    scenario: Scenario,
    event: Annotated[
        str, typer.Option(metavar="EVENT", help="Comparisons of columns of the table of crises, joined by and, or, not.")
    ] = _CATASTROPHE,
    portfolio: Portfolio = NO_PORTFOLIO,
    error: Annotated[float, typer.Option(help="The relative standard error at which to stop.")] = 0.1,
    max_crises: Annotated[int, typer.Option(help="The most crises to follow, those included that only lay levels.")] = _MAX_CRISES,
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

    For one in a million it takes hundreds of times less work than `run` at the same error. Ctrl-C ends the search and
    reports the crises that were finished.
    """
    from detente.analysis.rare import rare as estimate
    from detente.analysis.rare_event import RareInterrupted

    if not 0.0 < error < 1.0:
        raise ArgumentError(f"--error: found {error:g}, expected a relative error above 0 and below 1")
    _require_kept(history)
    again = _again(scenario, event, portfolio, error, seed, max_crises, max_incidents)
    try:
        with workforce(workers, cluster) as executor:
            _announce()
            with bar(max_crises, "crises, at most") as advance:
                found = estimate(
                    scenario, event, portfolio, error=error, seed=seed, max_crises=max_crises, threads=threads,
                    max_incidents=max_incidents, progress=advance, say=announce, executor=executor,
                )  # fmt: skip
    except RareInterrupted as stop:
        if stop.event is None:
            raise Interruption(
                f"interrupted after {counted(stop.crises, 'crisis', 'crises')} that only lay levels, "
                f"{counted(stop.levels, 'level')} so far; none that counts was finished, so there is no estimate"
            ) from None
        _report(stop.event, error, again, None, as_json=as_json)
        errors().print(
            f"interrupted after {counted(stop.crises, 'crisis', 'crises')}, at {counted(stop.levels, 'level')}"
        )
        raise typer.Exit(INTERRUPTED) from None
    _report(found, error, again, history, as_json=as_json)


def _require_kept(history: int | None) -> None:
    """Refuse at once a history that no search keeps."""
    from detente.ensemble.paths import HISTORIES

    if history is not None and not 0 <= history < HISTORIES:
        raise ArgumentError(
            f"--history: found {history}, expected 0 to {HISTORIES - 1}: of the crises that meet the event, "
            f"the first {HISTORIES} are kept"
        )


def _announce() -> None:
    from detente.engine.run import is_compiled

    if not is_compiled("split_block"):
        errors().print("compiling the kernel (once; later runs start at once) ...")
    announce_solver("descend")


def _again(
    scenario: str, event: str, portfolio: str, error: float, seed: int, max_crises: int, max_incidents: int
) -> list[str]:
    """The command that finds the same again."""
    words = [
        "detente",
        "rare",
        scenario,
        "--event",
        event.strip(),
        "--error",
        f"{error:g}",
        "--seed",
        str(seed),
    ]
    for option, value, usual in (
        ("--portfolio", portfolio, NO_PORTFOLIO),
        ("--max-crises", max_crises, _MAX_CRISES),
        ("--max-incidents", max_incidents, MAX_INCIDENTS),
    ):
        words += [option, str(value)] if value != usual else []
    return words


def _report(
    found: "RareEvent", error: float, again: list[str], history: int | None, *, as_json: bool
) -> None:
    from detente.cli.rarity import caution, render

    is_there = history is not None and history < found.histories
    if as_json:
        _emit(found, history if is_there else None)
        caution(found, error, errors())
    else:
        shown = [*again, "--history", str(history)] if is_there else again
        render(found, error, shown, output(), shows_one=is_there)
        errors().print(f"{duration(found.core_seconds)} of processor time", soft_wrap=True)
    if history is None:
        return
    if not is_there:
        _refuse(history, found.histories)
    if not as_json:
        from detente.cli.tree import render as render_tree

        output().print()
        render_tree(found.trace(history), found.scenario, output(), everything=False, condition=None)


def _refuse(history: int, kept: int) -> NoReturn:
    """Say that there are fewer histories than that; what was found is printed already."""
    there = (
        f"expected 0 to {kept - 1}: {counted(kept, 'crisis', 'crises')} met the event"
        if kept
        else "but no crisis met the event"
    )
    errors().print(f"detente: --history: found {history}, {there}", soft_wrap=True)
    raise typer.Exit(BAD_INPUT)


def _emit(found: "RareEvent", history: int | None) -> None:
    from detente.cli.tree import as_dict

    told = found.as_dict()
    told["trace"] = as_dict(found.trace(history), None) if history is not None else None
    emit_json(told)
