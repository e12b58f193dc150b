"""What is guarded is done when all of it is, and only then reported as done."""

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.guard import Guard
from tests.gate.build import policy
from tests.gate.guard.test_guard import Here


class Blocker:
    """Can be called, and is to be awaited."""

    def __init__(self, here: Here) -> None:
        self.here = here

    async def __call__(self, where: str) -> str:
        assert not self.here.reported
        await asyncio.sleep(0)
        if where == "avalon-turbine":
            raise KeyError(where)
        return where


def ways(here: Here) -> dict[str, Any]:
    blocker = Blocker(here)
    return {
        "an object": blocker,
        "a partial of an object": functools.partial(blocker),
        "a lambda": lambda where: blocker(where),  # noqa: PLW0108 -- this is what it is about
        "a task": lambda where: asyncio.ensure_future(blocker(where)),
    }


@pytest.mark.parametrize("way", ways(Here(policy())))
def test_what_is_to_be_awaited_is_reported_once_it_was(way: str) -> None:
    here = Here(policy())
    block = Guard(here).action("block-address", target="where")(ways(here)[way])

    async def main() -> None:
        assert await block("avalon-laptop") == "avalon-laptop"
        assert [one.status for one in here.reported] == ["done"]
        here.reported.clear()
        with pytest.raises(KeyError):
            await block("avalon-turbine")
        assert [(one.status, one.note) for one in here.reported] == [("failed", "KeyError")]

    asyncio.run(main())


def pieces(where: str) -> Iterator[str]:
    yield where


async def pieces_later(where: str) -> AsyncIterator[str]:
    yield where


def handed_on(where: str) -> Any:
    return pieces(where)


def handed_on_later(where: str) -> Any:
    return pieces_later(where)


async def pieces_in_the_end(where: str) -> Any:
    return pieces(where)


@pytest.mark.parametrize(
    "function",
    [handed_on, handed_on_later, pieces_in_the_end],
    ids=["generator", "async", "of a coroutine"],
)
def test_a_generator_that_comes_back_is_refused_and_reported_as_failed(function: Any) -> None:
    here = Here(policy())
    block = Guard(here).action("block-address", target="where")(function)

    async def main() -> None:
        found = block("avalon-laptop")
        await found

    with pytest.raises(GateError, match="found a generator, expected a function or coroutine"):
        asyncio.run(main())
    assert [(one.status, one.note) for one in here.reported] == [("failed", "GateError")]


def test_an_object_that_gives_a_generator_is_refused_when_it_is_guarded() -> None:
    class Pieces:
        def __call__(self, where: str) -> Iterator[str]:
            yield where

    with pytest.raises(GateError, match="Pieces: found a generator"):
        Guard(Here(policy())).action("block-address", target="where")(Pieces())
