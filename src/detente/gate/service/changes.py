"""What has become durable, told to whoever waits for it: long polls, streams of events, notifications.

The gate tells a thread; here that is brought into the event loop, once per group. The latest entries are kept, so that whoever
follows closely never reads the disk; whoever has fallen behind does, and nothing waits for either.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from detente.gate.entries import Entry
from detente.gate.service.port import Gate

__all__ = ["Changes"]

_KEPT = 512


class Changes:
    """Entries as they become durable. For one event loop, in which it is begun and ended."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: Callable[[], None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._latest: deque[tuple[int, Entry]] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[Sequence[tuple[int, Entry]]], None]] = []
        self.end = gate.size
        """One more than the index of the last entry that was told."""
        self.is_closed = False

    def begin(self) -> None:
        """Follow the gate from now on; doing it twice does nothing more."""
        if self._leave is None:
            self._loop = asyncio.get_running_loop()
            self._leave = self._gate.follow(self._from_a_thread)
            self.end = max(self.end, self._gate.size)

    def close(self) -> None:
        """Follow no more, and wake whoever waits: nothing will come."""
        self.is_closed = True
        if self._leave is not None:
            self._leave()
        self._wake()

    def listen(self, listener: Callable[[Sequence[tuple[int, Entry]]], None]) -> None:
        """Tell `listener`, in the loop, every group; it must be quick."""
        self._listeners.append(listener)

    async def more(self, within: float) -> bool:
        """Wait for the next group; tell whether one came in time."""
        if self.is_closed:
            return False
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(within):
                await future
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return not self.is_closed

    def since(self, start: int) -> list[tuple[int, Entry]] | None:
        """Return the entries from an index on, if they are among the latest; None where the disk must be read."""
        if start >= self.end:
            return []
        latest = self._latest
        if not latest or latest[0][0] > start:
            return None
        return [one for one in latest if one[0] >= start]

    def _from_a_thread(self, group: Sequence[tuple[int, Entry]]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._told, group)

    def _told(self, group: Sequence[tuple[int, Entry]]) -> None:
        self._latest.extend(group)
        self.end = group[-1][0] + 1
        for listener in self._listeners:
            listener(group)
        self._wake()

    def _wake(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, set()
            for future in waiting:
                if not future.done():
                    future.set_result(None)
