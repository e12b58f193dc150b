"""The short form of a scenario, as people write it: one pydantic model per kind of entry.

The attribute docstrings are the descriptions in the JSON Schema that editors show. Every field
reads its own value and reports one clear error for it; what concerns several fields at once is in
`model.check`, and no default that depends on other entries is applied here but in `model.resolve`.
"""

from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from detente.model.entries import DistinctNames, Entry, ReferenceEntry, Text, Version, hold
from detente.model.forms import Delay, Law, Reversible, StatedDelay, StatedLaw, Target
from detente.model.names import (
    ActorName,
    ActorOrNone,
    CompartmentName,
    ComponentName,
    Name,
    RungName,
    SystemName,
    names_of,
)
from detente.model.numbers import (
    Actions,
    Count,
    Duration,
    Money,
    Positive,
    Probability,
    Rate,
    Rungs,
    Time,
    Weight,
)
from detente.model.rules import (
    arrivals,
    counts,
    different,
    long_enough,
    one_time,
    rungs_below,
    somebody,
    steps,
    swings,
)
from detente.model.vocabulary import DEFAULT_LADDER, DelayLaw, Quantity

__all__ = [
    "ActorEntry",
    "AlertEntry",
    "CommandEntry",
    "ContagionEntry",
    "DependencyEntry",
    "Document",
    "DownEntry",
    "FalseAlarmsEntry",
    "ResponseEntry",
    "SensesEntry",
    "ShockEntry",
    "StepEntry",
    "SystemEntry",
]

NEVER = Quantity(value=0.0)
ALWAYS = Quantity(value=1.0)
AT_ONCE = StatedDelay(DelayLaw.FIXED, Quantity(value=0.0))


def _climbable(ladder: tuple[str, ...]) -> tuple[str, ...]:
    hold(long_enough(ladder))
    return ladder


Ladder: TypeAlias = Annotated[
    DistinctNames, AfterValidator(_climbable), Field(json_schema_extra={"uniqueItems": True, "minItems": 2})
]


class CommandEntry(Entry):
    """The ordinary human path for what is not automated."""

    review: Delay
    """how long a person takes to decide"""
    approves_right: Probability
    """chance that a rightful action is approved"""
    approves_wrong: Probability
    """chance that a wrongful action is approved"""


class AlertEntry(Entry):
    """Readiness that rises with what an actor's systems sense."""

    trips_at: Count
    """how many sensed incidents put the actor on alert"""
    within: Duration
    """the time in which they have to come"""
    lasts: Duration
    """how long the alert lasts after the last trip"""
    autonomy: Probability = ALWAYS
    """while on alert, at least this share is executed without human command"""
    actions: Actions = ALWAYS
    """while on alert, mean numbers of actions are multiplied by this"""


class ActorEntry(Entry):
    """Who owns systems."""

    kind: Name
    """state, military, supplier, vendor, operator or non-state; other kinds are legal"""
    bloc: Name | None = None
    """the bloc it belongs to"""
    command: CommandEntry | None = None
    """the human path for what is not automated; without it, what is not automated does not happen"""
    alert: AlertEntry | None = None
    """readiness that rises with what its systems sense"""


class DownEntry(Entry):
    """What puts a system out of action, and for how long."""

    from_: Annotated[RungName, Field(alias="from")]
    """the lowest rung of an incident that puts the system out of action"""
    lasts: Duration
    """how long it stays out of action"""


class FalseAlarmsEntry(Entry):
    """Phantoms: sensed by one system alone, no harm, no outages, author none."""

    rate: Rate
    """how often"""
    rung: RungName
    """at which rung; below catastrophe"""

    @model_validator(mode="after")
    def _rules(self, info: ValidationInfo) -> Self:
        hold(rungs_below(self.rung, names_of(info)), arrivals(self.rate, names_of(info)))
        return self


class SensesEntry(Entry):
    """How well a system reads what it senses."""

    attribution: Probability = ALWAYS
    """chance of blaming the basis of the evidence and nobody else"""
    assurance: Positive = Quantity(value=4.0)
    """how concentrated its confidence is (Beta concentration)"""
    overconfidence: Positive = ALWAYS
    """1 is calibrated; above 1, confidence is more extreme than it should be"""
    inflates: Probability = NEVER
    """chance of reading one rung too high"""
    deflates: Probability = NEVER
    """chance of reading one rung too low"""
    recognises_accidents: Probability = NEVER
    """chance of laying no blame for an accident"""
    sees_through_spoofs: Probability = NEVER
    """chance of seeing the truth behind planted evidence"""
    suspects: dict[ActorName, Weight] | None = None
    """whom it blames when wrong, by weight; default: all other actors equally"""
    false_alarms: FalseAlarmsEntry | None = None
    """incidents it senses that never happened"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        hold(swings(self.inflates, self.deflates), somebody(self.suspects))
        return self


class StepEntry(Entry):
    """The rung of an action relative to the perceived rung; the three sum to 1."""

    down: Probability = NEVER
    """chance of one rung lower"""
    same: Probability | None = None
    """chance of the same rung; default: what `down` and `up` leave"""
    up: Probability = NEVER
    """chance of one rung higher"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        hold(steps(self.down, self.same, self.up))
        return self


class ResponseEntry(Entry):
    """The rule by which a system turns a sensed incident into actions."""

    from_: Annotated[RungName, Field(alias="from")]
    """the lowest perceived rung that triggers it"""
    at: Target
    """the target: blamed, own, domain, or a list of systems"""
    in_: Annotated[Name | None, Field(alias="in")] = None
    """the domain of the target; default: the system's own"""
    actions: Actions
    """mean number of actions"""
    law: Law = StatedLaw("poisson")
    """law of the number of actions: poisson, bernoulli, fixed or {negative-binomial: dispersion}"""
    step: StepEntry = StepEntry()
    """the rung of an action relative to the perceived rung"""
    after: Delay = AT_ONCE
    """how long an action takes to land"""
    poses_as: ActorOrNone = None
    """the actor whom the evidence will point to, for a false flag"""
    reversible: Reversible = None
    """false, or {recovers: the share of the harm that is undone}"""
    autonomy: Probability = ALWAYS
    """share executed without the owner's human command"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        hold(counts(self.law.name, self.actions, self.law.dispersion))
        return self


class SystemEntry(Entry):
    """An automated (or human) agent and asset of one actor."""

    owner: ActorName
    """the actor it belongs to"""
    domain: Name
    """cyber, finance, energy, communications, kinetic, information, space, logistics, or any other"""
    compartment: CompartmentName | None = None
    """default: "<owner>/<domain>\""""
    components: DistinctNames = ()
    """parts it shares with other systems, for contagion"""
    harm: dict[RungName, Money] = Field(default_factory=dict)
    """expected loss per incident at a rung; 0 where unsaid"""
    down: DownEntry | None = None
    """what puts it out of action, and for how long"""
    watches: dict[SystemName, Probability] | None = None
    """chance of sensing an incident at a system; default: itself, 1.0"""
    senses: SensesEntry = SensesEntry()
    """how well it reads what it senses"""
    responds: tuple[ResponseEntry, ...] = ()
    """what it does about what it senses"""


class DependencyEntry(Entry):
    """A physical or logical coupling by which outages spread."""

    from_: Annotated[SystemName, Field(alias="from")]
    """the system whose incidents spread"""
    to: SystemName
    """the system that suffers the outage"""
    spreads: Probability
    """chance that an incident spreads"""
    at_least: RungName | None = None
    """the lowest rung that spreads; default: the first of the ladder"""
    drops: Rungs = NEVER
    """how many rungs lower the outage is"""
    after: Delay = AT_ONCE
    """how long it takes to spread"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        hold(different(self.from_, self.to))
        return self


class ContagionEntry(Entry):
    """Self-propagation between systems that share a component."""

    component: ComponentName
    """the shared component"""
    spreads: Probability
    """chance of spreading, for each other system that has the component"""
    at_least: RungName | None = None
    """the lowest rung that spreads; default: the first of the ladder"""
    drops: Rungs = NEVER
    """how many rungs lower the incident there is"""
    after: Delay = AT_ONCE
    """how long it takes to spread"""


class ShockEntry(Entry):
    """An incident from outside: once, or as a Poisson stream."""

    hits: SystemName
    """the system it happens to"""
    rung: RungName
    """its rung"""
    author: ActorOrNone = None
    """who did it; none for an accident"""
    points_to: ActorOrNone = None
    """whom the evidence implicates; default: the author"""
    at: Time | None = None
    """when it happens; default: 0 s, unless there is a rate"""
    rate: Rate | None = None
    """how often it happens until the horizon, instead of `at`"""

    @model_validator(mode="after")
    def _rules(self, info: ValidationInfo) -> Self:
        hold(one_time(self.at, self.rate), arrivals(self.rate, names_of(info)))
        return self


class Document(Entry):
    """A scenario, in the short form."""

    detente: Version
    """the version of the language: 1"""
    name: Name
    """the name of the scenario"""
    title: Text = ""
    """a title for people"""
    summary: Text = ""
    """one paragraph for people"""
    ladder: Ladder = DEFAULT_LADDER
    """the rungs, mildest first"""
    critical: RungName
    """the first rung that a person must own"""
    catastrophe: RungName | None = None
    """the rung that ends the run; default: the last"""
    horizon: Duration
    """how long a crisis is followed"""
    references: dict[Name, ReferenceEntry] = Field(default_factory=dict)
    """publications that numbers may cite"""
    actors: dict[Name, ActorEntry]
    """who owns systems, by name"""
    systems: dict[Name, SystemEntry]
    """the systems, by name"""
    dependencies: tuple[DependencyEntry, ...] = ()
    """couplings by which outages spread"""
    contagion: tuple[ContagionEntry, ...] = ()
    """self-propagation between systems that share a component"""
    shocks: tuple[ShockEntry, ...]
    """incidents from outside"""
