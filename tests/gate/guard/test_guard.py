"""Guarded functions: they run only if the gate allows it, and what became of them is told."""

import asyncio
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.guard import DeniedError, Guard, HeldError, ThrottledError
from detente.gate.policy import Policy
from detente.gate.request import Action, Outcome, Premise
from detente.gate.state import State
from tests.gate.build import START, policy


class Here:
    """A gate in this process that remembers in memory alone; its clock stands unless it is moved."""

    def __init__(self, rules: Policy) -> None:
        self.rules, self.state, self.now = rules, State(), START
        self.reported: list[Outcome] = []
        self.waits: list[str] = []

    def propose(self, action: Action) -> Decision:
        decision, self.state = decide(self.state, action, self.rules, self.now, system="avalon-shield")
        return decision

    def report(self, outcome: Outcome) -> None:
        self.reported.append(outcome)

    def await_people(self, hold: str, seconds: float) -> bool:
        self.waits.append(hold)
        return False

    def close(self) -> None:
        pass


ran: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def guarded(here: Here, **options: Any) -> Any:
    @Guard(here).action("block-address", target="where", **options)
    def block(where: str) -> str:
        ran.append(where)
        return "blocked"

    return block


def test_an_allowed_function_runs_and_its_outcome_is_told() -> None:
    here = Here(policy())
    assert guarded(here)("avalon-laptop") == "blocked"
    assert [one.status for one in here.reported] == ["done"]


def test_a_denied_function_does_not_run_and_says_why() -> None:
    here = Here(policy())
    with pytest.raises(DeniedError, match="the charter has no system or asset nowhere") as raised:
        guarded(here)("nowhere")
    assert raised.value.decision.effect == "deny"
    assert ran == []
    assert here.reported == []


def test_a_throttled_function_says_when_to_ask_again() -> None:
    here = Here(policy({"throttle": {"rate": "1 /min"}}))
    block = guarded(here)
    block("avalon-laptop")
    with pytest.raises(ThrottledError, match="the next is free in 60 s") as raised:
        block("avalon-laptop")
    assert raised.value.decision.retry_at == START + 60 * 10**9
    assert ran == ["avalon-laptop"]


REVIEW = {"from": "signal", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0}


def test_a_held_function_does_not_run_until_people_decide() -> None:
    here = Here(policy({"human-on-the-loop": REVIEW}))
    with pytest.raises(HeldError) as raised:
        guarded(here)("avalon-laptop")
    assert raised.value.decision.hold in here.state.holds
    assert here.waits == []


def test_waiting_for_people_ends_with_the_patience() -> None:
    here = Here(policy({"human-on-the-loop": REVIEW}))
    with pytest.raises(HeldError):
        guarded(here, wait_s=0.02)("avalon-laptop")
    assert set(here.waits) == set(here.state.holds)


def test_what_raises_is_told_as_failed_without_its_text() -> None:
    here = Here(policy())

    @Guard(here).action("block-address", target="where")
    def block(where: str) -> None:
        raise RuntimeError("the password is hunter2")

    with pytest.raises(RuntimeError):
        block("avalon-laptop")
    assert [(one.status, one.note) for one in here.reported] == [("failed", "RuntimeError")]


def test_coroutines_are_guarded_too() -> None:
    here = Here(policy())

    @Guard(here).action("block-address", target="where", id=lambda call: f"block-{call['where']}")
    async def block(where: str) -> str:
        await asyncio.sleep(0)
        return where

    assert asyncio.run(block("avalon-laptop")) == "avalon-laptop"
    assert [one.action for one in here.reported] == ["block-avalon-laptop"]
    with pytest.raises(DeniedError):
        asyncio.run(block("nowhere"))


def test_a_context_reports_what_it_is_told() -> None:
    here = Here(policy())
    with Guard(here).ask("isolate-host", target="avalon-laptop", premise=Premise("borduria", 0.9)) as permit:
        permit.rolled_back("the wrong host")
    assert [(one.status, one.note) for one in here.reported] == [("rolled-back", "the wrong host")]


def test_the_other_parameters_are_the_arguments() -> None:
    seen: list[Action] = []

    class Watched(Here):
        def propose(self, action: Action) -> Decision:
            seen.append(action)
            return super().propose(action)

    @Guard(Watched(policy())).action(
        "block-address", target="where", in_response_to=lambda call: [call["cause"]]
    )
    def block(where: str, minutes: int = 5, *, cause: str) -> None: ...

    with pytest.raises(DeniedError, match="has no argument"):
        block("avalon-laptop", cause="i1")
    assert seen[0].arguments == {"minutes": 5, "cause": "i1"}
    assert seen[0].in_response_to == ("i1",)


def test_without_an_answer_nothing_runs() -> None:
    class Broken(Here):
        def propose(self, action: Action) -> Decision:
            raise GateError("no durable record, no action")

    with pytest.raises(GateError, match="no durable record"):
        guarded(Broken(policy()))("avalon-laptop")
    assert ran == []


def test_a_target_that_is_no_parameter_is_refused_when_the_function_is_made() -> None:
    with pytest.raises(GateError, match="expected one of its parameters: where"):

        @Guard(Here(policy())).action("block-address", target="host")
        def block(where: str) -> None: ...


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), {"deep": [1.0, float("inf")]}, "\ud800"],
    ids=["object", "nan", "infinity", "surrogate"],
)
def test_an_argument_that_json_cannot_express_is_named(value: Any) -> None:
    here = Here(policy())
    with pytest.raises(GateError, match="argument 'weight' of block-address: found") as raised:
        Guard(here).ask("block-address", target="avalon-laptop", arguments={"weight": value}).__enter__()
    assert "convert it, or leave it out" in str(raised.value)
    assert not here.state.answered


@pytest.mark.parametrize("confidence", [float("nan"), 1.5])
def test_a_confidence_that_is_none_is_not_taken_as_unknown(confidence: float) -> None:
    here = Here(policy())
    with pytest.raises(GateError, match="confidence"):
        guarded(here, premise=Premise("borduria", confidence))("avalon-laptop")
    with pytest.raises(GateError, match="confidence"):
        Guard(here).decide(
            Action("a", "avalon-laptop", "block-address", premise=Premise("borduria", confidence))
        )
    assert ran == []
