"""Many crises, the same ones in the lab and at a gate: how often each reading of a portfolio ends in catastrophe."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np

from detente.drill.crisis import Crisis, Desk
from detente.drill.gated import Gated, policy_of
from detente.drill.orders import Open
from detente.drill.over_http import OverHttp
from detente.drill.world import World, world_of
from detente.engine.run import simulate_listed
from detente.engine.tables import Outcomes
from detente.ensemble.estimators import Estimate, wilson
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.vocabulary import Ending

__all__ = ["READINGS", "Drill", "Played", "drill", "in_the_lab", "play"]

READINGS = ("open", "as modelled", "as enforced", "over HTTP")
"""Who is at the desk: nobody, a gate that reads the portfolio so, or one that enforces it and is asked as a service."""

MAX_INCIDENTS = 10_000
_CHUNK = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What became of one crisis."""

    ended: str
    incidents: int
    rightful_stopped: int
    """Actions that rested on a right blame, or defended against somebody, and did not happen."""
    stopped: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What became of a number of crises."""

    played: tuple[Played, ...]

    @property
    def catastrophe(self) -> Estimate:
        """The share that ended so, with Wilson's interval at 95 %."""
        return wilson(self.count(Ending.CATASTROPHE), len(self.played))

    @property
    def rightful_stopped(self) -> float:
        """Rightful actions that did not happen, per crisis."""
        return sum(one.rightful_stopped for one in self.played) / len(self.played)

    def count(self, ending: Ending) -> int:
        """How many ended so."""
        return sum(one.ended == ending.value for one in self.played)

    def stopped(self) -> Counter[str]:
        """By safeguard or rule: what did not happen because of it."""
        return sum((one.stopped for one in self.played), Counter())

    def answers(self) -> Counter[str]:
        """How often the gate gave each answer."""
        return sum((one.answers for one in self.played), Counter())

    def unlike(self, other: "Drill") -> tuple[int, ...]:
        """Return the crises that went another way: ended otherwise, or after another number of incidents or of rightful stops."""
        pairs = enumerate(zip(self.played, other.played, strict=True))
        return tuple(
            i
            for i, (one, two) in pairs
            if (one.ended, one.incidents, one.rightful_stopped)
            != (two.ended, two.incidents, two.rightful_stopped)
        )


def drill(scenario: str, portfolio: str, reading: str, *, seed: int, crises: int, workers: int = 1) -> Drill:
    """Play the first so many crises of an ensemble.

    Parameters
    ----------
    scenario, portfolio
        A shipped name, or a path.
    reading
        One of `READINGS`.
    workers
        Processes; what is found does not depend on it.
    """
    chunks = [
        (scenario, portfolio, reading, seed, first, min(_CHUNK, crises - first))
        for first in range(0, crises, _CHUNK)
    ]
    if workers == 1:
        return Drill(played=tuple(_together(map(_chunk, chunks))))
    # Not forked: compiled kernels may hold locks of threads that a fork would not have.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return Drill(played=tuple(_together(pool.map(_chunk, chunks))))


def _together(chunks: Iterable[list[Played]]) -> Iterable[Played]:
    for chunk in chunks:
        yield from chunk


def _chunk(asked: tuple[str, str, str, int, int, int]) -> list[Played]:
    scenario, portfolio, reading, seed, first, count = asked
    world = world_of(load(scenario), load_portfolio(portfolio))
    with _desk(world, reading) as desk:
        return [play(world, desk, seed, index) for index in range(first, first + count)]


@contextmanager
def _desk(world: World, reading: str) -> Iterator[Desk]:
    if reading == "open":
        yield Open()
        return
    policy = policy_of(world, as_modelled=reading == "as modelled")
    if reading != "over HTTP":
        yield Gated(world, policy)
        return
    with OverHttp(policy) as gate:
        yield Gated(world, policy, gate)


def play(world: World, desk: Desk, seed: int, index: int) -> Played:
    """Play one crisis."""
    before = Counter(desk.answers) if isinstance(desk, Gated) else Counter[str]()
    crisis = Crisis(world, seed, index, desk, max_incidents=MAX_INCIDENTS)
    ended = crisis.run()
    answers = desk.answers - before if isinstance(desk, Gated) else before
    return Played(
        ended=ended.value, incidents=crisis.incidents, rightful_stopped=crisis.rightful_stopped,
        stopped=+crisis.stopped, answers=answers,
    )  # fmt: skip


def in_the_lab(scenario: str, portfolio: str, *, seed: int, crises: int) -> Drill:
    """Simulate the same crises, without a gate: the lab's own figures."""
    world = world_of(load(scenario), load_portfolio(portfolio))
    found = simulate_listed(world.tables, np.arange(crises), seed=seed, max_incidents=MAX_INCIDENTS)
    return Drill(played=tuple(_simulated(found, i) for i in range(crises)))


def _simulated(found: Outcomes, i: int) -> Played:
    return Played(
        ended=tuple(Ending)[found.ended[i]].value,
        incidents=int(found.incidents[i]),
        rightful_stopped=int(found.rightful_stopped[i]),
    )
