"""`detente compare`: the same crises under several portfolios."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.arguments import MAX_INCIDENTS, Budget, OwnThreads, Scenario, Seed, tell_threads
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.workforce import Checkpoint, Cluster, Error, HalfWidth, Workers, workforce
from detente.cli.working import announce, announce_compilation, announce_solver, bar

if TYPE_CHECKING:
    from detente.analysis.compare import Comparison

__all__ = ["compare"]


def compare(
    scenario: Scenario,
    portfolio: Annotated[
        list[str],
        typer.Option(
            "--portfolio", metavar="NAME|FILE",
            help="Twice or more: the first is what the others are held against.",
        ),
    ],
    runs: Annotated[int, typer.Option(help="How many crises, the same for each portfolio.")] = 100_000,
    seed: Seed = 0,
    threads: OwnThreads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    halt: Annotated[
        float,
        typer.Option(
            metavar="LEVEL",
            help="Find until when all automation must be stopped for that P(catastrophe); 0 leaves it out.",
        ),
    ] = 0.01,
    error: Error = None,
    half_width: HalfWidth = None,
    checkpoint: Checkpoint = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Compare portfolios over the same crises: what each prevents, and what it costs in lost defence."""
    from detente.analysis.compare import compare as compare_portfolios
    from detente.cli.comparison import render

    if len(portfolio) < 2:
        raise ArgumentError(
            f"--portfolio: found {len(portfolio)}, expected two or more; `none` is no safeguards"
        )
    tell_threads(threads, workers, cluster)
    announce_compilation()
    announce_solver()
    started = time.perf_counter()
    with workforce(workers, cluster) as executor, bar(runs * len(portfolio), "crises") as advance:
        comparison: Comparison = compare_portfolios(
            scenario,
            portfolio,
            runs=runs,
            seed=seed,
            threads=threads,
            max_incidents=max_incidents,
            halt_level=halt or None,
            progress=lambda _, finished: advance(finished),
            say=announce,
            executor=executor,
            checkpoint=checkpoint,
            error=error,
            half_width=half_width,
        )
    if as_json:
        emit_json(comparison.as_dict())
    else:
        render(comparison, portfolio, scenario, output())
    errors().print(f"{time.perf_counter() - started:.2f} s", soft_wrap=True)
