"""`python -m benchmarks.solver`: what an exact solution costs, beside simulation and as scenarios grow.

Times are of processor time in one thread, without compilation: medians of a few repeats for the shipped
scenario, single runs for the mosaics, each in a process of its own so that its memory can be told.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import detente
from benchmarks.mosaic import mosaic

SHIPPED = "attribution-error"
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000)
REPEATS = 15
CRISES = 2_000_000
_SIMULATED = (
    CRISES // 10
)  # the rest is extrapolated: the cost of a crisis does not depend on how many there are


def main() -> None:
    """Print both tables."""
    print(f"{SHIPPED}: seconds of processor time, medians of {REPEATS}")
    for name, seconds in shipped().items():
        print(f"  {name:<44} {seconds:12.6f}")
    print("\nmosaics: seconds of processor time, one run each")
    headings = ("systems", "types", "R", "load", "solve", "loops", "elasticities", "peak MB")
    print("  " + "  ".join(f"{heading:>12}" for heading in headings))
    for size in SIZES:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.solver", str(size)], capture_output=True, text=True, check=True
        )
        row = json.loads(done.stdout)
        print(
            "  "
            + "  ".join(
                f"{row[heading]:>12,.4g}" if row[heading] < 1000 else f"{row[heading]:>12,.0f}"
                for heading in headings
            )
        )


def shipped() -> dict[str, float]:
    """Seconds per part, for the shipped scenario."""
    scenario = detente.load(SHIPPED)
    solution = detente.solve(scenario)
    parts: dict[str, Callable[[], object]] = {
        "solve: R, probabilities, growth": lambda: detente.solve(scenario),
        "and its loops": lambda: _fresh(solution).loops,
        "and its elasticities": lambda: _fresh(solution).elasticities,
    }
    found = {name: median(_seconds(part) for _ in range(REPEATS)) for name, part in parts.items()}
    crises = _seconds(lambda: detente.simulate(scenario, runs=_SIMULATED, threads=1))
    found[f"{CRISES:,} simulated crises (from {_SIMULATED:,})"] = crises * CRISES / _SIMULATED
    return found


def of_size(systems: int) -> dict[str, Any]:
    """One row: what a mosaic costs."""
    detente.solve(detente.load(mosaic(100)))  # compiled and warm
    document = mosaic(systems)
    loaded: list[Any] = []
    load = _seconds(lambda: loaded.append(detente.load(document)))
    solved: list[Any] = []
    solve = _seconds(lambda: solved.append(detente.solve(loaded[0])))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    solution = solved[0]
    return {
        "systems": len(loaded[0].systems),
        "types": solution._op.zeros().size,
        "R": solution.escalation_number,
        "load": load,
        "solve": solve,
        "loops": _seconds(lambda: solution.loops),
        "elasticities": _seconds(lambda: solution.elasticities),
        "peak MB": peak,
    }


def _fresh(solution: Any) -> Any:
    solution.__dict__.pop("loops", None)
    solution.__dict__.pop("elasticities", None)
    return solution


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(of_size(int(sys.argv[1]))))
    else:
        main()
