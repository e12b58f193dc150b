"""Sweeps every shipped scenario under a few portfolios and writes the tables of docs/how-to/uncertain-inputs.md.

    python tools/regrets.py [--draws 1024] [--runs 500] [--folder DIR] [--page docs/how-to/uncertain-inputs.md]

The page holds the prose; what stands between `<!-- regrets -->` and `<!-- end of regrets -->` is written here. The sweeps
are kept in the folder, and gone on with where they are there already: all four took 37 minutes on two cores.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import detente
from detente.analysis.uncertainty.results import Stance
from detente.analysis.wording import count, counted, duration, money, share, share_with_interval

ROOT = Path(__file__).resolve().parent.parent
PORTFOLIOS = ("none", "essay", "prudent", "human-on-the-loop", "throttle")
SEED = 0
_MARKS = re.compile(r"(<!-- regrets -->\n).*?(<!-- end of regrets -->)", re.DOTALL)
_CHANCES = "| catastrophe under | at stated values | mean over the draws | 5 % to 95 % of draws | unknown | R > 1 in |"
_REGRETS = "| regret, points | mean | 90th pct. | largest | best in | costs a year | rightful actions lost | delayed by |"


def main() -> None:
    """Sweep, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--draws", type=int, default=1024)
    words.add_argument("--runs", type=int, default=500)
    words.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "detente-regrets")
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "how-to" / "uncertain-inputs.md")
    told = words.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(line for name in detente.scenarios() for line in section(swept(name, told)))
    page = told.page.read_text(encoding="utf-8")
    told.page.write_text(_MARKS.sub(lambda marks: f"{marks[1]}{text}{marks[2]}", page), encoding="utf-8")


def swept(scenario: str, told: argparse.Namespace) -> detente.Sweep:
    """Sweep one scenario, or read what is left to read of it."""
    out = told.folder / f"{scenario}.parquet"
    return detente.sweep(scenario, PORTFOLIOS, draws=told.draws, runs=told.runs, seed=SEED, out=out)


def section(sweep: detente.Sweep) -> Iterator[str]:
    """Give the lines about one scenario."""
    stances = sweep.stances()
    yield f"### {sweep.scenario.name}"
    yield ""
    yield (
        f"{counted(sweep.draws, 'draw')} of {len(sweep.factors)} unknowns, {counted(sweep.plan.runs, 'crisis', 'crises')} "
        f"in each, seed {sweep.plan.seed}."
    )
    yield ""
    yield _CHANCES
    yield "|---|--:|--:|--:|--:|--:|"
    yield from (_chance(stance) for stance in stances)
    yield ""
    yield _REGRETS
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    yield from _regrets(sweep, stances)
    yield ""
    yield from _capped(sweep, stances)


def _chance(stance: Stance) -> str:
    spread = stance.catastrophe
    stated = share_with_interval(stance.stated.value, stance.stated.low, stance.stated.high)
    low, high = (share(spread.quantiles[name], 1e-4) for name in ("p5", "p95"))
    mean = share(spread.mean.value, 1e-4)
    unknown, runaway = share(stance.unknown, 0.01), share(stance.runaway, 0.1)
    return f"| {stance.portfolio} | {stated} | {mean} | {low} to {high} | {unknown} | {runaway} |"


def _regrets(sweep: detente.Sweep, stances: tuple[Stance, ...]) -> Iterator[str]:
    for one, stance in zip(sweep.regrets(), stances, strict=True):
        mean = f"{100 * one.mean.value:.2f} ± {50 * (one.mean.high - one.mean.low):.2f}"
        yield (
            f"| {one.portfolio} | {mean} | {100 * one.p90:.1f} | {100 * one.largest:.1f} | {share(one.best, 0.1)} | "
            f"{money(stance.cost_usd_per_year)} | {count(stance.rightful_stopped)} | {duration(stance.rightful_delay_s)} |"
        )


def _capped(sweep: detente.Sweep, stances: tuple[Stance, ...]) -> Iterator[str]:
    total = sweep.draws * sweep.plan.runs
    told = [
        f"{share(stance.capped / total, 1e-5)} under {stance.portfolio}"
        for stance in stances
        if stance.capped
    ]
    if told:
        yield f"Crises that ran out of their budget, and count as no catastrophe: {', '.join(told)}."
        yield ""


if __name__ == "__main__":
    main()
