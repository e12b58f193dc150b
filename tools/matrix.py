"""Measures every shipped safeguard in every shipped scenario and writes the tables of docs/safeguards.md.

    python tools/matrix.py [--runs 100000] [--page docs/safeguards.md]
    python tools/matrix.py --check [--page docs/safeguards.md]           only judge the page as it stands

The page holds the prose; what stands between its `<!-- NAME -->` and `<!-- end of NAME -->` is written here.
Exits with 1 when some safeguard clearly helps in no scenario, or is inert or harmful in none: then the scenarios do
not tell it apart from a cure-all or a placebo.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import detente
from detente.analysis.compare import Arm, Comparison
from detente.analysis.pairs import Difference
from detente.model.portfolio.safeguards import SAFEGUARDS

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
WIDE = ("essay", "prudent")
"""portfolios of several safeguards; told where they are shipped"""
CLEAR = 0.1
"""share of the catastrophes without safeguards that a difference must reach to matter"""
HELPS, HARMS, INERT = "**helps**", "**harms**", "*inert*"


def main() -> None:
    """Measure, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--runs", type=int, default=100_000)
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "safeguards.md")
    words.add_argument("--check", action="store_true")
    told = words.parse_args()
    if not told.check:
        write(told.page, told.runs)
    if found := gaps(told.page.read_text(encoding="utf-8")):
        raise SystemExit("\n".join(found))


def write(path: Path, runs: int) -> None:
    """Measure, and put the tables into the page."""
    wide = [name for name in WIDE if name in detente.portfolios()]
    names = ["none", *SAFEGUARDS, *wide]
    measured = []
    for scenario in detente.scenarios():
        print(f"{scenario}: {len(names)} portfolios, {runs:,} crises each", flush=True)
        measured.append(detente.compare(scenario, names, runs=runs, seed=SEED, halt_level=None))
    page = path.read_text(encoding="utf-8")
    for name, table in (
        ("matrix", matrix(measured)),
        ("defence", defence(measured)),
        ("pairing", pairing(measured)),
    ):
        page = replaced(page, name, "\n".join(table))
    path.write_text(page, encoding="utf-8")
    print(f"wrote {path}")


def verdict(difference: Difference, without: float) -> str:
    """Say in a word what a paired difference in P(catastrophe) shows, when it is `without` without safeguards.

    The clear words are claims about the whole 95 % interval: that it lies beyond a tenth of `without`, or, for *inert*,
    wholly within a tenth on both sides of 0. What is neither helps or harms a little, or is unclear when it holds 0.
    """
    clear = CLEAR * without
    if difference.high < -clear:
        return HELPS
    if difference.low > clear:
        return HARMS
    if -clear < difference.low and difference.high < clear:
        return INERT
    if difference.high < 0.0:
        return "helps a little"
    return "harms a little" if difference.low > 0.0 else "unclear"


def gaps(page: str) -> list[str]:
    """Return a line for every safeguard that the matrix on the page shows without help, or with nothing but help."""
    found = []
    cells = verdicts(page)
    for name in SAFEGUARDS:
        words = cells.get(name, "")
        if HELPS not in words:
            found.append(f"{name}: clearly helps in no scenario")
        if HARMS not in words and INERT not in words:
            found.append(f"{name}: neither inert nor clearly harmful in any scenario")
    return found


def verdicts(page: str) -> dict[str, str]:
    """Return the cells of the matrix on the page, one text for each safeguard."""
    table = page.partition("<!-- matrix -->")[2].partition("<!-- end of matrix -->")[0]
    rows = (line.strip("| ").partition(" | ") for line in table.splitlines() if line.startswith("| "))
    return {name: cells for name, _, cells in rows}


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
    return f"{told} {verdict(arm.paired.catastrophe, none.summary.catastrophe.value)}"


def _time(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "0" if seconds == 0.0 else "under 1 s"


if __name__ == "__main__":
    main()
