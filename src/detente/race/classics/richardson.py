"""Richardson's arms race: two rivals, each arming at the sight of the other's arms.

    x' = k y - a x + g        y' = l x - b y + h

`x` and `y` are the armaments (any one unit, as USD a year), `k` and `l` the readiness to answer the other's,
`a` and `b` the weariness of one's own, `g` and `h` the grievance, which arms even when the other has none. It
settles exactly where a b > k l: where what both answer is less than what both tire of.

Levels may go below zero; Richardson read that as trade and goodwill.

References
----------
L. F. Richardson (1960), Arms and insecurity, Boxwood Press, Pittsburgh.
"""

import math
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

import numpy as np
from scipy.linalg import expm

from detente.errors import ClassicError
from detente.race.classics.arguments import Floats, floats, member, real

__all__ = [
    "Fate",
    "Rivalry",
    "doubling_time",
    "eigenvalues",
    "equilibrium",
    "fate",
    "is_stable",
    "trajectory",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """The numbers of a race between two rivals, x and y.

    Raises
    ------
    ClassicError
        When a rate is below 0, or any of them no finite number.
    """

    answer_x: float
    """k, of x to the arms of y; per unit of time, at least 0"""
    answer_y: float
    """l, of y to the arms of x"""
    fatigue_x: float
    """a, per unit of time, at least 0"""
    fatigue_y: float
    """b"""
    grievance_x: float = 0.0
    """g, in armaments per unit of time; below 0 for goodwill"""
    grievance_y: float = 0.0
    """h"""

    def __post_init__(self) -> None:
        for field in fields(self):
            least = None if field.name.startswith("grievance") else 0.0
            real(field.name, getattr(self, field.name), least=least)

    @property
    def matrix(self) -> Floats:
        """The rates of change by the levels: rows for x and y."""
        return np.array([[-self.fatigue_x, self.answer_x], [self.answer_y, -self.fatigue_y]], np.float64)

    @property
    def margin(self) -> float:
        """Return a b - k l: above 0 the race settles, given some fatigue; in 1 / time squared."""
        return self.fatigue_x * self.fatigue_y - self.answer_x * self.answer_y


class Fate(Enum):
    """Where a race goes."""

    SETTLES = "settles"
    """comes to rest"""
    RUNS_AWAY = "runs away"
    """armaments rise without end"""
    DISARMS = "disarms"
    """armaments fall without end: past zero, which the model has no floor against"""


def is_stable(rivalry: Rivalry) -> bool:
    """Say whether every race of these rivals comes to rest at the same levels, wherever it starts: a b > k l."""
    _check(rivalry)
    return rivalry.margin > 0.0


def equilibrium(rivalry: Rivalry) -> tuple[float, float]:
    """Return the levels at which nobody changes anything: ((k h + b g), (l g + a h)) / (a b - k l).

    Reached only if the race is stable; otherwise it is the ridge between running away and disarming.

    Raises
    ------
    ClassicError
        When a b = k l: there is none, or a whole line of them.
    """
    _check(rivalry)
    if rivalry.margin == 0.0:
        raise ClassicError(
            "equilibrium: found fatigue_x * fatigue_y equal to answer_x * answer_y, expected them to differ: "
            "such a race has no equilibrium or a whole line of them"
        )
    r = rivalry
    x = (r.answer_x * r.grievance_y + r.fatigue_y * r.grievance_x) / r.margin
    y = (r.answer_y * r.grievance_x + r.fatigue_x * r.grievance_y) / r.margin
    return x, y


def eigenvalues(rivalry: Rivalry) -> tuple[float, float]:
    """Return the two rates of growth, per unit of time, the larger first: (-(a + b) ± sqrt((a - b)^2 + 4 k l)) / 2.

    Always real: no race between two rivals swings.
    """
    _check(rivalry)
    spread = math.hypot(
        rivalry.fatigue_x - rivalry.fatigue_y, 2.0 * math.sqrt(rivalry.answer_x * rivalry.answer_y)
    )
    smaller = -(rivalry.fatigue_x + rivalry.fatigue_y + spread) / 2.0
    # Their product is the margin; the plain difference would lose digits near the brink.
    larger = rivalry.margin / smaller + 0.0 if smaller else 0.0  # never -0
    return larger, smaller


def doubling_time(rivalry: Rivalry) -> float | None:
    """Return how long a runaway takes to double, in units of time; None when no race of these rivals grows so."""
    rate = eigenvalues(rivalry)[0]
    return math.log(2.0) / rate if rate > 0.0 else None


def fate(rivalry: Rivalry, start: tuple[float, float]) -> Fate:
    """Say where a race from these levels goes.

    What decides is the sign of the drift along the direction that grows fastest. On the very brink (a b = k l) the
    drift is the same at all levels, and the race settles only where it is 0; beyond it, only on the ridge itself.

    Raises
    ------
    ClassicError
        When `start` is not two finite numbers, or nobody tires and one does not answer: such a race has no
        direction of its own.
    """
    _check(rivalry)
    levels = floats("start", start, count=2)
    if is_stable(rivalry):
        return Fate.SETTLES
    if eigenvalues(rivalry) == (0.0, 0.0):
        raise ClassicError(
            "fatigue_x, fatigue_y: found 0 and 0 where one rival does not answer the other, "
            "expected one above 0, or both to answer"
        )
    drift = float(_leading(rivalry) @ (rivalry.matrix @ levels + _grievances(rivalry)))
    if drift == 0.0:
        return Fate.SETTLES
    return Fate.RUNS_AWAY if drift > 0.0 else Fate.DISARMS


def trajectory(rivalry: Rivalry, start: tuple[float, float], times: Any) -> Floats:
    """Return the levels at the given times, exactly: one row (x, y) for each, by the matrix exponential.

    Parameters
    ----------
    rivalry
        Who races.
    start
        The levels of x and y at time 0.
    times
        In the unit of the rates, at least 0, in any order.

    Raises
    ------
    ClassicError
        When an argument is no such number, or the race has outgrown every number by then.
    """
    _check(rivalry)
    levels = floats("start", start, count=2)
    at = floats("times", times, least=0.0)
    # A constant third level carries the grievances, so the brink needs no special case.
    rates = np.zeros((3, 3))
    rates[:2, :2], rates[:2, 2] = rivalry.matrix, _grievances(rivalry)
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.stack([expm(rates * time) @ (*levels, 1.0) for time in at])[:, :2]
    if not np.isfinite(found).all():
        raise ClassicError(
            f"times: found {at.max():g}, by when the race has outgrown every number; "
            f"expected less (its fastest rate is {eigenvalues(rivalry)[0]:g} per unit of time)"
        )
    return found


def _grievances(rivalry: Rivalry) -> Floats:
    return np.array([rivalry.grievance_x, rivalry.grievance_y], np.float64)


def _leading(rivalry: Rivalry) -> Floats:
    """The left eigenvector of the larger rate: what grows at that rate is the product of it with the levels."""
    rate = eigenvalues(rivalry)[0]
    by_y = np.array([rivalry.answer_y, rate + rivalry.fatigue_x], np.float64)
    by_x = np.array([rate + rivalry.fatigue_y, rivalry.answer_x], np.float64)
    # Either form may vanish where a rival does not answer, but not both.
    return by_y if by_y.sum() >= by_x.sum() else by_x


def _check(rivalry: Any) -> None:
    member("rivalry", rivalry, Rivalry)
