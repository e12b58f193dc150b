"""Sums that come out the same to the last bit, whatever the order and the grouping.

Every double is a whole multiple of 2^-1127, so sums are kept as whole numbers of that unit, which Python adds
without ever rounding. Means and variances are rounded once, at the end.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from detente.ensemble.estimators import LEVEL, Estimate, around

__all__ = ["Moments", "moments"]

_Values = npt.NDArray[np.float64]

_UNIT = 1127  # 1074 for the smallest double, and 53 so that no mantissa needs shifting down
_LOW_BITS = 27
_SLICE = 1 << 20  # 2^20 summands of 27 bits each fit into the 53 bits of a double


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The sum of a quantity and the sum of its squares (each square rounded to a double), in units of 2^-1127."""

    count: int
    total: int
    squares: int

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            count=self.count + other.count,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    @property
    def sum(self) -> float:
        return self.total / (1 << _UNIT)

    @property
    def mean(self) -> float:
        return self.total / (self.count << _UNIT) if self.count else math.nan

    def estimate(self, level: float = LEVEL) -> Estimate:
        """Return the mean with Student's t interval, clipped at 0, as `estimators.mean` does of the values themselves."""
        if self.count < 2:
            return Estimate(value=self.mean, low=math.nan, high=math.nan)
        # (n S2 - S1^2) / (n (n - 1)), in whole numbers of the squared unit: no digit cancels.
        spread = max(0, self.count * (self.squares << _UNIT) - self.total**2)
        variance = spread / ((self.count * (self.count - 1)) << (2 * _UNIT))
        half = float(stdtrit(self.count - 1, 0.5 + level / 2)) * math.sqrt(variance / self.count)
        return around(self.mean, half)


def moments(values: npt.NDArray[np.generic]) -> Moments:
    """Return the moments of a sample of finite numbers."""
    numbers = values.astype(np.float64, copy=False)
    if not numbers.any():  # as most columns about safeguards that do not stand
        return Moments(count=values.size, total=0, squares=0)
    return Moments(count=values.size, total=_exact_sum(numbers), squares=_exact_sum(numbers * numbers))


def _exact_sum(values: _Values) -> int:
    return sum(_sum_of_slice(values[start : start + _SLICE]) for start in range(0, values.size, _SLICE))


def _sum_of_slice(values: _Values) -> int:
    """Add the mantissas of each exponent apart, in two halves so that no double rounds."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, 53).astype(np.int64)
    lowest = int(exponents.min())
    places = exponents - lowest
    high = np.bincount(places, weights=(mantissas >> _LOW_BITS).astype(np.float64))
    low = np.bincount(places, weights=(mantissas & ((1 << _LOW_BITS) - 1)).astype(np.float64))
    return sum(
        ((int(upper) << _LOW_BITS) + int(lower)) << (lowest + place + _UNIT - 53)
        for place, (upper, lower) in enumerate(zip(high, low, strict=True))
        if upper or lower
    )
