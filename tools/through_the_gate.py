"""Plays the crises of the shipped scenarios with a live gate in the loop and writes the tables of docs/gate-scenarios.md.

    python tools/through_the_gate.py [--crises 500] [--seed 0] [--workers 1] [--page docs/gate-scenarios.md]
    python tools/through_the_gate.py --over-http 50      asks a running service instead, and writes that table alone

The page holds the prose; what stands between its `<!-- NAME -->` and `<!-- end of NAME -->` is written here.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import detente
from detente.drill.measure import Drill, drill, in_the_lab
from detente.model.vocabulary import Ending

ROOT = Path(__file__).resolve().parent.parent
PORTFOLIOS = ("none", "essay", "prudent")
SERVED = "prudent"
"""What is enforced over HTTP: of the two the one that lets more go ahead, so that more is asked."""
Measured = dict[tuple[str, str, str], Drill]
"""by scenario, portfolio and reading; the reading "lab" is the simulator's own"""


def main() -> None:
    """Play them, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--crises", type=int, default=500, help="of each scenario under each portfolio")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "gate-scenarios.md")
    words.add_argument("--over-http", type=int, default=0, metavar="N", help="N crises, asked of a service")
    told = words.parse_args()
    page = told.page.read_text(encoding="utf-8")
    if told.over_http:
        table = "\n".join(over_http(told.over_http, told.seed, told.workers))
        told.page.write_text(replaced(page, "over HTTP", table), encoding="utf-8")
        return
    measured = measure(told.crises, told.seed, told.workers)
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


def over_http(crises: int, seed: int, workers: int) -> Iterator[str]:
    """Give how many crises end in catastrophe with nobody to ask, and with a service that is asked over HTTP."""
    yield f"Catastrophes in the first {crises} crises of each scenario, seed {seed}, under `{SERVED}`:"
    yield ""
    yield "| scenario | without a gate | gate, over HTTP | answers | the same crisis as in process |"
    yield "|---|--:|--:|--:|--:|"
    for scenario in detente.scenarios():
        without = drill(scenario, "none", "open", seed=seed, crises=crises, workers=workers)
        here, there = (
            drill(scenario, SERVED, reading, seed=seed, crises=crises, workers=workers)
            for reading in ("as enforced", "over HTTP")
        )
        same = crises - len(there.unlike(here))
        answers = sum(there.answers()[effect] for effect in ("allow", "throttle", "hold", "deny"))
        print(f"{scenario}, over HTTP: {_counted(there)}", flush=True)
        yield f"| {scenario} | {_counted(without)} | {_counted(there)} | {answers:,} | {same} of {crises} |"


def replaced(page: str, name: str, table: str) -> str:
    """Return the page with another table between its marks."""
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not marked.search(page):
        raise SystemExit(f"the page has no `<!-- {name} -->` and `<!-- end of {name} -->`")
    return marked.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _counted(found: Drill) -> str:
    return f"{found.count(Ending.CATASTROPHE)} of {len(found.played)}: {_share(found)}"


def _share(found: Drill) -> str:
    share = found.catastrophe
    return f"{100 * share.value:.3g} % ({100 * share.low:.3g} to {100 * share.high:.3g})"


if __name__ == "__main__":
    main()
