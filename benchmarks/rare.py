"""`python -m benchmarks.rare`: splitting against plain simulation at the same error, by how rare the event is.

Processor seconds in one thread, of the whole call: guide, levels and crises, compilation not. What plain simulation
would take is its crises a second, measured in the same run, times the crises that the same relative error needs;
where the probability is known otherwise (a closed form), it stands beside the estimate. Medians of a few seeds.
"""

import copy
import time
from statistics import median
from typing import Any

import detente
from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block

ERROR = 0.1
SEEDS = range(1, 8)
_PLAIN = 200_000  # crises whose cost is measured


def climb(up: float) -> dict[str, Any]:
    """A system that answers itself at most once, a rung higher each time: P(catastrophe) = up ** 6."""
    rule = {
        "from": "signal",
        "at": ["post"],
        "actions": up,
        "law": "bernoulli",
        "step": {"up": 1.0},
        "after": "1 s",
    }
    return {
        "detente": 1, "name": "climb", "critical": "degrade", "horizon": "1 d",
        "actors": {"ash": {"kind": "state"}},
        "systems": {"post": {"owner": "ash", "domain": "cyber", "responds": [rule]}},
        "shocks": [{"hits": "post", "rung": "signal", "author": "ash"}],
    }  # fmt: skip


def stricter() -> Any:
    """The portfolio `essay`, with reviewers who approve half as many wrong actions: about three in a million."""
    document: Any = copy.deepcopy(dict(detente.load_portfolio("essay").document))
    document["portfolio"] = "essay-stricter"
    document["safeguards"]["human-on-the-loop"]["approves_wrong"] = 0.1
    return document


CASES: tuple[tuple[str, Any, Any, float | None], ...] = (
    ("attribution-error, prudent", "attribution-error", "prudent", None),
    ("false-flag, red-lines", "false-flag", "red-lines", None),
    ("market-plumbing, essay", "market-plumbing", "essay", None),
    ("false-flag, prudent", "false-flag", "prudent", None),
    ("attribution-error, essay", "attribution-error", "essay", None),
    ("attribution-error, stricter", "attribution-error", stricter(), None),
    ("false-flag, essay", "false-flag", "essay", None),
    ("climb, 1e-3", climb(10**-0.5), "none", 1e-3),
    ("climb, 1e-4", climb(10 ** (-2 / 3)), "none", 1e-4),
    ("climb, 1e-6", climb(0.1), "none", 1e-6),
    ("climb, 1e-9", climb(10**-1.5), "none", 1e-9),
)


def main() -> None:
    """Print the table."""
    print(f"relative error {ERROR:g}, medians of {len(SEEDS)} seeds; seconds of processor time")
    headings = ("estimate", "z", "splitting s", "plain s", "ratio", "lowest")
    print(f"{'event: catastrophe':<30}" + "".join(f"{heading:>14}" for heading in headings))
    for name, scenario, portfolio, truth in CASES:
        speed = plain_speed(scenario, portfolio)
        detente.rare(scenario, portfolio=portfolio, error=0.9)  # loads what is compiled
        found, seconds = zip(*(timed(scenario, portfolio, seed) for seed in SEEDS), strict=True)
        plain = [one.equivalent_plain_runs / speed for one in found]
        ratios = [long / short for long, short in zip(plain, seconds, strict=True)]
        mean = sum(one.probability for one in found) / len(found)
        error = (sum((one.found.relative_error * one.probability) ** 2 for one in found)) ** 0.5 / len(found)
        z = f"{(mean - truth) / error:.2f}" if truth else "-"
        row = (
            f"{mean:.3g}", z, f"{median(seconds):.3f}", f"{median(plain):,.1f}", f"{median(ratios):,.0f}",
            f"{min(ratios):,.0f}",
        )  # fmt: skip
        print(f"{name:<30}" + "".join(f"{cell:>14}" for cell in row), flush=True)


def timed(scenario: Any, portfolio: Any, seed: int) -> tuple[detente.RareEvent, float]:
    """One estimate, and the processor seconds of the whole call."""
    began = time.process_time()
    found = detente.rare(scenario, portfolio=portfolio, error=ERROR, seed=seed, threads=1)
    return found, time.process_time() - began


def plain_speed(scenario: Any, portfolio: Any) -> float:
    """Crises a second of processor time, without splitting."""
    tables = compile_tables(detente.load(scenario), detente.load_portfolio(portfolio))
    simulate_block(tables, seed=0, first=0, count=_PLAIN, threads=1)
    began = time.process_time()
    simulate_block(tables, seed=0, first=0, count=_PLAIN, threads=1)
    return _PLAIN / (time.process_time() - began)


if __name__ == "__main__":
    main()
