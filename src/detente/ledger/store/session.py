"""One source's voice: it begins, speaks, shows that it lives, says what it lost at the moment of loss, and ends.

A source that must not wait `offers` its records: they stand in a queue of bounded length, and a thread writes them. When the queue is
full the record is lost, and that it was is not: a gap takes its place in the queue, and in the log, with the numbers of all that
were lost there. So *lost under load* and *taken out by someone* can never look alike (docs/reference/completeness.md).
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Self

from detente.errors import LedgerError
from detente.ledger.formats.entry import Kind, check_source
from detente.ledger.formats.keys import SecretKey
from detente.ledger.formats.signed_statements import Gap, sign_statement
from detente.ledger.formats.statements import Begin, End, Heartbeat
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.receipt import Receipt

__all__ = ["Session"]

_AT_ONCE = 1024
_PATIENCE = 0.2
"""Seconds before a disk that did not take entries is asked again."""


_Body = bytes | Callable[[int], bytes]
"""What an entry says; where it names the number before it, a maker of it: that number is known when it is written."""


class _Lost:
    """Records that were lost at one place of the queue."""

    __slots__ = ("count", "reason")

    def __init__(self, reason: str) -> None:
        self.count, self.reason = 1, reason


class Session:
    """A session of one source. Use it in a `with` block, or close it.

    Parameters
    ----------
    ledger
        Where it speaks.
    source
        Its name; nobody else speaks under it meanwhile.
    software
        What speaks, and in which version.
    capacity
        Records that wait at most.
    heartbeat_every
        Seconds of silence after which it says that it lives.
    key
        The source's own Ed25519 key, which signs its gaps; by default the log signs them.

    Raises
    ------
    LedgerError
        The ledger does not take its first entry.

    """

    def __init__(
        self,
        ledger: Ledger,
        source: str,
        software: str,
        *,
        capacity: int = 10_000,
        heartbeat_every: float = 60.0,
        key: SecretKey | None = None,
    ) -> None:
        check_source(source)
        self._ledger, self.source, self._key = ledger, source, key
        self._capacity, self._heartbeat_every = capacity, heartbeat_every
        self._waiting: deque[bytes | _Lost] = deque()
        self._changed = threading.Condition()
        self._turn = threading.Lock()
        self._closing = self._unsure = False
        self._last, self._spoke = ledger.last_number(source), time.monotonic()
        self._write([(Kind.BEGIN, bytes(Begin(secrets.token_hex(8), software)), 0)])
        self._writer = threading.Thread(target=self._keep_writing, name=f"ledger-{source}", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def offer(self, body: bytes) -> bool:
        """Say something without waiting; False where there is no room, and it is lost: a gap will say so."""
        Draft(self.source, body).check()
        with self._changed:
            if self._closing:
                raise LedgerError(f"source {self.source}: this session has ended")
            if len(self._waiting) >= self._capacity:
                self._lose(f"queue full at {self._capacity}")
                return False
            self._waiting.append(body)
            self._changed.notify()
            return True

    def lost(self, reason: str) -> None:
        """Say that one record was lost before it came here."""
        with self._changed:
            self._lose(reason)
            self._changed.notify()

    def record(self, body: bytes) -> Receipt:
        """Say something after all that waits, and return when it is durable.

        Raises
        ------
        LedgerError
            The ledger does not take it, or what waits before it; then it is not said.

        """
        Draft(self.source, body).check()
        with self._turn:
            if self._closing:
                raise LedgerError(f"source {self.source}: this session has ended")
            while self._write_waiting():
                pass
            receipts = self._write([(Kind.RECORD, body, 0)])
        if not receipts:
            raise LedgerError(
                f"source {self.source}: the entry is in the ledger, as number {self._last}, and its receipt is lost: look it up"
            )
        return receipts[-1]

    def heartbeat(self) -> None:
        """Say that the source lives, and how far it has counted."""
        with self._turn:
            while self._write_waiting():
                pass
            self._write([(Kind.HEARTBEAT, lambda last: bytes(Heartbeat(last)), 0)])

    def close(self) -> None:
        """Say all that waits and that the session ends.

        Raises
        ------
        LedgerError
            The ledger does not take it; the message says how much stays unsaid. The session stays open to the reader of the log.

        """
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify()
        self._writer.join()
        with self._turn:
            try:
                while self._write_waiting():
                    pass
                self._write([(Kind.END, lambda last: bytes(End(last)), 0)])
            except LedgerError as error:
                raise LedgerError(
                    f"source {self.source}: {len(self._waiting)} entries could not be written when it ended: {error}"
                ) from error

    # --- the writer -----------------------------------------------------------------------------

    def _lose(self, reason: str) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, _Lost) and last.reason == reason:
            last.count += 1
        else:
            self._waiting.append(_Lost(reason))

    def _keep_writing(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._closing:
                    self._changed.wait(self._silence_left())
                if self._closing:
                    return
                waiting = bool(self._waiting)
            # What is not taken stays in the queue; when that is full, a gap tells what did not fit.
            with suppress(LedgerError):
                if waiting:
                    with self._turn:
                        self._write_waiting()
                elif self._silence_left() <= 0:
                    self.heartbeat()
                continue
            time.sleep(_PATIENCE)

    def _silence_left(self) -> float:
        """Seconds until it has been silent for so long that it must say that it lives."""
        return self._spoke + self._heartbeat_every - time.monotonic()

    def _write_waiting(self) -> bool:
        """Write what stands first in the queue: records up to a gap, or a gap. False where nothing waits."""
        with self._changed:
            first = self._waiting[0] if self._waiting else None
            rows: list[tuple[Kind, _Body, int]] = []
            if isinstance(first, _Lost):
                rows.append((Kind.GAP, partial(self._gap, first.count, first.reason), first.count))
                places = 1
            else:
                for body in self._waiting:
                    if isinstance(body, _Lost) or len(rows) == _AT_ONCE:
                        break
                    rows.append((Kind.RECORD, body, 0))
                places = len(rows)
        if not rows:
            return False
        self._write(rows)
        with self._changed:
            head = self._waiting[0]
            if isinstance(head, _Lost) and head.count > rows[0][2]:
                head.count -= rows[0][2]  # more were lost meanwhile: they are the next gap
            else:
                for _ in range(places):
                    self._waiting.popleft()
        return True

    def _gap(self, count: int, reason: str, last: int) -> bytes:
        gap = Gap(self._ledger.origin, self.source, last + 1, count, reason)
        return self._ledger.sign_statement(gap) if self._key is None else sign_statement(gap, [self._key])

    def _write(self, rows: Sequence[tuple[Kind, _Body, int]]) -> list[Receipt]:
        """Write entries under numbers of our own, so that none is in the log twice after an error that was none."""
        drafts, number = [], self._last
        for kind, body, lost in rows:
            said = body if isinstance(body, bytes) else body(number)
            number += lost or 1
            drafts.append(Draft(self.source, said, kind, number, lost))
        try:
            receipts = self._ledger.append_many(drafts)
        except LedgerError as error:
            if isinstance(error.__cause__, OSError):
                self._unsure = True  # the disk may have taken it all the same
            last = self._known_last()
            if self._unsure and last is not None and last >= number:
                self._last, self._unsure = last, False  # it has: there is no receipt, but no hole either
                return []
            if last is not None and last > self._last and not self._unsure:
                self._last = last  # somebody else spoke under this name: what is ours comes after it
                return self._write(rows)
            raise
        self._last, self._unsure, self._spoke = number, False, time.monotonic()
        return receipts

    def _known_last(self) -> int | None:
        try:
            return self._ledger.last_number(self.source)
        except LedgerError:
            return None
