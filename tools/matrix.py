"""Measures every shipped safeguard in every shipped scenario and writes the tables of docs/safeguards.md.

    python tools/matrix.py [--runs 100000] [--page docs/safeguards.md]

The page holds the prose; what stands between its `<!-- NAME -->` and `<!-- end of NAME -->` is written here.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import detente
from detente.analysis.compare import Arm, Comparison
from detente.model.portfolio.safeguards import SAFEGUARDS

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
WIDE = ("essay", "prudent")
"""portfolios of several safeguards; told where they are shipped"""
CLEAR = 0.1
"""share of the catastrophes that a safeguard must prevent, or cause, to be called a clear help, or harm"""


def main() -> None:
    """Measure, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--runs", type=int, default=100_000)
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "safeguards.md")
    told = words.parse_args()
    wide = [name for name in WIDE if name in detente.portfolios()]
    names = ["none", *SAFEGUARDS, *wide]
    measured = []
    for scenario in detente.scenarios():
        print(f"{scenario}: {len(names)} portfolios, {told.runs:,} crises each", flush=True)
        measured.append(detente.compare(scenario, names, runs=told.runs, seed=SEED, halt_level=None))
    page = told.page.read_text(encoding="utf-8")
    for name, table in (
        ("matrix", matrix(measured)),
        ("defence", defence(measured)),
        ("pairing", pairing(measured)),
    ):
        page = replaced(page, name, "\n".join(table))
    told.page.write_text(page, encoding="utf-8")
    print(f"wrote {told.page}")


def matrix(measured: list[Comparison]) -> Iterator[str]:
    """Give the catastrophes under each safeguard, one column per scenario."""
    yield from _head("safeguard", measured)
    for row, arm in enumerate(measured[0].arms):
        cells = (_outcome(one.arms[row], one.arms[0]) for one in measured)
        yield f"| {arm.portfolio.name} | {' | '.join(cells)} |"


def defence(measured: list[Comparison]) -> Iterator[str]:
    """Give what each safeguard costs: rightful actions stopped, and the delay of the others."""
    yield from _head("rightful actions stopped per crisis; delay of each crisis's others", measured)
    for row, arm in enumerate(measured[0].arms[1:], start=1):
        books = (one.arms[row].summary.safeguards for one in measured)
        cells = (f"{book.rightful_stopped.value:.3g}; {_time(book.rightful_delay_s.value)}" for book in books)
        yield f"| {arm.portfolio.name} | {' | '.join(cells)} |"


def pairing(measured: list[Comparison]) -> Iterator[str]:
    """Give the share of the variance of each difference that the same luck took away."""
    yield from _head("variance saved", measured)
    for row, arm in enumerate(measured[0].arms[1:], start=1):
        saved = (one.arms[row].paired.catastrophe.variance_saved for one in measured)  # type: ignore[union-attr]
        yield f"| {arm.portfolio.name} | {' | '.join(f'{100 * share:.0f} %' for share in saved)} |"


def replaced(page: str, name: str, table: str) -> str:
    """Return the page with another table between its marks."""
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not marked.search(page):
        raise SystemExit(f"the page has no `<!-- {name} -->` and `<!-- end of {name} -->`")
    return marked.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _head(first: str, measured: list[Comparison]) -> Iterator[str]:
    yield f"| {first} | {' | '.join(one.scenario.name for one in measured)} |"
    yield f"|---|{'--:|' * len(measured)}"


def _outcome(arm: Arm, none: Arm) -> str:
    """Give P(catastrophe) with its interval, and whether the paired difference is clear."""
    share = arm.summary.catastrophe
    told = f"{100 * share.value:.3g} % ({100 * share.low:.3g} to {100 * share.high:.3g})"
    if arm.paired is None:
        return told
    difference = arm.paired.catastrophe
    clear = CLEAR * none.summary.catastrophe.value
    if difference.high < -clear:
        return f"{told} **helps**"
    if difference.low > clear:
        return f"{told} **harms**"
    if difference.high < 0.0:
        return f"{told} helps a little"
    return f"{told} harms a little" if difference.low > 0.0 else f"{told} no effect"


def _time(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "0" if seconds == 0.0 else "under 1 s"


if __name__ == "__main__":
    main()
