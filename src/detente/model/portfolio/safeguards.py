"""The words of a portfolio, resolved: which safeguards stand, for whom, and how strong (design, section 7).

A portfolio is written without a scenario in mind, so rungs, domains, actors and kinds are names here;
`model.portfolio.bind` gives them to the actors of one scenario. Times are in seconds, rates per
second, probabilities in [0, 1]. A safeguard that is None is off.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

from detente.model.vocabulary import Delay, Quantity, Reference

__all__ = [
    "SAFEGUARDS",
    "Below",
    "Certification",
    "Compartments",
    "ConfidenceFloor",
    "DeEscalationMode",
    "Excess",
    "ExportControls",
    "Forbidden",
    "HumanOnTheLoop",
    "IncidentSharing",
    "OnTimeout",
    "PhasedRollout",
    "Portfolio",
    "RedLines",
    "Robustness",
    "Safeguard",
    "SharedAttribution",
    "Throttle",
]


class Below(Enum):
    """What becomes of an action below the confidence floor."""

    DENY = "deny"
    REVIEW = "review"
    """it goes to the adopter's reviewers"""
    REVERSIBLE_ONLY = "reversible-only"
    """it goes ahead if it can be undone"""


class Excess(Enum):
    """What becomes of an action above the permitted rate."""

    DROP = "drop"
    DELAY = "delay"
    """it waits until the rate permits it"""


class OnTimeout(Enum):
    """What becomes of an action that nobody has decided in time."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard:
    """What every safeguard has."""

    adopters: tuple[str, ...] | None = None
    """actors, blocs or kinds of actors, in the order of names; None for all actors"""
    cost_usd_per_year: float = 0.0
    inert: float = 0.0
    """chance, per crisis and adopter, that it is silently disarmed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """A class of actions: those in a domain, from a rung up."""

    domain: str | None
    """None: in every domain"""
    from_rung: str | None
    """None: from the lowest rung"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLines(Safeguard):
    """An action in a forbidden class is stopped with probability `compliance`."""

    forbid: tuple[Forbidden, ...]
    compliance: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasedRollout(Safeguard):
    """At most this share of an adopter's actions is executed without its human command, also on alert."""

    autonomy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification(Safeguard):
    """For a share of the adopters' systems, chosen by a stable hash of their names, senses are at least so good."""

    coverage: float = 1.0
    attribution: float = 0.0
    """at least this"""
    inflates: float = 1.0
    """factor"""
    false_alarms: float = 1.0
    """factor of their rate"""
    overconfidence: float | None = None
    """exactly this; None leaves it"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness(Safeguard):
    """Planted evidence is seen through more often; reviewers err less and take less time."""

    sees_through_spoofs: float = 0.0
    """at least this"""
    approves_wrong: float = 1.0
    """factor of the chance that people approve a wrongful action"""
    review: float = 1.0
    """factor of the time people take"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportControls(Safeguard):
    """Actors of those kinds bring fewer shocks about and act less; its adopters are those among them it reaches."""

    kinds: tuple[str, ...]
    shocks: float = 1.0
    """the share of their shocks that still happens"""
    actions: float = 1.0
    """the share of their actions that still happens"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartments(Safeguard):
    """An action into another domain than its trigger's, or contagion into another compartment, is stopped with that chance."""

    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceFloor(Safeguard):
    """An action that rests on blame needs the confidence that its rung asks for."""

    floors: tuple[tuple[str, float], ...]
    """(rung, floor): from that rung up to the next one named, a confidence of at least so much"""
    below: Below = Below.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class DeEscalationMode(Safeguard):
    """Many incidents sensed in a short time put an adopter on restraint."""

    trips_at: int
    within_s: float
    lasts_s: float
    """after the last trip"""
    review_from: str | None = None
    """actions from this rung up need review while it is on; None: none do"""
    restraint: float = 0.0
    """chance that any other action is dropped while it is on"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle(Safeguard):
    """At most `burst` actions at once, and `rate_per_s` in the long run, per adopter (GCRA)."""

    rate_per_s: float
    burst: int = 1
    excess: Excess = Excess.DROP


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanOnTheLoop(Safeguard):
    """Actions from a rung up wait for one of a finite number of people, first come first served, per adopter."""

    from_rung: str | None = None
    """None: from the lowest rung"""
    reviewers: int | None
    """None: unlimited, nobody ever waits for a free one"""
    review: Delay
    """how long one person takes over one action"""
    approves_right: float
    approves_wrong: float
    timeout_s: float = math.inf
    """from being held to being decided"""
    on_timeout: OnTimeout = OnTimeout.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSharing(Safeguard):
    """Some time after a root shock, adopters read what descends from it at least this well."""

    after_s: float
    recognises_accidents: float = 0.0
    sees_through_spoofs: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAttribution(Safeguard):
    """Per root shock, a verdict that adopters use instead of their own attribution once it has come."""

    verdict: Delay
    """from the shock to the verdict"""
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A set of safeguards, resolved; the fields from `red_lines` on stand in the order of section 7."""

    name: str
    title: str = ""
    summary: str = ""
    references: tuple[Reference, ...] = ()
    red_lines: RedLines | None = None
    phased_rollout: PhasedRollout | None = None
    certification: Certification | None = None
    robustness: Robustness | None = None
    export_controls: ExportControls | None = None
    compartments: Compartments | None = None
    confidence_floor: ConfidenceFloor | None = None
    de_escalation_mode: DeEscalationMode | None = None
    throttle: Throttle | None = None
    human_on_the_loop: HumanOnTheLoop | None = None
    incident_sharing: IncidentSharing | None = None
    shared_attribution: SharedAttribution | None = None
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    """every number the document states, by path, in SI units"""
    document: Mapping[str, object] = field(default_factory=dict)
    """the resolved form as plain data: itself a legal document"""

    @property
    def safeguards(self) -> dict[str, Safeguard]:
        """Those that stand, by their names in the document, in the order of section 7."""
        pairs = ((name, getattr(self, name.replace("-", "_"))) for name in SAFEGUARDS)
        return {name: found for name, found in pairs if found is not None}

    @property
    def cost_usd_per_year(self) -> float:
        """What they cost together."""
        return sum(safeguard.cost_usd_per_year for safeguard in self.safeguards.values())


SAFEGUARDS = tuple(
    one.name.replace("_", "-")
    for one in fields(Portfolio)
    if one.name not in {"name", "title", "summary", "references", "quantities", "document"}
)
"""Their names in a document, in the order of section 7."""
