"""The patient rule induction method: boxes in the space of inputs in which something is much more frequent.

From all points, a thin slice at one end of one input is peeled off, again and again, each time the slice whose
loss leaves the highest share of hits; then slices are pasted back while that raises the share. Every box on the way
is a trade between density (hits among what is inside) and coverage (hits that are inside, among all).

With hundreds of inputs there is always one of which some end holds few hits by chance, and peeling would follow
chance for as long as it lasts. So only inputs are peeled whose values differ between hits and misses, by a test that allows
for how many there are: a box that shows in no input alone is not found.

References
----------
J. H. Friedman and N. I. Fisher (1999), Bump hunting in high-dimensional data, Statistics and Computing 9, 123-143.
B. P. Bryant and R. J. Lempert (2010), Thinking inside the box, Technological Forecasting and Social Change 77, 34-49:
coverage, density, and the quasi-p-value. Y. Benjamini and Y. Hochberg (1995), Controlling the false
discovery rate, Journal of the Royal Statistical Society B 57, 289-300.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc
from scipy.stats import ks_2samp

__all__ = ["Box", "boxes", "inside", "p_values"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_PEEL = 0.05
"""of what is inside, at most so much in one slice; patience is what makes the boxes good"""
_LEAST_MASS = 0.03
_LEAST_POINTS = 20
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """What lies between `low` and `high` in every input, ends included; infinite where it is not restricted."""

    low: Floats
    high: Floats

    @property
    def restricted(self) -> npt.NDArray[np.int64]:
        """The positions of the inputs that the box restricts."""
        return np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))

    def freed(self, j: int) -> "Box":
        """The box without its restriction of input `j`."""
        low, high = self.low.copy(), self.high.copy()
        low[j], high[j] = -math.inf, math.inf
        return Box(low, high)


def boxes(points: Floats, hits: Mask, most: int = 3) -> Iterator[tuple[Box, list[Box]]]:
    """Boxes with many hits, the best first, each found among the points that no earlier one holds.

    With each comes its trajectory: every box on the way to it, from the whole space down. The box itself is
    the one of the trajectory in which being inside and being a hit are most correlated, freed of the restrictions
    that the points do not bear out.
    """
    left: Mask = np.ones(len(points), np.bool_)
    for _ in range(most):
        if hits[left].sum() < _LEAST_POINTS or hits[left].all():
            return
        x, y = points[left], hits[left]
        related = _related(x, y)
        trajectory = list(_peeled(x, y, related))
        box = _pruned(max(trajectory, key=lambda one: _balance(one, x, y)), x, y, 2 * related.size)
        if box.restricted.size == 0:
            return
        yield box, trajectory
        left[inside(box, points)] = False


def inside(box: Box, points: Floats) -> Mask:
    """(points,) which of them the box holds."""
    found: Mask = np.logical_and.reduce((points >= box.low) & (points <= box.high), axis=1)
    return found


def p_values(box: Box, points: Floats, hits: Mask) -> dict[int, float]:
    """For each restricted input: how likely so many hits inside would be if that restriction meant nothing.

    Honest on points that had no part in finding the box; on those that had, only a guide (a quasi-p-value).
    """
    within = inside(box, points)
    count, found = int(within.sum()), int(hits[within].sum())
    values: dict[int, float] = {}
    for j in box.restricted.tolist():
        wider = inside(box.freed(j), points)
        share = float(hits[wider].mean()) if wider.any() else 0.0
        values[j] = float(bdtrc(found - 1, count, share)) if found else 1.0
    return values


def _related(x: Floats, y: Mask) -> npt.NDArray[np.int64]:
    """The positions of inputs that differ between hits and misses (Kolmogorov and Smirnov, false discoveries held down)."""
    values = np.array([ks_2samp(column[y], column[~y], method="asymp").pvalue for column in x.T])
    ordered = np.sort(values)
    passing = ordered <= _SIGNIFICANT * np.arange(1, len(values) + 1) / len(values)
    return np.flatnonzero(values <= ordered[passing].max(initial=-1.0))


def _peeled(x: Floats, y: Mask, among: npt.NDArray[np.int64]) -> Iterator[Box]:
    """Every box from the whole space down, each with slices pasted back; only inputs `among` these are cut."""
    box = Box(np.full(x.shape[1], -math.inf), np.full(x.shape[1], math.inf))
    least = max(_LEAST_POINTS, math.ceil(_LEAST_MASS * len(x)))
    yield box
    while among.size:
        within = inside(box, x)
        smaller = _best_peel(box, x[within], y[within], least, among)
        if smaller is None:
            return
        box = smaller
        yield _pasted(box, x, y)


def _best_peel(box: Box, x: Floats, y: Mask, least: int, among: npt.NDArray[np.int64]) -> Box | None:
    """The box without its worst slice; None where too few points would be left, or nothing can be cut."""
    cut = max(1, math.floor(_PEEL * len(x)))
    if len(x) - cut < least or y.all():
        return None
    order = np.argsort(x[:, among], axis=0, kind="stable")
    ordered, hit = np.take_along_axis(x[:, among], order, axis=0), y[order]
    total = int(y.sum())
    best: tuple[float, int, bool, float] | None = None
    for up, edge in ((True, ordered[cut]), (False, ordered[-1 - cut])):
        gone = (ordered < edge) if up else (ordered > edge)
        kept, hits_kept = len(x) - gone.sum(axis=0), total - (hit & gone).sum(axis=0)
        share = np.where(gone.any(axis=0) & (kept >= least), hits_kept / kept, -1.0)
        j = int(share.argmax())
        if share[j] >= 0.0 and (best is None or share[j] > best[0]):
            best = float(share[j]), int(among[j]), up, float(edge[j])
    if best is None:
        return None
    _, j, up, value = best
    low, high = box.low.copy(), box.high.copy()
    (low if up else high)[j] = value
    return Box(low, high)


def _pasted(box: Box, x: Floats, y: Mask) -> Box:
    """The box with slices added back at its ends for as long as that raises the share of hits."""
    while True:
        within = inside(box, x)
        now, add = float(y[within].mean()), max(1, math.floor(_PEEL * within.sum()))
        best, best_share = None, now
        for wider in _wider(box, x, add):
            share = float(y[inside(wider, x)].mean())
            if share > best_share:
                best, best_share = wider, share
        if best is None:
            return box
        box = best


def _wider(box: Box, x: Floats, add: int) -> Iterator[Box]:
    """The boxes that hold about `add` points more, beyond one end of one input."""
    for j in box.restricted.tolist():
        column = x[inside(box.freed(j), x), j]
        below, above = np.sort(column[column < box.low[j]]), np.sort(column[column > box.high[j]])
        if below.size:
            low = box.low.copy()
            low[j] = below[-add] if below.size > add else -math.inf
            yield Box(low, box.high)
        if above.size:
            high = box.high.copy()
            high[j] = above[add - 1] if above.size > add else math.inf
            yield Box(box.low, high)


def _balance(box: Box, x: Floats, y: Mask) -> float:
    """The correlation of being inside with being a hit (phi): 0 for the whole space, 1 for a perfect box."""
    within = inside(box, x)
    mass, often = float(within.mean()), float(y.mean())
    if not 0.0 < mass < 1.0:
        return 0.0
    return (float((within & y).mean()) - mass * often) / math.sqrt(
        mass * (1.0 - mass) * often * (1.0 - often)
    )


def _pruned(box: Box, x: Floats, y: Mask, ends: int) -> Box:
    """The box without the restrictions that mean nothing, the least meaningful first; so many ends could be cut."""
    while box.restricted.size:
        worst, value = max(p_values(box, x, y).items(), key=lambda pair: pair[1])
        if value <= _SIGNIFICANT / ends:
            break
        box = box.freed(worst)
    return box
