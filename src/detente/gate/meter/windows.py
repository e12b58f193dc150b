"""Counts in windows, from which R can be told without knowing what answers what.

Clusters make counts vary more than those of a Poisson stream. Over windows much longer than a cascade,
variance / mean = 1 / (1 - R)^2, so R = 1 - 1/sqrt(Fano factor) (Hawkes 1971; Hardiman and Bouchaud, Phys. Rev. E 90,
2014). A stream whose rate drifts looks clustered too. The variance is therefore taken from differences of neighbouring
windows (von Neumann 1941), which a slow drift hardly touches; a jump within a window still counts as clustering.
"""

import math

import msgspec

from detente.gate.meter.gamma import below, quantile
from detente.gate.meter.settings import Bank

__all__ = ["CEILING", "Fano", "Windows", "advanced", "fano", "first_windows", "seen"]

CEILING = 0.95
"""Levels above are compared as this one: the estimate lies below 1 whatever happens, and needs 400 windows per unit to tell more."""

_PRIOR_WEIGHT = 1.0  # degrees of freedom
_PRIOR_FANO = 4.0  # R = 0.5
_KURTOSIS_WINDOWS = 5.0  # windows that the presumed spread of squares is worth
_SPREAD_OF_SQUARES = 4.0  # presumed squared coefficient of variation; 2 for normal counts
_NEIGHBOURS = 1.5  # successive differences share a window: their squares' variances add up to so much more


class Windows(msgspec.Struct, frozen=True, gc=False):
    """Counts per window; windows closed longer ago count less."""

    origin: int
    """ns; the beginning of window 0"""
    index: int = 0
    """of the window that is open"""
    count: float = 0.0
    """events in it"""
    last: float | None = None
    """events in the one before; None in the first"""
    number: float = 0.0
    """differences, weighted"""
    number_squared: float = 0.0
    """sum of their squared weights"""
    total: float = 0.0
    """events, weighted"""
    halved: float = 0.0
    """sum of d^2 / 2 over differences d"""
    halved_squared: float = 0.0


class Fano(msgspec.Struct, frozen=True, gc=False):
    """What is known of the Fano factor: scale / it is Gamma with that shape and unit rate."""

    shape: float
    scale: float

    def escalation(self) -> float:
        """Return R at the central value."""
        return _escalation(self.scale / self.shape)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the central interval of R."""
        tail = 0.5 * (1.0 - confidence)
        low, high = quantile(self.shape, 1.0 - tail), quantile(self.shape, tail)
        return _escalation(self.scale / low), _escalation(self.scale / high)

    def at_least(self, level: float) -> float:
        """Return the probability that R is `level` or more; beyond `CEILING` that of the ceiling."""
        if level <= 0.0:
            return 1.0
        return below(self.shape, self.scale * (1.0 - min(level, CEILING)) ** 2)

    def may_reach(self, level: float) -> bool:
        """Tell whether `at_least(level)` may be one half or more: where the median of the Gamma law may lie so low."""
        return level <= 0.0 or self.shape - 1.0 / 3.0 <= self.scale * (1.0 - min(level, CEILING)) ** 2


def first_windows(at: int) -> Windows:
    """Begin window 0 with an event."""
    return Windows(at)


def seen(windows: Windows, at: int, bank: Bank) -> Windows:
    """Count an event; one that is reported after its window closed counts in the open one."""
    open_ = advanced(windows, at, bank)
    return Windows(
        open_.origin,
        open_.index,
        open_.count + 1.0,
        open_.last,
        open_.number,
        open_.number_squared,
        open_.total,
        open_.halved,
        open_.halved_squared,
    )


def advanced(windows: Windows, now: int, bank: Bank) -> Windows:
    """Close every window that ended by `now`."""
    index = (now - windows.origin) // bank.window
    gap = index - windows.index
    if gap <= 0:
        return windows
    w = _closed(windows, windows.count, bank.fade)
    if gap > 1:
        w = _closed(w, 0.0, bank.fade)
    if gap > 2:
        w = _silent(w, gap - 2, bank.fade)
    return Windows(
        w.origin, index, 0.0, w.last, w.number, w.number_squared, w.total, w.halved, w.halved_squared
    )  # fmt: skip


def fano(windows: Windows) -> Fano:
    """Return what the closed windows tell."""
    w = windows
    # After a long silence sums fade to numbers whose squares are none any more: then nothing is known, as at first.
    if w.number <= 0.0 or w.total <= 0.0 or w.halved * w.halved <= 0.0 or w.number_squared <= 0.0:
        return Fano(0.5 * _PRIOR_WEIGHT, 0.5 * _PRIOR_WEIGHT * _PRIOR_FANO)
    effective = min(2.0 * w.number, w.number * w.number / w.number_squared)
    spread = w.number * w.halved_squared / (w.halved * w.halved) - 1.0
    spread = (effective * spread + _KURTOSIS_WINDOWS * _SPREAD_OF_SQUARES) / (effective + _KURTOSIS_WINDOWS)
    freedom = 2.0 * effective / (_NEIGHBOURS * max(2.0, spread))
    scale = freedom * w.halved / w.total + _PRIOR_WEIGHT * _PRIOR_FANO
    return Fano(0.5 * (freedom + _PRIOR_WEIGHT), 0.5 * scale)


def _closed(w: Windows, count: float, fade: float) -> Windows:
    if w.last is None:
        return Windows(w.origin, w.index, count, count)
    half = 0.5 * (count - w.last) ** 2
    return Windows(
        w.origin,
        w.index,
        count,
        count,
        w.number * fade + 1.0,
        w.number_squared * fade * fade + 1.0,
        w.total * fade + count,
        w.halved * fade + half,
        w.halved_squared * fade + half * half,
    )


def _silent(w: Windows, number: int, fade: float) -> Windows:
    """Close that many windows without an event, after one without."""
    left = fade**number
    return Windows(
        w.origin,
        w.index,
        0.0,
        0.0,
        w.number * left + (1.0 - left) / (1.0 - fade),
        w.number_squared * left * left + (1.0 - left * left) / (1.0 - fade * fade),
        w.total * left,
        w.halved * left,
        w.halved_squared * left,
    )


def _escalation(fano_factor: float) -> float:
    return 1.0 - 1.0 / math.sqrt(fano_factor) if fano_factor > 1.0 else 0.0
