"""Arguments that several commands take."""

from typing import Annotated

import typer

__all__ = ["MAX_INCIDENTS", "Budget", "Scenario", "Seed"]

MAX_INCIDENTS = 100_000
"""As in `detente.engine.run`, which is not imported here because it loads the simulator."""

Scenario = Annotated[str, typer.Argument(help="The name of a shipped scenario, or a scenario file.")]
Seed = Annotated[int, typer.Option(help="With the scenario, decides every crisis; 0 to 2^64 - 1.")]
Budget = Annotated[
    int,
    typer.Option(
        help="Incidents after which a crisis ends as `capped`, its true end unknown "
        "(so does one with 4,194,304 incidents pending at once)."
    ),
]
