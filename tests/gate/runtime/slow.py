"""A record that is as slow as a test wants, and the gate that waits for it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from detente.errors import LedgerError
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.record import MemoryRecord
from detente.gate.state import State
from tests.gate.runtime.sites import policy, ticking

__all__ = ["SlowRecord", "slow_gate"]


class SlowRecord(MemoryRecord):
    """Records when it is let, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Semaphore(0)
        self.reached = threading.Semaphore(0)
        self.groups: list[int] = []
        self.fails = 0
        self.keeps = False
        self.recoveries_fail = 0

    def append(self, bodies: Sequence[bytes]) -> int:
        self.reached.release()
        self.let.acquire()
        if self.fails:
            self.fails -= 1
            if self.keeps:
                super().append(bodies)
            raise LedgerError("the disk is full")
        self.groups.append(len(bodies))
        return super().append(bodies)

    def recover(self) -> None:
        if self.recoveries_fail:
            self.recoveries_fail -= 1
            raise LedgerError("the disk is still full")


@contextmanager
def slow_gate() -> Iterator[tuple[Gate, SlowRecord]]:
    """A gate whose record waits to be let; in the end it is."""
    record = SlowRecord()
    gate = Gate(policy(), record, state=State(policy=policy().digest), clock=ticking().__next__)
    yield gate, record
    for _ in range(1000):
        record.let.release()
    gate.close()
