"""The escalation number R: the spectral radius of the mean operator (design, section 6).

Types fall into communicating classes: sets in which each can lead to each. R is the largest spectral
radius of any class that a shock can start; within one class the operator is irreducible, so its
Perron vectors exist, are positive, and bound R from both sides (Collatz and Wielandt; see Seneta,
Non-negative Matrices and Markov Chains, chapter 1). A shift keeps a periodic class from oscillating.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detente.errors import SolverError
from detente.exact.fixed_point import settle
from detente.exact.network import Floats, Gains, Mask
from detente.exact.operator import Operator

__all__ = ["Perron", "dominant", "live", "perron", "reachable", "rivals"]

_ROUGH_PASSES = 24
_SHIFT = 0.3  # of the spectral radius
_TOLERANCE, _ROUGH_TOLERANCE = 1e-10, 1e-5  # of the vectors; rough in large classes
_LARGE = 100_000
_MOST_CLASSES = 16
_PATIENCE = 1_000  # passes after which mixing is given up
_MOST_PLAIN = 20_000
_WHAT = "the escalation number"
_TIE = 1e-9  # relative difference of spectral radii that is not looked into further


@dataclass(frozen=True, slots=True, kw_only=True)
class Perron:
    """A communicating class, its spectral radius and its Perron vectors; arrays are (rows, rungs)."""

    radius: float
    low: float
    """a lower bound of the radius"""
    high: float
    """an upper bound"""
    members: Mask
    """types of the class"""
    right: Floats
    """reproductive value: how much an incident of each type leads to in the long run"""
    left: Floats
    """how often each type occurs in the long run"""

    @property
    def overlap(self) -> float:
        """The product of the two vectors."""
        return float(np.vdot(self.left, self.right))


def reachable(op: Operator, starts: Floats, alarms: Floats) -> Mask:
    """Types that can follow from incidents of positive weight `starts` and false alarms `alarms`, themselves included."""
    found = starts > 0.0
    found |= op.mean_back(op.zeros(), alarms=alarms) > 0.0
    return _spread(op.mean_back, found, np.ones(op.shape, np.bool_))


def live(op: Operator, among: Mask, rates: Gains | None = None) -> Mask:
    """The types of `among` that lie on, or between, loops: with parents and children in it, again and again."""
    kept = among.copy()
    kept[:, op.tables.catastrophe :] = False
    while True:
        x = kept.astype(np.float64)
        fewer = kept & (op.mean(x, rates) > 0.0) & (op.mean_back(x, rates) > 0.0)
        if np.array_equal(fewer, kept):
            return kept
        kept = fewer


def dominant(op: Operator, among: Mask, rates: Gains | None = None) -> Perron | None:
    """The communicating class of `among` with the largest spectral radius; None where there is no loop."""
    best: Perron | None = None
    left = live(op, among, rates)
    for _ in range(_MOST_CLASSES):
        found = rivals(op, left, rates, than=best.radius if best else 0.0)
        if found is None:
            break
        candidate = perron(op, found, rates)
        best = candidate if best is None or candidate.radius > best.radius else best
        left = live(op, left & ~found, rates)
    return best


def rivals(op: Operator, among: Mask, rates: Gains | None, *, than: float) -> Mask | None:
    """The class of live types `among` that seems strongest, unless none can have a spectral radius above `than`."""
    if not among.any():
        return None
    if than == 0.0:  # often everything live is one class, and then no guess is needed
        found = _class_of(op, among, rates, int(np.argmax(among)))
        if np.array_equal(found, among):
            return found
    right, left, most = _rough(op, among, rates)
    if most <= than * (1.0 + _TIE):
        return None
    return _class_of(op, among, rates, int(np.argmax(right * left)))


def _class_of(op: Operator, among: Mask, rates: Gains | None, member: int) -> Mask:
    pivot = np.zeros(op.shape, np.bool_)
    pivot.flat[member] = True
    after = _spread(lambda x: op.mean_back(x, rates), pivot, among)
    return after & _spread(lambda x: op.mean(x, rates), pivot, after)


def perron(
    op: Operator,
    members: Mask,
    rates: Gains | None = None,
    near: Perron | None = None,
    tolerance: float | None = None,
) -> Perron:
    """The spectral radius and Perron vectors of one communicating class.

    The vectors are known to within about `tolerance`, the radius to within its square.
    """
    weight = members.astype(np.float64)
    if tolerance is None:
        tolerance = _ROUGH_TOLERANCE if members.size > _LARGE else _TOLERANCE
    first = _total(op.mean(weight, rates) * weight) / _total(weight)
    shift = _SHIFT * (near.radius if near else first)
    right, left = (
        _iterate(power, apply, start, weight, shift, tolerance, rates)
        for power, apply, start in (
            (op.power, op.mean, near.right if near else weight),
            (op.power_back, op.mean_back, near.left if near else weight),
        )
    )
    after = op.mean(right, rates)
    ratios = after[members] / right[members]
    radius = float(np.vdot(left, after * weight) / np.vdot(left, right))
    return Perron(
        radius=radius,
        low=float(ratios.min()),
        high=float(ratios.max()),
        members=members,
        right=right,
        left=left,
    )


def _iterate(
    power: Callable[..., bool],
    apply: Callable[..., Floats],
    start: Floats,
    weight: Floats,
    shift: float,
    tolerance: float,
    rates: Gains | None,
) -> Floats:
    """A Perron vector by mixed passes; where mixing leads nowhere, by plain ones, which always arrive in the end."""
    flat = weight.reshape(-1)
    try:
        return settle(
            lambda m, passes: power(m, passes, flat, shift, tolerance, rates),
            start / _total(start),
            what=_WHAT,
            passes=_PATIENCE,
        )
    except SolverError:
        return _plainly(lambda x: apply(x, rates) * weight + shift * x, start, tolerance)


def _plainly(step: Callable[[Floats], Floats], start: Floats, tolerance: float) -> Floats:
    x, worst = start / _total(start), np.inf
    for _ in range(_MOST_PLAIN):
        image = step(x)
        image /= _total(image)
        inside = image > 0.0
        worst = float(np.max(np.abs(image - x)[inside] / image[inside]))
        x = image
        if worst <= tolerance:
            return x
    raise SolverError(f"{_WHAT}: still changing by {worst:.1e} after {_MOST_PLAIN:,} plain passes")


def _rough(op: Operator, among: Mask, rates: Gains | None) -> tuple[Floats, Floats, float]:
    """Perron vectors to within what a few passes give, and an upper bound of the spectral radius."""
    weight = among.astype(np.float64)
    right, left, most = weight, weight.copy(), np.inf
    for _ in range(_ROUGH_PASSES):
        image = op.mean(right, rates) * weight
        most = min(most, float((image[among] / right[among]).max()))
        right = image + _SHIFT * most * right
        right /= _total(right)
        left = op.mean_back(left, rates) * weight + _SHIFT * most * left
        left /= _total(left)
    return right, left, most


def _spread(apply: Callable[[Floats], Floats], start: Mask, among: Mask) -> Mask:
    """What can be come to from `start` within `among`, by passes in one direction."""
    found = start & among
    while True:
        more = found | ((apply(found.astype(np.float64)) > 0.0) & among)
        if np.array_equal(more, found):
            return found
        found = more


def _total(x: Floats) -> float:
    return float(x.sum())
