"""Guarded functions: they run only if the gate allows it, and what became of them is told."""

import asyncio
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.guard import DeniedError, Guard, HeldError, OutcomeUnreportedError, ThrottledError
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
    assert "found a object" not in str(raised.value)
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


class Deaf(Here):
    """A gate that is gone by the time outcomes are reported."""

    def report(self, outcome: Outcome) -> None:
        raise GateError("the gate cannot be reached")


def test_what_ran_and_could_not_be_reported_says_so_and_keeps_what_was_returned() -> None:
    with pytest.raises(
        OutcomeUnreportedError, match=r"allowed and ran .done.*not be reported: the gate cannot"
    ):
        guarded(Deaf(policy()))("avalon-laptop")

    @Guard(Deaf(policy())).action("block-address", target="where")
    async def block(where: str) -> str:
        return "blocked"

    with pytest.raises(OutcomeUnreportedError) as raised:
        asyncio.run(block("avalon-laptop"))
    assert raised.value.result == "blocked"
    assert (raised.value.outcome.action, raised.value.outcome.status) == (raised.value.action.id, "done")


def test_what_raised_and_could_not_be_reported_raises_its_own_error() -> None:
    with (
        pytest.raises(KeyError) as raised,
        Guard(Deaf(policy())).ask("block-address", target="avalon-laptop"),
    ):
        raise KeyError("own")
    assert "could not be reported" in raised.value.__notes__[0]

    @Guard(Deaf(policy())).action("block-address", target="where")
    async def block(where: str) -> None:
        raise KeyError("own")

    with pytest.raises(KeyError) as raised:
        asyncio.run(block("avalon-laptop"))
    assert "could not be reported" in raised.value.__notes__[0]


def test_generators_are_refused_since_nothing_is_done_when_they_return() -> None:
    def some(where: str) -> Any:
        yield where

    async def later(where: str) -> Any:
        yield where

    for function in (some, later):
        with pytest.raises(GateError, match="found a generator, expected a function or coroutine"):
            Guard(Here(policy())).action("block-address", target="where")(function)


@pytest.mark.parametrize(
    "options, why",
    [
        (
            {"arguments": ["reasn"]},
            "found 'reasn', expected a list of its parameters besides the target: reason",
        ),
        ({"arguments": ["where"]}, "found 'where', expected a list of its parameters besides the target"),
        ({"arguments": "reason"}, "found 'reason', expected a list of its parameters"),
        ({"arguments": 3}, "found 3, expected a list of its parameters"),
        ({"premise": 3}, "premise: found 3, expected a Premise"),
        ({"in_response_to": "i1"}, "in_response_to: found 'i1', expected a list of ids"),
        ({"id": "fixed"}, "id: found 'fixed', expected a function"),
        ({"wait_s": -1}, "wait_s: found -1, expected seconds"),
    ],
)
def test_an_option_that_is_none_is_refused_when_the_function_is_made(
    options: dict[str, Any], why: str
) -> None:
    def block(where: str, reason: str) -> None: ...

    with pytest.raises(GateError, match=why):
        Guard(Here(policy())).action("block-address", target="where", **options)(block)


def test_what_an_option_returns_is_looked_at_in_the_call() -> None:
    with pytest.raises(GateError, match="premise: found 3"):
        guarded(Here(policy()), premise=lambda _: 3)("avalon-laptop")
    with pytest.raises(GateError, match="in_response_to: found 'i1'"):
        guarded(Here(policy()), in_response_to=lambda _: "i1")("avalon-laptop")


@pytest.mark.parametrize(
    "options",
    [{"premise": 3}, {"in_response_to": "i1"}, {"arguments": ["reason"]}, {"wait_s": "x"}],
    ids=str,
)
def test_an_option_of_a_context_that_is_none_is_refused(options: dict[str, Any]) -> None:
    with (
        pytest.raises(GateError, match=f"{next(iter(options))}: found"),
        Guard(Here(policy())).ask("block-address", target="avalon-laptop", **options),
    ):
        pass


@pytest.mark.parametrize("wait_s", [-1, "x", float("nan"), None, True])
def test_a_patience_that_is_none_is_refused(wait_s: Any) -> None:
    with pytest.raises(GateError, match=r"wait_s: found .*, expected seconds, 0 or more"):
        Guard(Here(policy()), wait_s=wait_s)
