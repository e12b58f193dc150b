"""A record in a ledger: a gate's entries are records of the source `gate`, in sessions that begin and end.

The ledger numbers them without holes, so whoever audits it sees that none is missing; a session that has not ended was cut off. Between
two openings nobody else may speak as `gate`: if somebody does, all is read anew, and what they wrote must make sense.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from detente.errors import LedgerError
from detente.gate.runtime.record import Record
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.statements import Begin, End, Heartbeat
from detente.ledger.formats.tiles import TILE_HEIGHT, width_at
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.disk import Disk
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Cosign, Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.store.tiling import NOT_AS_SIGNED, misfits

__all__ = ["SOURCE", "LedgerRecord", "bodies_of"]

SOURCE = "gate"
"""Who speaks in a ledger when a gate does."""

_LOOKED_AFTER = 4096
"""Entries in memory beyond which is looked whether they are in tiles by now."""
_TRIES = 3
"""A bundle that is not full may be replaced while it is looked for."""


class LedgerRecord(Record):
    """Writes to a ledger and reads from it.

    Parameters
    ----------
    path
        Its folder.
    software
        What speaks, and in which version.
    disk, clock, cosign, publish_every
        As of `Ledger`.

    Raises
    ------
    LedgerError
        There is no ledger, or it is damaged, or the disk does not take the beginning of a session.
    """

    def __init__(
        self,
        path: Path,
        software: str,
        *,
        disk: Disk | None = None,
        clock: Callable[[], int],
        cosign: Cosign | None = None,
        publish_every: float | None = 1.0,
    ) -> None:
        self._software = software
        # Opening writes all that a crash left in the journal into tiles.
        self._ledger = Ledger(path, disk=disk, clock=clock, cosign=cosign, publish_every=publish_every)
        self._reader = Reader(path)
        self._tail: deque[tuple[int, Sequence[bytes]]] = deque()
        """What may not be in tiles yet: (index of the first, bodies), neighbours each."""
        self._in_tail = 0
        self._lock = threading.Lock()
        self._size, self._root = self._ledger.size, b""
        self._number = 0
        self.recover()

    def begin(self) -> None:
        """Begin a session. Raises LedgerError."""
        self._say(Kind.BEGIN, bytes(Begin(secrets.token_hex(8), self._software)))

    def close(self) -> None:
        try:
            self._say(Kind.END, bytes(End(self._number)))
        finally:
            self._ledger.close()

    @property
    def size(self) -> int:
        return self._size

    @property
    def root(self) -> bytes:
        return self._root

    def root_at(self, size: int) -> bytes:
        return self._reader.part(0, size, self._settled())

    # --- writing --------------------------------------------------------------------------------

    def append(self, bodies: Sequence[bytes]) -> int:
        return self._write([Draft(SOURCE, body) for body in bodies])

    def show_life(self) -> None:
        self._say(Kind.HEARTBEAT, bytes(Heartbeat(self._number)))

    def recover(self) -> None:
        note = self._ledger.settle()
        with self._lock:
            self._tail.clear()
            self._in_tail = 0
        self._number = self._ledger.last_number(SOURCE)
        self._take(note)

    def _say(self, kind: Kind, body: bytes) -> None:
        self._write([Draft(SOURCE, body, kind)])

    def _write(self, drafts: Sequence[Draft]) -> int:
        receipts = self._ledger.append_many(drafts)
        first, last = receipts[0], receipts[-1]
        if last.number != self._number + len(drafts):
            raise LedgerError(
                f"{self._ledger.folder.path}: somebody else has spoken as {SOURCE}: found number {last.number}, "
                f"expected {self._number + len(drafts)}; one gate at a time writes here"
            )
        self._number = last.number
        with self._lock:
            self._tail.append((first.index, [draft.body for draft in drafts]))
            self._in_tail += len(drafts)
        self._take(first.note)
        if self._in_tail > _LOOKED_AFTER:
            self._trim()
        return first.index

    def _take(self, note: Note) -> None:
        checkpoint = parse_checkpoint(note.text)
        self._size, self._root = checkpoint.size, checkpoint.root

    def _trim(self) -> None:
        """Forget what is in tiles."""
        settled = self._settled()
        with self._lock:
            while self._tail and self._tail[0][0] + len(self._tail[0][1]) <= settled:
                self._in_tail -= len(self._tail.popleft()[1])

    # --- reading --------------------------------------------------------------------------------

    def bodies(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        with self._lock:
            tail = list(self._tail)
        settled = self._settled()  # looked at later than the tail, so that nothing is between them
        yield from bodies_of(self._bundle, start, min(end, settled))
        for first, bodies in tail:
            for index, body in enumerate(bodies, first):
                if max(start, settled) <= index < end and _is_entry(body):
                    yield index, body

    def _settled(self) -> int:
        """Return how many entries are in tiles. Raises LedgerError."""
        return self._head().size

    def _head(self) -> Checkpoint:
        """Return what the tiles lead to. Raises LedgerError."""
        head = self._ledger.folder.head
        try:
            return parse_checkpoint(parse_note(head.read_bytes()).text)
        except OSError as error:
            raise LedgerError(f"{head}: cannot be read: {error.strerror}") from error

    def _bundle(self, index: int) -> list[bytes]:
        for attempt in range(_TRIES):
            try:
                return self._signed(index)
            except LedgerError:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError  # INVARIANT: the last try has returned or raised

    def _signed(self, index: int) -> list[bytes]:
        """Return the entries of a bundle, which are those in the tree: what was edited since is told to nobody."""
        head = self._head()
        width = width_at(0, index, head.size)
        entries = self._reader.bundle(index, width)
        if list(map(leaf_hash, entries)) != self._reader.tile(0, index, width):
            named = misfits(Reader(self._reader.path), index, head.size, head.root)
            raise LedgerError(
                f"{' and '.join(str(self._reader.path / one) for one in named)}: {NOT_AS_SIGNED}"
            )
        return entries


def bodies_of(bundle: Callable[[int], list[bytes]], start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield (index, body) of a gate's records among the entries [start, end), a bundle at a time."""
    for number in range(max(0, start) >> TILE_HEIGHT, (end + (1 << TILE_HEIGHT) - 1) >> TILE_HEIGHT):
        first = number << TILE_HEIGHT
        for index, data in enumerate(bundle(number), first):
            if start <= index < end:
                entry = parse_entry(data)
                if entry.source == SOURCE and entry.kind is Kind.RECORD:
                    yield index, entry.body


def _is_entry(body: bytes) -> bool:
    """Whether a body is of a record: those of sessions are text of another form."""
    return body.startswith(b"{")
