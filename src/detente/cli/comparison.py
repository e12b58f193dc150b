"""A comparison of portfolios, for people."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente._version import __version__
from detente.analysis.wording import count, counted, duration, money, share
from detente.cli.tables import interval, table
from detente.cli.workforce import tell_stopping

if TYPE_CHECKING:
    from detente.analysis.compare import Arm, Comparison
    from detente.analysis.halt import HaltDeadline
    from detente.analysis.pairs import Difference

__all__ = ["deadline", "render"]


def render(comparison: "Comparison", asked_for: list[str], scenario: str, console: Console) -> None:
    """Print a comparison: what happens under each, the paired differences, the cost in defence, where to look."""
    told, first = comparison.scenario, comparison.arms[0]
    console.print(Text(told.title or told.name, style="bold"))
    console.print(
        f"{counted(comparison.runs, 'crisis', 'crises')} each, the same luck for every portfolio, "
        f"seed {comparison.seed}, detente {__version__}"
    )
    console.print()
    for arm in comparison.arms:
        if why := tell_stopping(arm.summary):
            console.print(f"{arm.portfolio.name}: {why}")
    console.print(_outcomes(comparison))
    for arm in comparison.arms:
        _tell_capped(arm, comparison.runs, console)
    console.print()
    console.print(_differences(comparison))
    console.print("Saved: the share of the variance of the difference that the same luck takes away.\n")
    console.print(_defence(comparison))
    console.print()
    console.print(_time(comparison))
    console.print()
    if any(arm.halt for arm in comparison.arms):
        console.print(_halts(comparison))
        console.print()
    for arm in comparison.arms:
        if arm.unsolved:
            console.print(f"No exact figures under {arm.portfolio.name}: {arm.unsolved}.")
    left = {entry.what for arm in comparison.arms if arm.solution for entry in arm.solution.left_out}
    if left:
        console.print(f"R and the doubling time are exact but for {', '.join(sorted(left))}.")
    for arm, name in zip(comparison.arms[1:], asked_for[1:], strict=True):
        if arm.paired and arm.paired.prevented_crises:
            crisis = arm.paired.prevented_crises[0]
            pair = f"--portfolio {asked_for[0]} --portfolio {name}"
            console.print(
                f"See one that {arm.portfolio.name} prevents: detente trace {scenario} --crisis {crisis} "
                f"--seed {comparison.seed} {pair}",
                soft_wrap=True,
            )
    if not any(arm.paired and arm.paired.changed for arm in comparison.arms[1:]):
        console.print(f"No crisis goes otherwise than under {first.portfolio.name}.")


def _tell_capped(arm: "Arm", runs: int, console: Console) -> None:
    from detente.ensemble.estimators import wilson

    capped = arm.summary.ended["capped"]
    if capped:
        worst = wilson(arm.summary.ended["catastrophe"] + capped, runs)
        console.print(
            f"CAPPED under {arm.portfolio.name}: {counted(capped, 'crisis', 'crises')} ran out of budget, their end unknown; "
            f"catastrophe may be as likely as {share(worst.high, 0.001)}.",
            style="bold",
        )


def _outcomes(comparison: "Comparison") -> Table:
    rows = table("Under", "catastrophe", "critical", "loss, mean", "incidents")
    for arm in comparison.arms:
        summary = arm.summary
        rows.add_row(
            arm.portfolio.name,
            interval(summary.catastrophe),
            share(summary.critical.value, 0.001),
            money(summary.loss_usd["mean"].value),
            count(summary.incidents["mean"].value),
        )
    return rows


def _differences(comparison: "Comparison") -> Table:
    first = comparison.arms[0].portfolio.name
    rows = table(f"Against {first}", "catastrophe, points", "prevented", "caused", "changed", "saved")
    for arm in comparison.arms[1:]:
        paired = arm.paired
        assert paired is not None  # INVARIANT: every arm but the first is held against it
        rows.add_row(
            arm.portfolio.name,
            _points(paired.catastrophe),
            count(paired.prevented),
            count(paired.caused),
            share(paired.changed / comparison.runs, 0.01),
            share(paired.catastrophe.variance_saved, 0.1),
        )
    return rows


def _points(difference: "Difference") -> str:
    """A difference of two shares, in percentage points."""
    width = 100 * (difference.high - difference.low)
    digits = 1 if width > 1 else 2 if width > 0.1 else 3
    value, low, high = (100 * number for number in (difference.value, difference.low, difference.high))
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _defence(comparison: "Comparison") -> Table:
    """The other error, per crisis: rightful defence lost or late, and the load on people."""
    rows = table("Rightful defence", "stopped", "delayed by", "reviews", "wait", "queue", "denied", "late")
    for arm in comparison.arms:
        books = arm.summary.safeguards
        rows.add_row(
            arm.portfolio.name,
            count(books.rightful_stopped.value),
            duration(books.rightful_delay_s.value),
            count(books.reviewed.value),
            duration(books.wait_s),
            duration(books.queue_s),
            share(books.denied_share, 0.1),
            share(books.timed_out_share, 0.1),
        )
    return rows


def _time(comparison: "Comparison") -> Table:
    """How close to running away, and how long people have."""
    rows = table("Time, under", "R", "doubles every", "critical: first tenth", "median")
    for arm in comparison.arms:
        window, solution = arm.summary.decision_window_s, arm.solution
        rows.add_row(
            arm.portfolio.name,
            f"{solution.escalation_number:.3f}" if solution else "-",
            duration(solution.doubling_time_s) if solution else "-",
            duration(window["p10"].value),
            duration(window["p50"].value),
        )
    return rows


def _halts(comparison: "Comparison") -> Table:
    levels = {arm.halt.level for arm in comparison.arms if arm.halt}
    rows = table(
        "Halt deadline", f"latest stop of all automation that keeps catastrophe at {100 * min(levels):g} %"
    )
    for arm in comparison.arms:
        if arm.halt:
            rows.add_row(arm.portfolio.name, deadline(arm.halt))
    return rows


def deadline(halt: "HaltDeadline") -> str:
    """A halt deadline with its interval, in words where it is none."""
    if halt.deadline_s == 0.0:
        return "too late at once"
    if halt.deadline_s == float("inf"):
        return "no need" if halt.low_s == float("inf") else f"no need ({duration(halt.low_s)} to never)"
    high = duration(halt.high_s) if halt.high_s < float("inf") else "never"
    return f"{duration(halt.deadline_s)} ({duration(halt.low_s)} to {high})"
