"""Streams of events whose escalation number is known: immigrants, and what every event provokes after a delay.

Independent of the engine: one event after another from a heap, so that the meter is judged on processes built for the
purpose. Every event is of one type, so the mean number of offspring per event is the spectral radius.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detente.gate.meter import Event

Floats = npt.NDArray[np.float64]
Delays = Callable[[np.random.Generator, int], Floats]
Rate = Callable[[float], float]

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Events in the order of time."""

    times_s: Floats
    parents: npt.NDArray[np.int64]
    """positions; -1 for immigrants"""
    until_s: float
    """nothing is missing before"""

    def events(self, *, said: bool = True, actors: int = 1, compartments: int = 1) -> list[Event]:
        """As the gate sees them; actors and compartments by turns."""
        roots: tuple[str, ...] | None = () if said else None
        return [
            Event(
                f"e{i}",
                round(time * SECOND),
                f"actor-{i % actors}",
                f"compartment-{i % compartments}",
                (f"e{parent}",) if said and parent >= 0 else roots,
            )
            for i, (time, parent) in enumerate(zip(self.times_s.tolist(), self.parents.tolist(), strict=True))
        ]


def stream(
    rng: np.random.Generator,
    *,
    immigrants_s: Floats,
    mean: Rate,
    delays: Delays,
    until_s: float,
    dispersion: float = 1.0,
    most: int = 1_000_000,
) -> Stream:
    """The progeny of immigrants until a time.

    Parameters
    ----------
    mean
        R of an event by the time at which it happens.
    dispersion
        Variance / mean of the number of offspring: 1 is Poisson, above it negative binomial.
    most
        The stream ends with so many events, at the time of the last.
    """
    pending = [(time, -1) for time in np.sort(immigrants_s).tolist()]
    times: list[float] = []
    parents: list[int] = []
    while pending and len(times) < most:
        now, parent = heapq.heappop(pending)
        if now >= until_s:
            break
        for child in (now + delays(rng, _number(rng, mean(now), dispersion))).tolist():
            heapq.heappush(pending, (child, len(times)))
        times.append(now)
        parents.append(parent)
    capped = len(times) == most
    return Stream(
        times_s=np.array(times), parents=np.array(parents, np.int64), until_s=times[-1] if capped else until_s
    )


def _number(rng: np.random.Generator, mean: float, dispersion: float) -> int:
    if dispersion > 1.0:
        mean = rng.gamma(mean / (dispersion - 1.0), dispersion - 1.0)
    return int(rng.poisson(mean))


def constant(value: float) -> Rate:
    return lambda _: value


def step(before: float, after: float, at_s: float) -> Rate:
    return lambda time: before if time < at_s else after


def poisson(rng: np.random.Generator, rate: Rate, top: float, until_s: float) -> Floats:
    """The times of a Poisson stream whose rate is at most `top` per second, by thinning."""
    times = np.sort(rng.uniform(0.0, until_s, rng.poisson(top * until_s)))
    kept = rng.uniform(size=times.size) * top < [rate(time) for time in times.tolist()]
    return times[kept]


def exponential(mean_s: float) -> Delays:
    return lambda rng, size: rng.exponential(mean_s, size)


def lognormal(median_s: float, spread: float) -> Delays:
    return lambda rng, size: median_s * np.exp(spread * rng.standard_normal(size))


def fixed(delay_s: float) -> Delays:
    return lambda _, size: np.full(size, delay_s)


def mixed(*parts: tuple[float, Delays]) -> Delays:
    """Delays of one law or another, with these probabilities."""
    weights = [weight for weight, _ in parts]

    def drawn(rng: np.random.Generator, size: int) -> Floats:
        which = rng.choice(len(parts), size, p=weights)
        each = np.stack([delays(rng, size) for _, delays in parts]) if size else np.zeros((len(parts), 0))
        return each[which, np.arange(size)]

    return drawn
