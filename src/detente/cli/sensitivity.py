"""`detente sensitivity`: which of the unknowns matter."""

from typing import Annotated

import typer

from detente.cli.arguments import NO_PORTFOLIO, Portfolio, Scenario
from detente.cli.terminal import ArgumentError, Interruption, Json, emit_json, output
from detente.cli.workforce import Cluster, Workers, workforce
from detente.cli.working import announce_solver, bar

__all__ = ["sensitivity"]


def sensitivity(
    scenario: Scenario,
    portfolio: Portfolio = NO_PORTFOLIO,
    of: Annotated[
        str,
        typer.Option(metavar="R|catastrophe|loss", help="The exact figure; of the last two, its logarithm."),
    ] = "catastrophe",
    draws: Annotated[
        int, typer.Option(help="Base points; powers of two are best. Each costs --top + 3 exact solutions.")
    ] = 256,
    top: Annotated[
        int, typer.Option(help="How many unknowns get indices of their own, after a screening of all.")
    ] = 15,
    trajectories: Annotated[
        int, typer.Option(help="Of the screening; each costs one exact solution for every unknown.")
    ] = 8,
    seed: Annotated[int, typer.Option(help="Decides the points.")] = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Find which uncertain numbers drive an exact figure: Sobol indices, with intervals.

    It needs all of its solutions and stores none: Ctrl-C loses them.
    """
    from detente.analysis.uncertainty.factors import factors_of
    from detente.analysis.uncertainty.sensitivity import OUTPUTS, solutions_needed
    from detente.analysis.uncertainty.sensitivity import sensitivity as find_sensitivity
    from detente.cli.unknowns import render_sensitivity
    from detente.model.library import load
    from detente.model.portfolio.library import load as load_portfolio

    if of not in OUTPUTS:
        raise ArgumentError(f"--of: found {of!r}, expected one of {', '.join(OUTPUTS)}")
    loaded, guarded = load(scenario), load_portfolio(portfolio)
    unknowns = len(factors_of(loaded, [guarded]))
    announce_solver()
    needed = solutions_needed(unknowns, draws, top, trajectories)
    solved = 0
    try:
        with workforce(workers, cluster) as executor, bar(needed, "solutions") as advance:

            def progress(finished: int) -> None:
                nonlocal solved
                solved += finished
                advance(finished)

            found = find_sensitivity(
                loaded,
                guarded,
                of=of,
                draws=draws,
                top=top,
                trajectories=trajectories,
                seed=seed,
                progress=progress,
                executor=executor,
            )
    except KeyboardInterrupt:
        raise Interruption(
            f"interrupted after {solved:,} of {needed:,} solutions: they are lost, since indices need all of them; "
            "fewer --draws, --top or --trajectories need fewer"
        ) from None
    if as_json:
        emit_json(found.as_dict())
    else:
        render_sensitivity(found, output())
