"""How fast a loop grows or dies: the Euler-Lotka root (design, section 6).

With every coupling discounted by E exp(-alpha T) of its delay T, the growth rate alpha makes the
spectral radius 1. ln R(alpha) is convex and falls in alpha (Kingman, Quart. J. Math. 12, 1961), so
the root is unique. Delays of microseconds beside days bend the curve sharply: the search runs over
ln alpha, by Newton's method inside a bracket.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from detente.engine.tables import EXPONENTIAL, FIXED, LOGNORMAL, Tables
from detente.errors import SolverError
from detente.exact.criticality import Perron, live, perron, rivals
from detente.exact.derivatives import of_radius
from detente.exact.laplace import derivatives, transforms
from detente.exact.network import NO_LETS, Floats, Gains, Mask, automation, by_command
from detente.exact.operator import Operator
from detente.exact.static import lets, reviews

__all__ = ["Growth", "discounted", "growth"]

_CRITICAL = 1e-12  # |ln R| below which the loop neither grows nor dies
_MOST_STEPS = 200
_ARRIVED = 1e-6  # a step in ln alpha so short that the next one would not be seen
_FIRST_VECTORS = 1e-3  # tolerance of the Perron vectors at the first step
_VECTORS = 1e-6  # of the Perron vectors, less near R = 1; the radius is known to within its square
_ROUGH_VECTORS, _LARGE = 1e-4, 100_000  # in large classes
_OVERFLOW = 600.0  # exp of more is next to infinite
_LEAP = 9.0  # the longest step in ln alpha
_MOST_CLASSES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How the number of incidents in the strongest loop changes over time."""

    rate_per_s: float | None
    """alpha; infinite where the loop takes no time at all, None where no exponential rate exists"""
    generation_s: float
    """mean time from an incident to the ones it provokes, along the loop"""
    doubling_s: float | None
    """None unless R > 1"""
    half_life_s: float | None
    """None unless R < 1"""
    is_first_order: bool = False
    """the half-life is generation time x ln 2 / |ln R|, because lognormal delays have no exponential rate"""


class _Used(NamedTuple):
    """Which couplings matter."""

    acts: Mask
    outages: Mask
    contagion: Mask


class _Discount:
    """The chances of all couplings, discounted by their delays; each distinct delay law is transformed once."""

    def __init__(self, op: Operator) -> None:
        tables = op.tables
        self.op, self.plain = op, op.plain
        self.used = _Used(
            *(np.ones(size, np.bool_) for size in map(len, (tables.rules, tables.outages, tables.contagion)))
        )
        owners = tables.systems["owner"][tables.rules["system"]]
        owner, acts = tables.actors[owners], tables.guards["acts"][owners]
        self.autonomy = acts * automation(tables)
        self.by_right, self.by_wrong = (acts * by for by in by_command(tables))
        review = _delays(owner, "review")
        review[:, 1] *= tables.guards["takes"][owners]
        stated = [
            _delays(tables.rules, "delay"),
            review,
            _delays(tables.outages, "delay"),
            _delays(tables.contagion, "delay"),
        ]
        distinct, of = np.unique(np.concatenate(stated), axis=0, return_inverse=True)
        self._of = np.split(of.reshape(-1), np.cumsum([len(rows) for rows in stated])[:-1])
        self._law = distinct[:, 0].astype(np.int32)
        self._scale, self._spread = distinct[:, 1].copy(), distinct[:, 2].copy()
        self._last, self._values = math.nan, self._scale  # the transforms of the last alpha asked for

    def only(self, loop: Perron) -> "_Discount":
        """Narrow to the couplings that a loop runs through: what leads out of it may be slower than it dies."""
        slopes = of_radius(self.op, loop)
        self.used = _Used(
            acts=slopes.right * self.plain.right + slopes.wrong * self.plain.wrong > 0.0,
            outages=slopes.outages * self.plain.outages > 0.0,
            contagion=slopes.contagion * self.plain.contagion > 0.0,
        )
        return self

    def at(self, alpha: float) -> Gains:
        """The chances at growth rate `alpha`; at infinity, of what takes no time."""
        after, review, outages, contagion = self._spread_out(self._transforms(alpha))
        return Gains(
            right=after * (self.autonomy + self.by_right * review),
            wrong=after * (self.autonomy + self.by_wrong * review),
            outages=self.plain.outages * outages,
            contagion=self.plain.contagion * contagion,
            lets=self._lets(alpha),
        )

    def _lets(self, alpha: float, *, slope: bool = False) -> Floats:
        tables = self.op.tables
        return lets(tables, reviews(tables, alpha, slope=slope), slope=slope) if tables.guarded else NO_LETS

    def slopes(self, alpha: float) -> list[Gains]:
        """The derivative of `at` by alpha, negated, as a sum of gains: positive numbers."""
        couplings = self._slope(alpha)
        if not self.op.tables.guarded:
            return [couplings]
        # A product: what the couplings pass on, times what floor and review let through.
        held = self.at(alpha)._replace(
            lets=self._lets(alpha, slope=True),
            outages=np.zeros_like(couplings.outages),
            contagion=np.zeros_like(couplings.contagion),
        )
        return [couplings, held]

    def _slope(self, alpha: float) -> Gains:
        """The couplings' part of it."""
        after, review, _, _ = self._spread_out(self._transforms(alpha))
        slopes = -derivatives(self._law, self._scale, self._spread, alpha)
        after_slope, review_slope, outages, contagion = self._spread_out(slopes)
        return Gains(
            right=after_slope * (self.autonomy + self.by_right * review)
            + after * self.by_right * review_slope,
            wrong=after_slope * (self.autonomy + self.by_wrong * review)
            + after * self.by_wrong * review_slope,
            outages=self.plain.outages * outages,
            contagion=self.plain.contagion * contagion,
            lets=self._lets(alpha),
        )

    def laws(self) -> Floats:
        """The delay laws that matter, one row each: code, scale, spread."""
        places = [self._of[i][mask] for i, mask in enumerate(self._masks())]
        rows = np.unique(np.concatenate(places))
        found = np.stack([self._law[rows].astype(np.float64), self._scale[rows], self._spread[rows]], axis=1)
        return np.concatenate([found, _review_laws(self.op.tables)])

    def _masks(self) -> tuple[Mask, Mask, Mask, Mask]:
        used = self.used
        return used.acts, used.acts & (self.by_right + self.by_wrong > 0.0), used.outages, used.contagion

    def _transforms(self, alpha: float) -> Floats:
        if alpha != self._last:
            instant = (self._scale == 0.0).astype(np.float64)
            known = not math.isinf(alpha)
            self._values = transforms(self._law, self._scale, self._spread, alpha) if known else instant
            self._last = alpha
        return self._values

    def _spread_out(self, values: Floats) -> list[Floats]:
        return [np.where(mask, values[of], 0.0) for mask, of in zip(self._masks(), self._of, strict=True)]


def _delays(rows: Any, prefix: str) -> Floats:
    """One delay law per row: code, scale, spread."""
    columns = [rows[f"{prefix}_{name}"].astype(np.float64) for name in ("law", "scale", "spread")]
    laws: Floats = np.stack(columns, axis=1)
    return laws


def _review_laws(tables: Tables) -> Floats:
    """The laws of how long actions are held for reviewers; with a timeout, never longer than that."""
    guards = tables.guards[tables.guards["reviewers"] != 0]
    laws = _delays(guards, "review")
    laws[:, 1] *= guards["takes"]
    ends = np.isfinite(guards["timeout"])
    laws[ends] = np.stack([np.full(ends.sum(), FIXED), guards["timeout"][ends], np.zeros(ends.sum())], axis=1)
    return laws


def discounted(op: Operator, alpha: float) -> Gains:
    """The chances of all couplings, each times E exp(-alpha T) of its delay T."""
    return _Discount(op).at(alpha)


def growth(op: Operator, loop: Perron, among: Mask) -> Growth:
    """The growth rate of the strongest loop of `among`, in which `loop` attains R.

    Raises
    ------
    SolverError
        When the root is not found.
    """
    discount = _Discount(op)
    generation = -_slope(op, discount, loop, 0.0) / loop.radius
    if abs(math.log(loop.radius)) <= _CRITICAL:
        return Growth(rate_per_s=0.0, generation_s=generation, doubling_s=None, half_life_s=None)
    if loop.radius > 1.0:
        alpha = _fastest(op, discount, loop, among)
        return Growth(
            rate_per_s=alpha, generation_s=generation, doubling_s=math.log(2.0) / alpha, half_life_s=None
        )
    if generation == 0.0:
        return Growth(rate_per_s=-math.inf, generation_s=0.0, doubling_s=None, half_life_s=0.0)
    if _has_lognormal(discount.only(loop)):
        half = generation * math.log(2.0) / -math.log(loop.radius)
        return Growth(
            rate_per_s=None, generation_s=generation, doubling_s=None, half_life_s=half, is_first_order=True
        )
    alpha = -_root(op, discount, loop, falling=True)
    return Growth(
        rate_per_s=alpha, generation_s=generation, doubling_s=None, half_life_s=math.log(2.0) / -alpha
    )


def _fastest(op: Operator, discount: _Discount, loop: Perron, among: Mask) -> float:
    """The largest growth rate of any class: a weaker loop may turn faster than the strongest."""
    instant = discount.at(math.inf)
    members = rivals(op, live(op, among, instant), instant, than=0.0)
    if members is not None and perron(op, members, instant).radius >= 1.0:
        return math.inf
    alpha = _root(op, discount, loop, falling=False)
    left = live(op, among & ~loop.members, discount.at(alpha))
    for _ in range(_MOST_CLASSES):
        rates = discount.at(alpha)
        members = rivals(op, live(op, left, rates), rates, than=1.0)
        if members is None:
            break
        rival = perron(op, members, rates)
        if rival.radius > 1.0:
            alpha = _root(op, discount, rival, falling=False, start=alpha)
        left &= ~members
    return alpha


def _root(
    op: Operator, discount: _Discount, near: Perron, *, falling: bool, start: float | None = None
) -> float:
    """|alpha| at which the spectral radius of the class is 1."""
    sign = -1.0 if falling else 1.0
    low, high = 0.0, _pole(discount) if falling else math.inf
    here = near
    guess = start or abs(math.log(near.radius)) / max(-_slope(op, discount, near, 0.0) / near.radius, 1e-300)
    alpha = min(guess, 0.5 * high)
    finest = _finest(near)
    tolerance = max(finest, _FIRST_VECTORS)
    for _ in range(_MOST_STEPS):
        here = perron(op, near.members, discount.at(sign * alpha), near=here, tolerance=tolerance)
        excess = math.log(here.radius) * sign  # above 0 where |alpha| must grow
        slope = _slope(op, discount, here, sign * alpha) / here.radius * alpha  # of `excess` by ln |alpha|
        arriving = abs(excess) <= -_ARRIVED * slope
        if arriving and tolerance <= finest:
            return alpha * math.exp(-excess / slope)
        # The next step is about the square of this one, and errors of vectors enter as squares.
        tolerance = max(finest, min(_FIRST_VECTORS, (excess / slope) ** 2)) if slope < 0.0 else tolerance
        if not arriving:
            if abs(excess) > tolerance:  # else its sign may be wrong
                low, high = (alpha, high) if excess > 0.0 else (low, alpha)
            alpha = _next(alpha, excess, slope, low, high)
    raise SolverError(f"the growth rate: not found between {low:.6g} and {high:.6g} per second")


def _finest(near: Perron) -> float:
    """How well the vectors must be known where the search ends."""
    vectors = _ROUGH_VECTORS if near.members.size > _LARGE else _VECTORS
    return max(1e-10, vectors * math.sqrt(min(1.0, abs(math.log(near.radius)))))


def _next(alpha: float, excess: float, slope: float, low: float, high: float) -> float:
    """Newton's step in ln alpha where it stays in the bracket, else the middle of what is known."""
    step = excess / -slope if slope < 0.0 else math.copysign(_LEAP, excess)
    proposed = alpha * math.exp(max(-_LEAP, min(_LEAP, step)))
    if low < proposed < high:
        return proposed
    if low == 0.0:
        return high * math.exp(-_LEAP)
    return math.sqrt(low * high) if math.isfinite(high) else low * math.exp(_LEAP)


def _slope(op: Operator, discount: _Discount, at: Perron, alpha: float) -> float:
    """The derivative of the spectral radius by alpha: v M'(alpha) w / (v w)."""
    falls = sum(float(np.vdot(at.left, op.mean(at.right, rates))) for rates in discount.slopes(alpha))
    return -falls / at.overlap


def _has_lognormal(discount: _Discount) -> bool:
    law, scale, spread = discount.laws().T
    return bool(((law == LOGNORMAL) & (spread > 0.0) & (scale > 0.0)).any())


def _pole(discount: _Discount) -> float:
    """The fastest decay that delays allow, per second: of exponential ones, and of fixed ones without overflow."""
    law, scale, _ = discount.laws().T
    longest = float(scale[law == EXPONENTIAL].max(initial=0.0))
    fixed = float(scale[law != EXPONENTIAL].max(initial=0.0)) / _OVERFLOW
    return 1.0 / max(longest, fixed)
