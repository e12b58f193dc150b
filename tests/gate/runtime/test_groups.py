"""What is recorded together, and who is not forgotten over it."""

import asyncio
from collections.abc import Iterator

import pytest

from detente.errors import UnavailableError
from detente.gate.commands import Propose
from detente.gate.runtime import committer, gathering
from detente.gate.runtime.gate import Gate
from tests.gate.runtime.sites import block
from tests.gate.runtime.slow import SlowRecord, slow_gate


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Gate, SlowRecord]]:
    monkeypatch.setattr(gathering, "_GATHERS_S", 20.0)  # no test depends on speed
    with slow_gate() as both:
        yield both


def _ask(gate: Gate, *names: str) -> list["asyncio.Task[object]"]:
    return [asyncio.ensure_future(gate.asked(Propose("shield", block(name)))) for name in names]


def test_who_is_answered_and_asks_again_is_recorded_together_with_who_asked_meanwhile(
    slow: tuple[Gate, SlowRecord],
) -> None:
    gate, record = slow

    async def asks_twice() -> None:
        await gate.asked(Propose("shield", block("a1")))
        await asyncio.sleep(0)  # as an answer goes out, and the next request comes in
        await gate.asked(Propose("shield", block("a2")))

    async def main() -> None:
        twice = asyncio.ensure_future(asks_twice())
        await asyncio.to_thread(record.reached.acquire)  # the first is being written
        others = _ask(gate, "b1", "b2")
        await asyncio.sleep(0.05)
        for _ in range(4):
            record.let.release()
        async with asyncio.timeout(30):
            await asyncio.gather(twice, *others)

    asyncio.run(main())
    assert record.groups == [1, 3]


def test_what_has_no_room_in_a_group_is_the_next(
    slow: tuple[Gate, SlowRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "_MOST", 3)
    gate, record = slow
    for _ in range(4):
        record.let.release()

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*_ask(gate, *(f"a{at}" for at in range(10))))

    asyncio.run(main())
    assert record.groups == [3, 3, 3, 1]


def test_what_was_asked_on_a_loop_that_ended_is_recorded_all_the_same(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    first = gate.submit(Propose("shield", block("a1")))
    assert record.reached.acquire(timeout=30)
    loop = asyncio.new_event_loop()

    async def asks() -> None:
        _ask(gate, "b1")
        await asyncio.sleep(0.05)

    loop.run_until_complete(asks())
    loop.close()
    record.let.release()
    first.result()
    assert record.reached.acquire(timeout=30)
    record.let.release()
    assert gate.submit(Propose("shield", block("b1"))).result(30).effect == "allow"  # type: ignore[union-attr]
    assert record.groups[:2] == [1, 1]


def test_after_a_failure_a_loop_is_listened_to_again(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.fails = 1

    async def main() -> None:
        async with asyncio.timeout(30):
            first = _ask(gate, "a1")[0]
            await asyncio.to_thread(record.reached.acquire)
            second = _ask(gate, "b1")[0]
            await asyncio.sleep(0.05)
            record.let.release()
            for task in (first, second):
                with pytest.raises(UnavailableError):
                    await task
            for _ in range(5):
                record.let.release()
            while gate.trouble:  # noqa: ASYNC110 -- it tells no loop when it is over
                await asyncio.sleep(0.01)
            await gate.asked(Propose("shield", block("c1")))

    asyncio.run(main())
    assert record.groups == [1]


def test_a_thread_that_asks_takes_along_what_gathers(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow

    async def main() -> None:
        task = _ask(gate, "a1")[0]
        await asyncio.sleep(0)
        pending = await asyncio.to_thread(gate.submit, Propose("shield", block("b1")))
        for _ in range(3):
            record.let.release()
        await task
        await asyncio.to_thread(pending.result, 30)

    asyncio.run(main())
    assert sum(record.groups) == 2
