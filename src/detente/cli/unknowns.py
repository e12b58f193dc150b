"""Sweeps, sensitivities and discoveries, for people."""

import math
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente._version import __version__
from detente.analysis.wording import count, counted, duration, money, share
from detente.cli.tables import interval, table

if TYPE_CHECKING:
    from detente.analysis.uncertainty.discover import Discovery, FailureBox, Limit
    from detente.analysis.uncertainty.regret import Regret
    from detente.analysis.uncertainty.results import Stance, Sweep
    from detente.analysis.uncertainty.sensitivity import Influence, Sensitivity
    from detente.ensemble.estimators import Estimate

__all__ = ["render_discovery", "render_sensitivity", "render_sweep"]

_SHOWN = 1e-4  # shares over the draws are told to a hundredth of a per cent


def render_sweep(found: "Sweep", measure: str, console: Console) -> None:
    """Print a sweep: chance beside not knowing, then regrets."""
    runs = found.plan.runs
    # Asked first, since it may be refused, and half a report is none.
    regrets = found.regrets(measure) if len(found.portfolios) > 1 or measure != "catastrophe" else ()
    console.print(Text(found.scenario.title or found.scenario.name, style="bold"))
    simulated = f"{counted(runs, 'crisis', 'crises')} in each" if runs else "exact figures alone"
    console.print(
        f"{counted(found.draws, 'draw')} of {counted(len(found.factors), 'unknown')}, {simulated}, "
        f"seed {found.plan.seed}, detente {__version__}\n"
    )
    stances = found.stances()
    console.print(_chances(stances))
    console.print(
        "At stated values: chance, given what the documents say, with the interval of the estimate.\n"
        "Over the draws: the chance itself, which is not known, from the lowest twentieth of draws to the highest; "
        + ("luck of the crises taken out.\n" if runs else "exact.\n")
        + "Unknown: how much of the doubt whether the next crisis ends so would go if the numbers were known.\n"
    )
    console.print(_exactly(stances))
    console.print()
    if len(found.portfolios) > 1:
        console.print(_regrets(regrets, stances, measure))
        console.print(_caution(regrets, measure, runs))
    _warn(found, stances, console)


def _chances(stances: "tuple[Stance, ...]") -> Table:
    rows = table("Catastrophe under", "at stated values", "mean", "5 %", "median", "95 %", "unknown")
    for stance in stances:
        spread = stance.catastrophe
        rows.add_row(
            stance.portfolio,
            interval(stance.stated)
            if stance.stated.high > stance.stated.low
            else share(stance.stated.value, _SHOWN),
            *(share(value, _SHOWN) for value in (spread.mean.value, *_ends(spread.quantiles))),
            share(stance.unknown, 0.01),
        )
    return rows


def _ends(quantiles: dict[str, float]) -> tuple[float, float, float]:
    return quantiles["p5"], quantiles["p50"], quantiles["p95"]


def _exactly(stances: "tuple[Stance, ...]") -> Table:
    rows = table("Exact, under", "at stated values", "5 %", "median", "95 %", "R, median", "R > 1")
    for stance in stances:
        told = stance.exact
        ends = _ends(told.quantiles) if told else (math.nan,) * 3
        escalation = stance.escalation
        rows.add_row(
            stance.portfolio,
            share(stance.stated_exact, _SHOWN),
            *(share(value, _SHOWN) for value in ends),
            f"{escalation.quantiles['p50']:.3f}" if escalation else "-",
            share(stance.runaway, 0.01),
        )
    return rows


def _regrets(regrets: "tuple[Regret, ...]", stances: "tuple[Stance, ...]", measure: str) -> Table:
    unit = "points" if measure == "catastrophe" else "USD"
    rows = table(f"Regret, {unit}", "mean", "90th pct.", "largest", "best", "costs a year", "lost", "late by")
    for one, stance in zip(regrets, stances, strict=True):
        rows.add_row(
            one.portfolio,
            _with_error(one.mean, measure),
            _amount(one.p90, measure),
            _amount(one.largest, measure),
            share(one.best, 0.01),
            money(stance.cost_usd_per_year),
            count(stance.rightful_stopped),
            duration(stance.rightful_delay_s),
        )
    return rows


def _with_error(mean: "Estimate", measure: str) -> str:
    """A mean with half its interval, which a single draw does not have."""
    told, reach = _amount(mean.value, measure), mean.high - mean.value
    return f"{told} ± {_amount(reach, measure)}" if math.isfinite(reach) else told


def _amount(value: float, measure: str) -> str:
    return f"{100 * value:.2f}" if measure == "catastrophe" else money(value)


def _caution(regrets: "tuple[Regret, ...]", measure: str, runs: int) -> str:
    what = "catastrophe" if measure == "catastrophe" else "loss"
    text = (
        f"Regret: by how much {what} is likelier than under the best portfolio of that draw, known only afterwards. "
        if measure == "catastrophe"
        else "Regret: how much larger the mean loss is than under the best portfolio of that draw. "
    )
    if runs:
        luck = max(one.mean.value - one.mean_low for one in regrets)
        text += (
            f"Luck makes the means at most {_amount(luck, measure)} too large; "
            "the 90th percentile and the largest have luck in them too. "
        )
    text += (
        f"On {what} alone, more safeguards nearly always win, because here they cost nothing: weigh what they cost "
        "a year, and the rightful actions lost and delayed by them (means per crisis), against the regret."
    )
    return text


def _warn(found: "Sweep", stances: "tuple[Stance, ...]", console: Console) -> None:
    total = found.plan.runs * found.draws
    for stance in stances:
        if stance.capped:
            console.print(
                f"Under {stance.portfolio}, {counted(stance.capped, 'crisis', 'crises')} of {total:,} ran out of "
                f"budget: how they end is unknown, and they count as no catastrophe. The mean is at most "
                f"{100 * stance.capped / total:.3g} points too low; raise --max-incidents to know."
            )
    columns = ("exact_catastrophe", "escalation_number")
    missing = sum(math.isnan(value) for name in columns for value in found.frame[name])
    if missing:
        console.print(
            f"The exact solver has no figure (-) in {missing} places: an iteration did not settle there."
        )


def render_sensitivity(found: "Sensitivity", console: Console) -> None:
    """Print Sobol indices, strongest first."""
    what = {"R": "R", "catastrophe": "P(catastrophe)", "loss": "the mean loss"}[found.of]
    scale = f"the logarithm (base 10) of {what}" if found.logarithmic else what
    console.print(Text(f"What {what} depends on: {found.scenario} under {found.portfolio}", style="bold"))
    console.print(
        f"Sobol indices of {scale}, mean {found.mean:.3g}, standard deviation {found.deviation:.3g};\n"
        f"{counted(found.unknowns, 'unknown')}, {counted(found.draws, 'base point')}, "
        f"{counted(found.solutions, 'exact solution')}, seed {found.seed}, detente {__version__}\n"
    )
    rows = table("Unknown", "from", "to", "alone", "with others")
    for one in (*found.influences, *((found.rest,) if found.rest else ())):
        low, high = (_quantity(value, one.unit) for value in (one.low, one.high))
        rows.add_row(one.name, low, high, *_shares(one))
    console.print(rows)
    console.print(
        "Alone: the share of the variance that goes once this is known. With others: the share that stays "
        "once everything else is known. In brackets: 95 % intervals."
    )
    if found.missing:
        console.print(f"{found.missing} base points were left out: the solver has no finite figure there.")
    console.print(
        f"The exact figure leaves out {', '.join(found.left_out)}: what matters only there shows as 0."
    )


def _shares(one: "Influence") -> tuple[str, str]:
    first, total = (
        f"{_percent(found.value)} % ({_percent(found.low)} to {_percent(found.high)})"
        for found in (one.first, one.total)
    )
    return first, total


def _percent(value: float) -> str:
    return str(round(100 * value))


def render_discovery(found: "Discovery", console: Console) -> None:
    """Print the boxes."""
    console.print(Text(f"Where {found.portfolio} fails in {found.scenario}: {found.fails}", style="bold"))
    simulated = f"{counted(found.runs, 'crisis', 'crises')} in each" if found.runs else "exact figures"
    console.print(
        f"{counted(found.draws, 'draw')} of {counted(found.unknowns, 'unknown')}, {simulated}, seed {found.seed}, "
        f"detente {__version__}\n"
    )
    console.print(f"It fails in {interval(found.failing)} of the draws.\n")
    for number, box in enumerate(found.boxes, start=1):
        _box(number, box, console)
    if not found.boxes:
        console.print(
            "No box stands out: where it fails depends on many inputs at once, or on too few draws."
        )
    else:
        console.print(
            "Each box was found with one half of the draws and measured on the other half, which knew nothing of it; "
            "what an earlier box holds is not counted again. p: how likely so many failures are if that limit means nothing."
        )
    if found.unconfirmed:
        console.print(
            f"{counted(found.unconfirmed, 'box', 'boxes')} more did not stand up on that other half."
        )
    if found.doubtful:
        console.print(
            f"In {found.doubtful} draws the figure is within its own error of the level: "
            "they may be on the wrong side. More --runs settle them."
        )


def _box(number: int, box: "FailureBox", console: Console) -> None:
    console.print(
        f"Box {number}: {share(box.mass.value, 0.1)} of the draws, and {interval(box.coverage)} of the failures.\n"
        f"Inside, it fails in {interval(box.density)}."
    )
    rows = table("Where", "from", "to", "of", "p")
    for limit in box.limits:
        rows.add_row(limit.name, *_bounds(limit), f"{limit.p_value:.1g}")
    console.print(rows)
    console.print()


def _bounds(limit: "Limit") -> tuple[str, str, str]:
    low = "" if limit.open_low else _quantity(limit.low, limit.unit)
    high = "" if limit.open_high else _quantity(limit.high, limit.unit)
    return low, high, f"{_quantity(limit.range_low, limit.unit)} to {_quantity(limit.range_high, limit.unit)}"


def _quantity(value: float, unit: str) -> str:
    """A number of a scenario, as people would write it."""
    if math.isnan(value):
        return ""
    if unit == "s":
        return duration(value)
    if unit == "USD":
        return money(value)
    if unit == "/s":
        return f"{count(86400 * value)} /d"
    return count(value)
