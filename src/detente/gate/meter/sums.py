"""Decaying sums: how much events could have provoked by now, and how much they did.

Both are linear in the events, so an event that is reported late is added with its age, and the order of
reports does not matter.
"""

from math import exp

import msgspec

from detente.gate.meter.settings import NOTHING, Bank, Bundle

__all__ = [
    "NO_TALLY",
    "Exposure",
    "Tally",
    "added",
    "counted",
    "exposures",
    "no_exposure",
    "owed",
    "squared_exposure",
    "weight_at",
]


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """Sums over events of age a, as of `at` (ns)."""

    at: int
    weight: float
    """of e^(-forget a)"""
    squared: float
    """of e^(-2 forget a)"""
    pending: Bundle
    """of e^(-b a), for each rate b of the bank: what a component still owes"""


class Tally(msgspec.Struct, frozen=True, gc=False):
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


def no_exposure() -> Exposure:
    """Return the sums over no event."""
    return Exposure(0, 0.0, 0.0, NOTHING)


def added(exposure: Exposure, at: int, bank: Bank) -> Exposure:
    """Add an event that happened `at`."""
    dt = float(at - exposure.at)  # at once: what multiplies an int makes a float of it each time
    if dt < 0.0:  # reported late
        late = exp(bank.forget * dt)
        terms = [s + exp(b * dt) for s, b in zip(exposure.pending, bank.rates, strict=True)]
        p, q, r, s, t, u, v, w = terms
        return Exposure(
            exposure.at, exposure.weight + late, exposure.squared + late * late, (p, q, r, s, t, u, v, w)
        )
    ago = -dt
    keep = exp(bank.forget * ago)
    p, q, r, s, t, u, v, w = exposure.pending
    a, b, c, d, e, f, g, h = bank.rates
    pending = (
        p * exp(a * ago) + 1.0, q * exp(b * ago) + 1.0, r * exp(c * ago) + 1.0, s * exp(d * ago) + 1.0,
        t * exp(e * ago) + 1.0, u * exp(f * ago) + 1.0, v * exp(g * ago) + 1.0, w * exp(h * ago) + 1.0,
    )  # fmt: skip
    return Exposure(at, exposure.weight * keep + 1.0, exposure.squared * keep * keep + 1.0, pending)


def weight_at(exposure: Exposure, now: int, bank: Bank) -> float:
    """Return the events' weight."""
    return exposure.weight * exp(-bank.forget * max(0, now - exposure.at))


def exposures(exposure: Exposure, weight: float, now: int, bank: Bank) -> Bundle:
    """Return how much of the events' weight each component has had."""
    return _had(exposure.pending, weight, bank.gains, max(0, now - exposure.at), bank)


def squared_exposure(exposure: Exposure, now: int, bank: Bank) -> Bundle:
    """Return the same over squared weights."""
    dt = max(0, now - exposure.at)
    return _had(
        exposure.pending, exposure.squared * exp(-2.0 * bank.forget * dt), bank.gains_squared, dt, bank
    )


def _had(pending: Bundle, weight: float, gains: Bundle, dt: int, bank: Bank) -> Bundle:
    p, q, r, s, t, u, v, w = owed(pending, dt, bank)
    i, j, k, l, m, n, o, x = gains  # noqa: E741 - one letter per time scale
    return (
        i * (weight - p),
        j * (weight - q),
        k * (weight - r),
        l * (weight - s),
        m * (weight - t),
        n * (weight - u),
        o * (weight - v),
        x * (weight - w),
    )


def owed(pending: Bundle, dt: int, bank: Bank) -> Bundle:
    """Return what each component still owes after another `dt` ns."""
    p, q, r, s, t, u, v, w = pending
    a, b, c, d, e, f, g, h = bank.rates
    return (
        p * exp(-a * dt),
        q * exp(-b * dt),
        r * exp(-c * dt),
        s * exp(-d * dt),
        t * exp(-e * dt),
        u * exp(-f * dt),
        v * exp(-g * dt),
        w * exp(-h * dt),
    )


def counted(
    tally: Tally,
    at: int,
    bank: Bank,
    count: float = 0.0,
    siblings: float = 0.0,
    unplaced: float = 0.0,
    unsaid: float = 0.0,
) -> Tally:
    """Count an event that happened `at`; without one, bring the sums up to then."""
    dt = at - tally.at
    if dt >= 0:
        keep = exp(-bank.forget * dt)
        return Tally(
            at,
            tally.count * keep + count,
            tally.siblings * keep + siblings,
            tally.unplaced * keep + unplaced,
            tally.unsaid * keep + unsaid,
        )
    late = exp(bank.forget * dt)
    return Tally(
        tally.at,
        tally.count + count * late,
        tally.siblings + siblings * late,
        tally.unplaced + unplaced * late,
        tally.unsaid + unsaid * late,
    )
