"""Differences between two portfolios over the same crises: what pairing makes of them.

Crisis i has the same luck under both, so their outcomes rise and fall together and the difference is
known far better than either.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from detente.ensemble.estimators import LEVEL

__all__ = ["Difference", "of_means", "of_proportions"]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Second minus first, per crisis, with its interval."""

    value: float
    low: float
    high: float
    variance_saved: float
    """the share of the variance of the difference that pairing took away; NaN where there was none"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        saved = self.variance_saved
        return {
            "value": self.value,
            "low": self.low if math.isfinite(self.low) else None,
            "high": self.high if math.isfinite(self.high) else None,
            "variance_saved": saved if math.isfinite(saved) else None,
        }


def of_proportions(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], level: float = LEVEL
) -> Difference:
    """The difference of how often something happens, from one yes or no per crisis and portfolio.

    The interval is the adjusted Wald interval of D. G. Bonett and R. M. Price (2012), Adjusted Wald
    confidence interval for a difference of binomial proportions based on paired data, Journal of
    Educational and Behavioral Statistics 37, 479-488: it holds where few crises differ, or none does.
    """
    runs = first.size
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    more, fewer = (only_second + 1) / (runs + 2), (only_first + 1) / (runs + 2)
    half = float(ndtri(0.5 + level / 2)) * math.sqrt((more + fewer - (more - fewer) ** 2) / (runs + 2))
    value = (only_second - only_first) / runs
    p, q = float(first.mean()), float(second.mean())
    apart = p * (1.0 - p) + q * (1.0 - q)
    together = (only_second + only_first) / runs - value * value
    return Difference(
        value=value,
        low=max(-1.0, more - fewer - half),
        high=min(1.0, more - fewer + half),
        variance_saved=_saved(together, apart),
    )


def of_means(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], level: float = LEVEL
) -> Difference:
    """The difference of two means, with the interval of the normal law for the mean of the differences.

    One crisis gives a difference, but no interval: its ends are NaN.
    """
    change = second - first
    spread = float(change.std(ddof=1)) if change.size > 1 else math.nan
    half = float(ndtri(0.5 + level / 2)) * spread / math.sqrt(change.size)
    apart = float(first.var()) + float(second.var())
    value = float(change.mean())
    return Difference(
        value=value,
        low=value - half,
        high=value + half,
        variance_saved=_saved(float(change.var()), apart),
    )


def _saved(together: float, apart: float) -> float:
    """The share of a variance that is gone; 0 where only rounding says otherwise, NaN where there was none."""
    if apart <= 0.0:
        return math.nan
    saved = 1.0 - together / apart
    return 0.0 if abs(saved) < _ROUNDING else saved
