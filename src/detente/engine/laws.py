"""Laws of counts as cumulative tables, so that the kernel inverts any of them in the same way.

A table holds P(N <= 0), P(N <= 1), ... and ends with exactly 1. It stops where the rest is below
2**-53, the resolution of a draw, so nothing that could be drawn is cut off.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from detente.engine import tables as t
from detente.model.vocabulary import CountLaw

__all__ = ["LawTable", "cumulative", "poisson"]

_RESOLUTION = 2.0**-53
_KINDS = {
    "poisson": t.POISSON,
    "bernoulli": t.BERNOULLI,
    "fixed": t.WHOLE,
    "negative-binomial": t.NEGATIVE_BINOMIAL,
}
_ARRIVALS = CountLaw(law="poisson")
Floats = npt.NDArray[np.float64]


class LawTable:
    """Tables laid end to end, each distinct law once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[CountLaw, float], int] = {}
        self._tables: list[Floats] = []

    def row(self, law: CountLaw, mean: float) -> int:
        """The row of `law` with that mean, making its table when it is new."""
        if (law, mean) not in self._rows:
            self._rows[law, mean] = len(self._tables)
            self._tables.append(cumulative(law, mean))
        return self._rows[law, mean]

    def arrivals(self, mean: float) -> int:
        """The row of the number of arrivals of a Poisson stream."""
        return self.row(_ARRIVALS, mean)

    def arrays(self) -> tuple[npt.NDArray[Any], Floats]:
        """The laws (LAW) and the tables they range over."""
        sizes = np.array([table.size for table in self._tables], dtype=np.int64)
        laws = np.zeros(sizes.size, t.LAW)
        laws["last"] = np.cumsum(sizes)
        laws["first"] = laws["last"] - sizes
        for row, (law, mean) in zip(laws, self._rows, strict=True):
            row["kind"] = _KINDS[law.law]
            row["mean"] = min(mean, 1.0) if law.law == "bernoulli" else mean
            row["dispersion"] = law.dispersion or 0.0
        return laws, np.concatenate([*self._tables, np.ones(1)])


def cumulative(law: CountLaw, mean: float) -> Floats:
    """P(N <= n), n = 0, 1, ..., of `law` with that mean (counts, >= 0).

    `bernoulli` takes a mean above 1 as certain; `fixed` with a fraction f takes one more with
    probability f. Both arise only when an alert multiplies the mean.
    """
    if law.law == "poisson":
        return poisson(mean)
    if law.law == "negative-binomial" and law.dispersion is not None:
        return _negative_binomial(mean, law.dispersion)
    if law.law == "bernoulli":
        return _close(np.array([1.0 - min(mean, 1.0), 1.0]))
    whole = int(np.floor(mean))
    return _close(np.array([0.0] * whole + [1.0 - (mean - whole), 1.0]))


def poisson(mean: float) -> Floats:
    """P(N <= n) of a Poisson law with that mean."""
    if mean == 0.0:
        return np.ones(1)
    return _until_resolved(mean, mean, lambda n: np.asarray(special.pdtr(n, mean), np.float64))


def _negative_binomial(mean: float, dispersion: float) -> Floats:
    """Variance mean + mean**2 / dispersion (Lloyd-Smith et al., Nature 438, 2005)."""
    if mean == 0.0:
        return np.ones(1)
    chance = dispersion / (dispersion + mean)
    variance = mean + mean * mean / dispersion
    return _until_resolved(
        mean, variance, lambda n: np.asarray(special.betainc(dispersion, n + 1.0, chance), np.float64)
    )


def _until_resolved(mean: float, variance: float, law: Callable[[Floats], Floats]) -> Floats:
    size = int(mean + 12.0 * np.sqrt(variance)) + 24
    while True:
        table = law(np.arange(size, dtype=np.float64))
        if table[-1] >= 1.0 - _RESOLUTION:
            return _close(table)
        size *= 2


def _close(table: Floats) -> Floats:
    """Cut a table after its first entry that no draw can exceed, and make that entry exactly 1."""
    table = np.maximum.accumulate(table)
    last = int(np.searchsorted(table, 1.0 - _RESOLUTION, side="left"))
    closed: Floats = table[: last + 1].copy()
    closed[-1] = 1.0
    return closed
