"""Recording in groups: while one group is written the next gathers, so that the wait for the disk is shared by all who ask.

What was decided is not given out before it is durable. What cannot be recorded never happened: its state is forgotten, whoever waits is
told, and nothing is decided before it is known what the record holds.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from detente.errors import DetenteError, LedgerError, UnavailableError, UnrecordedStopError
from detente.gate.commands import Command, Stop
from detente.gate.entries import Entry
from detente.gate.handle import Answer
from detente.gate.policy import Policy
from detente.gate.runtime.pending import Waiter, settle
from detente.gate.runtime.record import Record
from detente.gate.state import State

__all__ = ["Committer", "Taken", "not_recorded"]

log = logging.getLogger("detente.gate.runtime")

_MOST = 4096
"""Entries of one group."""
_HEAVIEST = 4 * 1024 * 1024
"""Bytes of one group: below what a ledger cuts in two."""
_PATIENCE = 0.1
"""Seconds before a disk that does not take it is tried again; doubled up to the next."""
_LONGEST_PATIENCE = 2.0


class Taken(Struct):
    """A command that was handled, and is to be recorded before its answer leaves."""

    command: Command
    entry: Entry | None
    """None: nothing changed, but the answer stands on what is being recorded."""
    bodies: tuple[bytes, ...]
    weight: int
    answer: Answer
    state: State
    """From then on."""
    policy: Policy
    """In force from then on."""
    waiter: Waiter


class Committer:
    """A thread that records what is put into its queue, in order.

    Parameters
    ----------
    record
        Where to.
    lock
        Guards what is decided: `put` is called by whoever holds it.
    done
        Is called under the lock with a group that is durable, and the index of each of its entries; entries that are none have -1.
    refuse
        Is called under the lock with all that was not recorded, and why: from then on nothing may be put into the queue.
    recover
        Is called without the lock, again and again until it raises nothing: then it is known what the record holds, and whoever
        asks is listened to again.
    """

    def __init__(
        self,
        record: Record,
        lock: threading.Lock,
        done: Callable[[Sequence[Taken], Sequence[int]], None],
        refuse: Callable[[Sequence[Taken], BaseException], None],
        recover: Callable[[], None],
        *,
        heartbeat_s: float = 60.0,
    ) -> None:
        self._record, self._done = record, done
        self._refuse, self._recover = refuse, recover
        self._lock = lock
        self._heartbeat_s = heartbeat_s
        self._filled = threading.Condition(lock)
        self._queue: deque[Taken] = deque()
        self._group: list[Taken] = []
        self._calls: list[Callable[[], None]] = []
        self._busy = self._due = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gate-committer", daemon=True)
        self._thread.start()

    def put(self, taken: Taken) -> None:
        """Queue what was handled; the lock is held."""
        self._queue.append(taken)

    def wake(self) -> None:
        """See that what is in the queue is written; the lock is held."""
        self._due = True
        self._filled.notify()

    def when_free(self, call: Callable[[], None]) -> None:
        """Call under the lock once what is being written is; the lock is held. It is to `wake`, or see that somebody does."""
        self._calls.append(call)

    @property
    def is_busy(self) -> bool:
        """Whether a group is being written; the lock is held."""
        return self._busy

    @property
    def queued(self) -> int:
        """How much waits to be written."""
        return len(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether all that was handled is durable; the lock is held."""
        return not self._busy and not self._queue

    def close(self) -> None:
        """Record what is in the queue, then end; the lock is not held."""
        with self._lock:
            self._closing.set()
            self._filled.notify()
        self._thread.join()

    # --- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (group := self._next()) is not None:
                if group:
                    self._commit(group)
                else:
                    with suppress(LedgerError):  # whoever asks next meets it, too, and is told
                        self._record.show_life()
        except BaseException as error:
            self._give_up(
                error
            )  # a programming mistake, or the end of the world: nothing is decided any more
            raise

    def _next(self) -> list[Taken] | None:
        """Return what is to be recorded together; nothing after a long silence; None when all is done."""
        with self._lock:
            self._busy = False
            calls, self._calls = self._calls, []
            for call in calls:
                call()
            while not (self._queue and (self._due or self._closing.is_set())):
                if self._closing.is_set():
                    return None
                if not self._filled.wait(self._heartbeat_s):
                    if not self._queue:
                        return []
                    self._due = True  # whoever was to wake us has gone
            self._busy = True
            self._group = group = [self._queue.popleft()]
            weight = group[0].weight
            while self._queue and len(group) < _MOST and weight + self._queue[0].weight <= _HEAVIEST:
                group.append(self._queue.popleft())
                weight += group[-1].weight
            self._due = bool(self._queue)  # what has no room in this group is the next
            return group

    def _commit(self, group: list[Taken]) -> None:
        bodies = [body for taken in group for body in taken.bodies]
        try:
            first = self._record.append(bodies) if bodies else -1
        except LedgerError as error:
            self._fail(group, error)
            return
        places = []
        for taken in group:
            first += len(taken.bodies)
            places.append(first - 1 if taken.bodies else -1)
        with self._lock:
            self._done(group, places)
            self._group = []
        settle([(taken.waiter, taken.answer, None) for taken in group])

    def _fail(self, group: list[Taken], error: LedgerError) -> None:
        """Tell all whose answers stood on what was not recorded, then find out what is."""
        with self._lock:
            lost = [*group, *self._queue]
            self._queue.clear()
            self._refuse(lost, error)
            self._group = []
        settle([(taken.waiter, None, not_recorded(error, taken.command)) for taken in lost])
        log.error("nothing can be recorded, so nothing goes ahead: %s", error)
        patience = _PATIENCE
        while True:
            try:
                self._recover()
            except DetenteError:  # in the words of whoever refuses: the gate keeps them
                if self._closing.wait(patience):
                    return
                patience = min(2 * patience, _LONGEST_PATIENCE)
            else:
                log.warning("it is recorded again, and decided")
                return

    def _give_up(self, error: BaseException) -> None:
        with self._lock:
            lost = [*self._group, *self._queue]
            self._queue.clear()
            self._refuse(lost, error)
            self._closing.set()
        settle([(taken.waiter, None, not_recorded(error, taken.command)) for taken in lost])


def not_recorded(error: BaseException, command: Command) -> UnavailableError:
    """Return what is said to whoever waited: a new one each time, since each is raised elsewhere."""
    if isinstance(command, Stop):  # not why: the ledger's words are of what never happened, and this has
        return UnrecordedStopError(
            "it stands, and could not be recorded: touch KILL in the gate's folder so that it survives a restart"
        )
    return UnavailableError("no durable record, so no action", str(error))
