"""What a picture of a scenario shows: its systems, who can act on whom, and what spreads by itself."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.errors import SolverError
from detente.exact.loops import Loop
from detente.exact.operator import Operator
from detente.exact.solve import solve
from detente.exact.traffic import traffic
from detente.model.vocabulary import Scenario, System

__all__ = ["MOST_SYSTEMS", "Network", "Strike", "network_of"]

MOST_SYSTEMS = 120
"""A picture shows so many systems, those where most happens."""
_MOST_STRIKES = 90
_MOST_EACH = 4  # systems that one system is shown to act on
_NEGLIGIBLE = 0.004  # of the busiest


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One system answers what it senses with actions on another."""

    by: str
    on: str
    expected: float
    """actions per crisis, in its first generations"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A scenario as a picture shows it."""

    scenario: Scenario
    systems: tuple[System, ...]
    """those shown"""
    strikes: tuple[Strike, ...]
    """those shown, busiest first"""
    strikes_in_all: int
    dependencies: tuple[tuple[str, str], ...]
    shared: tuple[tuple[str, tuple[str, ...]], ...]
    """components that something spreads through, with the systems that have them"""
    loops: tuple[Loop, ...]
    """those drawn, strongest first"""

    @property
    def hidden(self) -> int:
        """How many systems are not shown."""
        return len(self.scenario.systems) - len(self.systems)


def network_of(scenario: Scenario, loops: tuple[Loop, ...] | None = None, drawn: int = 3) -> Network:
    """Return what to draw of a scenario without safeguards.

    Parameters
    ----------
    loops
        Strongest first, where they are known already.
    drawn
        How many of them to draw.
    """
    acts = traffic(Operator(compile_tables(scenario, NO_PORTFOLIO)))
    if loops is None:
        loops = _loops(scenario)
    told = loops[:drawn]
    needed = {name for loop in told for name in _names(loop)}
    systems = _shown(scenario, acts, needed)
    names = {system.name for system in systems}
    strikes, in_all = _strikes(scenario, acts, names)
    return Network(
        scenario=scenario,
        systems=systems,
        strikes=strikes,
        strikes_in_all=in_all,
        dependencies=tuple(
            (link.source, link.target)
            for link in scenario.dependencies
            if {link.source, link.target} <= names
        ),
        shared=tuple(_shared(scenario, systems)),
        loops=told,
    )


def _loops(scenario: Scenario) -> tuple[Loop, ...]:
    try:
        return solve(scenario).loops
    except SolverError:  # a picture without loops is worth drawing
        return ()


def _names(loop: Loop) -> Iterable[str]:
    yield from loop.systems
    yield from (turn.by for turn in loop.turns if turn.by)


def _shown(scenario: Scenario, acts: np.ndarray, needed: set[str]) -> tuple[System, ...]:
    if len(scenario.systems) <= MOST_SYSTEMS:
        return scenario.systems
    busy = acts.sum(axis=0) + acts.sum(axis=1)
    order = sorted(
        range(len(busy)), key=lambda i: (scenario.systems[i].name not in needed, -float(busy[i]), i)
    )
    return tuple(scenario.systems[i] for i in sorted(order[:MOST_SYSTEMS]))


def _strikes(scenario: Scenario, acts: np.ndarray, shown: set[str]) -> tuple[tuple[Strike, ...], int]:
    """The busiest strikes, and how many there are in all."""
    least = _NEGLIGIBLE * float(acts.max(initial=0.0))
    found: list[Strike] = []
    for row, system in zip(acts, scenario.systems, strict=True):
        theirs = np.argsort(-row, kind="stable")[:_MOST_EACH].tolist()
        found += [
            Strike(by=system.name, on=scenario.systems[target].name, expected=float(row[target]))
            for target in theirs
            if row[target] > least
        ]
    found = [one for one in found if {one.by, one.on} <= shown]
    found.sort(key=lambda one: -one.expected)
    return tuple(found[:_MOST_STRIKES]), int((acts > 0.0).sum())


def _shared(scenario: Scenario, systems: tuple[System, ...]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for component in sorted({rule.component for rule in scenario.contagion}):
        having = tuple(system.name for system in systems if component in system.components)
        if having:
            yield component, having
