"""What has become durable, for readers that are each somewhere in it: the latest from memory, everything before from the ledger.

The gate tells a thread of its own, under its lock: there a group is only kept, and the readers' loop is woken at most so often, so that a
gate under load does not pay for being followed.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from detente.gate.entries import Entry
from detente.gate.policy import Policy
from detente.gate.state import State

__all__ = ["Feed", "Followed"]

_KEPT = 2048
_GATHER_S = 0.02
"""Between what happens and the waking of readers: they are woken at most so often."""


class Followed(Protocol):
    """What is asked of a gate that tells the outside."""

    @property
    def state(self) -> State:
        """What is remembered and durable."""

    @property
    def policy(self) -> Policy:
        """What is decided by."""

    @property
    def size(self) -> int:
        """Entries in the record: one more than the last index."""

    def now(self) -> int:
        """Return the time by its clock, in nanoseconds since the epoch."""

    def entries(self, start: int, end: int | None = None) -> Iterator[tuple[int, Entry]]:
        """Yield what is recorded at indices [start, end). Raises LedgerError."""

    def follow(self, follower: Callable[[Sequence[tuple[int, Entry]]], None]) -> Callable[[], None]:
        """Tell `follower` all that becomes durable from now on; return what ends that."""


class Feed:
    """The entries of a gate. Read by one event loop, in which it is begun and ended; told by any thread."""

    def __init__(self, gate: Followed) -> None:
        self._gate = gate
        self._lock = threading.Lock()
        self._latest: deque[tuple[int, Entry]] = deque(maxlen=_KEPT)
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: Callable[[], None] = lambda: None
        self._news = asyncio.Event()
        self.end = 0
        """One more than the index of the last entry that is known here."""

    def begin(self) -> None:
        """Follow the gate from now on."""
        self._loop = asyncio.get_running_loop()
        self._leave = self._gate.follow(self._told)
        with self._lock:
            self.end = max(self.end, self._gate.size)

    def close(self) -> None:
        """Follow no more."""
        self._leave()
        self._loop = None

    def since(self, start: int, most: int) -> tuple[list[tuple[int, Entry]], int]:
        """Return at most so many entries from an index on, and the index at which to go on.

        Raises
        ------
        LedgerError, GateError
            The ledger cannot be read.
        """
        with self._lock:
            end = self.end
            if self._latest and self._latest[0][0] <= start:
                return _first([one for one in self._latest if one[0] >= start], most, end)
        # An entry in parts stands where its last part does, and is found only by whoever reads from its first: so a reading ends
        # after an entry, or where there is nothing yet, and never at an index of our choosing.
        found: list[tuple[int, Entry]] = []
        for one in self._gate.entries(start, end):
            found.append(one)
            if len(found) == most:
                return found, one[0] + 1
        return found, max(start, end)

    async def more(self, start: int) -> None:
        """Wait until there may be something from an index on."""
        news = self._news
        if self.end <= start:
            await news.wait()

    def _told(self, group: Sequence[tuple[int, Entry]]) -> None:
        with self._lock:
            self._latest.extend(group)
            self.end = max(self.end, group[-1][0] + 1)
            loop, is_woken, self._is_woken = self._loop, self._is_woken, True
        if loop is not None and not is_woken and not loop.is_closed():
            loop.call_soon_threadsafe(loop.call_later, _GATHER_S, self._wake)

    def _wake(self) -> None:
        self._is_woken = False
        news, self._news = self._news, asyncio.Event()
        news.set()


def _first(found: list[tuple[int, Entry]], most: int, end: int) -> tuple[list[tuple[int, Entry]], int]:
    if len(found) > most:
        return found[:most], found[most - 1][0] + 1
    return found, max(end, found[-1][0] + 1 if found else 0)
