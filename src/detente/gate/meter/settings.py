"""What the meter is told: how long it remembers, what it presumes, how much it may hold."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import msgspec

from detente.errors import DetenteError

__all__ = ["NOTHING", "SCALES", "Bank", "Bundle", "Method", "Settings", "bank_of"]

Method = Literal["auto", "links", "window-variance"]

SCALES = 8
"""Time scales in the bank, from `fastest_s` to `horizon_s`: with the defaults, a factor of 14 apart."""

Bundle = tuple[float, float, float, float, float, float, float, float]
"""One number per time scale. Sums over them are written out: a loop costs three times as much."""

NOTHING: Bundle = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

_SECOND = 1e9  # ns
_APART = 0.05  # relative distance that a rate of the bank keeps from the rates of forgetting


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a meter is set.

    Raises
    ------
    DetenteError
        A setting outside its range.

    """

    half_life_s: float = 3600.0
    """after which an event, and what it provoked, counts half"""
    prior_shape: float = 0.5
    """of the Gamma law that R is presumed to have before anything was seen, in events provoked"""
    prior_rate: float = 0.5
    """of the same, in events: the prior is worth as much as half an event, and its mean is 1"""
    confidence: float = 0.95
    """of the intervals"""
    window_s: float = 60.0
    """windows of the window-variance estimate; several times as long as a cascade lasts"""
    fastest_s: float = 1e-3
    """shortest time scale on which delays are told apart"""
    horizon_s: float = 86_400.0
    """longest such time scale, and how long an event is remembered as a parent at least"""
    max_events: int = 200_000
    """events remembered as parents at most; the oldest half goes when they are more"""
    max_scopes: int = 4096
    """compartments, actors, and pairs of actors remembered at most, each; those not met for longest go first"""
    method: Method = "auto"
    """auto: links, unless more than half of the recent events do not say what they answer"""

    def __post_init__(self) -> None:
        for name in ("half_life_s", "prior_shape", "prior_rate", "window_s", "fastest_s", "horizon_s"):
            value = getattr(self, name)
            if not 0.0 < value < math.inf:
                raise DetenteError(f"meter: {name}: found {value}, expected a number above 0")
        if not 0.0 < self.confidence < 1.0:
            raise DetenteError(
                f"meter: confidence: found {self.confidence}, expected a number between 0 and 1"
            )
        if self.horizon_s <= self.fastest_s:
            raise DetenteError(
                f"meter: horizon_s: found {self.horizon_s}, expected more than fastest_s, which is {self.fastest_s}"
            )
        for name in ("max_events", "max_scopes"):
            if getattr(self, name) < 2:
                raise DetenteError(f"meter: {name}: found {getattr(self, name)}, expected 2 or more")


class Bank(msgspec.Struct, frozen=True):
    """Rates per nanosecond that follow from the settings: of forgetting, and of a bank of exponential delays.

    With weights e^(-forget a) by age a, one event of age a has lent a component of rate b, so far, the exposure

        int_0^a e^(-forget (a - s)) b e^(-b s) ds = b / (b - forget) * (e^(-forget a) - e^(-b a))

    and over squared weights the same with twice the rate of forgetting. `gains` are the factors in front.
    """

    forget: float
    rates: Bundle
    gains: Bundle
    gains_squared: Bundle
    spacing: float
    """natural logarithm of the ratio of neighbouring time scales"""
    window: int
    """ns"""
    fade: float
    """what a window's weight falls to by the next"""
    horizon: int
    """ns"""


@lru_cache(maxsize=64)
def bank_of(settings: Settings) -> Bank:
    """Work out the rates once for each settings."""
    forget = math.log(2.0) / (settings.half_life_s * _SECOND)
    rates = [_apart(1.0 / (scale * _SECOND), forget) for scale in _scales(settings)]
    return Bank(
        forget=forget,
        rates=_bundle(rates),
        gains=_bundle(rate / (rate - forget) for rate in rates),
        gains_squared=_bundle(rate / (rate - 2.0 * forget) for rate in rates),
        spacing=math.log(settings.horizon_s / settings.fastest_s) / (SCALES - 1),
        window=max(1, round(settings.window_s * _SECOND)),
        fade=math.exp2(-settings.window_s / settings.half_life_s),
        horizon=round(settings.horizon_s * _SECOND),
    )


def _scales(settings: Settings) -> list[float]:
    """Return `SCALES` time scales from the fastest to the horizon, evenly spaced on a logarithmic axis."""
    ratio = settings.horizon_s / settings.fastest_s
    return [settings.fastest_s * ratio ** (i / (SCALES - 1)) for i in range(SCALES)]


def _apart(rate: float, forget: float) -> float:
    """Move a rate off those of forgetting, where `gains` would be infinite."""
    for pole in (forget, 2.0 * forget):
        if abs(rate / pole - 1.0) < _APART:
            rate = pole * (1.0 + 2.0 * _APART)
    return rate


def _bundle(numbers: Iterable[float]) -> Bundle:
    a, b, c, d, e, f, g, h = numbers
    return a, b, c, d, e, f, g, h
