"""The words of a charter, resolved: whom a gate knows, what they may propose, and who decides with them.

A portfolio says which safeguards stand; a charter says everything else that a gate must be told before it
can enforce them: who owns which system, what each action is, which people approve. Times are in seconds,
rates per second, probabilities in [0, 1], rungs by name. One charter and one portfolio make a policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from detente.model.vocabulary import Quantity, Reference

__all__ = [
    "PHASES",
    "ActionKind",
    "Argument",
    "ArgumentType",
    "Asset",
    "Charter",
    "Condition",
    "Enforcement",
    "GroupTerms",
    "KillTerms",
    "MeterTerms",
    "ModeTerms",
    "Objection",
    "OnHalt",
    "OnLapse",
    "Party",
    "Phase",
    "PromotionTerms",
    "Recovery",
    "SystemTerms",
]


class Phase(Enum):
    """How much a system may do by itself, per kind of action; later ones are more."""

    SHADOW = "shadow"
    """nothing: what would have been decided is recorded"""
    ADVISORY = "advisory"
    """nothing: its proposals are shown to people as advice, who judge them"""
    SUPERVISED = "supervised"
    """only what people approve, one by one"""
    AUTONOMOUS = "autonomous"
    """all that the safeguards let pass"""


PHASES = tuple(phase.value for phase in Phase)


class OnHalt(Enum):
    """What halting means for a kind of action."""

    DENY = "deny"
    """it stops"""
    HOLD = "hold"
    """it goes ahead where people approve, as an orderly shutdown"""
    ALLOW = "allow"
    """it goes on, as closing a position or releasing what was isolated: a halt that stops exits does harm"""


class OnLapse(Enum):
    """What becomes of a hold that nobody has decided by its deadline."""

    DENY = "deny"
    ALLOW = "allow"
    """only for what can be undone, below critical"""


class Objection(Enum):
    """What a condition does to an action it matches."""

    DENY = "deny"
    HOLD = "hold"


class Recovery(Enum):
    """How a mode is left."""

    CONFIRMED = "confirmed"
    """a person lifts it, one step at a time"""
    AUTOMATIC = "automatic"
    """by itself, once it has lasted its time since the last trip: what the lab simulates"""


class Enforcement(Enum):
    """Whether decisions bind."""

    ENFORCE = "enforce"
    OBSERVE = "observe"
    """everything is allowed, and what would have been decided is recorded: to try a policy on live traffic"""


class ArgumentType(Enum):
    """The type of one argument of an action."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes-no"
    TEXTS = "texts"
    """a list of texts"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An actor: who owns systems and assets."""

    name: str
    kind: str
    bloc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemTerms:
    """A system that proposes actions, and may be acted upon."""

    name: str
    owner: str
    domain: str
    compartment: str
    operators: tuple[str, ...] = ()
    """people who run it: they never approve what it proposes"""
    may: tuple[str, ...] = ()
    """kinds of actions it may propose; `*` for all"""
    targets: tuple[str, ...] = ()
    """what it may act upon: names, or beginnings of names with `*` at the end"""
    certified: bool = False
    """an independent audit holds: without it, where certification stands, it is never autonomous"""
    phase: Phase = Phase.SHADOW
    """where it starts, for each kind of action"""
    per_minute: float = 6000.0
    """how many requests it may send a minute, in the long run"""
    burst: int = 1000
    """how many at once"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What may be acted upon and proposes nothing itself."""

    name: str
    owner: str
    domain: str
    compartment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a kind of action."""

    name: str
    type: ArgumentType
    required: bool = True
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """An entry of the catalogue."""

    name: str
    rung: str
    domain: str | None = None
    """the domain of its targets; None: any"""
    reversible: bool = False
    undo: str | None = None
    """how it is undone: the kind of action that does it, or a sentence"""
    rests_on_blame: bool = True
    """it is aimed at somebody for what they are thought to have done, so it needs a premise"""
    on_halt: OnHalt = OnHalt.DENY
    on_lapse: OnLapse = OnLapse.DENY
    quorum: int | None = None
    """how many people must approve; None: as many as their group asks for"""
    arguments: tuple[Argument, ...] = ()
    other_arguments: bool = False
    """arguments beyond those named are taken as they come"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTerms:
    """People who approve."""

    name: str
    people: tuple[str, ...]
    quorum: int = 1
    deadline_s: float = 900.0
    """from the hold to its end; from half of it on, the next group may decide, too"""
    escalates_to: str | None = None
    open_holds: int = 50
    """more than so many at once are refused: attention is finite"""
    may_operate: bool = False
    """a single-operator site, stated openly: operators of a system may approve what it proposes (never the system itself)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule of the user's own, in CEL."""

    name: str
    when: str
    effect: Objection
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTerms:
    """How R is estimated, and when it trips de-escalation mode."""

    half_life_s: float = 600.0
    """how fast the past is forgotten"""
    level: float = 1.0
    confidence: float = 0.9
    """the mode trips where P(R >= level) is at least this"""
    least_events: int = 20
    """before so many events (after forgetting) nothing trips"""
    trips: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeTerms:
    """What modes ask for, where no portfolio says it, and how they are left."""

    recovery: Recovery = Recovery.CONFIRMED
    dwell_s: float = 600.0
    """the shortest time in a mode before it is raised by one step"""
    guarded_review_from: str | None = None
    """in guarded mode, actions from this rung up need review; None: from critical"""
    review_from: str | None = None
    """in de-escalation mode without a safeguard of that name: the same; None: from the lowest"""
    restraint: float = 1.0
    """and the chance that any other action is dropped"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionTerms:
    """What a system must show, for one kind of action, to get from one phase to the next."""

    least_s: float = 7 * 86400.0
    """time in the phase"""
    least_judged: int = 50
    """proposals that people judged"""
    agreement: float = 0.95
    """the share they agreed with is at least this, with the confidence below (lower Clopper-Pearson bound)"""
    confidence: float = 0.9
    severe_within_s: float = 30 * 86400.0
    """no severe incident was traced to it within so long"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillTerms:
    """The switch that stops everything, and how it is known to work."""

    test_every_s: float = 86400.0
    overdue: str = "guarded"
    """the mode that an overdue or failed test puts the gate in"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """What a gate is told besides its portfolio."""

    name: str
    title: str = ""
    summary: str = ""
    references: tuple[Reference, ...] = ()
    ladder: tuple[str, ...]
    critical: str
    catastrophe: str
    actors: tuple[Party, ...] = ()
    systems: tuple[SystemTerms, ...] = ()
    assets: tuple[Asset, ...] = ()
    actions: tuple[ActionKind, ...] = ()
    groups: tuple[GroupTerms, ...] = ()
    reviewed_by: Mapping[str, str] = field(default_factory=dict)
    """by actor, the group that reviews what its systems propose"""
    conditions: tuple[Condition, ...] = ()
    uncertain_below: float = 0.5
    """what cannot be undone and rests on a confidence below this, or on none, needs people"""
    report_outcome_s: float = 3600.0
    """what was allowed is to be reported as done, failed or rolled back within so long"""
    stale_after_s: float = 300.0
    """a request that was made longer ago is refused"""
    enforcement: Enforcement = Enforcement.ENFORCE
    modes: ModeTerms = ModeTerms()
    meter: MeterTerms = MeterTerms()
    promotion: PromotionTerms = PromotionTerms()
    kill: KillTerms = KillTerms()
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    """every number the document states, by path, in SI units"""
    document: Mapping[str, object] = field(default_factory=dict)
    """the resolved form as plain data: itself a legal document"""
