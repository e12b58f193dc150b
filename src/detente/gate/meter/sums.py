"""Decaying sums: how much events could have provoked by now, and how much they did.

Both are linear in the events, so an event that is reported late is added with its age, and the order of
reports does not matter.
"""

import math

import msgspec

from detente.gate.meter.settings import Bank

__all__ = ["NO_TALLY", "Exposure", "Tally", "added", "counted", "exposed", "exposures", "no_exposure", "tally_at"]

_exp = math.exp


class Exposure(msgspec.Struct, frozen=True):
    """Sums over events of age a, as of `at` (ns)."""

    at: int
    weight: float
    """of e^(-forget a)"""
    squared: float
    """of e^(-2 forget a)"""
    pending: tuple[float, ...]
    """of e^(-b a), for each rate b of the bank: what a component still owes"""


class Tally(msgspec.Struct, frozen=True):
    """Sums over events provoked, of e^(-forget a) times ..., as of `at` (ns)."""

    at: int = 0
    count: float = 0.0
    """the share of each that is counted here"""
    siblings: float = 0.0
    """twice the number of siblings that came before it: per parent N(N - 1) in the end"""
    unplaced: float = 0.0
    """the part of `count` whose parent is unknown"""
    unsaid: float = 0.0
    """events that do not say what they answer; not in `count`"""


NO_TALLY = Tally()


def no_exposure(bank: Bank) -> Exposure:
    """Return the sums over no event."""
    return Exposure(0, 0.0, 0.0, (0.0,) * len(bank.rates))


def added(exposure: Exposure, at: int, bank: Bank) -> Exposure:
    """Add an event that happened `at`."""
    dt = at - exposure.at
    if dt >= 0:
        keep = _exp(-bank.forget * dt)
        pending = tuple([s * _exp(-b * dt) + 1.0 for s, b in zip(exposure.pending, bank.rates, strict=True)])
        return Exposure(at, exposure.weight * keep + 1.0, exposure.squared * keep * keep + 1.0, pending)
    late = _exp(bank.forget * dt)
    pending = tuple([s + _exp(b * dt) for s, b in zip(exposure.pending, bank.rates, strict=True)])
    return Exposure(exposure.at, exposure.weight + late, exposure.squared + late * late, pending)


def exposed(exposure: Exposure, law: tuple[float, ...], now: int, bank: Bank) -> tuple[float, float, float]:
    """Return the events' weight, and their exposure under a delay law: weighted, and over squared weights.

    Parameters
    ----------
    law
        Shares of the components of the bank, adding up to 1.

    """
    dt = max(0, now - exposure.at)
    keep = _exp(-bank.forget * dt)
    weight, squared = exposure.weight * keep, exposure.squared * keep * keep
    total = total_squared = 0.0
    for share, gain, gain_squared, s, b in zip(
        law, bank.gains, bank.gains_squared, exposure.pending, bank.rates, strict=True
    ):
        owed = s * _exp(-b * dt)
        total += share * gain * (weight - owed)
        total_squared += share * gain_squared * (squared - owed)
    return weight, max(0.0, total), max(0.0, total_squared)


def exposures(exposure: Exposure, now: int, bank: Bank) -> tuple[float, list[float]]:
    """Return the events' weight, and their exposure to each component."""
    dt = max(0, now - exposure.at)
    weight = exposure.weight * _exp(-bank.forget * dt)
    each = [
        gain * (weight - s * _exp(-b * dt))
        for gain, s, b in zip(bank.gains, exposure.pending, bank.rates, strict=True)
    ]
    return weight, each


def counted(
    tally: Tally,
    at: int,
    bank: Bank,
    *,
    count: float = 0.0,
    siblings: float = 0.0,
    unplaced: float = 0.0,
    unsaid: float = 0.0,
) -> Tally:
    """Count an event that happened `at`."""
    dt = at - tally.at
    if dt >= 0:
        keep, new = _exp(-bank.forget * dt), 1.0
    else:
        at, keep, new = tally.at, 1.0, _exp(bank.forget * dt)
    return Tally(
        at,
        tally.count * keep + count * new,
        tally.siblings * keep + siblings * new,
        tally.unplaced * keep + unplaced * new,
        tally.unsaid * keep + unsaid * new,
    )


def tally_at(tally: Tally, now: int, bank: Bank) -> Tally:
    """Return the sums as of `now`."""
    return counted(tally, max(now, tally.at), bank)
