"""Coroutines that are guarded: they wait without a thread, and whoever is cancelled asks no more."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.client import Client
from detente.gate.decision import Decision
from detente.gate.guard import DeniedError, Guard, HeldError
from detente.gate.guard.here import Here
from detente.gate.request import Action, Outcome, Premise, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.build import policy
from tests.gate.service.build import desk, running, token

REVIEW = {"from": "signal", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0}
HELD = Premise("borduria", 0.9)


def approve(gate: Any) -> None:
    for hold in list(gate.state.holds.values()):
        for person in ("ben", "cleo"):
            gate.vote(person, hold.id, Vote(True, "seen", hold.digest))


async def until(true: Any) -> None:
    async with asyncio.timeout(10.0):
        while not true():  # noqa: ASYNC110 -- what happens in another thread sets no event here
            await asyncio.sleep(0.01)


class Slow(Here):
    """A gate whose answers take as long as it is told."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate, "avalon-shield")
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.reported: list[Outcome] = []
        self.proposed = 0

    def propose(self, action: Action) -> Decision:
        self.proposed += 1
        self.asked.set()
        self.go_on.wait(10.0)
        return super().propose(action)

    def report(self, outcome: Outcome) -> None:
        self.reported.append(outcome)
        super().report(outcome)


def test_those_who_wait_for_people_keep_no_thread_from_the_others() -> None:
    ran: list[str] = []

    async def main(gate: Gate) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        guard = Guard(Here(gate, "avalon-shield"), wait_s=30.0)

        @guard.action("isolate-host", target="host", arguments=[], premise=HELD)
        async def isolate(host: str, number: int) -> None:
            ran.append(f"{host} {number}")

        waiting = [asyncio.create_task(isolate("avalon-laptop", number)) for number in range(6)]
        await until(lambda: gate.state.holds)
        with pytest.raises(DeniedError):
            async with asyncio.timeout(5.0), guard.ask("isolate-host", target="nowhere"):
                pytest.fail("it ran")
        for one in waiting[1:]:
            one.cancel()
        await asyncio.gather(*waiting[1:], return_exceptions=True)
        approve(gate)
        await waiting[0]

    with Gate(policy({"human-on-the-loop": REVIEW})) as gate:
        asyncio.run(main(gate))
    assert len(ran) == 1


def test_who_is_cancelled_asks_no_more_and_leaves_the_approval_unused() -> None:
    async def main(gate: Gate) -> None:
        @Guard(Here(gate, "avalon-shield"), wait_s=30.0).action("isolate-host", target="host", premise=HELD)
        async def isolate(host: str) -> None:
            pytest.fail("it ran")

        waiting = asyncio.create_task(isolate("avalon-laptop"))
        await until(lambda: gate.state.holds)
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        (hold,) = gate.state.holds
        approve(gate)
        await asyncio.sleep(0.3)
        assert gate.state.holds[hold].status == "approved"
        assert not gate.state.holds[hold].used_by

    with Gate(policy({"human-on-the-loop": REVIEW})) as gate:
        asyncio.run(main(gate))


def test_what_is_allowed_to_who_was_cancelled_meanwhile_is_reported_as_failed() -> None:
    async def main(slow: Slow) -> None:
        @Guard(slow).action("block-address", target="where")
        async def block(where: str) -> None:
            pytest.fail("it ran")

        call = asyncio.create_task(block("avalon-laptop"))
        await until(slow.asked.is_set)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not slow.reported
        slow.go_on.set()
        await until(lambda: slow.reported)

    with Gate(policy()) as gate:
        slow = Slow(gate)
        asyncio.run(main(slow))
    assert [(one.status, one.note) for one in slow.reported] == [("failed", "cancelled before it began")]


def test_so_it_is_where_the_answer_came_just_before_the_loop_could_tell() -> None:
    async def main(slow: Slow) -> None:
        @Guard(slow).action("block-address", target="where", id=lambda _: "one")
        async def block(where: str) -> None:
            pytest.fail("it ran")

        call = asyncio.create_task(block("avalon-laptop"))
        await until(slow.asked.is_set)
        slow.go_on.set()
        while gate.state.answered.get("one") is None:
            pass
        threading.Event().wait(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    with Gate(policy()) as gate:
        slow = Slow(gate)
        asyncio.run(main(slow))
    assert [(one.status, one.note) for one in slow.reported] == [("failed", "cancelled before it began")]


def test_a_throttle_is_slept_off_without_a_thread() -> None:
    async def main(gate: Gate) -> None:
        guard = Guard(Here(gate, "avalon-shield"), wait_s=5.0)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with guard.ask("block-address", target="avalon-laptop"):
            pass
        async with asyncio.timeout(5.0), guard.ask("block-address", target="avalon-laptop") as permit:
            assert permit.decision.effect == "allow"

    with Gate(policy({"throttle": {"rate": "240 /min"}})) as gate:
        asyncio.run(main(gate))


def test_patience_ends_on_a_loop_as_well() -> None:
    async def main(gate: Gate) -> None:
        with pytest.raises(HeldError):
            async with Guard(Here(gate, "avalon-shield"), wait_s=0.2).ask(
                "isolate-host", target="avalon-laptop", premise=HELD
            ):
                pytest.fail("it ran")

    with Gate(policy({"human-on-the-loop": REVIEW})) as gate:
        asyncio.run(main(gate))


def test_a_block_on_a_loop_reports_what_became_of_it() -> None:
    async def main(gate: Gate) -> None:
        guard = Guard(Here(gate, "avalon-shield"))
        with pytest.raises(KeyError):
            async with guard.ask("block-address", target="avalon-laptop", id="one"):
                raise KeyError
        async with guard.ask("block-address", target="avalon-laptop", id="two"):
            pass
        outcomes = [gate.state.answered.get(name).outcome for name in ("one", "two")]  # type: ignore[union-attr]
        assert outcomes == ["failed", "done"]

    with Gate(policy()) as gate:
        asyncio.run(main(gate))


def test_over_http_it_waits_for_people_in_the_same_way() -> None:
    served = desk(policy({"human-on-the-loop": REVIEW}))

    async def main(client: Client) -> None:
        entered = asyncio.create_task(enter(client))
        await until(lambda: served.gate.state.holds)
        await asyncio.to_thread(approve, served.gate)
        await entered

    async def enter(client: Client) -> None:
        async with Guard(client, wait_s=20.0).ask("isolate-host", target="avalon-laptop", premise=HELD):
            pass

    with running(served) as port, Client(f"http://127.0.0.1:{port}", token("avalon-shield")) as client:
        asyncio.run(main(client))


def test_without_an_answer_nothing_runs_on_a_loop_either() -> None:
    class Broken(Here):
        def propose(self, action: Action) -> Decision:
            raise GateError("no durable record, no action")

    async def main(gate: Gate) -> None:
        with pytest.raises(GateError, match="no durable record"):
            async with Guard(Broken(gate, "avalon-shield")).ask("block-address", target="avalon-laptop"):
                pytest.fail("it ran")

    with Gate(policy()) as gate:
        asyncio.run(main(gate))


def test_a_coroutine_that_nobody_goes_on_with_is_reported_as_failed() -> None:
    with Gate(policy()) as gate:
        guard = Guard(Here(gate, "avalon-shield"))

        @guard.action("block-address", target="where", id=lambda _: "one")
        async def block(where: str) -> None:
            await asyncio.get_running_loop().create_future()

        @guard.action("block-address", target="where", id=lambda _: "two")
        def handed_on(where: str) -> Any:
            return asyncio.sleep(60.0)

        async def begin(call: Any) -> None:
            task = asyncio.ensure_future(call("avalon-laptop"))
            name = "one" if call is block else "two"
            await until(lambda: gate.state.answered.get(name))
            await asyncio.sleep(0.05)
            calls.append(task)

        calls: list[Any] = []
        loop = asyncio.new_event_loop()
        for call in (block, handed_on):
            loop.run_until_complete(begin(call))
        for task in calls:
            with suppress(RuntimeError):
                task.get_coro().close()
        assert [gate.state.answered.get(name).outcome for name in ("one", "two")] == ["failed", "failed"]  # type: ignore[union-attr]
        for task in calls:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*calls, return_exceptions=True))
        loop.close()
