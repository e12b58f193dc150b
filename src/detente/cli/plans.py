"""Plans, for people."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from detente._version import __version__
from detente.analysis.wording import counted, duration, money, share
from detente.cli.tables import interval, table

if TYPE_CHECKING:
    from detente.analysis.planner.examine import Verdict
    from detente.analysis.planner.menu import Setting
    from detente.analysis.planner.results import Plan, PlanInterrupted

__all__ = ["how_far", "render"]

_RUNGS = 8  # of the ladder of costs that are shown


def render(found: "Plan", console: Console) -> None:
    """Print a plan, what it was verified to do, what each safeguard is for, and what else the money buys."""
    level = f"{100 * found.standard.level:g} %"
    console.print(Text(f"P(catastrophe) at most {level} in {_listed(found.scenarios)}", style="bold"))
    console.print(_terms(found))
    if found.chosen is None:
        _nothing(found, console)
    else:
        _plan(found, found.chosen, console)
        _verified(found, console)
        _without(found, console)
    _ladder(found, console)


def how_far(stopped: "PlanInterrupted", checkpoint: Path | None) -> str:
    """Return how far planning got, and what is kept of it."""
    told = f"interrupted after {counted(stopped.examined, 'candidate')}: none kept the risk so far"
    if stopped.best is not None:
        names = ", ".join(sorted(stopped.best.candidate.names))
        told = (
            f"interrupted after {counted(stopped.examined, 'candidate')}: the cheapest that kept the risk at a brief "
            f"look, neither finished nor verified, costs {money(stopped.best.cost)} a year: {names}"
        )
    if checkpoint is not None:
        told += f"\nwhat was examined is stored in {checkpoint}: the same command goes on from there"
    return told


def _terms(found: "Plan") -> str:
    draws = (
        f"at stated values, and in {100 * found.standard.share:g} % of {counted(found.draws, 'draw')} of the rest"
        if found.draws
        else "at stated values alone"
    )
    lost = (
        f"; at most {share(found.standard.lost, 0.01)} of rightful actions stopped"
        if found.standard.lost < 1
        else ""
    )
    return (
        f"{draws}{lost}\nmenu {found.menu}, {counted(len(found.settings), 'setting')} to choose, "
        f"{counted(found.examined, 'candidate')} examined, seed {found.seed}, detente {__version__}\n"
    )


def _nothing(found: "Plan", console: Console) -> None:
    near = found.nearest
    open_question = near is not None and _may_keep(near, found)
    console.print(
        Text(
            "Nothing was shown to keep this." if open_question else "Nothing was found that keeps this.",
            style="bold",
        )
    )
    if near is None:
        return
    console.print(
        f"What came nearest costs {money(near.cost)} a year: {', '.join(sorted(near.candidate.names)) or 'none'}"
    )
    rows = table("There", "catastrophe")
    for name, one in near.stated.items():
        rows.add_row(name, interval(one))
    console.print(rows)
    for name, failing in near.failing.items():
        if failing:
            allowed = found.standard.may_fail(found.draws)
            console.print(
                f"{name}: the level is missed in {failing} of the draws looked at; {allowed} of {found.draws} may"
            )
    if open_question:
        console.print(
            "Its estimate is below the level, but not clearly: it was NOT shown to keep it. More --trials may find one that is."
        )
    if near.stopped > found.standard.lost:
        console.print(f"It stops {share(near.stopped, 0.01)} of rightful actions.")
    console.print(
        "Ask for less (--risk, --share, --lost), or offer more (--menu with other safeguards or wider ranges).\n"
    )


def _may_keep(near: "Verdict", found: "Plan") -> bool:
    """Whether what came nearest keeps the standard by its estimates, and was only not shown to."""
    allowed = found.standard.may_fail(found.draws)
    return (
        all(one.value <= found.standard.level for one in near.stated.values())
        and all(failing <= allowed for failing in near.failing.values())
        and near.stopped <= found.standard.lost
    )


def _plan(found: "Plan", chosen: "Verdict", console: Console) -> None:
    rows = table("The plan", "costs a year", "setting", "from", "to")
    assert found.portfolio is not None, "INVARIANT: what is chosen has a portfolio"
    numbers = dict(chosen.candidate.numbers)
    for name, safeguard in found.portfolio.safeguards.items():
        settings = [
            _setting(one, numbers[one.path])
            for one in found.settings
            if one.safeguard == name and one.path in numbers
        ]
        first, *others = settings or [("", "", "")]
        rows.add_row(name, money(safeguard.cost_usd_per_year), *first)
        for other in others:
            rows.add_row("", "", *other)
    rows.add_row("together", money(chosen.cost), "", "", "", style="bold")
    console.print(rows)
    console.print()


def _setting(one: "Setting", value: float) -> tuple[str, str, str]:
    label = one.path.split(".", 2)[2].replace("floors.", "floor at ")
    return f"{label} {_number(one, value)}", _number(one, one.low), _number(one, one.high)


def _number(one: "Setting", value: float) -> str:
    if one.key in ("within", "lasts", "timeout"):
        return duration(value)
    return f"{60 * value:.3g} /min" if one.key == "rate" else f"{value:g}"


def _verified(found: "Plan", console: Console) -> None:
    rows = table("Verified", "catastrophe", "kept in draws", "stopped", "late by")
    for one in found.verified:
        rows.add_row(
            one.scenario,
            interval(one.catastrophe),
            f"{one.draws - one.failing} of {one.draws}" if one.draws else "-",
            share(one.burden.stopped, 0.01),
            duration(one.burden.delay_s),
        )
    console.print(rows)
    console.print(
        "With other crises and other draws than those it was chosen with. In brackets: the interval at 95 % for all "
        "scenarios together. Stopped: the share of rightful actions that safeguards stop; late by: the mean over the others."
    )
    capped = {one.scenario: one.capped for one in found.verified if one.capped}
    for name, crises in capped.items():
        console.print(
            f"{name}: {counted(crises, 'crisis', 'crises')} ran out of the budget of incidents, and count as lost."
        )
    if not found.held:
        failed = _listed([one.scenario for one in found.verified if not one.held])
        console.print(
            Text(
                f"It was NOT shown to keep the risk in {failed}. Ask for more draws, or for a lower risk than you need.",
                style="bold",
            )
        )
    elif found.attempts > 1:
        console.print(
            f"{found.attempts - 1} cheaper, verified before with luck of their own, did not keep it."
        )
    console.print()


def _without(found: "Plan", console: Console) -> None:
    if not found.without:
        return
    rows = table("Without", "saves a year", "catastrophe", "then")
    assert found.chosen is not None, "INVARIANT: only a plan can be without something"
    for one in found.without:
        verdict = one.verdict
        rows.add_row(
            one.safeguard,
            money(found.chosen.cost - verdict.cost),
            _about(verdict.risk),
            _then(verdict, found),
        )
    console.print(rows)
    console.print()


def _then(verdict: "Verdict", found: "Plan") -> str:
    if verdict.holds:
        return "keeps it, by a brief look"
    if verdict.risk > 0.75 * found.standard.level:
        return "misses the level"
    if verdict.stopped > found.standard.lost:
        return "stops too much"
    worst = max(verdict.failing, key=lambda name: verdict.failing[name])
    return f"missed in {verdict.failing[worst]} draws of {worst}"


def _ladder(found: "Plan", console: Console) -> None:
    from detente.analysis.planner.front import ladder

    rungs = ladder(one for one in found.front if one.lost == 0.0)
    step = max(1, -(-len(rungs) // _RUNGS))
    shown = [*rungs[::step], *(rungs[-1:] if (len(rungs) - 1) % step else ())]
    rows = table("What money buys", "catastrophe", "stopped", "late by", "safeguards")
    rows.columns[-1].justify = "left"
    for one in shown:
        rows.add_row(
            money(one.cost), _about(one.risk), share(one.stopped, 0.01), duration(one.delay_s),
            ", ".join(name for name in sorted(one.candidate.names)) or "none",
        )  # fmt: skip
    console.print(rows)
    console.print(
        f"Catastrophe: in the worst scenario at stated values, by the search's brief looks, which flatter what they pick; {counted(len(found.front), 'candidate')} "
        "that no other beats in all of cost, catastrophe, rightful actions stopped and delayed are in --json."
    )


def _about(chance: float) -> str:
    return share(chance, chance / 10) if chance > 0.0 else "0 %"


def _listed(names: "tuple[str, ...] | list[str]") -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
