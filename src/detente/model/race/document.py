"""The short form of a race, as people write it: one pydantic model per kind of entry.

The attribute docstrings are the descriptions in the JSON Schema that editors show. Money is per year unless a
description says otherwise. Scenarios and portfolios are named here and looked up when the race is set up.
"""

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from detente.model.entries import DistinctNames, Entry, ReferenceEntry, Text, Version, hold
from detente.model.names import Name
from detente.model.numbers import Count, Factor, Money, Positive, Probability, Share, Weight
from detente.model.problems import Fault
from detente.model.race.words import HowWord
from detente.model.vocabulary import Quantity

__all__ = [
    "BeliefEntry",
    "ConcernEntry",
    "ConductEntry",
    "CostsEntry",
    "CrisesEntry",
    "Document",
    "EntranceEntry",
    "InsuranceEntry",
    "MeasureEntry",
    "PathsEntry",
    "PlayerEntry",
    "PolicyEntry",
    "PostureEntry",
    "SetsEntry",
    "TermsEntry",
    "TrustEntry",
]


def _q(value: float) -> Quantity:
    return Quantity(value=value)


ZERO, ONE, HALF = _q(0.0), _q(1.0), _q(0.5)


class CrisesEntry(Entry):
    """A scenario that supplies crises."""

    scenario: Name
    """a shipped scenario, which every crisis of this kind is one run of"""
    a_year: Factor
    """how many such crises come in a year, in the mean"""
    needs: Name | None = None
    """the player without whom there are none, as a non-state group that has yet to enter; default: they always come"""


class PostureEntry(Entry):
    """What a player has chosen: three numbers from 0 to 1."""

    autonomy: Share
    """at most this share of its systems' actions needs no person"""
    capability: Share
    """how much and how fast its systems act"""
    safety: Share
    """how well they read what they sense"""


class CostsEntry(Entry):
    """What a player's posture costs it a year."""

    capability: Money = ZERO
    """at capability 1; in proportion below"""
    safety: Money = ZERO
    """at safety 1; with its square below, because the last errors cost most"""


class EntranceEntry(Entry):
    """How a player that is not there at first comes in."""

    barrier: Share
    """the barrier it meets at first; export and compute controls add to it, others' capability wears it down"""
    a_year: Probability
    """the chance of coming in within a year where there is no barrier"""


class PlayerEntry(Entry):
    """Who takes part."""

    kind: Name
    """state, military, supplier, vendor, operator or non-state; other kinds are legal"""
    bloc: Name | None = None
    """the bloc it belongs to; default: none"""
    acts_as: dict[Name, DistinctNames] = Field(default_factory=dict)
    """by scenario, the actors whose systems are as it has chosen"""
    supplied_by: dict[Name, Share] = Field(default_factory=dict)
    """by player, how much of its systems is as that supplier has chosen; the rest is its own choice"""
    market: Name | None = None
    """where it contends with all others that name the same market; default: nowhere"""
    prize: Money = ZERO
    """what the whole of that market is worth to it"""
    procurement: Money = ZERO
    """what buyers pay it for speed, at autonomy and capability 1"""
    certified: Money = ZERO
    """what buyers pay it more once it is certified"""
    budget: Money
    """what it can spend, above 0; the scale on which it weighs gains and losses"""
    catastrophe: Money = ZERO
    """what one catastrophe costs it, beyond the loss its systems take"""
    costs: CostsEntry = CostsEntry()
    """what its posture costs"""
    start: PostureEntry
    """its posture at first"""
    enters: EntranceEntry | None = None
    """how it comes in; default: it is there from the beginning"""


class TermsEntry(Entry):
    """What players want: the weight of each term of their utility; 0 switches one off."""

    contest: Factor = ONE
    """the prize of the market, by capability x (1 + advantage x autonomy) against rivals"""
    procurement: Factor = ONE
    """pay for speed"""
    cost: Factor = ONE
    """what capability and safety cost"""
    internalised: Factor = ONE
    """the share of its own expected loss by crises that it counts"""
    liability: Factor = ZERO
    """the share of others' loss that those who brought it about make good"""
    insurance: Factor = ZERO
    """how far the premium follows the risk of the insured"""
    certified: Factor = ZERO
    """the market premium for the certified"""
    penalty: Factor = ZERO
    """the fine for crossing the red line, in budgets per unit of autonomy beyond it"""
    experiment: Factor = ZERO
    """what trying things out is worth that can be undone, in budgets at autonomy 1"""


class SetsEntry(Entry):
    """Weights of terms that a measure changes for those it covers."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    procurement: Factor | None = None
    """pay for speed"""
    internalised: Factor | None = None
    """the share of its own expected loss that a player counts"""
    liability: Factor | None = None
    """the share of others' loss that is made good"""
    insurance: Factor | None = None
    """how far the premium follows the risk"""
    certified: Factor | None = None
    """the market premium for the certified"""
    penalty: Factor | None = None
    """the fine for crossing the red line"""
    experiment: Factor | None = None
    """what trying things out is worth"""

    @model_validator(mode="after")
    def _rules(self) -> "SetsEntry":
        empty = all(getattr(self, name) is None for name in type(self).model_fields)
        hold(Fault((), "an empty mapping", "at least one term, as {liability: 0.5}") if empty else None)
        return self


class MeasureEntry(Entry):
    """One safeguard or lever that comes into force, for somebody, some time."""

    portfolio: Name | None = None
    """a shipped portfolio whose safeguards stand; default: none"""
    sets: SetsEntry | None = None
    """weights of terms; default: none change"""
    for_: Annotated[DistinctNames | None, Field(alias="for")] = None
    """blocs or kinds of players; default: everybody"""
    from_: Annotated[Count | None, Field(alias="from")] = None
    """the quarter, counted from 1, in which making it begins whatever happens; default: only concern begins it"""
    concern: Positive | None = None
    """the public concern that begins it; default: only the quarter does"""
    how: HowWord = "domestic"
    """domestic, bloc by bloc; or treaty: all blocs it covers together, when trust and verification allow"""
    lag: Factor = ZERO
    """quarters from the beginning to its being in force; default: 0"""
    verification: Probability = ONE
    """the chance that a player that does not comply is found out; a safeguard nobody verifies is disarmed so often"""
    slows: Share = ZERO
    """the share of autonomy's advantage that those it covers lose"""
    drag: Share = ZERO
    """the share of everybody's innovation that it takes away, when all are covered"""
    barrier: Share = ZERO
    """what it adds to the barrier against entry"""

    @model_validator(mode="after")
    def _rules(self) -> "MeasureEntry":
        does = self.portfolio or self.sets or self.barrier.value or self.drag.value or self.slows.value
        starts = self.from_ is not None or self.concern is not None
        hold(
            None
            if does
            else Fault(
                (), "a measure that does nothing", "`portfolio:`, `sets:`, `slows:`, `drag:` or `barrier:`"
            ),
            None if starts else Fault((), "a measure that never begins", "`from:`, `concern:` or both"),
        )
        return self


class PolicyEntry(Entry):
    """Which measures come, when, and for whom."""

    title: Text = ""
    """a title for people"""
    measures: tuple[MeasureEntry, ...] = ()
    """the measures, in any order; default: none"""


class ConductEntry(Entry):
    """How players choose, and what their postures do."""

    sharpness: Weight = _q(50.0)
    """how surely the better move is made: 0 is at random; so many log-odds per budget gained a year"""
    review: Count = ONE
    """every how many quarters the risk of crises is assessed anew; also whenever measures or players come in"""
    step: Share = _q(0.1)
    """how far one quarter's move goes"""
    rivalry: Share = ZERO
    """how much of the mean loss of rivals a player counts as its own gain"""
    advantage: Factor = ONE
    """b: how much autonomy adds to capability in the contest"""
    decisiveness: Positive = ONE
    """r: how surely the stronger wins the market"""
    innovation: Probability = HALF
    """the chance that a step up in capability succeeds in its quarter"""
    gain: Factor = ONE
    """mean numbers of actions are multiplied by exp(gain x (capability - its reference))"""
    haste: Factor = ONE
    """delays are divided by exp(haste x (capability - its reference))"""
    care: Factor = ONE
    """errors and false alarms are divided by exp(care x (safety - its reference))"""
    reference_capability: Share = HALF
    """the capability at which the scenarios' numbers hold"""
    reference_safety: Share = HALF
    """the safety at which they hold"""
    red_line: Share = HALF
    """the autonomy beyond which a player crosses the red line"""
    certified_at: Share = _q(0.7)
    """the safety at which one audit in two is passed"""
    diffusion: Share = HALF
    """how much of the barrier against entry the capability of others wears away"""


class InsuranceEntry(Entry):
    """What insurers do."""

    covers: Share = ZERO
    """the share of a loss that they bear"""
    loading: Factor = ZERO
    """what they take beyond the expected claims, as a share of them"""


class ConcernEntry(Entry):
    """Public concern in a bloc: a number that starts at 0."""

    near_miss: Factor = ZERO
    """what a crisis that stops one rung below critical adds, where it does harm"""
    critical: Factor = ONE
    """what a critical crisis adds, where it does harm"""
    catastrophe: Factor = _q(10.0)
    """what a catastrophe adds, everywhere"""
    fades: Probability = HALF
    """the share that is forgotten in a year"""


class TrustEntry(Entry):
    """Trust between blocs, from 0 to 1."""

    start: Share = HALF
    """at first"""
    grows: Share = ZERO
    """the share of what is missing that a year without a critical crisis restores"""
    falls: Share = ZERO
    """the share that a critical crisis destroys"""


class BeliefEntry(Entry):
    """What may be true, or be believed, instead of what the race states."""

    title: Text = ""
    """a title for people"""
    crises: Factor = ONE
    """factor of how often crises come"""
    perceived: Factor = ONE
    """factor of the risk that players believe their own conduct adds"""
    trust: Factor = ONE
    """factor of trust at first, at most 1 altogether"""
    sharpness: Factor = ONE
    """factor of how surely the better move is made"""


class PathsEntry(Entry):
    """Where one path ends and the next begins."""

    window: Count = _q(8.0)
    """quarters at the end that are looked at"""
    escalation: Positive = ONE
    """R at which an incident is said to run away"""
    critical_a_year: Positive = HALF
    """critical crises a year up to which they are rare"""
    adoption: Share = HALF
    """the share of a bloc's players under a safeguard, or certified, from which it is said to restrain itself"""
    gap: Share = HALF
    """the difference between blocs' shares from which they are said to diverge"""


class Document(Entry):
    """A race, in the short form."""

    detente: Version
    """the version of the language: 1"""
    race: Name
    """the name of the race"""
    title: Text = ""
    """a title for people"""
    summary: Text = ""
    """one paragraph for people"""
    references: dict[Name, ReferenceEntry] = Field(default_factory=dict)
    """publications that numbers may cite"""
    quarters: Count = _q(40.0)
    """how long it is followed, in quarters of a year"""
    crises: tuple[CrisesEntry, ...]
    """the scenarios that supply crises; an empty list switches the crisis layer off"""
    players: dict[Name, PlayerEntry]
    """who takes part, by name"""
    terms: TermsEntry = TermsEntry()
    """what players want"""
    conduct: ConductEntry = ConductEntry()
    """how they choose, and what their postures do"""
    insurance: InsuranceEntry = InsuranceEntry()
    """what insurers do"""
    concern: ConcernEntry = ConcernEntry()
    """public concern"""
    trust: TrustEntry = TrustEntry()
    """trust between blocs"""
    paths: PathsEntry = PathsEntry()
    """where one path ends and the next begins"""
    reactions: tuple[MeasureEntry, ...] = ()
    """measures that stand ready under every policy"""
    policies: dict[Name, PolicyEntry]
    """the policies, by name"""
    beliefs: dict[Name, BeliefEntry] = Field(default_factory=dict)
    """what may be true, or be believed, instead"""
