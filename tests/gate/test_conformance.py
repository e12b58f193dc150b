"""The gate decides as the lab's kernel does: the same actions, premises, clocks and chances get the same answers.

Each stream of incidents and proposed actions goes through the kernel's safeguards (see `lab`) and through a gate's pure
`report`, `attribute` and `decide`, whose policy is compiled as it is modelled. What they must agree on is which safeguard stops
an action, whether people are asked, and until when exactly it is throttled. Where the kernel looks ahead (an action that waits
and is withdrawn by a verdict that comes meanwhile), the gate is asked again when that time has come.

What is compared at the first asking only: an action that waits for its turn is judged once by the kernel, and once more by a gate
when its turn has come, by what is known then.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from detente.engine import tables as t
from detente.engine.compile import compile_tables
from detente.engine.trace import confidence
from detente.gate import chance
from detente.gate.compile import compile_policy
from detente.gate.decide import decide
from detente.gate.decision import DENY, HOLD, THROTTLE, Decision
from detente.gate.incidents import attribute, report
from detente.gate.policy import Policy
from detente.gate.request import Action, Attribution, Incident, Premise
from detente.gate.state import State
from detente.model.charter.vocabulary import (
    ActionKind,
    Charter,
    GroupTerms,
    ModeTerms,
    Party,
    Phase,
    Recovery,
    SystemTerms,
)
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import SAFEGUARDS
from detente.model.vocabulary import Scenario
from tests.gate.build import seconds
from tests.gate.lab import INCIDENT, ask, lab
from tests.gate.streams import place, safeguards, stream

PLACES = 60
PORTFOLIOS = 3
STREAMS = 60  # of each portfolio: 10,800 in all

# What the streams must meet, and how often at least, for the comparison to mean something.
MEETS = {
    "allow": 8000,
    "people": 8000,
    "export-controls": 1000,
    "red-lines": 1000,
    "compartments": 1000,
    "confidence-floor": 400,
    "de-escalation-mode": 300,
    "throttle": 500,
    "turn kept": 500,
    "turn kept, and people": 400,
    "shared-attribution": 30,
    "by a verdict": 2000,
    "hold withdrawn": 400,
    "hold stands": 400,
}


class Draws:
    """The kernel's own draws for one action, under the names by which the gate asks for them."""

    nonce = 0

    def __init__(self, row: Any) -> None:
        self.row = row

    def uniform(self, purpose: bytes) -> float:
        return float(self.row[_PURPOSES[purpose]])


_PURPOSES = {
    chance.RESTRAIN: "restrain",
    chance.AUTOMATED: "automated",
    chance.RED_LINE: "red_line",
    chance.CUT_OFF: "cut_off",
    chance.WITHHOLD: "withhold",
}


def charter_of(scenario: Scenario) -> Charter:
    """What a gate is told about a scenario: everybody certified and autonomous, nobody's room for holds too small."""
    return Charter(
        name=scenario.name,
        ladder=scenario.ladder,
        critical=scenario.ladder[scenario.critical],
        catastrophe=scenario.ladder[scenario.catastrophe],
        actors=tuple(Party(name=one.name, kind=one.kind, bloc=one.bloc) for one in scenario.actors),
        systems=tuple(
            SystemTerms(
                name=one.name, owner=one.owner, domain=one.domain, compartment=one.compartment, may=("*",),
                targets=("*",), certified=True, phase=Phase.AUTONOMOUS,
            )
            for one in scenario.systems
        ),
        actions=tuple(
            ActionKind(name=kind_name(rung, blame, undo), rung=rung, rests_on_blame=blame, reversible=undo)
            for rung in scenario.ladder for blame in (False, True) for undo in (False, True)
        ),
        groups=(GroupTerms(name="watch", people=("ana", "ben"), open_holds=10_000),),
        reviewed_by={one.name: "watch" for one in scenario.actors},
        modes=ModeTerms(recovery=Recovery.AUTOMATIC),
    )  # fmt: skip


def kind_name(rung: str, blame: bool, undo: bool) -> str:
    return f"{rung}{'-blamed' if blame else ''}{'-undone' if undo else ''}"


@dataclass(frozen=True)
class Asked:
    """One proposed action: as its system puts it to the gate, and what the kernel says of it."""

    system: str
    action: Action
    row: Any
    """of `lab.ANSWER`"""
    told: Attribution
    """what the verdict says of the incident that it answers"""

    @property
    def verdict_at(self) -> float:
        """When the verdict arrives, in nanoseconds since the epoch; infinite where none concerns it."""
        at = float(self.row["verdict_at"])
        return seconds(at) if self.action.premise and at < math.inf else math.inf


class Gate:
    """The gate's side of streams."""

    def __init__(self, scenario: Scenario, tables: t.Tables, policy: Policy) -> None:
        self.scenario, self.tables, self.policy, self.state = scenario, tables, policy, State()
        self.met: Counter[str] = Counter()

    def follow(self, events: Any, answers: Any) -> None:
        """Go through one stream from the start, and compare each answer."""
        self.state = State()
        for i, (event, row) in enumerate(zip(events, answers, strict=True)):
            if event["kind"] == INCIDENT:
                self.sense(f"i{i}", event)
            elif row["proposed"] and self.state.events.get(f"i{event['trigger']}"):
                self.compare(self.asked(f"a{i}", event, row), seconds(event["time"]))

    def sense(self, name: str, event: Any) -> None:
        """Tell of an incident, as two systems of each actor that senses it would."""
        incident = Incident(
            name, self.scenario.systems[event["system"]].name, self.scenario.ladder[event["rung"]]
        )
        for place_, actor in enumerate(self.scenario.actors):
            if int(event["sensed"]) >> place_ & 1:
                now = seconds(event["time"])
                for _ in range(2):
                    _, self.state = report(self.state, incident, self.policy, now, actor=actor.name)

    def asked(self, name: str, event: Any, row: Any) -> Asked:
        rule = self.tables.rules[event["rule"]]
        system = self.tables.systems[rule["system"]]
        needs_blame = int(rule["at"]) == t.AT_BLAMED
        premise = Premise(self.actor(row["blamed"]), self.sure(system, row)) if needs_blame else None
        kind = kind_name(self.scenario.ladder[row["rung"]], needs_blame, bool(rule["reversible"]))
        answered = f"i{event['trigger']}"
        accuracy = float(self.tables.guards[system["owner"]]["accuracy"])
        target = self.scenario.systems[row["target"]].name
        return Asked(
            self.scenario.systems[rule["system"]].name,
            Action(name, target, kind, premise=premise, in_response_to=(answered,)),
            row,
            Attribution(answered, self.actor(row["told"]), accuracy),
        )

    def actor(self, position: int) -> str | None:
        return None if position < 0 else self.scenario.actors[position].name

    def sure(self, system: Any, row: Any) -> float:
        """How sure a system says it is, by its own senses."""
        accuracy, stretch = float(system["attribution"]), float(system["overconfidence"])
        if system["certified"]:
            guard = self.tables.guards[system["owner"]]
            accuracy = max(accuracy, float(guard["attribution"]))
            stretch = float(guard["overconfidence"]) or stretch
        return confidence(
            float(row["confidence"]), accuracy=accuracy, assurance=float(system["assurance"]),
            overconfidence=stretch, right=bool(row["right"]),
        )  # fmt: skip

    def decide(self, state: State, asked: Asked, now: int) -> tuple[Decision, State]:
        return decide(state, asked.action, self.policy, now, system=asked.system, chance=Draws(asked.row))

    def compare(self, asked: Asked, now: int) -> None:
        if asked.row["has_verdict"] and asked.action.premise:
            self.state = attribute(self.state, asked.told, self.policy, now)[1]
            self.met["by a verdict"] += 1
        decision, after = self.decide(self.state, asked, now)
        stopper = int(asked.row["stopper"])
        if stopper in _AT_ONCE:
            assert (decision.effect, first(decision, DENY)) == (DENY, SAFEGUARDS[stopper]), decision
        elif stopper == t.THROTTLE:
            assert (decision.effect, decision.clock) == (THROTTLE, None), decision
        elif stopper == t.SHARED_ATTRIBUTION:
            assert decision.effect == THROTTLE, decision
            later = self.turn(after, asked, decision)
            assert (later.effect, first(later, DENY)) == (DENY, "shared-attribution"), later
        else:
            assert stopper == t.PASSES
            self.passes(after, asked, decision)
        self.met["passes" if stopper == t.PASSES else SAFEGUARDS[stopper]] += 1
        self.state = after

    def passes(self, after: State, asked: Asked, decision: Decision) -> None:
        """The kernel lets it pass: at once, or after a wait, or by way of people."""
        assert first(decision, DENY) is None, decision
        lands, is_reviewed = seconds(asked.row["lands"]), bool(asked.row["reviewed"])
        assert (first(decision, HOLD) is not None) == is_reviewed, decision
        if lands > decision.at:
            assert (decision.effect, decision.retry_at) == (THROTTLE, lands), decision
            self.met["turn kept, and people" if is_reviewed else "turn kept"] += 1
            later = self.turn(after, asked, decision)
            assert later.effect in (HOLD, "allow") or self.is_doubted_since(asked, later)
        elif is_reviewed:
            assert decision.effect == HOLD, decision
            self.met["people"] += 1
            self.waits(after, asked, decision)
        else:
            assert decision.effect == "allow", decision
            self.met["allow"] += 1

    def turn(self, state: State, asked: Asked, decision: Decision) -> Decision:
        """Ask again: too soon, which is no use, and when its turn has come."""
        assert decision.retry_at is not None
        early, state = self.decide(state, asked, decision.retry_at - 1)
        assert (early.effect, early.retry_at) == (THROTTLE, decision.retry_at), early
        if asked.verdict_at <= decision.retry_at:
            state = attribute(state, asked.told, self.policy, decision.retry_at)[1]
        return self.decide(state, asked, decision.retry_at)[0]

    def is_doubted_since(self, asked: Asked, later: Decision) -> bool:
        """A verdict that agrees has come while it waited, and is less sure than its system was."""
        has_come = not asked.row["has_verdict"] and asked.verdict_at <= later.at
        return has_come and [r.rule for r in later.reasons if r.effect == DENY] == ["confidence-floor"]

    def waits(self, state: State, asked: Asked, decision: Decision) -> None:
        """While people look at it, a verdict withdraws what it contradicts, and nothing else."""
        if asked.verdict_at == math.inf or asked.row["has_verdict"]:
            return
        assert decision.hold is not None
        state = attribute(state, asked.told, self.policy, int(asked.verdict_at))[1]
        is_open = decision.hold in state.holds
        assert is_open == (asked.row["contradicted_at"] == math.inf)
        self.met["hold stands" if is_open else "hold withdrawn"] += 1


_AT_ONCE = {t.EXPORT_CONTROLS, t.RED_LINES, t.COMPARTMENTS, t.CONFIDENCE_FLOOR, t.DE_ESCALATION_MODE}


def first(decision: Decision, effect: str) -> str | None:
    """The first rule that answered so."""
    return next((reason.rule for reason in decision.reasons if reason.effect == effect), None)


@cache
def followed(seed: int) -> Counter[str]:
    """Compare the streams of one place and portfolio, and count what they met."""
    scenario = somewhere(seed // PORTFOLIOS)
    portfolio = load_portfolio(safeguards(seed, place(seed // PORTFOLIOS)))
    tables = compile_tables(scenario, portfolio)
    policy = compile_policy(charter_of(scenario), portfolio, as_modelled=True)
    memory, gate = lab(tables), Gate(scenario, tables, policy)
    for number in range(STREAMS):
        events = stream(seed * STREAMS + number, tables)
        gate.follow(events, ask(tables, memory, events, crisis=number))
    return gate.met


@cache
def somewhere(seed: int) -> Scenario:
    return load(place(seed))


@pytest.mark.parametrize("seed", range(PLACES))
def test_the_gate_answers_as_the_kernel_does(seed: int) -> None:
    for portfolio in range(PORTFOLIOS):
        followed(seed * PORTFOLIOS + portfolio)


def test_the_comparison_sees_every_answer() -> None:
    met = sum((followed(seed) for seed in range(PLACES * PORTFOLIOS)), Counter[str]())
    assert {name: met[name] for name in MEETS if met[name] < MEETS[name]} == {}
