"""What a plan must stand up to: each scenario at its stated values, and in draws of everything that nobody knows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detente.analysis.planner.menu import Candidate, Menu
from detente.analysis.uncertainty.factors import values
from detente.analysis.uncertainty.points import sobol
from detente.analysis.uncertainty.space import Space
from detente.engine.compile import compile_tables
from detente.engine.tables import Tables
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["STATED", "Case", "Cases", "cases_of"]

STATED = -1
"""in place of the number of a draw"""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One world that a plan is tried in."""

    draw: int
    scenario: Scenario
    portfolio: Portfolio
    """the menu's, with the numbers of this draw"""
    seed: int
    """of its crises: the same luck for all candidates"""

    def tables(self, menu: Menu, candidate: Candidate) -> Tables:
        """What the simulator and the solver run on."""
        return compile_tables(self.scenario, menu.applied(candidate, self.portfolio))


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """One scenario in all its worlds."""

    name: str
    stated: Case
    drawn: tuple[Case, ...]


def cases_of(scenario: Scenario, menu: Menu, draws: int, seed: int) -> Cases:
    """A scenario at its stated values and in that many draws; none where nothing has a range."""
    return Cases(
        name=scenario.name,
        stated=Case(STATED, scenario, menu.portfolio, _luck(seed, STATED)),
        drawn=tuple(_drawn(scenario, menu, draws, seed)),
    )


def _drawn(scenario: Scenario, menu: Menu, draws: int, seed: int) -> Iterator[Case]:
    space = Space.of(scenario, (menu.unpriced,))
    if not draws or not space.factors:
        return
    rows = values(space.factors, sobol(draws, len(space.factors), seed % 2**63))
    for draw, row in enumerate(rows):
        world, (portfolio,) = space.draw(row)
        yield Case(draw, world, portfolio, _luck(seed, draw))


def _luck(seed: int, draw: int) -> int:
    """A seed of crises for each draw, so that errors average out."""
    words = np.random.SeedSequence([seed, draw + 1]).generate_state(1, np.uint64)
    return int(words[0])
