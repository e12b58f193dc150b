"""What others have paid for: each failure that cost somebody something, and why it does not happen here.

One test per row of the table of known failures; the rooms have more tests of each.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from msgspec import ValidationError, json, structs

from detente.errors import (
    CharterError,
    ConflictError,
    GateError,
    LedgerError,
    PolicyError,
    PortfolioError,
    RefusedError,
)
from detente.gate.commands import Adopt, CastVote, Propose, Stop
from detente.gate.compile import compile_policy
from detente.gate.decide import decide
from detente.gate.folder import policy_in
from detente.gate.handle import handle
from detente.gate.lint import lint
from detente.gate.policy import Policy
from detente.gate.request import Action, KillOrder, Premise, Vote
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.record import MemoryRecord
from detente.gate.state import State
from detente.model.charter import library as charters
from detente.model.charter.vocabulary import Condition, Objection
from detente.model.portfolio import library as portfolios
from tests.gate.build import SHIELD, START, policy, seconds

REVIEW = {
    "human-on-the-loop": {
        "from": "degrade", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0, "timeout": "1 h",
    }
}  # fmt: skip
DAY = 86_400_000_000_000
WIPE = Action("w", "avalon-laptop", "wipe-host", premise=Premise("borduria", 0.9))


def held(rules: Policy) -> tuple[State, str, str]:
    """A state in which WIPE waits for people: with its hold and digest."""
    done = handle(State(policy=rules.digest), Propose("avalon-shield", WIPE), rules, START)
    (hold,) = done.state.holds.values()
    return done.state, hold.id, hold.digest


@pytest.mark.parametrize(
    "when", ["action.colour == 'red'", "premise.confidence < 0.5", "action.rung == 'probe'"]
)
def test_a_rule_that_would_silently_never_match_is_refused_when_it_is_loaded(when: str) -> None:
    with pytest.raises(PolicyError):
        policy(conditions=(Condition(name="own", when=when, effect=Objection.DENY),))


def test_a_threshold_that_nothing_reaches_is_refused_or_named() -> None:
    with pytest.raises(PortfolioError, match="floors"):
        policy({"confidence-floor": {"floors": {"probe": 1.01}}})
    never = Condition(
        name="own", when="has(premise.confidence) && premise.confidence > 1.01", effect=Objection.DENY
    )
    try:
        found = [one.path for one in lint(policy(conditions=(never,)))]
    except PolicyError:
        found = ["conditions.own.when"]
    assert "conditions.own.when" in found


def test_no_rule_of_the_shipped_example_is_vacuous() -> None:
    rules = policy_in(Path(str(resources.files("detente") / "gate" / "example")))
    assert lint(rules) == []
    night = START // DAY * DAY
    noon = night + DAY // 2
    blamed = Premise("borduria", 0.9)
    asked = (
        Action("1", "avalon-laptop-17", "block-address", arguments={"address": "192.0.2.1"}),
        Action("2", "borduria-relay", "strike-back", premise=blamed),
        Action(
            "3", "avalon-laptop-17", "wipe-host", arguments={"reason": "x"}, premise=Premise("borduria", 0.5)
        ),
        Action("4", "avalon-mail", "isolate-host", arguments={"reason": "scan"}, premise=blamed),
        Action("5", "avalon-mail", "isolate-host", arguments={"reason": "boredom"}, premise=blamed),
        Action(
            "6",
            "avalon-laptop-17",
            "isolate-host",
            arguments={"reason": "scan"},
            in_response_to=("i9",),
            premise=blamed,
        ),
        Action("7", "avalon-turbine-1", "block-address", arguments={"address": "192.0.2.1"}),
    )
    spoke, state = set[str](), State()
    for now in (night, noon):
        for action in asked:
            decision, state = decide(state, action, rules, now, system="avalon-shield")
            spoke |= {reason.rule for reason in decision.reasons if reason.effect != "allow"}
            state = replace_answers(state)
    for action in (
        Action("8", "avalon-turbine-1", "shed-load"),
        Action("9", "avalon-turbine-1", "strike-back"),
    ):
        decision, _ = decide(State(), action, rules, night, system="avalon-turbines")
        spoke |= {reason.rule for reason in decision.reasons if reason.effect != "allow"}
    assert spoke >= {
        "identity", "catalogue", "red-lines", "phase", "compartments", "confidence-floor", "reversibility", "throttle",
        "conditions.no-mail-by-day", "human-on-the-loop",
    }  # fmt: skip


def replace_answers(state: State) -> State:
    """The state without what was answered: the same ids may be asked again."""
    return structs.replace(state, answered=State().answered, holds=State().holds)


def test_an_unknown_past_is_not_an_empty_one() -> None:
    answer = Action("a", "avalon-laptop", "block-address", in_response_to=("forgotten-long-ago",))
    decision, _ = decide(
        State(), answer, policy({"compartments": {"strength": 0.5}}), START, system="avalon-shield"
    )
    assert decision.effect == "hold"


def test_a_deadline_is_kept_by_the_gates_clock_though_nobody_looked_at_it() -> None:
    rules = policy(REVIEW)
    state, hold, digest = held(rules)
    for person in ("ben", "cleo"):
        with pytest.raises(ConflictError, match="expired"):
            handle(state, CastVote(person, hold, Vote(True, "late", digest)), rules, seconds(3601))


def test_nobody_may_say_that_silence_is_consent_to_what_cannot_be_undone() -> None:
    document = {
        "detente": 1, "charter": "c", "critical": "degrade", "catastrophe": "strategic",
        "actors": {"avalon": {"kind": "operator"}},
        "systems": {"shield": {"owner": "avalon", "domain": "cyber", "may": ["wipe"], "targets": ["shield"]}},
        "actions": {"wipe": {"rung": "probe", "reversible": False, "on_halt": "deny", "on_lapse": "allow"}},
        "groups": {"watch": {"people": ["ben"]}}, "reviewed_by": {"avalon": "watch"},
    }  # fmt: skip
    with pytest.raises(CharterError, match="on_lapse"):
        charters.load(document)


def test_a_halt_stops_entries_and_not_exits() -> None:
    rules = policy()
    state = handle(State(policy=rules.digest), Stop("chief", KillOrder("drill")), rules, START).state
    entry = handle(
        state, Propose("avalon-shield", Action("a", "avalon-laptop", "block-address")), rules, START
    )
    way_out = handle(
        state, Propose("avalon-shield", Action("b", "avalon-laptop", "release-host")), rules, START
    )
    assert (entry.answer.effect, way_out.answer.effect) == ("deny", "allow")  # type: ignore[union-attr]


def test_who_approves_is_who_is_authenticated_and_no_field_says_otherwise() -> None:
    with pytest.raises(ValidationError, match="unknown field"):
        json.decode(
            b'{"approve": true, "reason": "x", "digest": "' + b"0" * 64 + b'", "by": "ben"}', type=Vote
        )
    rules = policy(REVIEW)
    state, hold, digest = held(rules)
    for somebody in ("ana", "avalon-shield", "stranger"):
        with pytest.raises(RefusedError):
            handle(state, CastVote(somebody, hold, Vote(True, "fine by me", digest)), rules, START)


def test_a_queue_of_holds_has_an_end() -> None:
    groups = tuple(replace(group, open_holds=2) for group in policy().charter.groups)
    rules = policy(REVIEW, groups=groups)
    state, effects = State(policy=rules.digest), []
    for n in range(4):
        action = Action(f"w{n}", "avalon-laptop", "wipe-host", premise=Premise("borduria", 0.9 + n / 100))
        done = handle(state, Propose("avalon-shield", action), rules, START)
        state = done.state
        effects.append(done.answer.effect)  # type: ignore[union-attr]
    assert effects == ["hold", "hold", "deny", "deny"]


def test_an_approval_is_looked_at_again_when_it_is_used() -> None:
    rules = policy(REVIEW)
    state, hold, digest = held(rules)
    for person in ("ben", "cleo"):
        state = handle(state, CastVote(person, hold, Vote(True, "seen", digest)), rules, START).state
    narrower = policy(REVIEW, systems=(replace(SHIELD, targets=("avalon-turbine",)),))
    state = handle(state, Adopt("chief", narrower, "0"), rules, START).state
    assert handle(state, Propose("avalon-shield", WIPE), narrower, START).answer.effect == "deny"  # type: ignore[union-attr]


def test_without_a_record_there_is_no_action() -> None:
    class Full(MemoryRecord):
        def append(self, bodies: Sequence[bytes]) -> int:
            raise LedgerError("the disk is full")

    with Gate(policy(), Full()) as gate, pytest.raises(GateError):
        gate.propose("avalon-shield", Action("a", "avalon-laptop", "block-address"))


def test_nobody_is_asked_about_what_cannot_happen() -> None:
    rules = policy(REVIEW | {"red-lines": {"forbid": [{"from": "degrade"}]}})
    done = handle(State(policy=rules.digest), Propose("avalon-shield", WIPE), rules, START)
    assert done.answer.effect == "deny"  # type: ignore[union-attr]
    assert not done.state.holds


def test_the_portfolio_is_the_labs_own() -> None:
    shipped = [portfolios.load(name) for name in portfolios.names()]
    for portfolio in shipped:
        assert compile_policy(policy().charter, portfolio).portfolio is portfolio
