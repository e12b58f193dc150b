"""The short form of a charter, as people write it: one pydantic model per kind of entry.

The attribute docstrings are the descriptions in the JSON Schema that editors show. Every field reads its own
value; what concerns several entries at once is in `model.charter.check`.
"""

from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from detente.model.charter import limits
from detente.model.charter.forms import Bound, Choices, Kinds, Targets, argument_form, argument_schema
from detente.model.charter.limits import at_most
from detente.model.charter.vocabulary import (
    ArgumentType,
    Enforcement,
    OnLapse,
    Phase,
    Recovery,
)
from detente.model.charter.words import (
    ArgumentTypeWord,
    EnforcementWord,
    ObjectionWord,
    OnHaltWord,
    OnLapseWord,
    OverdueWord,
    PhaseWord,
    RecoveryWord,
    RestsOnWord,
)
from detente.model.entries import DistinctNames, Entry, Filled, ReferenceEntry, Text, Version, hold
from detente.model.names import ActorName, CompartmentName, GroupName, Name, RungName
from detente.model.numbers import Certainty, Count, Positive, Probability, Tempo, Term, Wait
from detente.model.problems import Fault, shown
from detente.model.rules import long_enough
from detente.model.vocabulary import DEFAULT_LADDER, Quantity
from detente.model.words import YesNo

__all__ = [
    "ActionEntry",
    "ActorEntry",
    "ArgumentEntry",
    "AssetEntry",
    "ConditionEntry",
    "Document",
    "GroupEntry",
    "KillEntry",
    "MeterEntry",
    "ModesEntry",
    "PromotionEntry",
    "RequestsEntry",
    "SystemEntry",
]


def _q(value: float) -> Quantity:
    return Quantity(value=value)


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def _climbable(ladder: tuple[str, ...]) -> tuple[str, ...]:
    hold(long_enough(ladder))
    return ladder


Ladder: TypeAlias = Annotated[
    DistinctNames,
    at_most(limits.MOST_RUNGS, "rungs"),
    AfterValidator(_climbable),
    Field(json_schema_extra={"uniqueItems": True, "minItems": 2, "maxItems": limits.MOST_RUNGS}),
]


def _somebody(people: tuple[str, ...]) -> tuple[str, ...]:
    hold(None if people else Fault((), shown(people), "at least one person"))
    return people


People: TypeAlias = Annotated[
    DistinctNames,
    at_most(limits.MOST_PEOPLE, "people"),
    Field(json_schema_extra={"uniqueItems": True, "maxItems": limits.MOST_PEOPLE}),
]


class ActorEntry(Entry):
    """Who owns systems and assets."""

    kind: Name
    """state, military, supplier, vendor, operator or non-state; other kinds are legal"""
    bloc: Name | None = None
    """the bloc it belongs to; default: none"""


class RequestsEntry(Entry):
    """How often a system may ask."""

    rate: Tempo = _q(100.0)
    """how many requests it may send in the long run; default: 100 /s"""
    burst: Count = _q(1000.0)
    """how many at once; default: 1000"""


class SystemEntry(Entry):
    """What proposes actions, and may be acted upon."""

    owner: ActorName
    """the actor it belongs to"""
    domain: Name
    """cyber, finance, energy, communications, kinetic, information, space, logistics, or any other"""
    compartment: CompartmentName | None = None
    """the compartment it is in; default: `<owner>/<domain>`"""
    operators: People = ()
    """people who run it: they never approve what it proposes; default: none"""
    may: Kinds = ()
    """the kinds of actions that it may propose, or "*" for all; default: none"""
    targets: Targets = ()
    """what it may act upon: names, or beginnings of names with `*` after them, or "*" for all; default: nothing"""
    certified: YesNo = False
    """an independent audit holds; default: false"""
    phase: PhaseWord = Phase.SHADOW
    """where it starts, for each kind of action: shadow, advisory, supervised or autonomous; default: shadow"""
    requests: RequestsEntry = RequestsEntry()
    """how often it may ask"""


class AssetEntry(Entry):
    """What may be acted upon and proposes nothing itself."""

    owner: ActorName
    """the actor it belongs to"""
    domain: Name
    """the domain it is in"""
    compartment: CompartmentName | None = None
    """the compartment it is in; default: `<owner>/<domain>`"""


class ArgumentEntry(Entry):
    """One argument of a kind of action; its type alone where there is nothing else to say."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    type: ArgumentTypeWord | None = None
    """text, whole, number, yes-no or texts; default: text, where `one_of` is stated"""
    required: YesNo = True
    """an action without it is refused; default: true"""
    low: Bound | None = None
    """the lowest it may be, of a whole or a number; default: no bound"""
    high: Bound | None = None
    """the highest it may be, of a whole or a number; default: no bound"""
    one_of: Choices | None = None
    """what it may be, of a text, or each of them, of texts; default: any"""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        hold(self._untyped(), *self._unsuited(), self._broken("low"), self._broken("high"), self._empty())
        return self

    def kind(self) -> ArgumentType:
        """Its type, stated or not."""
        return self.type or ArgumentType.TEXT

    def _untyped(self) -> Fault | None:
        is_told = self.type is not None or self.one_of is not None
        return (
            None if is_told else Fault((), "an argument without a type", "`type:`, or `one_of:` for a text")
        )

    def _unsuited(self) -> list[Fault]:
        """Bounds are of numbers, choices of texts."""
        is_number = self.kind() in (ArgumentType.WHOLE, ArgumentType.NUMBER)
        is_text = self.kind() in (ArgumentType.TEXT, ArgumentType.TEXTS)
        wrong = [key for key in ("low", "high") if getattr(self, key) is not None and not is_number]
        wrong += ["one_of"] if self.one_of is not None and not is_text else []
        suited = {"low": "whole or number", "high": "whole or number", "one_of": "text or texts"}
        return [
            Fault((key,), f"`{key}` of a {self.kind().value}", f"`type:` {suited[key]}", at_key=True)
            for key in wrong
        ]

    def _broken(self, key: str) -> Fault | None:
        bound = getattr(self, key)
        if bound is None or self.type is not ArgumentType.WHOLE or bound.is_integer():
            return None
        return Fault((key,), f"{bound:g}", "a whole number, because the type is whole")

    def _empty(self) -> Fault | None:
        if self.low is None or self.high is None or self.low <= self.high:
            return None
        return Fault(("low",), f"low {self.low:g} above high {self.high:g}", "low at most high")


class _BothForms:
    """Says in the JSON Schema that the short form is legal, too."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return argument_schema(handler(core))


Argument: TypeAlias = Annotated[ArgumentEntry, BeforeValidator(argument_form), _BothForms()]


class ActionEntry(Entry):
    """A kind of action: an entry of the catalogue."""

    rung: RungName
    """how severe it is"""
    in_: Annotated[Name | None, Field(alias="in")] = None
    """the domain of its targets; default: any"""
    reversible: YesNo = False
    """it can be undone; default: false"""
    undo: Filled | None = None
    """how it is undone: another kind of action, or a sentence; default: unsaid"""
    rests_on: RestsOnWord = True
    """blame: it is aimed at somebody for what they are thought to have done, and needs a premise; or nothing; default: blame"""
    on_halt: OnHaltWord | None = None
    """what halting means for it: deny, it stops; hold, people decide; allow, it goes on; default: deny, with a warning"""
    on_lapse: OnLapseWord = OnLapse.DENY
    """what becomes of it when nobody has decided in time: deny, or allow if it is reversible and below critical; default: deny"""
    quorum: Count | None = None
    """how many people must approve it; default: as many as their group asks for"""
    arguments: Annotated[
        dict[Name, Argument],
        at_most(limits.MOST_ARGUMENTS, "arguments"),
        Field(json_schema_extra={"maxProperties": limits.MOST_ARGUMENTS}),
    ] = Field(default_factory=dict)
    """its arguments, by name; default: none"""
    other_arguments: YesNo = False
    """arguments that are not named here are taken as they come; default: false"""


class GroupEntry(Entry):
    """People who approve."""

    people: Annotated[
        People,
        AfterValidator(_somebody),
        Field(json_schema_extra={"uniqueItems": True, "minItems": 1, "maxItems": limits.MOST_PEOPLE}),
    ]
    """who they are"""
    quorum: Count = _q(1.0)
    """how many of them must approve; default: 1"""
    deadline: Term = _q(15 * _MINUTE)
    """from the hold to its end; default: 15 min"""
    escalates_to: GroupName | None = None
    """the group that may decide, too, from half of the deadline on; default: none"""
    open_holds: Count = _q(50.0)
    """more than so many at once are refused; default: 50"""
    may_operate: YesNo = False
    """operators of a system may approve what it proposes: a site with few people, stated openly; default: false"""


class ConditionEntry(Entry):
    """A rule of one's own, in CEL."""

    when: Annotated[
        Filled,
        at_most(limits.LONGEST_CONDITION, "letters"),
        Field(json_schema_extra={"maxLength": limits.LONGEST_CONDITION}),
    ]
    """which actions it matches, as 'action.rung == "damage"'"""
    effect: ObjectionWord
    """what becomes of them: deny or hold"""
    because: Text = ""
    """why, for whoever is refused"""


class ModesEntry(Entry):
    """What modes ask for, and how they are left."""

    recovery: RecoveryWord = Recovery.CONFIRMED
    """confirmed, a person lifts a mode step by step; or automatic, it ends by itself; default: confirmed"""
    dwell: Wait = _q(10 * _MINUTE)
    """the shortest time in a mode before it is raised by one step; default: 10 min"""
    guarded_review_from: RungName | None = None
    """in guarded mode, actions from this rung up need review; default: critical"""
    review_from: RungName | None = None
    """in de-escalation mode, where no safeguard says it, actions from this rung up need review; default: the lowest"""
    restraint: Probability = _q(1.0)
    """in de-escalation mode, where no safeguard says it, chance that any other action is dropped; default: 1"""


class MeterEntry(Entry):
    """How R is estimated, and when it trips de-escalation mode."""

    half_life: Term = _q(10 * _MINUTE)
    """how fast the past is forgotten; default: 10 min"""
    level: Positive = _q(1.0)
    """the R at which it trips; default: 1"""
    confidence: Certainty = _q(0.9)
    """how sure it must be that R is at least that; default: 0.9"""
    least_events: Count = _q(20.0)
    """before so many events, after forgetting, nothing trips; default: 20"""
    trips: YesNo = True
    """it trips the mode, and does not only tell; default: true"""


class PromotionEntry(Entry):
    """What a system must show, for one kind of action, to get from one phase to the next."""

    least: Wait = _q(7 * _DAY)
    """time in the phase; default: 7 d"""
    least_judged: Count = _q(50.0)
    """proposals that people judged; default: 50"""
    agreement: Certainty = _q(0.95)
    """the share they agreed with is at least this, by a lower confidence bound; default: 0.95"""
    confidence: Certainty = _q(0.9)
    """the confidence of that bound; default: 0.9"""
    severe_within: Wait = _q(30 * _DAY)
    """no severe incident was traced to it within so long; default: 30 d"""


class KillEntry(Entry):
    """The switch that stops everything, and how it is known to work."""

    test_every: Term = _q(_DAY)
    """how often it is tested; default: 1 d"""
    overdue: OverdueWord = "guarded"
    """the mode that an overdue or failed test brings: guarded, de-escalation or halted; default: guarded"""


class Document(Entry):
    """A charter, in the short form."""

    detente: Version
    """the version of the language: 1"""
    charter: Name
    """the name of the charter"""
    title: Text = ""
    """a title for people"""
    summary: Text = ""
    """one paragraph for people"""
    references: dict[Name, ReferenceEntry] = Field(default_factory=dict)
    """publications that numbers may cite"""
    ladder: Ladder = DEFAULT_LADDER
    """the rungs, mildest first"""
    critical: RungName
    """the first rung that a person must own"""
    catastrophe: RungName | None = None
    """the rung that must never be reached; default: the last"""
    actors: Annotated[
        dict[Name, ActorEntry],
        at_most(limits.MOST_ACTORS, "actors"),
        Field(json_schema_extra={"maxProperties": limits.MOST_ACTORS}),
    ]
    """who owns systems and assets, by name"""
    systems: Annotated[
        dict[Name, SystemEntry],
        at_most(limits.MOST_SYSTEMS, "systems"),
        Field(json_schema_extra={"maxProperties": limits.MOST_SYSTEMS}),
    ]
    """what proposes actions, by name"""
    assets: Annotated[
        dict[Name, AssetEntry],
        at_most(limits.MOST_ASSETS, "assets"),
        Field(json_schema_extra={"maxProperties": limits.MOST_ASSETS}),
    ] = Field(default_factory=dict)
    """what may be acted upon besides, by name"""
    actions: Annotated[
        dict[Name, ActionEntry],
        at_most(limits.MOST_ACTIONS, "kinds of actions"),
        Field(json_schema_extra={"maxProperties": limits.MOST_ACTIONS}),
    ]
    """the catalogue: the kinds of actions, by name"""
    groups: Annotated[
        dict[Name, GroupEntry],
        at_most(limits.MOST_GROUPS, "groups"),
        Field(json_schema_extra={"maxProperties": limits.MOST_GROUPS}),
    ] = Field(default_factory=dict)
    """people who approve, by the name of their group"""
    reviewed_by: dict[ActorName, GroupName] = Field(default_factory=dict)
    """by actor, the group that reviews what its systems propose"""
    conditions: Annotated[
        dict[Name, ConditionEntry],
        at_most(limits.MOST_CONDITIONS, "conditions"),
        Field(json_schema_extra={"maxProperties": limits.MOST_CONDITIONS}),
    ] = Field(default_factory=dict)
    """rules of one's own, by name"""
    uncertain_below: Probability = _q(0.5)
    """what cannot be undone and rests on a confidence below this, or on none, needs people; default: 0.5"""
    report_outcome: Term = _q(_HOUR)
    """what was allowed is to be reported as done, failed or rolled back within so long; default: 1 h"""
    stale_after: Term = _q(5 * _MINUTE)
    """a request that was made longer ago is refused; default: 5 min"""
    enforcement: EnforcementWord = Enforcement.ENFORCE
    """enforce; or observe: everything is allowed, and what would have been decided is recorded; default: enforce"""
    modes: ModesEntry = ModesEntry()
    """what modes ask for, and how they are left"""
    meter: MeterEntry = MeterEntry()
    """how R is estimated, and when it trips de-escalation mode"""
    promotion: PromotionEntry = PromotionEntry()
    """what a system must show to get from one phase to the next"""
    kill: KillEntry = KillEntry()
    """the switch that stops everything, and how it is known to work"""
