"""`python -m benchmarks.scaling`: the same crises by threads, processes and a Dask cluster of this machine.

Every way first runs a small ensemble, so that what is measured is the work and not the starting. The ways take
turns and each number is the median, since a machine that others use is not equally fast all the time. The
outcomes are checked to be the same. Chunks travel as compressed tables and are put together: that is part of it.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack

import detente
from detente.ensemble.executors import Processes, cluster

SCENARIO = "attribution-error"
REPEATS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400_000)
    runs = parser.parse_args().runs
    cores = len(os.sched_getaffinity(0))
    with ExitStack() as stack:
        ways = _ways(stack, cores)
        rates: dict[str, list[float]] = {name: [] for name, _, _ in ways}
        for _, _, work in ways:
            work(20_000)
        reference = None
        for _ in range(REPEATS):
            for name, _, work in ways:
                started = time.perf_counter()
                ensemble = work(runs)
                rates[name].append(runs / (time.perf_counter() - started))
                if reference is None:
                    reference = ensemble.frame
                assert ensemble.frame.equals(reference), f"{name}: other crises"
    one = statistics.median(rates[ways[0][0]])
    print(f"{cores} processors; {runs:,} crises of {SCENARIO}; medians of {REPEATS}, taking turns\n")
    print(f"{'':28}{'crises/s':>10}  {'min–max':>19}  efficiency")
    for name, workers, _ in ways:
        rate = statistics.median(rates[name])
        low, high = min(rates[name]), max(rates[name])
        print(f"{name:28}{rate:10,.0f}  {f'{low:,.0f}–{high:,.0f}':>19}  {rate / (workers * one):.2f}")
    print("\nefficiency: the rate by that of one thread, times the number of workers")
    return 0


def _ways(stack: ExitStack, cores: int) -> list[tuple[str, int, Callable[[int], detente.Ensemble]]]:
    """Return each way with its name and how many cores it uses."""

    def here(threads: int) -> Callable[[int], detente.Ensemble]:
        return lambda runs: detente.simulate(SCENARIO, runs=runs, threads=threads)

    def there(executor: Executor) -> Callable[[int], detente.Ensemble]:
        return lambda runs: detente.simulate(SCENARIO, runs=runs, executor=executor)

    ways = [("1 thread", 1, here(1)), (f"{cores} threads", cores, here(cores))]
    for workers in sorted({1, cores}):
        pool = stack.enter_context(Processes(workers))
        ways.append((f"{workers} worker process{'es' if workers > 1 else ''}", workers, there(pool)))
    try:
        from distributed import LocalCluster
    except ImportError:
        print("!! MISSING  Dask: pip install distributed", file=sys.stderr)
        return ways
    local = stack.enter_context(
        LocalCluster(n_workers=cores, threads_per_worker=1, processes=True, dashboard_address=None)
    )
    dask = stack.enter_context(cluster(local.scheduler_address))
    return [*ways, (f"Dask, {cores} workers", cores, there(dask))]


if __name__ == "__main__":
    sys.exit(main())
