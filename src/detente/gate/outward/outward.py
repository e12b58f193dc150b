"""All that tells the outside, in a thread of its own with a loop of its own: a receiver that hangs holds up nobody but itself."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from detente.errors import GateError
from detente.gate.outward import cursors as cursors_file
from detente.gate.outward.courier import Courier, Pace
from detente.gate.outward.cursors import Cursors
from detente.gate.outward.document import Receiver, receivers_in
from detente.gate.outward.feed import Feed, Followed
from detente.gate.outward.post import Post
from detente.hosting.optional import load

__all__ = ["Outward", "telling"]

log = logging.getLogger("detente.gate.outward")

_SAVE_EVERY_S = 2.0
"""So much at most is told again after a crash. Not more often: it is the disk that the ledger waits for, too."""


class Outward:
    """Tells receivers until it is closed; to be closed before its gate.

    Parameters
    ----------
    folder
        Where the cursors lie.

    Raises
    ------
    GateError
        The cursors cannot be read, or an authority cannot be used.
    HostingError
        `httpx` is not installed.
    """

    def __init__(
        self, gate: Followed, receivers: Sequence[Receiver], folder: Path, *, pace: Pace | None = None
    ) -> None:
        load("httpx")
        self._gate = gate
        self._cursors = Cursors(folder / cursors_file.FILE)
        self._posts = [Post(one.url, authority=one.authority) for one in receivers]
        self._feed = Feed(gate)
        self._couriers = [
            Courier(one, gate, self._feed, self._cursors, post, pace=pace)
            for one, post in zip(receivers, self._posts, strict=True)
        ]
        self._cursors.save()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._work, name="gate-outward", daemon=True)
        self._thread.start()
        self._has_begun.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def told(self) -> int:
        """Deliveries that were taken."""
        return sum(one.told for one in self._couriers)

    @property
    def given_up(self) -> int:
        """Deliveries that were never taken, and are not tried any more."""
        return sum(one.given_up for one in self._couriers)

    def close(self) -> None:
        """Stop; what is under way, and all that comes after it, is told when the gate is served again."""
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed():
            loop.call_soon_threadsafe(main.cancel)
        self._thread.join()

    def _work(self) -> None:
        with asyncio.Runner() as runner:
            try:
                runner.run(self._tell())
            except asyncio.CancelledError:
                pass
            except Exception:  # a receiver must not be able to bring the gate down
                log.exception("nobody is told any more: the gate goes on")
            finally:
                self._has_begun.set()

    async def _tell(self) -> None:
        self._main, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        self._feed.begin()
        self._has_begun.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                for courier in self._couriers:
                    tasks.create_task(courier.run())
                tasks.create_task(self._save_now_and_then())
        finally:
            self._feed.close()
            self._save()
            for post in self._posts:
                await post.close()

    async def _save_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_SAVE_EVERY_S)
            self._save()

    def _save(self) -> None:
        if self._cursors.is_saved:
            return
        try:
            self._cursors.save()
        except GateError as error:  # what was told is told again then
            log.warning("%s", error)


@contextmanager
def telling(gate: Followed, folder: Path, receivers: Sequence[Receiver] | None = None) -> Iterator[None]:
    """Tell those in a folder's document, or those given, as long as the context lasts; nobody where there are none.

    Raises as `receivers_in` and `Outward`.
    """
    found = receivers_in(folder) if receivers is None else receivers
    if not found:
        yield
        return
    with Outward(gate, found, folder):
        yield
