"""`detente trace`: one crisis, incident by incident."""

from typing import Annotated

import typer

from detente.cli.run import MAX_INCIDENTS, Budget, Scenario, Seed, announce_compilation
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["trace"]


def trace(
    scenario: Scenario,
    crisis: Annotated[int, typer.Option(help="Index of the crisis, from 0.")],
    seed: Seed = 0,
    max_incidents: Budget = MAX_INCIDENTS,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Show every incident of a long crisis, not only what led to its worst."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Replay one crisis of `run` with the same seed, and show who triggered whom."""
    from detente.cli.tree import as_dict, render
    from detente.engine.compile import compile_tables
    from detente.engine.trace import trace as replay
    from detente.model.library import load

    loaded = load(scenario)
    for name, value, highest in (("--crisis", crisis, 2**63 - 1), ("--seed", seed, 2**64 - 1)):
        if not 0 <= value <= highest:
            raise ArgumentError(f"{name}: found {value}, expected 0 to {highest}")
    if max_incidents < 1:
        raise ArgumentError(f"--max-incidents: found {max_incidents}, expected 1 or more")
    announce_compilation()
    replayed = replay(loaded, compile_tables(loaded), seed=seed, crisis=crisis, max_incidents=max_incidents)
    if as_json:
        emit_json(as_dict(replayed))
    else:
        render(replayed, loaded, output(), everything=everything)
