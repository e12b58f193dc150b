"""Groups of who asks on an event loop: each waits for whoever was just answered (docs/decisions/0024).

Threads that ask wake the committer themselves; an event loop turns, and what it brings in a few turns is written together.
"""

import asyncio
import threading

from detente.gate.runtime.committer import Committer

__all__ = ["Gathering"]

_GATHERS_S = 0.002
"""Seconds that commands gather for one group at most. To write a group costs as much as to answer five requests, whatever is in it."""
_EMPTY_TURNS = 3
"""Turns of an event loop that bring nothing more: from an answer to the same client's next request in the queue it takes so many."""


class Gathering:
    """Wakes the committer when a group is together.

    Parameters
    ----------
    committer
        Holds what was queued.
    lock
        The one that guards its queue.
    """

    def __init__(self, committer: Committer, lock: threading.Lock) -> None:
        self._committer, self._lock = committer, lock
        self._under_way: set[asyncio.AbstractEventLoop] = set()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Something was queued from this loop, which calls: see that it is written."""
        if loop not in self._under_way:
            self._under_way.add(loop)
            loop.call_soon(self._look, loop, 0, 0, loop.time() + _GATHERS_S)

    def _look(self, loop: asyncio.AbstractEventLoop, before: int, empty: int, latest: float) -> None:
        """See that what is queued is written: when the group before it is, and some turns of the loop have brought nothing more."""
        with self._lock:
            if self._committer.is_busy:
                self._committer.when_free(lambda: self._go_on(loop))
                return
            queued = self._committer.queued
            empty = 0 if queued > before else empty + 1
            if empty >= _EMPTY_TURNS or loop.time() >= latest:
                self._under_way.discard(loop)
                self._committer.wake()
                return
        loop.call_soon(self._look, loop, queued, empty, latest)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The group before is written: whoever was answered may have more to ask. Called by the thread that records, under the lock."""
        try:
            loop.call_soon_threadsafe(self._look, loop, 0, 0, loop.time() + _GATHERS_S)
        except RuntimeError:  # a loop that has been closed: what was asked there is recorded all the same
            self._under_way.discard(loop)
            self._committer.wake()
