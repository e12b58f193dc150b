"""Quantiles of more values than fit into memory: counts in buckets that grow with the value.

A bucket holds the doubles that share their exponent and the first nine bits of their mantissa, so it is found from
a value's bits without rounding, on every machine alike. A value read back from its bucket is off by at most
`RELATIVE_ERROR` of itself, a whole number up to 1,023 not at all. Sketches add up bucket by bucket: the order
and the grouping change nothing. The idea of buckets with a bounded relative error is that of DDSketch; the
cut along the bits is that of HDR histograms.

References
----------
C. Masson, J. E. Rim and H. K. Lee (2019), DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees, Proceedings of the VLDB Endowment 12, 2195-2205.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from detente.ensemble.estimators import LEVEL, Estimate, around, ranks

__all__ = ["RELATIVE_ERROR", "Sketch", "sketch"]

_KEPT_BITS = 9
_DROPPED_BITS = 52 - _KEPT_BITS
RELATIVE_ERROR = 2.0 ** -(_KEPT_BITS + 1)
"""Of a value read from the middle of its bucket: 1/1024, a little less than 0.1 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """How many of a sample's values (0 or above) fell into each bucket."""

    counts: Mapping[int, int]
    largest: float
    """exact; minus infinity for an empty sample"""
    is_whole: bool
    """whether the values are whole numbers"""

    def __add__(self, other: "Sketch") -> "Sketch":
        return Sketch(
            counts=Counter(self.counts) + Counter(other.counts),
            largest=max(self.largest, other.largest),
            is_whole=self.is_whole,
        )

    def quantiles(self, probabilities: tuple[float, ...], level: float = LEVEL) -> list[Estimate]:
        """Return quantiles with their intervals, as `estimators.quantile` does of the values themselves.

        Values lie in the middle of their bucket, ends of intervals at its outer edge, so that an interval covers
        what that of the values would.
        """
        buckets, ends = self._cumulative()
        total = int(ends[-1]) if ends.size else 0
        return [self._quantile(buckets, ends, total, probability, level) for probability in probabilities]

    def tvar(self, probability: float, level: float = LEVEL) -> Estimate:
        """Return the mean of the worst 1 - probability, as `estimators.tvar` does of the values themselves."""
        buckets, ends = self._cumulative()
        if not ends.size:
            return Estimate(value=math.nan, low=math.nan, high=math.nan)
        values = np.array([self._middle(int(bucket)) for bucket in buckets])
        weight = (1 - probability) * int(ends[-1])
        # How much of each bucket lies in the tail: all of it, none, or what is left at the boundary.
        inside = np.clip(ends - (int(ends[-1]) - weight), 0.0, np.diff(ends, prepend=0))
        value = float((inside * values).sum() / weight)
        if math.floor(weight + 1e-9) < 2:
            return Estimate(value=value, low=math.nan, high=math.nan)
        boundary = float(values[int(np.searchsorted(ends, int(ends[-1]) - weight, side="left"))])
        variance = float((inside * (values - value) ** 2).sum() / (weight - 1))
        half = float(ndtri(0.5 + level / 2)) * math.sqrt(
            (variance + probability * (value - boundary) ** 2) / weight
        )
        return around(value, half)

    def _cumulative(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the buckets in order, and how many values lie in each or below."""
        buckets = np.array(sorted(self.counts), np.int64)
        return buckets, np.cumsum([self.counts[int(bucket)] for bucket in buckets], dtype=np.int64)

    def _quantile(
        self,
        buckets: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        total: int,
        probability: float,
        level: float,
    ) -> Estimate:
        if total == 0:
            return Estimate(value=math.nan, low=math.nan, high=math.nan)
        found = ranks(total, probability, level)
        value, low, high = (
            None if rank is None else int(buckets[np.searchsorted(ends, rank, side="left")])
            for rank in (found.value, found.low, found.high)
        )
        assert value is not None  # INVARIANT: only the ends of an interval can be missing
        return Estimate(
            value=self._middle(value),
            low=math.nan if low is None else _edge(low),
            high=math.nan if high is None else self._upper(high),
        )

    def _middle(self, bucket: int) -> float:
        middle = (_edge(bucket) + _edge(bucket + 1)) / 2 if bucket else 0.0
        return min(float(math.floor(middle)) if self.is_whole else middle, self.largest)

    def _upper(self, bucket: int) -> float:
        upper = _edge(bucket + 1) if bucket else 0.0
        return min(float(math.ceil(upper) - 1) if self.is_whole and upper else upper, self.largest)


def sketch(values: npt.NDArray[np.float64], *, is_whole: bool = False) -> Sketch:
    """Return the sketch of a sample of numbers, 0 or above."""
    # Adding 0 turns -0 into 0, whose bits are 0. Denormal numbers share the bucket of 0.
    bits = (values + 0.0).view(np.int64) >> _DROPPED_BITS
    buckets, counts = np.unique(bits, return_counts=True)
    return Sketch(
        counts=dict(zip(buckets.tolist(), counts.tolist(), strict=True)),
        largest=float(values.max()) if values.size else -math.inf,
        is_whole=is_whole,
    )


def _edge(bucket: int) -> float:
    """Return the lowest value of a bucket."""
    return float(np.array([bucket << _DROPPED_BITS], np.int64).view(np.float64)[0])
