"""The report of a run, for people: what to know first, then how sure, then the detail."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente.analysis.wording import count, counted, duration, money, one_in, share
from detente.cli.arguments import MAX_INCIDENTS
from detente.cli.exact import beside
from detente.cli.safeguards import people, stopped
from detente.cli.tables import interval, table
from detente.cli.workforce import tell_stopping
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Ending, Scenario

if TYPE_CHECKING:
    from detente.ensemble.summary import Spread, Summary
    from detente.exact.solution import Solution

__all__ = ["render", "reproduce", "warn"]

_BEARERS = 5


def render(
    summary: "Summary",
    scenario: Scenario,
    portfolio: Portfolio,
    console: Console,
    *,
    asked_for: str,
    max_incidents: int,
    solution: "Solution | None" = None,
    checkpoint: Path | None = None,
) -> None:
    """Print a summary, in an order that suits someone who stops reading early."""
    _headline(summary, scenario, portfolio, console)
    warn(summary, console, max_incidents)
    console.print(_endings(summary, scenario))
    console.print()
    console.print(_sizes(summary))
    console.print()
    console.print(_times(summary, scenario))
    console.print()
    console.print(_losses(summary))
    console.print()
    console.print(_bearers(summary))
    console.print()
    if summary.sketched:
        console.print(
            "Medians, percentiles, tenths and the worst 1 % are read from a sketch: off by 0.1 % of themselves at most."
        )
        console.print()
    if portfolio.safeguards:
        console.print(stopped(summary.safeguards))
        console.print(people(summary.safeguards))
        console.print()
    if solution is not None:
        beside(solution, summary, console)
        console.print()
    budget = {} if max_incidents == MAX_INCIDENTS else {"max_incidents": max_incidents}
    kept = {} if checkpoint is None else {"checkpoint": shlex.quote(str(checkpoint))}
    again = reproduce(
        "run", asked_for, summary.seed, runs=summary.requested, **_precision(summary), **budget, **kept
    )
    console.print(f"Do it again:  {again}", soft_wrap=True)
    if summary.first_catastrophe is not None:
        again = reproduce("trace", asked_for, summary.seed, crisis=summary.first_catastrophe, **budget)
        console.print(f"See one:      {again}", soft_wrap=True)


def _precision(summary: "Summary") -> dict[str, float]:
    """Return the options that made a run stop by itself."""
    asked = summary.stopping
    found = {"error": asked.relative, "half_width": asked.half_width} if asked else {}
    return {name: value for name, value in found.items() if value is not None}


def reproduce(command: str, asked_for: str, seed: int, **options: float | str) -> str:
    """Return the command line that gives the same again."""
    given = "".join(f" --{name.replace('_', '-')} {value}" for name, value in options.items())
    return f"detente {command} {asked_for}{given} --seed {seed}"


def _headline(summary: "Summary", scenario: Scenario, portfolio: Portfolio, console: Console) -> None:
    console.print(Text(scenario.title or scenario.name, style="bold"))
    if portfolio.safeguards:
        console.print(f"portfolio {portfolio.name}: {', '.join(portfolio.safeguards)}")
    console.print(
        f"{counted(summary.runs, 'crisis', 'crises')}, seed {summary.seed}, detente {summary.version}"
    )
    console.print()
    often = one_in(summary.catastrophe.value)
    console.print(
        f"Catastrophe ({scenario.ladder[scenario.catastrophe]}): {interval(summary.catastrophe)} of crises"
        f"{', ' + often if often else ''}."
    )
    console.print(
        f"Critical ({scenario.ladder[scenario.critical]} or worse): {interval(summary.critical)} of crises."
    )
    console.print(f"In brackets: {100 * summary.level:.0f} % intervals.")
    if why := tell_stopping(summary):
        console.print(why, style="bold yellow" if " NOT " in why else "")
    console.print()


def warn(summary: "Summary", console: Console, max_incidents: int) -> None:
    """Print what must not be overlooked: an interrupted run, crises whose end is unknown."""
    from detente.engine.tables import MAX_PENDING

    if summary.is_interrupted:
        console.print(
            f"INTERRUPTED: {summary.runs:,} of {summary.requested:,} crises were finished; "
            "everything here rests on those.\n",
            style="bold yellow",
        )
    if capped := summary.ended[Ending.CAPPED.value]:
        console.print(
            f"CAPPED: {counted(capped, 'crisis', 'crises')} ({share(capped / summary.runs, 1e-3)}) hit the budget of "
            f"{max_incidents:,} incidents (or had {MAX_PENDING:,} pending at once), so how they would have ended is unknown. "
            "Counting them all as catastrophes, "
            f"its chance is at most {share(summary.catastrophe_at_most, 1e-3)}. "
            "Raise --max-incidents or shorten the horizon.\n",
            style="bold red",
        )


def _endings(summary: "Summary", scenario: Scenario) -> Table:
    from detente.ensemble.estimators import wilson

    rows = table("How crises ended", "crises", "share", "", words=("",))
    meanings = {
        Ending.DIED_OUT: "nothing left to happen",
        Ending.CATASTROPHE: f"reached {scenario.ladder[scenario.catastrophe]}",
        Ending.HORIZON: f"still going after {duration(scenario.horizon_s)}",
        Ending.CAPPED: "budget ran out: end unknown",
    }
    for ending in Ending:
        number = summary.ended[ending.value]
        style = "bold red" if number and ending in {Ending.CATASTROPHE, Ending.CAPPED} else ""
        rows.add_row(
            ending.value, f"{number:,}", interval(wilson(number, summary.runs)), meanings[ending], style=style
        )
    return rows


def _sizes(summary: "Summary") -> Table:
    rows = table("Per crisis", "mean", "median", "90th pct.", "99th pct.", "largest")
    for name, spread, say in (
        ("incidents", summary.incidents, count),
        ("loss", summary.loss_usd, money),
    ):
        values = [say(spread[key].value) for key in ("mean", "p50", "p90", "p99")]
        rows.add_row(name, *values, say(spread.largest))
    return rows


def _times(summary: "Summary", scenario: Scenario) -> Table:
    rows = table("Time from the first incident", "fastest tenth", "median", "slowest tenth")
    for rung, spread in (
        (scenario.critical, summary.decision_window_s),
        (scenario.catastrophe, summary.catastrophe_window_s),
    ):
        rows.add_row(f"to {scenario.ladder[rung]}", *_window(spread))
    return rows


def _window(spread: "Spread") -> tuple[str, str, str]:
    low, middle, high = (duration(spread[key].value) for key in ("p10", "p50", "p90"))
    if low == "-":
        return low, middle, high
    return f"under {low}", middle, f"over {high}"


def _losses(summary: "Summary") -> Table:
    rows = table("Loss", "share of crises above it")
    for point in summary.exceedance:
        rows.add_row(money(point.threshold), interval(point.probability))
    rows.add_row("worst 1 % of crises, on average", money(summary.loss_usd["tvar99"].value))
    return rows


def _bearers(summary: "Summary") -> Table:
    """Who bears the loss, heaviest first."""
    rows = table("Who bears the loss", "mean per crisis", "share")
    total = sum(summary.loss_usd_by_actor.values())
    ranked = sorted(summary.loss_usd_by_actor.items(), key=lambda item: (-item[1], item[0]))
    for actor, loss in ranked[:_BEARERS]:
        rows.add_row(actor, money(loss), share(loss / total if total else None))
    if rest := ranked[_BEARERS:]:
        others = sum(loss for _, loss in rest)
        rows.add_row(f"{len(rest)} others", money(others), share(others / total if total else None))
    return rows
