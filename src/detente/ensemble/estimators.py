"""Estimates with their errors, from samples: proportions, quantiles, means, tails.

Plain functions on NumPy arrays. Every interval is two-sided at `level` and answers for one
estimate alone; nothing here corrects for looking at many.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betaincinv, ndtri, stdtrit

__all__ = [
    "LEVEL",
    "Estimate",
    "Exceedance",
    "Ranks",
    "around",
    "clopper_pearson",
    "exceedance",
    "mean",
    "quantile",
    "ranks",
    "tvar",
    "wilson",
]

LEVEL = 0.95
"""The confidence level of every interval that does not state another."""

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its interval; NaN where the sample is too small to say."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceedance:
    """How likely a loss above `threshold` is."""

    threshold: float
    probability: Estimate


def wilson(successes: int, trials: int, level: float = LEVEL) -> Estimate:
    """Return the proportion `successes / trials` with Wilson's score interval.

    It never leaves [0, 1] and says something useful at 0 and at `trials` successes. NaN for no trials.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22, 209-212.
    """
    if trials == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    share = successes / trials
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Estimate(value=share, low=low, high=high)


def clopper_pearson(successes: int, trials: int, level: float = LEVEL) -> Estimate:
    """Return the proportion with an interval that covers it at least with the chance `level`, always.

    Wider than Wilson's, which holds that only on average. NaN for no trials.

    References
    ----------
    C. J. Clopper and E. S. Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the
    binomial, Biometrika 26, 404-413.
    """
    if trials == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    tail, failures = (1 - level) / 2, trials - successes
    return Estimate(
        value=successes / trials,
        low=float(betaincinv(successes, failures + 1, tail)) if successes else 0.0,
        high=float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Which of the observations in ascending order, counted from 1, estimate a quantile and bound it."""

    value: int
    low: int | None
    """None when no observation is far enough out"""
    high: int | None


def ranks(count: int, probability: float, level: float = LEVEL) -> Ranks:
    """Return the ranks that `quantile` reads, for a sample of at least one."""
    tail = (1 - level) / 2
    # The largest r with P(B < r) <= tail and the smallest s with P(B < s) >= 1 - tail, B ~ Bin(n, p).
    lower = _first_rank(count, probability, tail, strict=True)
    upper = _first_rank(count, probability, 1 - tail, strict=False)
    return Ranks(
        value=min(max(math.ceil(probability * count - 1e-9), 1), count),
        low=lower - 1 if lower >= 2 else None,
        high=upper if upper <= count else None,
    )


def quantile(ordered: _Values, probability: float, level: float = LEVEL) -> Estimate:
    """Return a quantile of an ascending sample, with an interval that holds whatever its distribution.

    The value is the smallest observation with at least that share of the sample at or below it. The
    ends of the interval are observations too: how many of n lie below the true quantile is binomial,
    which bounds the ranks between which it lies. An end is NaN when no observation is far
    enough out to bound it, as for an extreme quantile of a small sample.
    """
    count = ordered.size
    if count == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    found = ranks(count, probability, level)
    return Estimate(
        value=float(ordered[found.value - 1]),
        low=math.nan if found.low is None else float(ordered[found.low - 1]),
        high=math.nan if found.high is None else float(ordered[found.high - 1]),
    )


def _first_rank(count: int, probability: float, bound: float, *, strict: bool) -> int:
    """Return the first rank r in 1..count + 1 with P(B <= r - 1) at least (strict: above) `bound`."""
    below, above = 0, count + 1
    while above - below > 1:
        middle = (below + above) // 2
        chance = float(bdtr(middle - 1, count, probability))
        if chance > bound or (chance == bound and not strict):
            above = middle
        else:
            below = middle
    return above


def around(value: float, half: float, most: float = math.inf) -> Estimate:
    """Return a mean of what lies between 0 and `most`, give or take `half`, its interval clipped to that.

    The true mean lies there too, so clipping takes away what could not be, and misses no more often.
    """
    return Estimate(value=value, low=max(0.0, value - half), high=min(most, value + half))


def mean(values: _Values, level: float = LEVEL, most: float = math.inf) -> Estimate:
    """Return the mean of a quantity that is never negative, with Student's t interval, clipped at 0.

    Trust the interval as far as the central limit theorem goes: with few runs and a heavy tail it
    is too narrow. An interval that begins at 0 says that the sample is too small for its tail.

    Parameters
    ----------
    most
        The largest that the quantity can be, 1 for a probability: the interval is clipped there, too.
    """
    count = values.size
    if count == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    centre = float(values.mean())
    if count == 1:
        return Estimate(value=centre, low=math.nan, high=math.nan)
    half = float(stdtrit(count - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / math.sqrt(count)
    return around(centre, half, most)


def tvar(ordered: _Values, probability: float, level: float = LEVEL) -> Estimate:
    """Return the tail value at risk of an ascending sample of what is never negative: the mean of its worst 1 - probability.

    Its interval is clipped at 0, as that of `mean`. An observation that straddles the boundary counts with the share that lies beyond it, so the
    tail weighs exactly 1 - probability however large the ties are.

    References
    ----------
    B. J. Manistre and G. H. Hancock (2005), Variance of the CTE estimator,
    North American Actuarial Journal 9(2), 129-156: the interval.
    """
    count = ordered.size
    if count == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    weight = (1 - probability) * count
    whole = min(math.floor(weight + 1e-9), count)
    rest = max(weight - whole, 0.0) if whole < count else 0.0
    tail = ordered[count - whole :]
    boundary = float(ordered[count - whole - 1]) if whole < count else float(ordered[0])
    value = (float(tail.sum()) + rest * boundary) / (whole + rest)
    if whole < 2:
        return Estimate(value=value, low=math.nan, high=math.nan)
    variance = (float(tail.var(ddof=1)) + probability * (value - boundary) ** 2) / weight
    half = float(ndtri(0.5 + level / 2)) * math.sqrt(variance)
    return around(value, half)


def exceedance(ordered: _Values, thresholds: Sequence[float], level: float = LEVEL) -> tuple[Exceedance, ...]:
    """Return, for each threshold, the share of an ascending sample that lies above it."""
    above = ordered.size - np.searchsorted(ordered, np.asarray(thresholds, dtype=np.float64), side="right")
    return tuple(
        Exceedance(threshold=threshold, probability=wilson(int(number), ordered.size, level))
        for threshold, number in zip(thresholds, above, strict=True)
    )
