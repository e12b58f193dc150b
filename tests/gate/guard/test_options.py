"""What a guard is told that makes no sense: said at once, and what to do instead."""

import asyncio
import functools
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.decision import Decision
from detente.gate.guard import Guard
from detente.gate.request import Action
from detente.gate.runtime.gate import Gate
from tests.gate.build import policy
from tests.gate.guard.test_guard import Here


def block(where: str, reason: str = "") -> None: ...


def block_all(cls: Any, where: str, /) -> None: ...


def briefly(where: str) -> None: ...


class Blocker:
    def __call__(self, where: str) -> None: ...


def guarding(function: Any, target: Any = "where") -> Any:
    return Guard(Here(policy())).action("block-address", target=target)(function)


@pytest.mark.parametrize(
    "function, target, why",
    [
        (
            functools.partial(block),
            "host",
            "target of partial of block: found 'host', expected one of its parameters",
        ),
        (functools.partial(block, "avalon-laptop"), "where", "target of partial of block: found 'where'"),
        (Blocker(), "host", "target of Blocker: found 'host', expected one of its parameters: where"),
        (
            block,
            ["where"],
            r"target of block: found \['where'\], expected one of its parameters: where, reason",
        ),
        (
            classmethod(block_all),
            "where",
            "block_all: found a classmethod, expected a function: put @classmethod above",
        ),
        (
            staticmethod(block),
            "where",
            "block: found a staticmethod, expected a function: put @staticmethod above",
        ),
        ("block", "where", "found 'block', expected a function"),
        (property(block), "where", "expected a function or coroutine to guard"),
        (dict.update, "where", "update: found nothing that says what its parameters are"),
    ],
)
def test_what_cannot_be_guarded_is_told_in_words(function: Any, target: Any, why: str) -> None:
    with pytest.raises(GateError, match=why):
        guarding(function, target)


def test_a_partial_and_an_object_are_guarded_under_their_names() -> None:
    guarding(functools.partial(briefly))("avalon-laptop")
    guarding(Blocker())("avalon-laptop")


def test_a_guard_needs_a_way_to_its_gate() -> None:
    with Gate(policy()) as gate:
        no_ways: list[Any] = ["http://127.0.0.1:8470", None, gate]
        for transport in no_ways:
            with pytest.raises(
                GateError, match=r"transport: found .*Guard\(Client\(url, token\)\).*Guard\(Here\(gate"
            ):
                Guard(transport)


def test_a_block_is_entered_once() -> None:
    here = Here(policy())
    once = Guard(here).ask("block-address", target="avalon-laptop", again=True)
    with once:
        pass
    with (
        pytest.raises(GateError, match=r"entered a second time, expected one for each time: call `guard.ask"),
        once,
    ):
        pytest.fail("it ran")
    assert [one.status for one in here.reported] == ["done"]


@pytest.mark.parametrize("name", ["", 5])
def test_an_id_that_is_none_is_refused(name: Any) -> None:
    with pytest.raises(GateError, match=r"id: found .*, expected an id"):
        Guard(Here(policy())).ask("block-address", target="avalon-laptop", id=name)
    with pytest.raises(GateError, match="action block-address: expected"):
        Guard(Here(policy())).action("block-address", target="where", id=lambda _: name)(block)(
            "avalon-laptop"
        )


def test_the_object_of_a_method_is_no_argument() -> None:
    seen: list[Action] = []

    class Watched(Here):
        def propose(self, action: Action) -> Decision:
            seen.append(action)
            return super().propose(action)

    guard = Guard(Watched(policy()))

    class Firewall:
        @guard.action("block-address", target="where")
        def block(self, where: str) -> str:
            return where

        @classmethod
        @guard.action("block-address", target="where")
        def block_all(cls, where: str) -> str:
            return where

        @guard.action("block-address", target="where", id=lambda call: call["self"].name)
        async def later(self, where: str) -> str:
            return where

        name = "fire-1"

    assert Firewall().block("avalon-laptop") == "avalon-laptop"
    assert Firewall.block_all("avalon-laptop") == "avalon-laptop"
    assert asyncio.run(Firewall().later("avalon-laptop")) == "avalon-laptop"
    assert [action.arguments for action in seen] == [{}, {}, {}]
    assert seen[2].id == "fire-1"


def test_a_function_may_call_an_argument_self() -> None:
    def block(self: str, where: str) -> None: ...

    with pytest.raises(GateError, match="has no argument"):
        guarding(block)("me", "avalon-laptop")
