"""Finds the portfolio `prudent`: the cheapest of the shipped safeguards that holds every shipped scenario below a risk.

    python tools/prudent.py [--level 0.01] [--write]

Every subset of the safeguards, each at the setting at which it ships alone, in the order of what they cost together;
the first that passes in every scenario is it. A scenario passes when the upper end of the interval of P(catastrophe),
at 95 % for all scenarios together, lies below the level. Subsets that miss it clearly are dropped after a few crises.
What is found was chosen for its luck, so it is measured once more with another seed: that is the figure to quote.
"""

import argparse
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import detente
from detente.ensemble.estimators import Estimate, wilson
from detente.model.portfolio.safeguards import SAFEGUARDS

ROOT = Path(__file__).resolve().parent.parent
SHELF = ROOT / "src" / "detente" / "portfolios"
SEED = 20_261_124
ROUNDS = (3_000, 20_000, 100_000)
"""crises a scenario, from a first look to the last"""
CLEARLY = 0.999
"""how sure it must be that a subset misses the level for it to be dropped before the last round"""
VERIFIED = 1_000_000

_HEADER = """\
# Prudent: the cheapest of the shipped safeguards that holds every shipped scenario below a stated risk.
#
# Written by `python tools/prudent.py --write`, which tries every subset of the safeguards, each at the setting of
# the portfolio of its name, in the order of cost. Every number says where it comes from, as in those.

detente: 1
portfolio: prudent
title: Cheapest below {percent} in every scenario
summary: >-
{summary}

"""


def main() -> None:
    """Search, verify, and write the portfolio where asked."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--level", type=float, default=0.01)
    words.add_argument("--write", action="store_true", help="write src/detente/portfolios/prudent.yaml")
    told = words.parse_args()
    names = search(told.level)
    for scenario in detente.scenarios():
        found = measure(scenario, names, VERIFIED, SEED + 1)
        print(f"  {scenario}: {100 * found.value:.4f} % ({100 * found.low:.4f} to {100 * found.high:.4f})")
    if told.write:
        (SHELF / "prudent.yaml").write_text(composed(names, told.level), encoding="utf-8")
        print("wrote prudent.yaml")


def search(level: float) -> tuple[str, ...]:
    """Give the cheapest subset that passes in every scenario."""
    scenarios = list(detente.scenarios())
    for tried, (cost, names) in enumerate(subsets(), start=1):
        fails = next((name for name in scenarios if not passes(name, names, level, len(scenarios))), None)
        if fails is None:
            print(f"after {tried} subsets, {cost:,.0f} USD a year: {', '.join(names)}", flush=True)
            return names
        # Who refutes one refutes the next one too, more often than not.
        scenarios.insert(0, scenarios.pop(scenarios.index(fails)))
        if tried % 50 == 0:
            print(f"{tried} subsets, up to {cost:,.0f} USD a year", flush=True)
    raise SystemExit(f"no subset holds all scenarios below {level:g}")


def subsets() -> Iterator[tuple[float, tuple[str, ...]]]:
    """Give every subset with its cost, cheapest first."""
    costs = {name: detente.load_portfolio(name).cost_usd_per_year for name in SAFEGUARDS}
    every = (names for size in range(len(SAFEGUARDS) + 1) for names in combinations(SAFEGUARDS, size))
    yield from sorted((sum(costs[name] for name in names), names) for names in every)


def passes(scenario: str, names: tuple[str, ...], level: float, claims: int) -> bool:
    """Say whether a subset holds a scenario below the level: for sure, after the last round."""
    for runs in ROUNDS[:-1]:
        if measure(scenario, names, runs, SEED, CLEARLY).low > level:
            return False
    return measure(scenario, names, ROUNDS[-1], SEED, 1.0 - 0.05 / claims).high < level


def measure(scenario: str, names: tuple[str, ...], runs: int, seed: int, sure: float = 0.95) -> Estimate:
    """Give P(catastrophe) under a subset of the safeguards."""
    ended = detente.simulate(scenario, runs=runs, seed=seed, portfolio=subset(names)).frame["ended"]
    return wilson(int((ended == "catastrophe").sum()), runs, sure)


def subset(names: tuple[str, ...]) -> dict[str, object]:
    """Give the portfolio of all safeguards without those that are not named."""
    every = detente.load_portfolio("essay").document
    return {**every, "safeguards": {name: every["safeguards"][name] for name in names}}


def composed(names: tuple[str, ...], level: float) -> str:
    """Write the portfolio, in the words of the portfolio that has them all."""
    essay = (SHELF / "essay.yaml").read_text(encoding="utf-8")
    blocks = "\n".join(_block(essay.partition("\nsafeguards:\n")[2], name) for name in names)
    references = essay.partition("\nreferences:\n")[2].partition("\nsafeguards:\n")[0]
    cited = [
        block
        for block in re.findall(r"  [a-z0-9-]+:\n(?:    .*\n)+", references)
        if re.search(rf"\b{re.escape(block.strip().partition(':')[0])}\b", blocks)
    ]
    percent = f"{100 * level:g} %"
    summary = (
        f"Of all subsets of the shipped safeguards, each at the setting at which it ships alone, the cheapest under "
        f"which fewer than {percent} of crises end in catastrophe in each of the shipped scenarios. What it costs is "
        f"assumed, and what it costs in lost and late defence is not part of the choice."
    )
    head = _HEADER.format(percent=percent, summary=_wrapped(summary))
    listed = f"references:\n{''.join(cited)}\n" if cited else ""
    return f"{head}{listed}safeguards:\n{blocks}"


def _block(text: str, name: str) -> str:
    found = re.search(rf"^  {name}:\n(?:    .*\n)+", text, re.MULTILINE)
    assert found, name  # INVARIANT: the essay's portfolio has every safeguard
    return found[0]


def _wrapped(text: str, width: int = 110) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 3 > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(f"  {line}" for line in lines)


if __name__ == "__main__":
    main()
