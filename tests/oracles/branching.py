"""The branching process of a scenario, solved the slow and obvious way: dictionaries and dense matrices.

Design, section 6, over the possibilities that `tests.oracles.offspring` writes out; it shares no code with
`detente.engine` or `detente.exact`. Left out, because with them lineages are not independent: `alert`,
`down`, and the horizon once something has happened. Streams have Poisson(rate * horizon) arrivals;
a shock after the horizon never happens.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph

from detente.model.vocabulary import Delay, DelayLaw, Scenario
from tests.oracles.laws import either, some, transform
from tests.oracles.offspring import Child, Litter, Offspring, Type, View

Floats = npt.NDArray[np.float64]

CLOSE = 1e-14
MOST_TURNS = 1_000_000


class Means(NamedTuple):
    types: tuple[Type, ...]
    """below catastrophe"""
    matrix: Floats
    """[i, j]: mean number of children of type j of an incident of type i"""
    to_catastrophe: Floats
    """[i]: mean number of children at the catastrophe rung"""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Means over one crisis in which every lineage runs on, also when another reaches catastrophe."""

    incidents: float
    actions: float
    wrongful_actions: float
    loss_usd: float
    loss_by_actor: dict[str, float]


class Loop(NamedTuple):
    """Types that lead to each other and back."""

    types: list[Type]
    edges: list[tuple[int, int, float, tuple[Delay, ...]]]
    """(parent, child, mean, delays) among them, by position"""


class Branching:
    """The branching process of `scenario`: chances to reach a rung, R, growth and means.

    `types` has every type that an incident of a crisis can be, `roots` all shocks and streams that can
    happen.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.offspring = Offspring(scenario)
        self.roots = tuple(self.offspring.roots())
        self.litters: dict[Type, Litter] = {}
        self.phantoms = {root: self.offspring.of_phantom(root.type) for root in self.roots if root.phantom}
        waiting = [root.type for root in self.roots if not root.phantom]
        waiting += [child.type for litter in self.phantoms.values() for child in litter.children()]
        while waiting:
            x = waiting.pop()
            if x not in self.litters:
                self.litters[x] = self.offspring.of_incident(x)
                waiting += [child.type for child in self.litters[x].children()]
        self.types = tuple(self.litters)

    # --- chances ------------------------------------------------------------------------------

    def reaches(self, goal_rung: int) -> dict[Type, float]:
        """Type -> chance that an incident of it, or any that descends from it, has `goal_rung` or more.

        Iterated from 0 until no chance changes by more than `CLOSE` of itself, so that small chances are
        as accurate as large ones. Where each turn leaves a share r of the error, r / (1 - r) times
        `CLOSE` of it is left at the end.

        Raises
        ------
        ArithmeticError
            When that takes more than `MOST_TURNS` turns, as it may where R is 1.
        """
        chance = dict.fromkeys(self.types, 0.0)
        for _ in range(MOST_TURNS):
            before, views = chance, self._views_reach(chance)
            chance = {
                x: 1.0 if x[1] >= goal_rung else _litter_reaches(litter, before, views)
                for x, litter in self.litters.items()
            }
            if all(abs(chance[x] - before[x]) <= CLOSE * chance[x] for x in self.types):
                return chance
        raise ArithmeticError(f"no fixed point in {MOST_TURNS} turns")

    def _views_reach(self, chance: dict[Type, float]) -> dict[View, float]:
        """For each view: chance that something done about the incident gets there."""
        answers = {}
        for answer in self.offspring.answers.values():
            hit = math.fsum(passes * chance[x] for passes, x, _ in answer.actions)
            answers[answer] = some(answer.law, answer.mean, hit)
        return {
            view: math.fsum(p * either(answers[answer] for answer in given) for p, given in view.readings)
            for view in self.offspring.views.values()
        }

    def per_root(self, goal_rung: int) -> dict[str, float]:
        """Path of a shock or of a system's false alarms -> chance that it leads there in a crisis."""
        chance = self.reaches(goal_rung)
        views = self._views_reach(chance)
        found = {shock.path: 0.0 for shock in self.scenario.shocks}
        for root in self.roots:
            one = _litter_reaches(self.phantoms[root], chance, views) if root.phantom else chance[root.type]
            found[root.path] = one if root.arrivals is None else -math.expm1(-root.arrivals * one)
        return found

    def probability(self, goal_rung: int) -> float:
        """Chance that a crisis has an incident at `goal_rung` or above."""
        return either(self.per_root(goal_rung).values())

    # --- means and growth -----------------------------------------------------------------------

    def mean_matrix(self, alpha: float = 0.0) -> Means:
        """Mean numbers of children by type, each child weighted with E[exp(-alpha * delay)]; alpha per second."""
        types = tuple(x for x in self.types if x[1] < self.scenario.catastrophe)
        place = {x: i for i, x in enumerate(types)}
        matrix, to_catastrophe = np.zeros((len(types), len(types))), np.zeros(len(types))
        for x, i in place.items():
            for child in self.litters[x].children():
                mean = child.mean * transform(child.delays, alpha)
                if child.type in place:
                    matrix[i, place[child.type]] += mean
                else:
                    to_catastrophe[i] += mean
        return Means(types, matrix, to_catastrophe)

    def loops(self) -> list[Loop]:
        """The communicating classes in which something leads back to itself."""
        types, matrix, _ = self.mean_matrix()
        if not types:
            return []
        _, labels = csgraph.connected_components(matrix > 0.0, connection="strong")
        groups = [[types[i] for i in np.flatnonzero(labels == label)] for label in np.unique(labels)]
        return [loop for loop in map(self._loop, groups) if loop.edges]

    def _loop(self, group: list[Type]) -> Loop:
        place = {x: i for i, x in enumerate(group)}
        edges = [
            (i, place[child.type], child.mean, child.delays)
            for x, i in place.items()
            for child in self.litters[x].children()
            if child.type in place
        ]
        return Loop(group, edges)

    def escalation_number(self) -> float:
        """R, the spectral radius of the mean matrix."""
        return radius(self.loops(), 0.0)

    def growth_rate(self) -> float:
        """The alpha, per second, at which the weighted mean matrix has spectral radius 1.

        Infinite where R > 1 without delay; minus infinite where nothing leads back to itself, or
        only without delay.

        Raises
        ------
        ValueError
            When R < 1 and a lognormal delay is part of a loop: its E[exp(-alpha * delay)] is infinite
            for every alpha below 0, so there is no such rate.
        """
        loops = self.loops()
        now = radius(loops, 0.0)
        if now > 1.0:
            return math.inf if radius(loops, math.inf) >= 1.0 else _growth(loops)
        if now < 1.0:
            return _decline(loops)
        return 0.0

    def expected(self) -> Expected:
        """Means over one crisis.

        Raises
        ------
        ValueError
            When R >= 1: they are infinite, or would be if no lineage ended at catastrophe.
        """
        if self.escalation_number() >= 1.0:
            raise ValueError("R is 1 or more: the means are infinite")
        below = self._below()
        total = np.zeros(3 + len(self.scenario.actors))
        for root in self.roots:
            arrivals = 1.0 if root.arrivals is None else root.arrivals
            if root.phantom:
                for child in self.phantoms[root].children():
                    total += arrivals * child.mean * (self._book(child) + below[child.type])
            else:
                total += arrivals * (self._book(Child(1.0, root.type, (), None)) + below[root.type])
        losses = zip(self.scenario.actors, total[3:], strict=True)
        return Expected(
            incidents=float(total[0]),
            actions=float(total[1]),
            wrongful_actions=float(total[2]),
            loss_usd=float(total[3:].sum()),
            loss_by_actor={actor.name: float(loss) for actor, loss in losses},
        )

    def _below(self) -> dict[Type, Floats]:
        """For an incident of each type, the books of all that descends from it: y = direct + M y."""
        types, matrix, _ = self.mean_matrix()
        nothing = np.zeros(3 + len(self.scenario.actors))
        direct = np.array([self._books(self.litters[x]) for x in types]).reshape(len(types), nothing.size)
        solved = np.linalg.solve(np.eye(len(types)) - matrix, direct)
        return dict.fromkeys(self.types, nothing) | dict(zip(types, solved, strict=True))

    def _books(self, litter: Litter) -> Floats:
        """Incidents, actions, wrongful actions and each actor's loss in one litter, on average."""
        books = np.zeros(3 + len(self.scenario.actors))
        for child in litter.children():
            books += child.mean * self._book(child)
        return books

    def _book(self, child: Child) -> Floats:
        """The same for one incident that came about as `child` says."""
        system = self.offspring.systems[child.type[0]]
        harm = system.harm_usd[child.type[1]] * (child.answer.keeps if child.answer else 1.0)
        losses = [harm * (actor.name == system.owner) for actor in self.scenario.actors]
        is_action = child.answer is not None
        wrongful = child.answer is not None and not child.answer.right
        return np.array([1.0, float(is_action), float(wrongful), *losses])


def _litter_reaches(litter: Litter, chance: dict[Type, float], views: dict[View, float]) -> float:
    spread = (spreads * chance[x] for spreads, x, _ in litter.couplings)
    answered = (senses * views[view] for senses, view in litter.watchers)
    return either((*spread, *answered))


def radius(loops: list[Loop], alpha: float) -> float:
    """Spectral radius of the weighted mean matrix, loop by loop; infinite where a weight is.

    Eigenvalues of the whole matrix would be wrong by a root of the rounding error, because one loop
    leads to another: a chain of twenty types that ends seems to have a radius of 0.1.
    """
    largest = 0.0
    for loop in loops:
        block = np.zeros((len(loop.types), len(loop.types)))
        for i, j, mean, delays in loop.edges:
            block[i, j] += mean * transform(delays, alpha)
        if not np.isfinite(block).all():
            return math.inf
        largest = max(largest, float(np.abs(np.linalg.eigvals(block)).max()))
    return largest


def _growth(loops: list[Loop]) -> float:
    low = high = 1.0
    while radius(loops, high) > 1.0:
        high *= 10.0
    while radius(loops, low) < 1.0:
        low /= 10.0
    return _root(loops, low, high)


def _decline(loops: list[Loop]) -> float:
    delays = [delay for loop in loops for *_, delays in loop.edges for delay in delays if delay.scale_s > 0.0]
    if any(delay.law is DelayLaw.LOGNORMAL and delay.spread > 0.0 for delay in delays):
        raise ValueError("R is below 1 and a lognormal delay is part of a loop: there is no rate of decline")
    if not delays:
        return -math.inf
    low = -1.0
    while radius(loops, low) < 1.0:
        low *= 10.0
    return _root(loops, low, 0.0)


def _root(loops: list[Loop], low: float, high: float) -> float:
    """Where the radius, which falls as alpha rises, is 1."""
    while low < (middle := (low + high) / 2.0) < high:
        if radius(loops, middle) > 1.0:
            low = middle
        else:
            high = middle
    return high
