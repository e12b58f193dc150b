"""What a search for a rare event found, for people."""

import math
from typing import TYPE_CHECKING

from rich.console import Console

from detente.analysis.wording import chance_with_interval, counted, one_in
from detente.cli.folding import as_typed

if TYPE_CHECKING:
    from detente.analysis.rare_event import RareEvent

__all__ = ["caution", "render"]


def render(found: "RareEvent", error: float, again: list[str], console: Console, *, shows_one: bool) -> None:
    """Print how likely the event is, how sure that is, and how to have it again.

    Parameters
    ----------
    error
        The relative error that was asked for.
    again
        The command, word by word.
    shows_one
        Whether one of the crises that met it is shown as well.
    """
    console.print(found.scenario.title or found.scenario.name, style="bold")
    if found.portfolio.safeguards:
        console.print(f"portfolio {found.portfolio.name}")
    console.print()
    console.print(found.event)
    console.print(_likely(found))
    console.print()
    caution(found, error, console)
    console.print(_work(found))
    console.print()
    console.print(as_typed(again, console.width, "Do it again: "), soft_wrap=True)
    if found.histories and not shows_one:
        console.print(as_typed([*again, "--history", "0"], console.width, "See one:     "), soft_wrap=True)


def _likely(found: "RareEvent") -> str:
    if found.is_open:
        told = chance_with_interval(math.nan, found.low, found.high)
        return f"No figure: its probability is anywhere from {told}."
    told = chance_with_interval(found.probability, found.low, found.high)
    unit = "in per cent of crises" if "%" in told else "as a fraction (1e-06 is one in a million)"
    often = one_in(found.probability)
    return f"Probability, {unit}: {told}{', ' + often if often else ''}.\nIn brackets: the 95 % interval."


def caution(found: "RareEvent", error: float, console: Console) -> None:
    """Print what must not be overlooked: a search cut short, budgets that ran out, few crises that met the event."""
    split = found.found
    if split.is_interrupted:
        console.print(
            f"INTERRUPTED: {counted(split.crises, 'crisis', 'crises')} were finished; everything here rests on those.\n",
            style="bold yellow",
        )
    if split.capped:
        console.print(f"{_capped(found)}\n", style="bold red" if split.most.value > split.least.value else "")
    if split.hits == 0:
        return
    if found.few_hits:
        console.print(
            f"CAUTION: only {counted(split.crises_hit, 'crisis', 'crises')} met it. Below 50, neither the figure nor its "
            "interval is to be relied on; raise --max-crises.\n",
            style="bold yellow",
        )
    if not split.settled and not split.is_interrupted:
        console.print(
            f"Stopped at the most crises allowed (--max-crises), before the relative error was {error:g}.\n",
            style="bold",
        )


def _capped(found: "RareEvent") -> str:
    split = found.found
    hit = f"CAPPED: {counted(split.capped, 'crisis', 'crises')} hit the budget of {found.max_incidents:,} incidents"
    if split.most.value == split.least.value:
        return f"{hit}, all after they had met the event for good: the figure stands."
    bound = chance_with_interval(math.nan, split.least.low, split.most.high)
    return (
        f"{hit} on some path, so whether they would have met the event is unknown. Counting none and all of them as "
        f"having met it, its probability is {bound}. Raise --max-incidents or shorten the horizon."
    )


def _work(found: "RareEvent") -> str:
    split = found.found
    crises = counted(split.crises, "crisis", "crises")
    search = f", after {found.search_crises:,} that only laid levels," if found.search_crises else ""
    if split.hits == 0:
        return (
            f"NOT SEEN in {crises}{search or ','} copied at {counted(split.levels.places.size, 'level')}. The bound is the upper "
            "end of the 95 % interval of as many crises without splitting: that it is rarer has at least that confidence."
        )
    if split.levels.places.size == 0:
        return f"{crises}{search} none of them copied: it is not rare, and `detente run` says as much."
    plain = f"{split.equivalent_plain_runs:,.0f}"
    return (
        f"{crises}{search} copied at {counted(split.levels.places.size, 'level')}, {counted(split.hits, 'path')} of "
        f"{counted(split.crises_hit, 'crisis', 'crises')} met it; the same error would take {plain} crises without splitting."
    )
