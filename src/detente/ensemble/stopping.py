"""How many runs are enough: looking at an interval until it is tight, without spoiling it.

Whoever looks again and again and stops at the first interval that pleases will too often stop on one that
misses. So the looks are few and fixed beforehand, at run counts that double, and the chance of missing is shared
out among them: with K looks, each interval is exact (Clopper and Pearson) at the level 1 - (1 - LEVEL) / K.
The chance that any of them misses is then at most 1 - LEVEL, and so is that of the one at which the run stops,
whatever made it stop.

References
----------
H. Robbins (1970), Statistical methods related to the law of the iterated logarithm, Annals of Mathematical
Statistics 41, 1397-1409: intervals that hold at all times at once.
S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence
sequences, Annals of Statistics 49, 1055-1080: the union over geometric epochs.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtri

from detente.ensemble.arguments import fraction
from detente.ensemble.estimators import LEVEL, Estimate, clopper_pearson

__all__ = ["FIRST_LOOK", "Precision", "Stopping", "precision"]

FIRST_LOOK = 1 << 12
"""Crises before the first look; fewer say little and cost nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How tight the interval of P(catastrophe) is to be: the distance of either end from the estimate."""

    relative: float | None
    """at most so much of the estimate; None: not asked"""
    half_width: float | None
    """at most so much; None: not asked"""

    def looks(self, runs: int) -> tuple[int, ...]:
        """The run counts at which the interval is looked at, the ceiling `runs` last."""
        doublings = (FIRST_LOOK << k for k in range(64))
        return (*(look for look in doublings if look < runs), runs) if runs > FIRST_LOOK else (runs,)

    def stopping(self, catastrophes: int, finished: int, runs: int) -> "Stopping":
        """What a look at `finished` of at most `runs` crises says."""
        looks = len(self.looks(runs))
        level = 1 - (1 - LEVEL) / looks
        interval = clopper_pearson(catastrophes, finished, level)
        return Stopping(
            relative=self.relative,
            half_width=self.half_width,
            looks=looks,
            level_of_each=level,
            interval=interval,
            is_met=self._is_met(interval),
            needed=self._needed(interval.value, level),
        )

    def as_dict(self) -> dict[str, float | None]:
        """Return plain data, which `precision` takes back."""
        return asdict(self)

    def _is_met(self, interval: Estimate) -> bool:
        reach = max(interval.high - interval.value, interval.value - interval.low)
        relative = self.relative is None or reach <= self.relative * interval.value
        return relative and (self.half_width is None or reach <= self.half_width)

    def _needed(self, share: float, level: float) -> int | None:
        """About how many crises it takes, by the normal law; None where nothing was seen yet."""
        if not 0.0 < share < 1.0:
            return None
        reaches = [self.relative * share if self.relative else math.inf, self.half_width or math.inf]
        quantile = float(ndtri(0.5 + level / 2))
        return math.ceil(share * (1 - share) * (quantile / min(reaches)) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """Why a run that was to stop by itself ended where it did."""

    relative: float | None
    half_width: float | None
    looks: int
    """how often the interval would have been looked at up to the ceiling"""
    level_of_each: float
    interval: Estimate
    """of P(catastrophe), valid though the run stopped because of it"""
    is_met: bool
    """False when the ceiling, or somebody, ended the run first"""
    needed: int | None
    """about how many crises the precision asked for takes; None where no estimate says so"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        names = ("relative", "half_width", "looks", "level_of_each", "is_met", "needed")
        return {name: getattr(self, name) for name in names}


def precision(error: float | None, half_width: float | None) -> Precision | None:
    """Return what is asked for, None when nothing is.

    Raises
    ------
    SimulationError
        When a number is not between 0 and 1.
    """
    for name, value in (("error", error), ("half_width", half_width)):
        if value is not None:
            fraction(name, value)
    if error is None and half_width is None:
        return None
    return Precision(relative=error, half_width=half_width)


def from_record(record: Mapping[str, Any] | None) -> Precision | None:
    """Read back what `Precision.as_dict` gave."""
    return None if record is None else precision(record["relative"], record["half_width"])
