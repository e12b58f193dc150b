"""Readers of what is durable: nothing is left out, whatever the record is cut into."""

import asyncio

from detente.gate.entries import Adopted, Killed, encode
from detente.gate.outward.feed import Feed
from detente.gate.request import KillOrder
from detente.gate.runtime.parts import joined, split
from tests.gate.build import START


class Recorded:
    """A gate that only has a record, with an entry in parts in the middle of it."""

    def __init__(self):
        small = [Killed(START, "ana", KillOrder(f"number {number}")) for number in range(8)]
        large = Adopted(START, "gate", "d" * 64, "1", {"x": "y" * 300_000}, {})
        self.entered = [*small[:3], large, *small[3:]]
        self.bodies = [part for entry in self.entered for part in split(encode(entry))]
        self.followers = []
        assert len(self.bodies) > len(self.entered) + 2

    @property
    def size(self):
        return len(self.bodies)

    def entries(self, start, end=None):
        yield from joined(list(enumerate(self.bodies))[start:end])

    def follow(self, follower):
        self.followers.append(follower)
        return lambda: self.followers.remove(follower)


def test_an_entry_in_parts_is_found_wherever_a_reading_ends():
    gate = Recorded()

    async def read(most):
        feed = Feed(gate)
        feed.begin()
        found, place = [], 0
        while place < feed.end:
            batch, place = feed.since(place, most)
            found += [entry for _, entry in batch]
        feed.close()
        return found

    for most in range(1, len(gate.bodies) + 2):
        assert asyncio.run(read(most)) == gate.entered
    assert gate.followers == []


def test_a_reader_that_waits_is_woken_by_what_another_thread_tells():
    gate = Recorded()
    more = Killed(START, "ana", KillOrder("more"))

    async def read():
        feed = Feed(gate)
        feed.begin()
        start = feed.end
        await asyncio.to_thread(gate.followers[0], [(start, more)])
        async with asyncio.timeout(60):
            await feed.more(start)
        found = feed.since(start, 9)
        await asyncio.to_thread(gate.followers[0], [(start + 1, more), (start + 2, more)])
        async with asyncio.timeout(60):
            await feed.more(start + 1)
        return start, found, feed.since(start, 2)

    start, found, two = asyncio.run(read())
    assert found == ([(start, more)], start + 1)
    assert two == ([(start, more), (start + 1, more)], start + 2)
