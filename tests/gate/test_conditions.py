"""The charter's own conditions, as `decide` asks them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from detente.errors import PolicyError
from detente.gate.conditions.compiler import UNSURE
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.request import Action, Premise
from detente.gate.state import State
from detente.model.charter.vocabulary import ActionKind, Argument, ArgumentType, Condition, Objection
from tests.gate.build import ACTIONS, START, policy


def answered(when: str, action: Action, effect: Objection = Objection.DENY) -> Decision:
    """The answer to an action under one condition."""
    kinds = (
        *ACTIONS,
        ActionKind(name="open-port", rung="signal", reversible=True, other_arguments=True),
        ActionKind(
            name="close-port", rung="signal", reversible=True,
            arguments=(Argument(name="port", type=ArgumentType.WHOLE, required=False),),
        ),
    )  # fmt: skip
    rules = policy(actions=kinds, conditions=(Condition(name="own", when=when, effect=effect, because="no"),))
    return decide(State(), action, rules, START, system="avalon-shield")[0]


BLOCK = Action("a", "avalon-laptop", "block-address")


def test_a_condition_that_matches_denies_with_the_facts_it_read() -> None:
    decision = answered('action.name == "block-address" && action.rung < rung.degrade', BLOCK)
    assert decision.effect == "deny"
    (reason,) = [one for one in decision.reasons if one.rule == "conditions.own"]
    assert reason.facts == {"action.name": "block-address", "action.rung": 1, "rung.degrade": 3}
    assert reason.because == "no"


def test_one_that_does_not_match_says_so_once() -> None:
    decision = answered("action.rung > rung.damage", BLOCK)
    assert decision.effect == "allow"
    assert [one.facts for one in decision.reasons if one.rule == "conditions"] == [
        {"looked_at": 1, "matched": 0}
    ]


def test_it_holds_where_it_says_hold() -> None:
    assert answered("system.certified", BLOCK, Objection.HOLD).effect == "hold"


def test_a_missing_argument_is_an_error_and_an_error_is_no_permission() -> None:
    decision = answered('action.arguments["port"] == 22', Action("a", "avalon-laptop", "open-port"))
    assert decision.effect == "deny"
    assert "never taken as a no" in decision.reasons[-1].because or any(
        "never taken as a no" in reason.because for reason in decision.reasons
    )


@pytest.mark.parametrize(
    "when",
    [
        "action.colour == 1",
        "premise.confidence < 0.5",
        "action.name == 3",
        '"a"',
        "premise.confidence > 1.01 ||",
        'action.name == "x" &&',
    ],
)
def test_what_would_silently_never_match_is_refused_when_it_is_loaded(when: str) -> None:
    with pytest.raises(PolicyError):
        answered(when, BLOCK)


def test_an_optional_fact_is_asked_for_first() -> None:
    when = "!has(premise.confidence) || premise.confidence < 0.5"
    assert answered(when, BLOCK).effect == "deny"
    sure = Action("a", "avalon-laptop", "block-address", premise=Premise("borduria", 0.9))
    assert answered(when, sure).effect == "allow"


WRITTEN = (
    "action.arguments.port > 700",
    "has(action.arguments.port) && action.arguments.port > 700",
    "action.arguments.port == 1 || action.rung < rung.degrade",
    "target.compartment != system.compartment",
    "system.certified && size(premise.evidence) > 1",
    "has(premise.blames) && premise.blames != target.owner",
    "has(premise.confidence) && premise.confidence < 0.5",
    'mode == "guarded" || system.phase == "shadow" || holds.open > 3',
    "has(trigger.age_s) && trigger.age_s > 1.0",
    "action.answers > 0 && action.reversible",
    "now.hour < 6 || now.weekday > 5",
    'action.id.startsWith("b") ? action.arguments.deep.port > 1 : false',
)
ACTED = st.builds(
    Action,
    id=st.sampled_from(["a", "b"]),
    target=st.sampled_from(["avalon-laptop", "borduria-shield"]),
    action=st.sampled_from(["block-address", "open-port", "wipe-host"]),
    arguments=st.dictionaries(
        st.sampled_from(["port", "deep"]),
        st.one_of(st.integers(0, 1000), st.text(max_size=2), st.none(), st.just({"port": 2}), st.just([1])),
    ),
    premise=st.none()
    | st.builds(
        Premise,
        blames=st.sampled_from([None, "avalon", "borduria"]),
        confidence=st.none() | st.floats(0, 1),
        evidence=st.sampled_from([(), ("x",), ("x", "y")]),
    ),
    in_response_to=st.sampled_from([None, (), ("unknown",)]),
    reversible=st.sampled_from([None, False]),
)


@given(ACTED, st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=6, unique=True), st.integers(0, 200))
def test_the_quick_way_says_what_the_exact_one_does(action: Action, written: list[str], hours: int) -> None:
    kinds = (*ACTIONS, ActionKind(name="open-port", rung="signal", reversible=True, other_arguments=True))
    stated = tuple(
        Condition(name=f"c{at}", when=when, effect=Objection.DENY) for at, when in enumerate(written)
    )
    quick = policy(actions=kinds, conditions=stated)
    own = quick.conditions
    assert own is not None
    exact = replace(quick, conditions=replace(own, quick=lambda *_: UNSURE), looked={})

    def asked(rules: Any) -> Decision:
        return decide(State(), action, rules, START + hours * 3_600_000_000_000, system="avalon-shield")[0]

    assert asked(quick) == asked(exact)


@pytest.mark.parametrize(("number", "effect"), [("5", "allow"), ("5.0", "deny")])
def test_a_whole_argument_is_judged_as_it_came(number: str, effect: str) -> None:
    """As docs/gate-http.md says: only fields of the forms themselves take 1.0 for 1."""
    body = (
        f'{{"id": "a", "target": "avalon-laptop", "action": "close-port", "arguments": {{"port": {number}}}}}'
    )
    decision = answered("action.rung > rung.damage", json.decode(body, type=Action))
    assert decision.effect == effect
