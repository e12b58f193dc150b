"""The evolutionary AI race of Han, Pereira, Santos and Lenaerts: safe or unsafe developers, who copy what pays.

Developers meet in pairs for W rounds. In each round they share a market worth b in proportion to their speeds; a safe
one has speed 1 and pays c, an unsafe one has speed s > 1 and pays nothing. Who is first past W steps takes the prize B,
shared when equal; an unsafe one loses everything, with probability `risk`, to a disaster of its own making. An unsafe
developer is found out in a round with probability `detection`, and then earns nothing in it. Payoffs are averages per
round, so an unsafe winner, who needs only W / s rounds, has s B / W.

Society prefers safe development above one threshold of risk; developers who learn from each other choose it
only above another, higher one. Between the two lies the dilemma.

References
----------
T. A. Han, L. M. Pereira, F. C. Santos and T. Lenaerts (2020), To regulate or not: a social dynamics analysis of an
idealised AI race, Journal of Artificial Intelligence Research 69, 881-921: the game and its thresholds.
"""

import math
from dataclasses import dataclass, fields
from enum import Enum

import numpy as np

from detente.race.classics.arguments import Floats, member, real
from detente.race.classics.imitation import Population, rare_mutations

__all__ = [
    "SAFE",
    "UNSAFE",
    "Development",
    "Zone",
    "dominance_threshold",
    "payoffs",
    "payoffs_of_a_round",
    "society_threshold",
    "unsafe_share",
    "zone",
]

SAFE, UNSAFE = 0, 1
"""the rows and columns of payoffs"""

_LIMITS: dict[str, dict[str, float]] = {
    "benefit": {"above": 0.0},
    "cost": {"least": 0.0},
    "speed": {"above": 1.0},
    "prize": {"least": 0.0},
    "rounds": {"least": 1.0},
    "risk": {"least": 0.0, "most": 1.0},
    "detection": {"least": 0.0, "most": 1.0},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """The numbers of the game; money in any one unit. The defaults are the example of the page on classic models.

    Raises
    ------
    ClassicError
        When one of them is outside its range.
    """

    speed: float
    """s: how many times as fast as a safe developer an unsafe one is; above 1"""
    risk: float = 0.0
    """chance that an unsafe developer meets with disaster before it can profit"""
    benefit: float = 4.0
    """b: what a round's market is worth to both together"""
    cost: float = 1.0
    """c: of safety, per round"""
    prize: float = 10_000.0
    """B: of being first at the end"""
    rounds: float = 100.0
    """W: how many a safe developer needs; a large number makes the race a long one, at least 1"""
    detection: float = 0.0
    """chance per round that an unsafe developer is found out"""

    def __post_init__(self) -> None:
        for field in fields(self):
            real(field.name, getattr(self, field.name), **_LIMITS[field.name])


class Zone(Enum):
    """What society prefers, and what developers come to do."""

    COMPLIANCE = "compliance"
    """safe development is preferred and chosen"""
    DILEMMA = "dilemma"
    """safe development is preferred, unsafe chosen: regulation would help"""
    INNOVATION = "innovation"
    """unsafe development is preferred and chosen: regulation would do harm"""
    OVERREGULATION = "overregulation"
    """unsafe development is preferred, safe chosen; only with detection"""


def payoffs_of_a_round(development: Development) -> Floats:
    """Return what a developer (row: safe, unsafe) earns per round against another (column), but for the prize."""
    member("development", development, Development)
    b, c, s, found = development.benefit, development.cost, development.speed, development.detection
    safe_beside_unsafe = (1.0 - found) * b / (s + 1.0) + found * b - c
    unsafe_beside_safe = (1.0 - found) * s * b / (s + 1.0)
    both_unsafe = (1.0 - found**2) * b / 2.0
    return np.array([[b / 2.0 - c, safe_beside_unsafe], [unsafe_beside_safe, both_unsafe]], np.float64)


def payoffs(development: Development) -> Floats:
    """Return what a developer (row: safe, unsafe) earns per round against another (column), in the whole race."""
    member("development", development, Development)
    return _by_survival(development, 1.0 - development.risk)


def society_threshold(development: Development) -> float:
    """Return the risk above which two safe developers do better than two unsafe ones.

    1 - (SS + B / 2W) / (UU + s B / 2W), about 1 - 1/s when the prize is large. Below 0 where safety is better even
    without risk. It does not depend on the development's own `risk`.
    """
    certain = _by_survival(development, 1.0)
    return _threshold(float(certain[SAFE, SAFE]), float(certain[UNSAFE, UNSAFE]))


def dominance_threshold(development: Development) -> float:
    """Return the risk above which safe development is risk-dominant: better against either with equal chance.

    1 - (SS + SU + B / 2W) / (US + UU + 3 s B / 2W), about 1 - 1/(3s) when the prize is large. It does not
    depend on the development's own `risk`.
    """
    certain = _by_survival(development, 1.0)
    return _threshold(float(certain[SAFE].sum()), float(certain[UNSAFE].sum()))


def zone(development: Development) -> Zone:
    """Say whether there is a dilemma at the development's own risk; at a threshold, unsafe development counts."""
    member("development", development, Development)
    preferred = development.risk > society_threshold(development)
    chosen = development.risk > dominance_threshold(development)
    if preferred:
        return Zone.COMPLIANCE if chosen else Zone.DILEMMA
    return Zone.OVERREGULATION if chosen else Zone.INNOVATION


def unsafe_share(development: Development, population: Population) -> float:
    """Return the share of the time that everybody is unsafe, in the long run, when new ideas are rare.

    Raises
    ------
    ClassicError
        When an argument is of another kind.
    """
    return float(rare_mutations(payoffs(development), population).shares[UNSAFE])


def _threshold(safe: float, unsafe: float) -> float:
    """The risk above which `safe` is more than what is left of `unsafe`; infinite where no risk changes that."""
    if unsafe == 0.0:  # always found out, and no prize
        return -math.inf if safe > 0.0 else math.inf
    return 1.0 - safe / unsafe


def _by_survival(development: Development, survives: float) -> Floats:
    """The payoffs of the race when an unsafe developer escapes disaster with this chance."""
    found = payoffs_of_a_round(development)
    prize = development.prize / development.rounds
    found[SAFE, SAFE] += prize / 2.0
    found[UNSAFE, SAFE] += development.speed * prize
    found[UNSAFE, UNSAFE] += development.speed * prize / 2.0
    found[UNSAFE] *= survives
    return found
