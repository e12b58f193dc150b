"""The order of the rules, and what each of them says."""

from dataclasses import replace as change
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map
from msgspec.structs import replace

from detente.gate.adopting import adopt
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.request import Action, Premise
from detente.gate.state import Mode, State
from tests.gate.build import SHIELD, START, policy


def asked(
    safeguards: dict[str, Any], action: Action, *, system: str = "avalon-shield", **changes: Any
) -> Decision:
    """The answer of a new gate."""
    return decide(State(), action, policy(safeguards, **changes), START, system=system)[0]


def rules(decision: Decision, effect: str) -> list[str]:
    return [reason.rule for reason in decision.reasons if reason.effect == effect]


BLOCK = Action("a1", "avalon-laptop", "block-address")


def test_what_nothing_speaks_against_is_allowed_and_owes_a_report() -> None:
    decision = asked({}, BLOCK)
    assert decision.effect == "allow"
    assert decision.obligations == ("report-outcome", "keep-undo")


@pytest.mark.parametrize(
    ("action", "system", "rule"),
    [
        (Action("a", "avalon-laptop", "block-address"), "nobody", "identity"),
        (Action("a", "nowhere", "block-address"), "avalon-shield", "identity"),
        (Action("a", "avalon-laptop", "dance"), "avalon-shield", "catalogue"),
        (Action("a", "avalon-laptop"), "avalon-shield", "catalogue"),
        (Action("a", "avalon-laptop", "block-address", arguments={"x": 1}), "avalon-shield", "catalogue"),
        (Action("a", "avalon-turbine", "isolate-host"), "avalon-shield", "catalogue"),
        (Action("a", "avalon-laptop", "block-address", domain="kinetic"), "avalon-shield", "catalogue"),
        (Action("a", "avalon-laptop", "block-address", rung="strategic"), "avalon-shield", "catalogue"),
    ],
)
def test_what_is_not_known_is_denied(action: Action, system: str, rule: str) -> None:
    decision = asked({}, action, system=system)
    assert decision.effect == "deny"
    assert rules(decision, "deny") == [rule]


def test_all_that_is_not_known_is_told_at_once() -> None:
    decision = asked({}, Action("a", "nowhere", "dance"), system="nobody")
    assert [(reason.rule, *reason.facts) for reason in decision.reasons] == [
        ("identity", "system"),
        ("identity", "target"),
        ("catalogue", "action", "domain", "rung"),
    ]


def test_what_a_system_may_not_propose_is_told_also_where_the_target_is_not_known() -> None:
    shield = change(SHIELD, may=("block-address",))
    decision = asked({}, Action("a", "nowhere", "strike-back"), systems=(shield,))
    assert [reason.because for reason in decision.reasons] == [
        "avalon-shield may not propose strike-back",
        "the charter has no system or asset nowhere",
    ]


def test_what_says_of_itself_what_the_catalogue_says_is_allowed() -> None:
    assert (
        asked({}, Action("a", "avalon-laptop", "block-address", domain="cyber", rung="probe")).effect
        == "allow"
    )


def test_what_cannot_be_looked_up_is_told_the_mode_that_stands() -> None:
    halted = State(modes=Map({"overall": Mode("halted", START, "a drill")}))
    decision, _ = decide(halted, Action("a", "nowhere", "dance"), policy(), START, system="avalon-shield")
    assert (decision.effect, decision.mode) == ("deny", "halted")


def test_a_red_line_denies_though_people_would_be_asked() -> None:
    safeguards = {
        "red-lines": {"forbid": [{"in": "kinetic", "from": "damage"}], "compliance": 0.1},
        "human-on-the-loop": {
            "from": "signal", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0,
        },
    }  # fmt: skip
    strike = Action("a", "borduria-launcher", "strike-back", premise=Premise("borduria", 1.0))
    decision = asked(safeguards, strike)
    assert decision.effect == "deny"
    assert rules(decision, "deny") == ["red-lines"]
    assert rules(decision, "hold") == ["human-on-the-loop"]  # all evidence is collected
    assert decision.hold is None


def test_an_action_asked_twice_is_answered_once() -> None:
    rules_ = policy({"throttle": {"rate": "1 /min"}})
    first, state = decide(State(), BLOCK, rules_, START, system="avalon-shield")
    again, after = decide(state, BLOCK, rules_, START + 1, system="avalon-shield")
    assert (again.effect, again.evaluation, again.repeated) == ("allow", first.evaluation, True)
    assert after is state
    other = Action("a1", "avalon-turbine", "block-address")
    assert decide(state, other, rules_, START + 1, system="avalon-shield")[0].effect == "deny"


def test_the_throttle_says_when_to_ask_again() -> None:
    rules_ = policy({"throttle": {"rate": "1 /min"}})
    _, state = decide(State(), BLOCK, rules_, START, system="avalon-shield")
    second = Action("a2", "avalon-laptop", "block-address")
    decision, state = decide(state, second, rules_, START, system="avalon-shield")
    assert (decision.effect, decision.retry_at) == ("throttle", START + 60 * 10**9)
    assert decide(state, second, rules_, START + 60 * 10**9, system="avalon-shield")[0].effect == "allow"


@pytest.mark.parametrize("excess", ["drop", "delay"])
@pytest.mark.parametrize("burst", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("rate", ["7 /min", "3 /s", "1.5 /s", "30 /min", "11 /s"])
def test_at_one_instant_a_burst_is_allowed_and_no_more(rate: str, burst: int, excess: str) -> None:
    rules_ = policy({"throttle": {"rate": rate, "burst": burst, "excess": excess}})
    state, effects = State(), []
    for number in range(burst + 1):
        asked = Action(f"a{number}", "avalon-laptop", "block-address")
        decision, state = decide(state, asked, rules_, START, system="avalon-shield")
        effects.append(decision.effect)
    assert effects == ["allow"] * burst + ["throttle"]


def test_a_turn_that_is_kept_comes_when_it_was_told_and_not_earlier() -> None:
    rules_ = policy({"throttle": {"rate": "1 /min", "excess": "delay"}})
    _, state = decide(State(), BLOCK, rules_, START, system="avalon-shield")
    second = Action("a2", "avalon-laptop", "block-address")
    turn = START + 60 * 10**9
    for now in (START, START + 1, turn - 1):  # asking again and again is no way round
        decision, state = decide(state, second, rules_, now, system="avalon-shield")
        assert (decision.effect, decision.retry_at) == ("throttle", turn)
    third = Action("a3", "avalon-laptop", "block-address")
    decision, state = decide(state, third, rules_, turn, system="avalon-shield")
    assert (decision.effect, decision.retry_at) == ("throttle", turn + 60 * 10**9)  # and costs no one else's
    assert decide(state, second, rules_, turn, system="avalon-shield")[0].effect == "allow"


def test_a_long_wait_is_told_as_people_say_it() -> None:
    throttle = {"throttle": {"rate": "1 /h", "burst": 1, "excess": "drop"}}
    _, state = decide(State(), BLOCK, policy(throttle), START, system="avalon-shield")
    second = decide(
        state, Action("a2", "avalon-laptop", "block-address"), policy(throttle), START, system="avalon-shield"
    )[0]
    (reason,) = [one for one in second.reasons if one.effect == "throttle"]
    assert "the next is free in 60 min" in reason.because


def test_a_laxer_throttle_makes_nobody_wait_for_what_the_stricter_one_charged() -> None:
    strict = policy({"throttle": {"rate": "6 /h", "burst": 4, "excess": "drop"}})
    lax = policy({"throttle": {"rate": "100 /s", "burst": 1000, "excess": "drop"}})
    state = State(policy=strict.digest)
    for at in range(4):
        _, state = decide(
            state, Action(f"a{at}", "avalon-laptop", "block-address"), strict, START, system="avalon-shield"
        )
    _, state = adopt(state, lax, START)
    decision = decide(
        state, Action("b", "avalon-laptop", "block-address"), lax, START, system="avalon-shield"
    )[0]
    assert decision.effect == "throttle"
    assert decision.retry_at is not None
    assert decision.retry_at - START <= 10_000_000
    _, free = adopt(state, policy({}), START)
    assert not free.clocks


STANDING: dict[str, dict[str, Any]] = {
    "red-lines": {"forbid": [{"from": "degrade"}], "compliance": 0.5},
    "compartments": {"strength": 0.5},
    "phased-rollout": {"autonomy": 0.5},
    "confidence-floor": {"floors": {"probe": 0.5}},
    "certification": {},
}


PROPOSED = st.builds(
    Action,
    id=st.just("a"),
    target=st.sampled_from(["avalon-laptop", "borduria-shield", "borduria-launcher"]),
    action=st.sampled_from(["block-address", "isolate-host", "wipe-host", "strike-back"]),
    domain=st.sampled_from([None, None, None, "cyber", "kinetic"]),
    arguments=st.sampled_from([{}, {}, {}, {"port": 1}]),
    in_response_to=st.sampled_from([None, (), ("unknown",)]),
)


@settings(max_examples=300)
@given(
    PROPOSED,
    st.sets(st.sampled_from(sorted(STANDING))),
    st.booleans(),
    st.sampled_from(["avalon-shield", "borduria-shield"]),
)
def test_what_is_said_at_one_go_is_what_the_rules_say_one_by_one(
    action: Action, standing: set[str], as_modelled: bool, system: str
) -> None:
    rules = policy({name: STANDING[name] for name in standing}, as_modelled=as_modelled)
    at_one_go = decide(State(), action, rules, START, system=system)
    for key, looked in rules.looked.items():
        rules.looked[key] = replace(looked, is_settled=False)
    assert decide(State(), action, rules, START, system=system) == at_one_go
