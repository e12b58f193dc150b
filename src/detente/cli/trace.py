"""`detente trace`: one crisis, incident by incident."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detente.cli.arguments import MAX_INCIDENTS, Budget, Scenario, Seed
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.working import announce_compilation

if TYPE_CHECKING:
    from detente.cli.tree import Condition
    from detente.engine.trace import Trace
    from detente.model.vocabulary import Scenario as Resolved

__all__ = ["trace"]


def trace(
    context: typer.Context,
    scenario: Scenario,
    crisis: Annotated[
        int | None,
        typer.Option(help="Index of the crisis, from 0. Required without --given, else 0 unless you say."),
    ] = None,
    seed: Seed = 0,
    given: Annotated[
        Literal["catastrophe"] | None,
        typer.Option(
            help="Draw from the crises that end so, exactly, instead of replaying one of `run`. Leaves out what "
            "`detente solve` does: horizon, alert, down."
        ),
    ] = None,
    max_incidents: Budget = MAX_INCIDENTS,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Show every incident of a long crisis, not only what led to its worst."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Replay one crisis of `run` with the same seed, or draw one that ends badly, and show who triggered whom."""
    from detente.cli.tree import as_dict, render
    from detente.model.library import load

    if crisis is None:
        if given is None:
            context.fail("Missing option '--crisis'.")
        crisis = 0
    loaded = load(scenario)
    for name, value, highest in (("--crisis", crisis, 2**63 - 1), ("--seed", seed, 2**64 - 1)):
        if not 0 <= value <= highest:
            raise ArgumentError(f"{name}: found {value}, expected 0 to {highest}")
    if max_incidents < 1:
        raise ArgumentError(f"--max-incidents: found {max_incidents}, expected 1 or more")
    shown, condition = (_conditioned if given else _replayed)(loaded, seed, crisis, max_incidents)
    if as_json:
        emit_json(as_dict(shown, condition))
    else:
        render(shown, loaded, output(), everything=everything, condition=condition)


def _replayed(scenario: "Resolved", seed: int, crisis: int, max_incidents: int) -> "tuple[Trace, None]":
    from detente.engine.compile import compile_tables
    from detente.engine.trace import trace as replay

    announce_compilation()
    tables = compile_tables(scenario)
    return replay(scenario, tables, seed=seed, crisis=crisis, max_incidents=max_incidents), None


def _conditioned(
    scenario: "Resolved", seed: int, crisis: int, max_incidents: int
) -> "tuple[Trace, Condition]":
    from detente.cli.tree import Condition
    from detente.engine.compile import compile_tables
    from detente.engine.run import is_compiled
    from detente.exact.catastrophe import reach
    from detente.exact.given import conditioned
    from detente.exact.operator import Operator
    from detente.exact.scope import left_out

    if not is_compiled("run_given"):
        errors().print("compiling the solver (once; later runs start at once) ...")
    operator = Operator(compile_tables(scenario))
    reached = reach(operator, scenario.catastrophe)
    drawn = conditioned(scenario, operator, reached, seed=seed, crisis=crisis, max_incidents=max_incidents)
    return drawn, Condition(event="catastrophe", probability=reached.probability, left_out=left_out(scenario))
