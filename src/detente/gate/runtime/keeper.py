"""Housekeeping of a gate on a disk, by a thread of its own: the index behind the ledger, a snapshot now and then, the test of the switch.

Nothing here is needed for the next decision, and nothing here is lost by a crash that the ledger does not give back.
"""

import sqlite3
import threading
from contextlib import suppress
from typing import Protocol

from msgspec import Struct

from detente.errors import GateError
from detente.gate.commands import Command, RecordKillTest
from detente.gate.kill import self_test
from detente.gate.policy import NS, Policy
from detente.gate.runtime.index import Index
from detente.gate.runtime.index_file import Damaged
from detente.gate.runtime.pending import Pending
from detente.gate.runtime.snapshot import pieces_of
from detente.gate.state import State

__all__ = ["Keeper", "Kept", "Mark", "test_is_due"]

_EVERY_S = 0.25
_WAITING = 16_384
"""Ids that are written to the index together."""
_PAUSE_S = 0.001
"""Between pieces of what is written: whoever waits for the interpreter is to get it."""
_MARGIN = 10
"""A test of the switch is made when this part of its interval is left."""


class Mark(Struct, frozen=True):
    """How far things are durable."""

    state: State
    policy: Policy
    size: int
    root: bytes
    adopted: int


class Kept(Protocol):
    """What a keeper needs of its gate."""

    def mark(self, index: Index | None = None) -> Mark:
        """Return how far things are durable, having cut the index there."""

    def submit(self, command: Command) -> Pending:
        """Handle a command."""

    def now(self) -> int:
        """Return the time by the gate's clock."""


def test_is_due(mark: Mark, now: int) -> bool:
    """Whether the switch is to be tested, with some time left before that is overdue."""
    kill, every = mark.state.kill, mark.policy.charter.kill.test_every_s
    return kill.tested is None or kill.due is None or now >= kill.due - round(every * NS / _MARGIN)


class Keeper:
    """Keeps house until it is closed."""

    def __init__(self, gate: Kept, index: Index, size: int, *, snapshot_every: int) -> None:
        self._gate, self._index = gate, index
        self._snapshot_every, self._snapshot = snapshot_every, size
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gate-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write all that waits, and a last snapshot. The gate does nothing any more."""
        self._closing.set()
        self._thread.join()
        mark = self._gate.mark(self._index)
        self._index.write()
        if mark.size > self._snapshot:
            self._keep(mark, pause=0.0)
        self._index.close()

    def _run(self) -> None:
        self._index.check()
        while not self._closing.wait(_EVERY_S):
            if self._index.waiting >= _WAITING and not self._index.trouble:
                mark = self._gate.mark(self._index)
                self._index.write(pause=_PAUSE_S)
                if mark.size - self._snapshot >= self._snapshot_every:
                    self._keep(mark)
            self._test()

    def _keep(self, mark: Mark, **pause: float) -> None:
        if self._index.trouble or mark.adopted < 0:
            return
        with suppress(sqlite3.Error, Damaged):  # the one before does as well
            self._index.file.keep_snapshot(pieces_of(mark.state, mark.size, mark.root, mark.adopted, **pause))
            self._snapshot = mark.size

    def _test(self) -> None:
        mark = self._gate.mark()
        if test_is_due(mark, self._gate.now()):
            with suppress(GateError):  # it is tried again
                self._gate.submit(RecordKillTest(*self_test(mark.state, mark.policy))).result()
