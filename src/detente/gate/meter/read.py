"""What the meter says: R, how sure that is, and how sure one can be that it has reached a level.

With links, the number of events provoked is Poisson with mean R times the exposure, and R has the Gamma law

    shape = prior_shape + k C,    rate = prior_rate + k E

with C the events provoked and E the exposure, both weighted by e^(-forget age). k turns weighted numbers into as many
independent ones: E / (sum of squared weights), at most its value 2 in a steady state, so that with nothing new the law
returns to its prior; divided by the dispersion of the number of offspring, where that is more than Poisson's 1.
"""

from typing import Any, Literal

import msgspec

from detente.errors import DetenteError
from detente.gate.meter.delays import expected, expected_exposure
from detente.gate.meter.gamma import above, quantile
from detente.gate.meter.lately import Lately
from detente.gate.meter.settings import Bank, Settings, bank_of
from detente.gate.meter.state import Meter, Scope
from detente.gate.meter.sums import (
    NO_TALLY,
    Tally,
    counted,
    exposures,
    no_exposure,
    squared_exposure,
    weight_at,
)
from detente.gate.meter.windows import Fano, advanced, fano

__all__ = ["Estimate", "crosses", "may_cross", "probability_at_least", "read"]

_STEADY = 2.0  # what squared weights add up to, against weights, in a steady state
_DISPERSION_WEIGHT = 5.0  # events provoked that "no more spread than Poisson" is worth
_UNKNOWN = 1e-3  # weighted events with unknown parents from which a history is said to be truncated
_FORGOTTEN = 10  # half-lives after which what was lost would count nothing


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """R in one scope at one time."""

    scope: tuple[str, ...]
    at: int
    """ns"""
    value: float
    """the mean number of further events that one event provokes"""
    low: float
    high: float
    """central interval; from nothing provoked to everything, as to the events that do not say"""
    confidence_level: float
    method: Literal["links", "window-variance"]
    events: float
    """weighted by age: how many the estimate rests on"""
    provoked: float
    """the same of those that answered one of them"""
    history: Literal["complete", "truncated"]
    """truncated: parents are unknown, or are not said, or the scope was forgotten in between"""
    unplaced: float
    """the part of `provoked` whose parent is unknown: an upper bound"""
    unsaid: float
    """weighted events that do not say what they answer"""
    shape: float
    """of the law of R (links) or of the Fano factor's inverse (window-variance), at its upper reading"""
    rate: float
    """of the same"""


def read(meter: Meter, scope: tuple[str, ...], now: int, settings: Settings) -> Estimate:
    """Return the estimate for a scope: ("overall",), ("compartment", name) or ("pair", parent's actor, child's actor).

    Raises
    ------
    DetenteError
        No such scope.

    """
    bank = bank_of(settings)
    found, lost = _found(meter, scope, now, bank)
    tally, weight = _tallied(found, now, bank)
    truncated = lost or tally.unplaced > _UNKNOWN or tally.unsaid > _UNKNOWN
    if _is_by_windows(found, tally, weight, settings):
        assert found.windows is not None  # INVARIANT: `_is_by_windows` has looked
        law = fano(advanced(found.windows, now, bank))
        return _by_windows(scope, now, weight, tally, law, truncated=truncated, settings=settings)
    exposure, squared = _exposed(meter, found, weight, now, bank)
    return _by_links(scope, now, weight, exposure, squared, tally, truncated=truncated, settings=settings)


def may_cross(meter: Meter, scope: tuple[str, ...], now: int, settings: Settings, level: float) -> bool:
    """Tell, in a fraction of the time of `read`, whether P(R >= level) may be one half or more.

    A Gamma law of shape k and rate b has its median between (k - 1/3) / b and k / b (Chen and Rubin, Statistics & Probability
    Letters 4, 1986): beyond, the probability is below one half. Raises DetenteError where there is no such scope.
    """
    bank = bank_of(settings)
    found, _ = _found(meter, scope, now, bank)
    tally, weight = _tallied(found, now, bank)
    if _is_by_windows(found, tally, weight, settings):
        assert found.windows is not None  # INVARIANT: `_is_by_windows` has looked
        return fano(advanced(found.windows, now, bank)).may_reach(level)
    exposure, squared = _exposed(meter, found, weight, now, bank)
    k = _effective(exposure, squared) / _dispersion(tally, exposure, settings)
    shape = settings.prior_shape + k * (tally.count + tally.unsaid)
    return shape >= level * (settings.prior_rate + k * exposure)


def _found(meter: Meter, scope: tuple[str, ...], now: int, bank: Bank) -> tuple[Scope, bool]:
    """Return what is remembered of a scope, and whether something of it may have been forgotten."""
    match scope:
        case ("overall",):
            return meter.overall, False
        case ("compartment", name):
            return _compartment(meter, name, now, bank)
        case ("pair", parent, child):
            return _pair(meter, parent, child, now, bank)
        case _:
            raise DetenteError(
                f"meter: found scope {scope!r}, expected ('overall',), ('compartment', name) or ('pair', actor, actor)"
            )


def _tallied(found: Scope, now: int, bank: Bank) -> tuple[Tally, float]:
    """Return what events provoked, and their weight, as of now."""
    tally = counted(found.tally, max(now, found.tally.at), bank)
    return tally, weight_at(found.exposure, now, bank)


def _is_by_windows(found: Scope, tally: Tally, weight: float, settings: Settings) -> bool:
    if found.windows is None:
        return False
    mostly_unsaid = settings.method == "auto" and 2.0 * tally.unsaid > weight
    return mostly_unsaid or settings.method == "window-variance"


def _exposed(meter: Meter, found: Scope, weight: float, now: int, bank: Bank) -> tuple[float, float]:
    """Return the exposure of a scope's events, and that of their squared weights."""
    each = exposures(found.exposure, weight, now, bank)
    exposure = max(0.0, expected_exposure(meter.law, weight, each, bank))
    return exposure, max(0.0, expected(meter.law, squared_exposure(found.exposure, now, bank)))


def probability_at_least(estimate: Estimate, level: float) -> float:
    """Return the probability that R is `level` or more, read on the side of caution."""
    if level <= 0.0:
        return 1.0
    if estimate.method == "links":
        return above(estimate.shape, estimate.rate * level)
    return Fano(estimate.shape, estimate.rate).at_least(level)


def crosses(estimate: Estimate, level: float, confidence: float) -> bool:
    """Tell whether R is `level` or more with at least that probability."""
    return probability_at_least(estimate, level) >= confidence


def _by_links(
    scope: tuple[str, ...],
    now: int,
    weight: float,
    exposure: float,
    squared: float,
    tally: Tally,
    *,
    truncated: bool,
    settings: Settings,
) -> Estimate:
    k = _effective(exposure, squared) / _dispersion(tally, exposure, settings)
    rate = settings.prior_rate + k * exposure
    low = settings.prior_shape + k * tally.count
    shape = low + k * tally.unsaid
    said = 1.0 - tally.unsaid / weight if weight > 0.0 else 1.0
    middle = min(shape, settings.prior_shape + k * tally.count / said) if said > 0.0 else shape
    tail = 0.5 * (1.0 - settings.confidence)
    return Estimate(
        scope,
        now,
        middle / rate,
        quantile(low, tail) / rate,
        quantile(shape, 1.0 - tail) / rate,
        settings.confidence,
        "links",
        weight,
        tally.count,
        "truncated" if truncated else "complete",
        tally.unplaced,
        tally.unsaid,
        shape,
        rate,
    )


def _by_windows(
    scope: tuple[str, ...],
    now: int,
    weight: float,
    tally: Tally,
    law: Fano,
    *,
    truncated: bool,
    settings: Settings,
) -> Estimate:
    low, high = law.interval(settings.confidence)
    return Estimate(
        scope,
        now,
        law.escalation(),
        low,
        high,
        settings.confidence,
        "window-variance",
        weight,
        tally.count,
        "truncated" if truncated else "complete",
        tally.unplaced,
        tally.unsaid,
        law.shape,
        law.scale,
    )


def _effective(exposure: float, squared: float) -> float:
    """Return how many independent events a weighted one is worth."""
    return min(_STEADY, exposure / squared) if squared > 0.0 else 1.0


def _dispersion(tally: Tally, exposure: float, settings: Settings) -> float:
    """Return variance / mean of the number of offspring: 1 + E[N(N - 1)] / E[N] - E[N], at least 1."""
    mean = (settings.prior_shape + tally.count) / (settings.prior_rate + exposure)
    return 1.0 + max(0.0, tally.siblings - tally.count * mean) / (tally.count + _DISPERSION_WEIGHT)


def _compartment(meter: Meter, name: str, now: int, bank: Bank) -> tuple[Scope, bool]:
    found = meter.compartments.find(name)
    if found is None:
        return Scope(None, no_exposure()), meter.compartments.first_lost_at is not None
    return found, _lost(meter.compartments, found.since, now, bank)


def _pair(meter: Meter, parent: str, child: str, now: int, bank: Bank) -> tuple[Scope, bool]:
    """Return a pair as a scope: one actor's exposure, and what it provoked the other's events to be, orphans included."""
    actor, other = meter.actors.find(parent), meter.actors.find(child)
    pair = meter.pairs.find((parent, child))
    tally = NO_TALLY if pair is None else pair.tally
    if other is not None:
        o = other.orphans
        tally = counted(
            counted(tally, max(now, tally.at), bank), o.at, bank, o.count, 0.0, o.unplaced, o.unsaid
        )
    lost = _lost(meter.pairs, None if pair is None else pair.since, now, bank)
    lost |= _lost(meter.actors, None if actor is None else actor.since, now, bank)
    exposure = no_exposure() if actor is None else actor.exposure
    return Scope(None, exposure, tally), lost


def _lost(recent: Lately[Any, Any], since: int | None, now: int, bank: Bank) -> bool:
    """Tell whether something that still counts may have been forgotten before `since`."""
    if recent.first_lost_at is None:
        return False
    if since is None:
        return True
    return since >= recent.first_lost_at and (now - since) * bank.forget < _FORGOTTEN * 0.693
