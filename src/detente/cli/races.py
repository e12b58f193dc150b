"""What came of a race, for people."""

from typing import TYPE_CHECKING

from detente._version import __version__
from detente.analysis.wording import counted, money, share
from detente.cli.tables import table
from detente.race.paths import Path
from detente.race.results import BOUNDARIES, QUANTILES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from detente.ensemble.estimators import Estimate
    from detente.race.ensemble import RaceResult
    from detente.race.results import Arm

__all__ = ["render"]

_MIDDLE = QUANTILES.index(0.5)
_SHOWN = ("autonomy", "safety", "capability", "escalation")
_HEADINGS = ("autonomy", "safety", "capability", "R")


def render(result: "RaceResult", console: "Console") -> None:
    """Print the paths, the years, the money and what the rule hangs on."""
    race = result.race
    years = race.quarters / 4
    console.print(race.title or race.name, soft_wrap=True)
    console.print(
        f"{counted(result.runs, 'run')} of {years:g} year{'' if years == 1 else 's'}, the same luck under every policy, "
        f"belief {result.belief.name}, seed {result.seed}, detente {__version__}\n",
        soft_wrap=True,
    )
    for rows in (
        _paths(result),
        _years(result),
        _winners(result),
        _premiums(result),
        _prices(result),
        _boundaries(result),
    ):
        console.print(rows)
        console.print()
    console.print(
        "In brackets: 95 % intervals. The years show medians; R is the largest of all scenarios at the end of the year.\n"
        "Innovation lost: points of mean capability at the end, against the first policy. Path hangs on: the share of\n"
        "runs whose path changes when that boundary of the rule moves by a tenth. The rule and the model: docs/race.md.",
        soft_wrap=True,
    )


def _name(arm: "Arm") -> str:
    return arm.policy if arm.adapts else f"{arm.policy}, players fixed"


def _paths(result: "RaceResult") -> "Table":
    rows = table("Paths, %", "managed", "fragmented", "conflagration", "arms race")
    order = (Path.MANAGED, Path.FRAGMENTED, Path.CONFLAGRATION, Path.ARMS_RACE)
    for arm in result.arms:
        rows.add_row(_name(arm), *(_per_cent(arm.paths[path]) for path in order))
    return rows


def _per_cent(estimate: "Estimate") -> str:
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _years(result: "RaceResult") -> "Table":
    rows = table("Over the years", "year", *_HEADINGS, "critical a year")
    last = result.race.quarters // 4 - 1
    for arm in result.arms:
        by_name = {one.name: one for one in arm.yearly}
        for year in sorted({0, last // 2, last}):
            medians = [f"{by_name[name].quantiles[year, _MIDDLE]:.2f}" for name in _SHOWN]
            often = f"{by_name['critical'].mean[year]:.3f}"
            rows.add_row(_name(arm) if year == 0 else "", str(year + 1), *medians, often)
    return rows


def _winners(result: "RaceResult") -> "Table":
    kinds = sorted({player.kind for player in result.race.players})
    rows = table("Net gain a year, mean per player", *kinds)
    for arm in result.arms:
        rows.add_row(_name(arm), *(money(sum(arm.flows_by_kind[kind].values())) for kind in kinds))
    return rows


def _prices(result: "RaceResult") -> "Table":
    rows = table("Prices", "innovation lost", "certified", "catastrophes")
    for arm in result.arms:
        lost = arm.innovation_lost
        points = f"{100 * lost.value:.1f} ({100 * lost.low:.1f} to {100 * lost.high:.1f})"
        rows.add_row(_name(arm), points, share(arm.certified), f"{arm.catastrophes:.3f}")
    return rows


def _premiums(result: "RaceResult") -> "Table":
    paid = {kind for arm in result.arms for kind, amount in arm.premium_by_kind.items() if amount > 0.0}
    kinds = sorted(paid)
    rows = table("Premium a year, mean per player", *kinds)
    for arm in result.arms:
        rows.add_row(_name(arm), *(money(arm.premium_by_kind[kind]) for kind in kinds))
    return rows


def _boundaries(result: "RaceResult") -> "Table":
    rows = table("Path hangs on", *BOUNDARIES)
    for arm in result.arms:
        rows.add_row(_name(arm), *(share(arm.sensitivity[name]) for name in BOUNDARIES))
    return rows
