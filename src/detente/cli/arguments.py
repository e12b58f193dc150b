"""Arguments that several commands take."""

from typing import Annotated

import typer

from detente.cli.terminal import errors

__all__ = [
    "MAX_INCIDENTS",
    "NO_PORTFOLIO",
    "Budget",
    "OwnThreads",
    "Portfolio",
    "Runs",
    "Scenario",
    "Seed",
    "Threads",
    "tell_threads",
]

MAX_INCIDENTS = 100_000
"""As in `detente.engine.run`, which is not imported here because it loads the simulator."""

Scenario = Annotated[str, typer.Argument(help="The name of a shipped scenario, or a scenario file.")]
NO_PORTFOLIO = "none"
"""The shipped portfolio without any safeguard."""

Portfolio = Annotated[
    str,
    typer.Option(
        "--portfolio", metavar="NAME|FILE", help="The safeguards that stand: a shipped portfolio, or a file."
    ),
]
Seed = Annotated[int, typer.Option(help="With the scenario, decides every crisis; 0 to 2^64 - 1.")]
Runs = Annotated[int, typer.Option(help="How many crises.")]
Threads = Annotated[
    int | None, typer.Option(help="Default: every processor. Changes the speed, never the result.")
]
OwnThreads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        help="Default: every processor. Changes the speed, never the result. With --workers or --cluster: only for "
        "what this process does itself.",
    ),
]
"""of a command that can have its work done elsewhere"""
Budget = Annotated[
    int,
    typer.Option(
        help="Incidents after which a crisis ends as `capped`, its true end unknown "
        "(so does one with 4,194,304 incidents pending at once)."
    ),
]


def tell_threads(threads: int | None, workers: int | None, cluster: str | None) -> None:
    """Say what becomes of `--threads` where others do the work."""
    if threads is not None and (workers is not None or cluster is not None):
        others = "--cluster" if workers is None else "--workers"
        errors().print(
            f"--threads {threads} is for what this process does itself: {others} decides how many crises run at once",
            soft_wrap=True,
        )
