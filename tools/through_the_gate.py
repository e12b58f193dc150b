"""Plays the crises of the shipped scenarios with a live gate in the loop and writes the tables of docs/gate-scenarios.md.

    python tools/through_the_gate.py [--crises 500] [--seed 0] [--workers 1] [--page docs/gate-scenarios.md]

The page holds the prose; what stands between its `<!-- NAME -->` and `<!-- end of NAME -->` is written here.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import detente
from detente.drill.measure import Drill, drill, in_the_lab

ROOT = Path(__file__).resolve().parent.parent
PORTFOLIOS = ("none", "essay", "prudent")
Measured = dict[tuple[str, str, str], Drill]
"""by scenario, portfolio and reading; the reading "lab" is the simulator's own"""


def main() -> None:
    """Play them, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--crises", type=int, default=500, help="of each scenario under each portfolio")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "gate-scenarios.md")
    told = words.parse_args()
    measured = measure(told.crises, told.seed, told.workers)
    page = told.page.read_text(encoding="utf-8")
    how = f"{told.crises:,} crises of each scenario under each portfolio, seed {told.seed}, the same crises in every column."
    for name, lines in (
        ("size", [how]),
        ("catastrophes", catastrophes(measured)),
        ("agreement", agreement(measured)),
        ("answers", answers(measured)),
        ("defence", defence(measured)),
    ):
        page = replaced(page, name, "\n".join(lines))
    told.page.write_text(page, encoding="utf-8")
    print(f"wrote {told.page}")


def measure(crises: int, seed: int, workers: int) -> Measured:
    """Play and simulate the same crises in every scenario, under every portfolio, in every reading."""
    measured: Measured = {}
    for scenario in detente.scenarios():
        for portfolio in PORTFOLIOS:
            measured[scenario, portfolio, "lab"] = in_the_lab(scenario, portfolio, seed=seed, crises=crises)
            for reading in ("as modelled", "as enforced"):
                found = drill(scenario, portfolio, reading, seed=seed, crises=crises, workers=workers)
                measured[scenario, portfolio, reading] = found
                print(f"{scenario}, {portfolio}, {reading}: {_share(found)}", flush=True)
    return measured


def catastrophes(measured: Measured) -> Iterator[str]:
    """Give the share of crises that end in catastrophe, without a gate and with one, in both readings."""
    yield "| scenario | without a gate | portfolio | in the lab | gate, as modelled | gate, as enforced |"
    yield "|---|--:|---|--:|--:|--:|"
    for scenario in detente.scenarios():
        without = _share(measured[scenario, "none", "lab"])
        for portfolio in PORTFOLIOS[1:]:
            readings = ("lab", "as modelled", "as enforced")
            cells = " | ".join(_share(measured[scenario, portfolio, reading]) for reading in readings)
            yield f"| {scenario} | {without} | {portfolio} | {cells} |"


def agreement(measured: Measured) -> Iterator[str]:
    """Give how many crises go with a gate, as modelled, exactly as they go in the lab."""
    yield f"| the same crisis, incident for incident in number, and ended alike | {' | '.join(PORTFOLIOS)} |"
    yield f"|---|{'--:|' * len(PORTFOLIOS)}"
    for scenario in detente.scenarios():
        cells = []
        for portfolio in PORTFOLIOS:
            found = measured[scenario, portfolio, "as modelled"]
            unlike = found.unlike(measured[scenario, portfolio, "lab"])
            cells.append(f"{len(found.played) - len(unlike):,} of {len(found.played):,}")
        yield f"| {scenario} | {' | '.join(cells)} |"


def answers(measured: Measured) -> Iterator[str]:
    """Give what a gate that obeys answers, per crisis, and what becomes of holds."""
    effects = (
        "allow",
        "throttle",
        "hold",
        "deny",
        "hold approved",
        "hold denied",
        "hold expired",
        "hold cancelled",
    )
    yield f"| gate, as enforced: answers per crisis | {' | '.join(effects)} |"
    yield f"|---|{'--:|' * len(effects)}"
    for scenario in detente.scenarios():
        for portfolio in PORTFOLIOS[1:]:
            found = measured[scenario, portfolio, "as enforced"]
            given = found.answers()
            cells = " | ".join(f"{given[effect] / len(found.played):.3g}" for effect in effects)
            yield f"| {scenario}, {portfolio} | {cells} |"


def defence(measured: Measured) -> Iterator[str]:
    """Give the other error: actions that were in the right and did not happen."""
    yield "| rightful actions stopped per crisis | portfolio | in the lab | gate, as modelled | gate, as enforced |"
    yield "|---|---|--:|--:|--:|"
    for scenario in detente.scenarios():
        for portfolio in PORTFOLIOS[1:]:
            cells = " | ".join(
                f"{measured[scenario, portfolio, reading].rightful_stopped:.3g}"
                for reading in ("lab", "as modelled", "as enforced")
            )
            yield f"| {scenario} | {portfolio} | {cells} |"


def replaced(page: str, name: str, table: str) -> str:
    """Return the page with another table between its marks."""
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not marked.search(page):
        raise SystemExit(f"the page has no `<!-- {name} -->` and `<!-- end of {name} -->`")
    return marked.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _share(found: Drill) -> str:
    share = found.catastrophe
    return f"{100 * share.value:.3g} % ({100 * share.low:.3g} to {100 * share.high:.3g})"


if __name__ == "__main__":
    main()
