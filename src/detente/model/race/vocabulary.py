"""The words of a race, resolved: every default filled in, money in USD a year, shares in [0, 1].

What each field means, and where it may lie, is told by the short form (`model.race.document`), whose names it bears.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from detente.model.vocabulary import Quantity, Reference

__all__ = [
    "TERMS",
    "Belief",
    "Concern",
    "Conduct",
    "Costs",
    "Crises",
    "Entrance",
    "Insurance",
    "Measure",
    "Paths",
    "Player",
    "Policy",
    "Posture",
    "Race",
    "Terms",
    "Trust",
]

TERMS = (
    "contest", "procurement", "cost", "internalised", "liability", "insurance", "certified", "penalty", "experiment",
)  # fmt: skip
"""the terms of the utility, in the order in which they are added up"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crises:
    """A scenario that supplies crises."""

    scenario: str
    a_year: float
    needs: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """What a player has chosen."""

    autonomy: float
    capability: float
    safety: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """USD a year at capability 1, and at safety 1."""

    capability: float
    safety: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How a player comes in later."""

    barrier: float
    a_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Who takes part; money in USD a year, `catastrophe` in USD each."""

    name: str
    kind: str
    bloc: str | None
    acts_as: Mapping[str, tuple[str, ...]]
    supplied_by: Mapping[str, float]
    market: str | None
    prize: float
    procurement: float
    certified: float
    budget: float
    catastrophe: float
    costs: Costs
    start: Posture
    enters: Entrance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The weight of each term of the utility."""

    contest: float
    procurement: float
    cost: float
    internalised: float
    liability: float
    insurance: float
    certified: float
    penalty: float
    experiment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One safeguard or lever; times in quarters, `from_quarter` counted from 1."""

    portfolio: str | None
    sets: tuple[tuple[str, float], ...]
    """(term, its weight)"""
    covers: tuple[str, ...] | None
    """blocs or kinds; None for everybody"""
    from_quarter: int | None
    concern: float | None
    how: str
    lag: float
    verification: float
    slows: float
    drag: float
    barrier: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which measures come."""

    name: str
    title: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How players choose, and what their postures do."""

    sharpness: float
    review: int
    step: float
    rivalry: float
    advantage: float
    decisiveness: float
    innovation: float
    gain: float
    haste: float
    care: float
    reference_capability: float
    reference_safety: float
    red_line: float
    certified_at: float
    diffusion: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Insurance:
    """What insurers do."""

    covers: float
    loading: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What raises public concern, and how it fades."""

    near_miss: float
    critical: float
    catastrophe: float
    fades: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Trust between blocs."""

    start: float
    grows: float
    falls: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What may be true, or be believed, instead."""

    name: str
    title: str
    crises: float = 1.0
    perceived: float = 1.0
    trust: float = 1.0
    sharpness: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where one path ends and the next begins."""

    window: int
    escalation: float
    critical_a_year: float
    adoption: float
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """A whole race, resolved; players, policies and beliefs in the order of their names."""

    name: str
    title: str
    summary: str
    references: tuple[Reference, ...]
    quarters: int
    crises: tuple[Crises, ...]
    players: tuple[Player, ...]
    terms: Terms
    conduct: Conduct
    insurance: Insurance
    concern: Concern
    trust: Trust
    paths: Paths
    reactions: tuple[Measure, ...]
    policies: tuple[Policy, ...]
    beliefs: tuple[Belief, ...]
    quantities: Mapping[str, Quantity]
    """every number the document states, by path, in SI units"""
    document: Mapping[str, object]
    """the resolved form as plain data: itself a legal document"""

    @property
    def blocs(self) -> tuple[str, ...]:
        """The blocs that players belong to, in order."""
        return tuple(sorted({player.bloc for player in self.players if player.bloc}))

    def policy(self, name: str) -> Policy:
        """The policy of that name, which must exist."""
        return next(policy for policy in self.policies if policy.name == name)
