"""Luck of a run: every draw hangs on (seed, run, purpose, name) and its place in time, and on nothing else.

So the same run has the same luck under every policy, adding a player leaves the luck of the others alone, and run i is
the same however many runs there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.engine.identity import stable_id
from detente.model.race.vocabulary import Race
from detente.race.postures import Floats

__all__ = ["Luck", "draw", "poisson"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Uniform numbers in [0, 1), but for `tastes` and the keys of crises; Q quarters, P players."""

    tastes: Floats
    """(Q, P, moves) Gumbel: what makes a choice noisy"""
    succeeds: Floats
    """(Q, P) against the chance that a step in capability succeeds"""
    audits: Floats
    """(Q, P)"""
    caught: Floats
    """(Q, P) against the chance that crossing the red line is found out"""
    enters: Floats
    """(Q, P)"""
    treaties: Floats
    """(Q,)"""
    arrivals: Floats
    """(Q, scenarios)"""
    seeds: tuple[int, ...]
    """of the crises of each scenario"""


def draw(race: Race, seed: int, run: int, moves: int) -> Luck:
    """The luck of one run."""
    names = [player.name for player in race.players]
    scenarios = [crises.scenario for crises in race.crises]

    def uniform(purpose: str, of: Sequence[str], *shape: int) -> Floats:
        rows = [_stream(seed, run, purpose, name).random((race.quarters, *shape)) for name in of]
        return np.stack(rows, axis=1) if rows else np.zeros((race.quarters, 0, *shape))

    return Luck(
        tastes=-np.log(-np.log(np.maximum(uniform("taste", names, moves), 1e-300))),
        succeeds=uniform("succeeds", names),
        audits=uniform("audit", names),
        caught=uniform("caught", names),
        enters=uniform("enters", names),
        treaties=uniform("treaty", [""])[:, 0],
        arrivals=uniform("arrivals", scenarios),
        seeds=tuple(stable_id("race", seed, run, "crises", name) for name in scenarios),
    )


def _stream(seed: int, run: int, purpose: str, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(stable_id("race", seed, run, purpose, name)))


def poisson(u: float, mean: float, most: int) -> int:
    """The smallest n with P(N <= n) above u, `most` at most: a higher mean only adds."""
    term = total = math.exp(-mean)
    n = 0
    while total <= u and n < most:
        n += 1
        term *= mean / n
        total += term
    return n
