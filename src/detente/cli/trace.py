"""`detente trace`: one crisis, incident by incident."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detente.cli.arguments import MAX_INCIDENTS, NO_PORTFOLIO, Budget, Scenario, Seed
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.working import announce_compilation

if TYPE_CHECKING:
    from detente.cli.tree import Condition
    from detente.engine.trace import Trace
    from detente.model.portfolio.safeguards import Portfolio as Guarded
    from detente.model.vocabulary import Scenario as Resolved

__all__ = ["trace"]


def trace(
    context: typer.Context,
    scenario: Scenario,
    portfolio: Annotated[
        list[str] | None,
        typer.Option(
            "--portfolio",
            metavar="NAME|FILE",
            help="The safeguards that stand: a shipped portfolio, or a file. Twice: both histories, side by side.",
        ),
    ] = None,
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
    from detente.model.portfolio.several import load_several

    if crisis is None:
        if given is None:
            context.fail("Missing option '--crisis'.")
        crisis = 0
    loaded, guarded = load(scenario), load_several(portfolio or [NO_PORTFOLIO])
    for name, value, highest in (("--crisis", crisis, 2**63 - 1), ("--seed", seed, 2**64 - 1)):
        if not 0 <= value <= highest:
            raise ArgumentError(f"{name}: found {value}, expected 0 to {highest}")
    if max_incidents < 1:
        raise ArgumentError(f"--max-incidents: found {max_incidents}, expected 1 or more")
    if len(guarded) > 2:
        raise ArgumentError(
            f"--portfolio: found {len(guarded)} of them, expected one, or two to put side by side"
        )
    if given and any(one.safeguards for one in guarded):
        raise ArgumentError(
            "--given: conditioned histories are drawn without safeguards; leave --portfolio out"
        )
    if len(guarded) == 2:
        traces = [_replayed(loaded, one, seed, crisis, max_incidents)[0] for one in guarded]
        _both(traces[0], traces[1], loaded, everything=everything, as_json=as_json)
        return
    shown, condition = (_conditioned if given else _replayed)(loaded, guarded[0], seed, crisis, max_incidents)
    if as_json:
        emit_json(as_dict(shown, condition))
    else:
        render(shown, loaded, output(), everything=everything, condition=condition)


def _both(left: "Trace", right: "Trace", scenario: "Resolved", *, everything: bool, as_json: bool) -> None:
    from detente.analysis.histories import parting, together
    from detente.cli.side_by_side import render
    from detente.cli.tree import as_dict

    if as_json:
        emit_json(
            {"parts_at_s": parting(left, together(left, right)), "traces": [as_dict(left), as_dict(right)]}
        )
    else:
        render(left, right, scenario, output(), everything=everything)


def _replayed(
    scenario: "Resolved", portfolio: "Guarded", seed: int, crisis: int, max_incidents: int
) -> "tuple[Trace, None]":
    from detente.engine.compile import compile_tables
    from detente.engine.trace import trace as replay

    announce_compilation()
    tables = compile_tables(scenario, portfolio)
    shown = replay(
        scenario, tables, seed=seed, crisis=crisis, max_incidents=max_incidents, portfolio=portfolio.name
    )
    return shown, None


def _conditioned(
    scenario: "Resolved", portfolio: "Guarded", seed: int, crisis: int, max_incidents: int
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
    operator = Operator(compile_tables(scenario, portfolio))
    reached = reach(operator, scenario.catastrophe)
    drawn = conditioned(scenario, operator, reached, seed=seed, crisis=crisis, max_incidents=max_incidents)
    return drawn, Condition(
        event="catastrophe", probability=reached.probability, left_out=left_out(scenario, portfolio)
    )
