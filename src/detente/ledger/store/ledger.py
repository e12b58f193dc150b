"""The writer of a ledger: entries become durable in groups, then signed, then acknowledged; in this order only.

A group's life (docs/ledger.md tells it file by file and lock by lock):

1. its entries get their numbers and their time, and are hashed into the tree;
2. they are appended to the journal in one frame, and the frame is on the disk;
3. the frame is read back, hashed anew, and must lead to the same root;
4. the log signs that root, and the signature is on the disk in a second frame;
5. the callers get their receipts.

Now and then what the journal holds goes into tiles, which are read back as well; a new head is written, and a new journal
begun. What is published is that head, once witnesses have seen it where there is a policy.
"""

import os
import threading
import time as clocks
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from detente.errors import DamageError, LedgerError
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import Kind
from detente.ledger.formats.keys import SecretKey
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.signed_statements import Gap, KeyChange, sign_statement
from detente.ledger.formats.tiles import encode_bundle
from detente.ledger.formats.tree import Frontier, leaf_hash
from detente.ledger.store.disk import Disk
from detente.ledger.store.draft import Draft, Request
from detente.ledger.store.folder import Folder
from detente.ledger.store.journal import Header, commit_frame, data_frame, read_data
from detente.ledger.store.open_journal import OpenJournal
from detente.ledger.store.reader import Reader
from detente.ledger.store.receipt import Batch, Receipt
from detente.ledger.store.recovery import State, catch_up, recover
from detente.ledger.store.tiling import check_written, sweep_partial, thin_partial, write_tiles

__all__ = ["Cosign", "Ledger", "told"]

Cosign = Callable[[Note, Callable[[int, int], list[bytes]]], Note]
"""Takes the log's signed checkpoint and a maker of consistency proofs, (old, new) -> hashes; returns the note with the
cosignatures that a policy asks for, or raises LedgerError: then the checkpoint is withheld."""

_MUCH = 65_536
"""Entries in the journal that are put into tiles at once."""
_HEAVY = 16 * 1024 * 1024
"""The same, in bytes."""
_GROUP = 8 * 1024 * 1024
"""Bytes of one group, about."""


class Ledger:
    """A ledger that is written to, by any number of threads here and of processes at the same folder.

    Parameters
    ----------
    path
        Its folder (`detente.ledger.store.create` makes one).
    keys
        The log's secret keys, Ed25519 first; by default those in its folder.
    disk
        What touches the disk.
    clock
        Gives nanoseconds since 1970.
    cosign
        Gets cosignatures before a checkpoint is published.
    publish_every
        Seconds after which what was written is published while more comes in; None for only when asked or closed.

    Raises
    ------
    DamageError
        The folder holds something else than what was written: nothing is signed on top of it.
    LedgerError
        There is no ledger, its keys cannot be read, or the disk does not take what must be written.

    """

    def __init__(
        self,
        path: str | Path,
        keys: Sequence[SecretKey] | None = None,
        *,
        disk: Disk | None = None,
        clock: Callable[[], int] = clocks.time_ns,
        cosign: Cosign | None = None,
        publish_every: float | None = 1.0,
    ) -> None:
        self.folder = Folder(Path(path))
        if not self.folder.head.exists():
            raise LedgerError(f"{path}: found no ledger there; make one: detente ledger init {path} ORIGIN")
        self._keys = list(keys or self.folder.secrets())
        self.origin = self._keys[0].public.name
        self._disk = disk or Disk()
        self._clock = clock
        self._cosign = cosign
        self._queue: deque[Request] = deque()
        self._mutex = threading.Lock()
        self._journal = OpenJournal(self.folder.journal, self._disk)
        self._lock = self._lock_of = 0
        self._state: State | None = None
        self._closed = threading.Event()
        self._publish_every = publish_every
        self._publisher: threading.Thread | None = None
        with self._mutex, self._alone():
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Publish what was written, and give everything back. Closing twice does nothing more."""
        if self._closed.is_set():
            return
        try:
            self.publish()
        finally:
            self._closed.set()
            if self._publisher is not None:
                self._publisher.join()
            with self._mutex:
                self._journal.close()
                self._close_lock()

    # --- writing --------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Entries that are durable, by this process's last knowledge."""
        return 0 if self._state is None else self._state.tree.size

    def append(
        self, source: str, body: bytes, kind: Kind = Kind.RECORD, number: int | None = None
    ) -> Receipt:
        """Write one entry; see `append_many`."""
        return self.append_many([Draft(source, body, kind, number)])[0]

    def append_many(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """Write entries, in this order with none of others between; return when all are durable and signed.

        Threads that call this at once share one group, and one wait for the disk.

        Raises
        ------
        LedgerError
            An entry cannot be, a number leaves a hole, or the disk does not take it; then none of them is acknowledged.
        DamageError
            The disk gave back something else than what was written.

        """
        for draft in drafts:
            if not isinstance(draft, Draft):
                raise LedgerError(
                    f"entry: found {type(draft).__name__}, expected a Draft: Draft(source, body)"
                )
            draft.check()
        if not drafts:
            return []
        requests = [Request(part) for part in _parts(drafts)]
        self._queue.extend(requests)
        with self._mutex:  # whoever comes first commits for all who wait
            while not all(request.answered for request in requests):
                self._commit_waiting()
        self._publish_in_time()
        return [receipt for request in requests for receipt in request.receipts()]

    def append_knowing(self, make: Callable[[int], Sequence[Draft]]) -> list[Receipt]:
        """Write entries that say at which index they stand: `make` gets the size, and nobody writes meanwhile.

        Raises LedgerError, DamageError as `append_many`.
        """
        with self._mutex, self._alone() as state:
            request = Request(make(state.tree.size))
            self._commit(state, [request])
            return request.receipts()

    def last_number(self, source: str) -> int:
        """Return the last number of a source, 0 where it has said nothing."""
        with self._mutex, self._alone() as state:
            return state.sources.last.get(source, 0)

    def sign_statement(self, statement: Gap | KeyChange) -> bytes:
        """Return the body of a gap or a change of keys, signed by the log."""
        return sign_statement(statement, self._keys[:1])

    def settle(self) -> Note:
        """Write the tiles up to now without publishing; return the log's own checkpoint. Raises LedgerError."""
        with self._mutex, self._alone() as state:
            self._settle(state)
            return parse_note(self.folder.head.read_bytes())

    def publish(self) -> Note:
        """Write the tiles up to now, get the cosignatures, and publish the checkpoint; return it.

        Raises
        ------
        LedgerError
            The disk does not take it, or the policy for cosignatures is not met: then the checkpoint is withheld, and
            the one before stays published. Entries stay durable.

        """
        with self._mutex, self._alone() as state:
            self._settle(state)
            note = parse_note(self.folder.head.read_bytes())
            published = self._published()
            if published is not None and parse_checkpoint(published.text).size == state.tree.size:
                return published
        if self._cosign is not None:  # others may write while witnesses take their time
            note = self._cosign(note, Reader(self.folder.path).consistency)
        with self._mutex, self._alone():
            published = self._published()
            if published is None or parse_checkpoint(published.text).size < parse_checkpoint(note.text).size:
                self._disk.replace_file(self.folder.checkpoint, bytes(note))
        return note

    # --- one group ------------------------------------------------------------------------------

    def _commit_waiting(self) -> None:
        """Commit what waits in the queue as one group, and answer whoever asked."""
        group: list[Request] = []
        weight = 0
        while self._queue and (not group or weight + self._queue[0].weight <= _GROUP):
            group.append(self._queue.popleft())
            weight += group[-1].weight
        try:
            with self._alone() as state:
                self._commit(state, group)
        except BaseException as error:
            for request in group:
                request.error = request.error or error
            if not isinstance(error, LedgerError):
                raise
            return
        if len(state.waiting) >= _MUCH or state.weight >= _HEAVY:
            with (
                suppress(LedgerError),
                self._alone() as state,
            ):  # they are durable; the next to settle is told
                self._settle(state)

    def _commit(self, state: State, group: list[Request]) -> None:
        now = max(self._clock(), state.sources.time)
        ahead: dict[str, int] = {}
        for request in group:
            try:
                request.number(state.sources, ahead, now)
            except LedgerError as error:
                request.error = error
        good = [request for request in group if request.error is None]
        if not good:
            return
        entries = [entry for request in good for entry in request.entries]
        leaves = list(map(leaf_hash, entries))
        before, grown = state.tree, state.tree.copy()
        grown.extend(leaves)
        note = self._write_group(state, entries, grown)
        state.sources.last.update(ahead)
        state.sources.time, state.sources.size = now, grown.size
        state.take(entries, leaves, grown)
        batch, first = Batch(before, leaves, note), before.size
        for request in good:
            request.acknowledge(batch, first, now)
            first += len(request.entries)

    def _write_group(self, state: State, entries: list[bytes], grown: Frontier) -> Note:
        """Make a group durable, and sign it. Whatever goes wrong, all is read anew before anything more is written."""
        frame = data_frame(grown.size, grown.root(), encode_bundle(entries))
        with self._distrusting():
            self._journal.append(frame)
            stored = read_data(self._journal.last(len(frame)), state.tree)
            if stored is None or stored[2].root() != grown.root():
                raise DamageError(f"{self.folder.journal}: gave back something else than what was written")
            note = self._signed(stored[2])
            self._journal.append(commit_frame(grown.size, bytes(note)))
        return note

    def _signed(self, tree: Frontier) -> Note:
        text = Checkpoint(self.origin, tree.size, tree.root()).text
        seconds = max(0, self._clock()) // 1_000_000_000
        return Note(text, tuple(key.sign(text, at=seconds) for key in self._keys))

    # --- tiles and checkpoints ------------------------------------------------------------------

    def _settle(self, state: State) -> None:
        """Write what the journal holds into tiles, then a new head, then begin a new journal."""
        if not state.waiting and self._journal.is_new():
            return
        folder, disk = self.folder, self._disk
        size, root = state.tree.size, state.tree.root()
        base = size - len(state.waiting)
        with self._distrusting():
            write_tiles(disk, folder.path, base, state.waiting, state.leaves)
            check_written(folder.path, base, size, root)
            disk.replace_file(folder.head, bytes(self._signed(state.tree)))
            disk.replace_file(folder.journal, bytes(Header(size, root)))
            self._journal.open()
            if size - state.counted > max(4096, len(state.sources.last)):
                disk.replace_file(folder.sources, bytes(state.sources))
                state.counted = size
            sweep_partial(disk, folder.path, base, size)
        state.waiting, state.leaves, state.weight, state.clean = [], [], 0, True
        with suppress(LedgerError, OSError):  # all is written: this is for room, and is tried again
            published = self._published()
            if published is not None:
                thin_partial(disk, folder.path, size, parse_checkpoint(published.text).size)

    def _published(self) -> Note | None:
        path = self.folder.checkpoint
        return parse_note(path.read_bytes()) if path.exists() else None

    def _publish_in_time(self) -> None:
        """See that a thread publishes what was written before long."""
        if self._publish_every is not None and self._publisher is None:
            self._publisher = threading.Thread(
                target=self._keep_publishing, name="ledger-publisher", daemon=True
            )
            self._publisher.start()

    def _keep_publishing(self) -> None:
        while not self._closed.wait(self._publish_every):
            with suppress(LedgerError):  # whoever writes next, publishes or closes meets it, too, and is told
                self.publish()

    # --- what is on the disk --------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[State]:
        """Hold the folder's lock, knowing what is in it."""
        if self._closed.is_set():
            raise LedgerError(f"{self.folder.path}: this ledger is closed")
        with told(self.folder.path), self._disk.holding(self._open_lock()):
            state = self._state
            if state is None or not self._journal.is_as_left():
                state = self._state = self._reread(state)
            yield state

    def _open_lock(self) -> int:
        if (
            self._lock_of != os.getpid()
        ):  # one that a fork has copied would shut nobody out whom the other lets in
            self._lock, self._lock_of = self._disk.open_lock(self.folder.lock), os.getpid()
        return self._lock

    def _close_lock(self) -> None:
        if self._lock_of == os.getpid():
            self._lock_of = 0
            with suppress(OSError):
                os.close(self._lock)

    def _reread(self, state: State | None) -> State:
        """Take in what others wrote, or everything; put in order what a crash or a failing disk left."""
        if state is not None:
            more = self._journal.read_on()
            with self._distrusting():
                if more is not None and catch_up(state, more):
                    return state
        self._state = None
        keys = [key.public for key in self._keys]
        keys += [key for key in self.folder.known_keys() if key not in keys]
        state = recover(self.folder, self.origin, keys)
        self._journal.open()
        if not self._journal.is_new():
            # what lies there was written by somebody who may have been told that it failed: write it anew
            self._settle(state)
        return state

    @contextmanager
    def _distrusting(self) -> Iterator[None]:
        """Forget what is in memory when anything goes wrong."""
        try:
            yield
        except BaseException:
            self._state = None
            raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell in our words what the system says of the disk."""
    try:
        yield
    except OSError as error:
        raise LedgerError(
            f"{error.filename or path}: the disk does not take it: {error.strerror or error}; nothing of this was "
            "acknowledged, and what was acknowledged before is whole"
        ) from error


def _parts(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    """Cut drafts into parts that one frame can hold."""
    start = weight = 0
    for place, draft in enumerate(drafts):
        weight += len(draft.body) + 256
        if weight > _GROUP and place > start:
            yield drafts[start:place]
            start, weight = place, len(draft.body) + 256
    yield drafts[start:]
