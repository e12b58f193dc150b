"""The short form of a portfolio, as people write it: one pydantic model per safeguard.

The attribute docstrings are the descriptions in the JSON Schema that editors show. Rungs, domains,
actors, blocs and kinds are free names here: a portfolio is written without a scenario in mind.
"""

from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from detente.model.entries import DistinctNames, Entry, ReferenceEntry, Text, Version, hold
from detente.model.forms import Delay
from detente.model.names import Name
from detente.model.numbers import (
    Count,
    Duration,
    Factor,
    Money,
    Pace,
    Positive,
    Probability,
    Reduction,
    Share,
    Time,
)
from detente.model.portfolio.safeguards import Below, Excess, OnTimeout
from detente.model.portfolio.words import BelowWord, ExcessWord, OnTimeoutWord, PortfolioName, Reviewers
from detente.model.problems import Fault, shown
from detente.model.vocabulary import Quantity

__all__ = [
    "CertificationEntry",
    "CompartmentsEntry",
    "ConfidenceFloorEntry",
    "DeEscalationModeEntry",
    "Document",
    "ExportControlsEntry",
    "ForbiddenEntry",
    "HumanOnTheLoopEntry",
    "IncidentSharingEntry",
    "PhasedRolloutEntry",
    "RedLinesEntry",
    "RobustnessEntry",
    "SafeguardEntry",
    "SafeguardsEntry",
    "SharedAttributionEntry",
    "ThrottleEntry",
]

ZERO = Quantity(value=0.0)
ONE = Quantity(value=1.0)


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    hold(None if names else Fault((), shown(names), "at least one name"))
    return names


SomeNames: TypeAlias = Annotated[
    DistinctNames, AfterValidator(_some), Field(json_schema_extra={"uniqueItems": True, "minItems": 1})
]


class SafeguardEntry(Entry):
    """What may be said about every safeguard."""

    adopters: SomeNames | None = None
    """actors, blocs or kinds of actors that take it up; default: all actors"""
    cost: Money = ZERO
    """what it costs, in USD a year; default: 0 USD"""
    inert: Probability = ZERO
    """chance, per crisis and adopter, that it is silently disarmed; default: 0"""


class ForbiddenEntry(Entry):
    """A class of actions: those in a domain, from a rung up."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    in_: Annotated[Name | None, Field(alias="in")] = None
    """the domain of the action's target; default: every domain"""
    from_: Annotated[Name | None, Field(alias="from")] = None
    """the lowest rung of the action; default: the lowest of the ladder"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        is_everything = self.in_ is None and self.from_ is None
        hold(Fault((), "an empty mapping", "`in:`, `from:`, or both") if is_everything else None)
        return self


def _forbidden(entries: tuple[ForbiddenEntry, ...]) -> tuple[ForbiddenEntry, ...]:
    hold(None if entries else Fault((), shown(entries), "at least one class of actions, as {from: damage}"))
    first: dict[tuple[str | None, str | None], int] = {}
    for index, entry in enumerate(entries):
        first.setdefault((entry.in_, entry.from_), index)
    repeated = [index for index, entry in enumerate(entries) if first[entry.in_, entry.from_] != index]
    hold(*(Fault((index,), "the same class a second time", "each class once") for index in repeated))
    return entries


class RedLinesEntry(SafeguardEntry):
    """Classes of actions that are forbidden."""

    forbid: Annotated[
        tuple[ForbiddenEntry, ...],
        AfterValidator(_forbidden),
        Field(json_schema_extra={"uniqueItems": True, "minItems": 1}),
    ]
    """the forbidden classes, as [{in: kinetic, from: damage}]"""
    compliance: Probability = ONE
    """chance that a forbidden action is stopped; default: 1"""


class PhasedRolloutEntry(SafeguardEntry):
    """A cap on automation."""

    autonomy: Share
    """at most this share of an adopter's actions is executed without its human command"""


class CertificationEntry(SafeguardEntry):
    """Senses that were tested before they were let loose."""

    coverage: Share = ONE
    """share of the adopters' systems that are certified; default: 1"""
    attribution: Probability = ZERO
    """their attribution is at least this; default: 0, which changes nothing"""
    inflates: Reduction = ONE
    """factor of their chance of reading one rung too high; default: 1"""
    false_alarms: Reduction = ONE
    """factor of the rate of their false alarms; default: 1"""
    overconfidence: Positive | None = None
    """their overconfidence is exactly this; default: as it is"""


class RobustnessEntry(SafeguardEntry):
    """Planted evidence is seen through more often; reviewers err less and take less time."""

    sees_through_spoofs: Probability = ZERO
    """chance of seeing the truth behind planted evidence is at least this; default: 0"""
    approves_wrong: Reduction = ONE
    """factor of the chance that people approve a wrongful action; default: 1"""
    review: Factor = ONE
    """factor of the time that people take over a review; default: 1"""


class ExportControlsEntry(SafeguardEntry):
    """Actors of some kinds get less to act with."""

    kinds: SomeNames
    """the kinds of actors, as [non-state]"""
    shocks: Share = ONE
    """the share of their shocks that still happens; default: 1"""
    actions: Share = ONE
    """the share of their actions that still happens; default: 1"""


class CompartmentsEntry(SafeguardEntry):
    """Walls between domains, and between compartments."""

    strength: Probability
    """chance that an action across domains, or contagion across compartments, is stopped"""


def _floors(floors: dict[str, Quantity]) -> dict[str, Quantity]:
    hold(None if floors else Fault((), shown(floors), "at least one floor, as {degrade: 0.8}"))
    return floors


class ConfidenceFloorEntry(SafeguardEntry):
    """An action that rests on blame needs the confidence that its rung asks for."""

    floors: Annotated[
        dict[Name, Probability], AfterValidator(_floors), Field(json_schema_extra={"minProperties": 1})
    ]
    """the confidence needed, by rung: from that rung up to the next one named"""
    below: BelowWord = Below.DENY
    """what becomes of an action below the floor: deny, review or reversible-only; default: deny"""


class DeEscalationModeEntry(SafeguardEntry):
    """Many incidents sensed in a short time put an adopter on restraint."""

    trips_at: Count
    """how many sensed incidents put the adopter into the mode"""
    within: Duration
    """the time in which they have to come"""
    lasts: Duration
    """how long the mode lasts after the last trip"""
    review_from: Name | None = None
    """while it is on, actions from this rung up need review; default: none do"""
    restraint: Probability = ZERO
    """while it is on, chance that any other action is dropped; default: 0"""


class ThrottleEntry(SafeguardEntry):
    """A limit on an adopter's rate of actions."""

    rate: Pace
    """how many actions are let through in the long run, per adopter"""
    burst: Count = ONE
    """how many are let through at once; default: 1"""
    excess: ExcessWord = Excess.DROP
    """what becomes of the others: drop or delay; default: drop"""


class HumanOnTheLoopEntry(SafeguardEntry):
    """Actions wait for one of a finite number of people, first come first served, per adopter."""

    from_: Annotated[Name | None, Field(alias="from")] = None
    """the lowest rung of an action that needs review; default: the lowest of the ladder"""
    reviewers: Reviewers
    """how many people review, from 1 to 1000, or unlimited"""
    review: Delay
    """how long one person takes over one action"""
    approves_right: Probability
    """chance that a rightful action is approved"""
    approves_wrong: Probability
    """chance that a wrongful action is approved"""
    timeout: Duration | None = None
    """the longest time from being held to being decided; default: it waits for ever"""
    on_timeout: OnTimeoutWord = OnTimeout.DENY
    """what becomes of an action that nobody has decided in time: deny or allow; default: deny"""


class IncidentSharingEntry(SafeguardEntry):
    """Some time after a root shock, adopters know more about all that descends from it."""

    after: Time
    """how long after the shock"""
    recognises_accidents: Probability = ZERO
    """chance of laying no blame for an accident is at least this; default: 0"""
    sees_through_spoofs: Probability = ZERO
    """chance of seeing the truth behind planted evidence is at least this; default: 0"""


class SharedAttributionEntry(SafeguardEntry):
    """Per root shock, a verdict that adopters use instead of their own attribution."""

    verdict: Delay
    """how long after the shock the verdict comes"""
    accuracy: Probability
    """chance that the verdict is right"""


class SafeguardsEntry(Entry):
    """The safeguards that stand; an empty mapping for none."""

    red_lines: Annotated[RedLinesEntry | None, Field(alias="red-lines")] = None
    """classes of actions that are forbidden"""
    phased_rollout: Annotated[PhasedRolloutEntry | None, Field(alias="phased-rollout")] = None
    """a cap on automation"""
    certification: CertificationEntry | None = None
    """senses that were tested before they were let loose"""
    robustness: RobustnessEntry | None = None
    """planted evidence is seen through more often; reviewers err less and take less time"""
    export_controls: Annotated[ExportControlsEntry | None, Field(alias="export-controls")] = None
    """actors of some kinds get less to act with"""
    compartments: CompartmentsEntry | None = None
    """walls between domains, and between compartments"""
    confidence_floor: Annotated[ConfidenceFloorEntry | None, Field(alias="confidence-floor")] = None
    """an action that rests on blame needs the confidence that its rung asks for"""
    de_escalation_mode: Annotated[DeEscalationModeEntry | None, Field(alias="de-escalation-mode")] = None
    """many incidents sensed in a short time put an adopter on restraint"""
    throttle: ThrottleEntry | None = None
    """a limit on an adopter's rate of actions"""
    human_on_the_loop: Annotated[HumanOnTheLoopEntry | None, Field(alias="human-on-the-loop")] = None
    """actions wait for one of a finite number of people"""
    incident_sharing: Annotated[IncidentSharingEntry | None, Field(alias="incident-sharing")] = None
    """some time after a root shock, adopters know more about all that descends from it"""
    shared_attribution: Annotated[SharedAttributionEntry | None, Field(alias="shared-attribution")] = None
    """per root shock, a verdict that adopters use instead of their own attribution"""


class Document(Entry):
    """A portfolio, in the short form."""

    detente: Version
    """the version of the language: 1"""
    portfolio: PortfolioName
    """the name of the portfolio"""
    title: Text = ""
    """a title for people"""
    summary: Text = ""
    """one paragraph for people"""
    references: dict[Name, ReferenceEntry] = Field(default_factory=dict)
    """publications that numbers may cite"""
    safeguards: SafeguardsEntry
    """the safeguards, by name; an empty mapping for none"""
