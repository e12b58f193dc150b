"""`detente solve`: the exact figures of one scenario."""

import time

from detente.cli.arguments import NO_PORTFOLIO, Portfolio, Scenario
from detente.cli.terminal import Json, emit_json, errors, output
from detente.cli.working import announce_solver, solved

__all__ = ["solve"]


def solve(scenario: Scenario, portfolio: Portfolio = NO_PORTFOLIO, as_json: Json = False) -> None:
    """Work out R, probabilities, growth, loops and elasticities without sampling.

    R is the mean number of further incidents that one incident provokes along the strongest loop: below 1
    every loop dies out, above 1 it can run away. What the figures leave out is said at the end.
    """
    from detente.cli.exact import render
    from detente.model.library import load
    from detente.model.portfolio.library import load as load_portfolio

    loaded, guarded = load(scenario), load_portfolio(portfolio)
    began_cold = announce_solver()
    began = time.perf_counter()
    solution = solved(loaded, guarded)
    if as_json:
        emit_json(solution.as_dict())
        return
    render(solution, output())
    seconds = f"{time.perf_counter() - began:.3g} s"
    errors().print(f"{seconds}, compilation included" if began_cold else seconds, soft_wrap=True)
