"""What was allowed before: it runs once, unless doing it twice does no harm."""

import threading
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.client import Client
from detente.gate.guard import AlreadyAllowedError, Guard, HeldError
from detente.gate.guard.here import Here
from detente.gate.request import Premise, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.build import policy
from tests.gate.service.build import desk, running, token

REVIEW = {"from": "signal", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0}


def test_an_allowance_is_for_one_call() -> None:
    ran: list[str] = []
    with Gate(policy({"throttle": {"rate": "1 /min"}})) as gate:
        guard = Guard(Here(gate, "avalon-shield"))

        @guard.action("block-address", target="where", id=lambda _: "one")
        def block(where: str) -> None:
            ran.append(where)

        block("avalon-laptop")
        with pytest.raises(
            AlreadyAllowedError,
            match=r"allowed before, at 20.*Z, under this id.*another id, or pass `again=True`",
        ) as raised:
            block("avalon-laptop")
        with (
            pytest.raises(AlreadyAllowedError),
            guard.ask("block-address", target="avalon-laptop", id="one"),
        ):
            ran.append("in a block")
    assert raised.value.decision.repeated
    assert ran == ["avalon-laptop"]


def test_what_does_no_harm_done_twice_runs_again() -> None:
    ran: list[str] = []
    with Gate(policy()) as gate:
        guard = Guard(Here(gate, "avalon-shield"))

        @guard.action("block-address", target="where", id=lambda _: "one", again=True)
        def block(where: str) -> None:
            ran.append(where)

        block("avalon-laptop")
        block("avalon-laptop")
        with guard.ask("block-address", target="avalon-laptop", id="one", again=True):
            ran.append("in a block")
    assert ran == ["avalon-laptop", "avalon-laptop", "in a block"]


def test_of_two_calls_that_wait_for_one_approval_one_runs() -> None:
    ran: list[str] = []
    refused: list[AlreadyAllowedError] = []
    with Gate(policy({"human-on-the-loop": REVIEW})) as gate:

        @Guard(Here(gate, "avalon-shield"), wait_s=30.0).action(
            "isolate-host", target="host", premise=Premise("borduria", 0.9), id=lambda _: "one"
        )
        def isolate(host: str) -> None:
            ran.append(host)

        def call() -> None:
            try:
                isolate("avalon-laptop")
            except AlreadyAllowedError as error:
                refused.append(error)

        calls = [threading.Thread(target=call) for _ in range(2)]
        for one in calls:
            one.start()
        while not gate.state.holds:
            threading.Event().wait(0.01)
        threading.Event().wait(0.1)
        (hold,) = gate.state.holds.values()
        for person in ("ben", "cleo"):
            gate.vote(person, hold.id, Vote(True, "seen", hold.digest))
        for one in calls:
            one.join(30.0)
    assert ran == ["avalon-laptop"]
    assert len(refused) == 1


def test_over_http_it_is_the_same() -> None:
    served = desk()
    with running(served) as port, Client(f"http://127.0.0.1:{port}", token("avalon-shield")) as client:
        guard = Guard(client)
        with guard.ask("block-address", target="avalon-laptop", id="one"):
            pass
        with (
            pytest.raises(AlreadyAllowedError, match="allowed before"),
            guard.ask("block-address", target="avalon-laptop", id="one"),
        ):
            pytest.fail("it ran")


def test_again_is_yes_or_no() -> None:
    with Gate(policy()) as gate:
        guard: Any = Guard(Here(gate, "avalon-shield"))
        for option in (guard.action, guard.ask):
            with pytest.raises(GateError, match="again: found 'no', expected True or False"):
                option("block-address", target="where", again="no")


def test_the_last_moment_of_a_patience_is_waited_for_and_not_asked_through() -> None:
    asked: list[str] = []

    class Counting(Client):
        def post(self, path: str, body: Any) -> Any:
            asked.append(path)
            return super().post(path, body)

    served = desk(policy({"human-on-the-loop": REVIEW}))
    with (
        running(served) as port,
        Counting(f"http://127.0.0.1:{port}", token("avalon-shield")) as client,
        pytest.raises(HeldError),
        Guard(client, wait_s=0.3).ask(
            "isolate-host", target="avalon-laptop", premise=Premise("borduria", 0.9)
        ),
    ):
        pytest.fail("it ran")
    assert len(asked) <= 3
