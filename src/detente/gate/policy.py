"""What a gate decides by: a charter and a portfolio, looked up by name, in whole nanoseconds, rungs by position."""

from typing import Any

from msgspec import Struct

from detente.gate.decision import Effect, Reason
from detente.gate.meter import Settings
from detente.model.charter.vocabulary import ActionKind, Charter, Condition, GroupTerms, SystemTerms
from detente.model.portfolio.safeguards import Portfolio

__all__ = ["NEVER", "NS", "OwnConditions", "OwnerTerms", "Policy", "Target", "nanoseconds"]

NS = 1_000_000_000
"""Nanoseconds in a second."""

NEVER = 1 << 62
"""Later than any time, in nanoseconds."""


class OwnerTerms(Struct, frozen=True, kw_only=True):
    """The safeguards that stand for one actor."""

    forbidden: dict[str, int] = {}
    """By domain, the lowest rung that is forbidden."""
    forbidden_anywhere: int
    """The same for every domain; beyond the ladder where nothing is."""
    compliance: float = 1.0
    strength: float = 0.0
    acts: float = 1.0
    autonomy: float = 1.0
    floors: tuple[float, ...] = ()
    """By rung; empty where no floor stands."""
    below: str = "deny"
    trips_at: int = 0
    within: int = 0
    lasts: int = 0
    mode_review_from: int
    restraint: float
    interval: int = 0
    """Nanoseconds per action; 0 where no throttle stands."""
    tolerance: int = 0
    delays_excess: bool = False
    review_from: int
    """Beyond the ladder where nobody reviews."""
    timeout: int = NEVER
    lapse_allows: bool = True
    """Whether the portfolio lets an action go that nobody decided in time; the action's own default is asked as well."""
    certified_only: bool = False
    uses_verdicts: bool = False
    accuracy: float = 0.0


class Target(Struct, frozen=True):
    """What may be acted upon."""

    name: str
    owner: str
    domain: str
    compartment: str


class OwnCondition(Struct, frozen=True):
    """One of the charter's conditions."""

    stated: Condition
    effect: Effect
    show: Any
    """Of a case and the facts that it shares, those that the condition reads."""
    varies: bool
    """Whether it reads anything that differs from case to case; otherwise it has one outcome for each combination."""
    place: int
    """Its place among those that do, or among those that do not."""


class OwnConditions(Struct, frozen=True):
    """The charter's conditions, compiled."""

    each: tuple[OwnCondition, ...]
    find_fixed: Any
    """How those facts are found, all at once, that are the same for every action of one kind by one system upon one target."""
    find: Any
    """How the others are found in a case."""
    fixed: Any
    """Of facts, the outcomes of those conditions that do not vary."""
    varying: Any
    """Of facts, the outcomes of the others."""
    quick: Any
    """The same of a case and the facts that it shares; None: all are false; `UNSURE`: only `varying` knows."""
    none_varying: tuple[bool, ...]
    """Their outcomes where all are false."""
    none_matched: Reason
    loaded: Any
    """As they were loaded, with their trees: for whoever looks them over."""


class Policy(Struct, frozen=True, kw_only=True):
    """What a gate decides by."""

    charter: Charter
    portfolio: Portfolio
    digest: str
    """SHA-256, in hex, of both documents in their resolved form."""
    modelled: bool
    observes: bool
    """Whether nothing binds but a halt: the charter's enforcement."""
    ladder: tuple[str, ...]
    rungs: dict[str, int]
    critical: int
    systems: dict[str, SystemTerms]
    targets: dict[str, Target]
    kinds: dict[str, ActionKind]
    owners: dict[str, OwnerTerms]
    groups: dict[str, GroupTerms]
    guarded_review_from: int
    conditions: OwnConditions | None = None
    meter: Settings = Settings()
    looked: dict[tuple[str | None, ...], Any] = {}
    """What has been looked up (see `gate.looked`): only ever a matter of speed."""


def nanoseconds(seconds: float) -> int:
    """Return whole nanoseconds; of what lies beyond any time, that."""
    return round(seconds * NS) if seconds * NS < NEVER else NEVER
