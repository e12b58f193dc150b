"""Telling one receiver: in order, again and again until it takes what it is told, and from where it stopped.

What is not taken is tried again after 1 s, 2 s, 4 s and so on up to five minutes, each wait cut by up to half at random, so that many
gates do not come back together. What lies behind waits: the order is kept. After so long as the document says (three days unless it says
otherwise) an entry is given up, and said to be.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from msgspec import Struct

from detente.errors import DetenteError
from detente.gate.entries import Entry
from detente.gate.outward.chat import message
from detente.gate.outward.cloud_event import MEDIA, cloud_event, signature
from detente.gate.outward.cursors import Cursors
from detente.gate.outward.document import Receiver
from detente.gate.outward.feed import Feed, Followed
from detente.gate.outward.happenings import is_wanted
from detente.gate.outward.post import Answer, Post

__all__ = ["Courier", "Pace"]

log = logging.getLogger("detente.gate.outward")

_AT_ONCE = 256
"""Entries that are read together."""
_TRIED = 5
"""So often at least is tried, also what is too old."""


class Pace(Struct, frozen=True):
    """How patiently is tried again, in seconds."""

    first_s: float = 1.0
    longest_s: float = 300.0
    longest_asked_s: float = 3600.0
    """As long at most a receiver may ask to be left alone."""

    def wait_s(self, failures: int, asked_s: float) -> float:
        """Return how long to wait after so many failures in a row."""
        whole = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 40))
        return max(random.uniform(whole / 2, whole), min(asked_s, self.longest_asked_s))


class Courier:
    """Tells one receiver. For one event loop.

    Parameters
    ----------
    wall
        Gives seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        receiver: Receiver,
        gate: Followed,
        feed: Feed,
        cursors: Cursors,
        post: Post,
        *,
        pace: Pace | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._receiver, self._gate, self._feed, self._cursors, self._post = (
            receiver,
            gate,
            feed,
            cursors,
            post,
        )
        self._pace, self._wall = pace or Pace(), wall
        self._failures = 0
        self.told = 0
        self.given_up = 0
        there = cursors.get(receiver.name)
        if there is not None and there > gate.size:
            log.warning(
                "%s: was told up to entry %d, and there are %d: goes on from there",
                receiver.name,
                there,
                gate.size,
            )
        # Who is new is told what happens from now on.
        self._next = gate.size if there is None else min(there, gate.size)
        cursors.set(receiver.name, self._next)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._feed.more(self._next)
            try:
                batch, after = self._feed.since(self._next, _AT_ONCE)
            except DetenteError as error:
                await self._wait(f"the ledger cannot be read: {error}")
                continue
            for index, entry in batch:
                await self._tell(index, entry)
                self._go_to(index + 1)
            self._go_to(after)
            await asyncio.sleep(0)

    def _go_to(self, index: int) -> None:
        self._next = index
        self._cursors.set(self._receiver.name, index)

    async def _tell(self, index: int, entry: Entry) -> None:
        if not is_wanted(entry, self._receiver.events):
            return
        body = self._written_or_not(index, entry)
        if body is None:
            return
        attempts = 0
        while True:
            attempts += 1
            answer = await self._post.send(body, self._headers(body))
            if not answer.why_not:
                self._taken()
                return
            if attempts >= _TRIED and self._gate.now() - entry.at > self._receiver.give_up_ns:
                self.given_up += 1
                log.warning("%s: entry %d given up: %s", self._receiver.name, index, answer.why_not)
                return
            await self._wait(f"entry {index} was not taken: {answer.why_not}", answer)

    def _written_or_not(self, index: int, entry: Entry) -> bytes | None:
        try:
            return self._written(index, entry)
        except Exception:  # one entry that cannot be told must not stand before all others for ever
            self.given_up += 1
            log.exception("%s: entry %d given up: it cannot be written", self._receiver.name, index)
            return None

    def _written(self, index: int, entry: Entry) -> bytes | None:
        receiver, gate = self._receiver, self._gate
        if receiver.style == "chat":
            show = receiver.show_arguments
            return message(entry, receiver.events, gate.state, gate.policy, show_arguments=show)
        return cloud_event(index, entry, gate.policy.charter.name)

    def _headers(self, body: bytes) -> dict[str, str]:
        receiver = self._receiver
        if receiver.style == "chat":
            return {"Content-Type": "application/json; charset=utf-8", "User-Agent": "detente-gate"}
        now = int(self._wall())
        return {
            "Content-Type": MEDIA,
            "User-Agent": "detente-gate",
            "Detente-Timestamp": str(now),
            "Detente-Signature": signature(receiver.secret, now, body),
        }

    def _taken(self) -> None:
        self.told += 1
        if self._failures:
            log.warning("%s: takes what it is told again", self._receiver.name)
        self._failures = 0

    async def _wait(self, why: str, answer: Answer | None = None) -> None:
        self._failures += 1
        if (
            self._failures & (self._failures - 1) == 0
        ):  # the first, second, fourth, eighth: nobody needs more of them
            log.warning("%s: %s; tried again (failure %d in a row)", self._receiver.name, why, self._failures)
        await asyncio.sleep(self._pace.wait_s(self._failures, 0.0 if answer is None else answer.wait_s))
