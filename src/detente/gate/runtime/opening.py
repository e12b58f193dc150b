"""Opening a gate's folder: its documents, its ledger, and the state of that ledger, by a shortcut where there is a good one.

FOLDER/charter.yaml, portfolio.yaml    what it is told (`detente gate init`)
FOLDER/ledger/                         what it has recorded; made at the first opening, with its keys in `keys/`
FOLDER/gate.sqlite                     shortcuts into the ledger; may be removed, and is made anew
FOLDER/gate.key                        the public keys of its ledger: without that one it does not open
FOLDER/gate.lock                       held by whoever serves it
FOLDER/KILL                            while it is there, everything is halted
"""

import logging
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from detente._version import __version__
from detente.errors import GateError
from detente.gate.entries import Adopted, Decided
from detente.gate.policy import NS
from detente.gate.runtime import own_ledger, snapshot
from detente.gate.runtime.index import Index
from detente.gate.runtime.index_file import Damaged
from detente.gate.runtime.ledger_record import LedgerRecord
from detente.gate.runtime.lock import FolderLock
from detente.gate.runtime.own_ledger import LEDGER
from detente.gate.runtime.parts import joined
from detente.gate.runtime.record import Record
from detente.gate.runtime.restore import Restored, compiled
from detente.ledger.store.disk import Disk
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Cosign

__all__ = ["INDEX", "KILL", "LEDGER", "LOCK", "Opened", "clock_behind", "opened"]

INDEX = "gate.sqlite"
LOCK = "gate.lock"
KILL = "KILL"

_AT_ONCE = 1 << 16
"""Entries between two writings of an index that is made anew."""
_CLOCK_S = 5
"""Seconds by which a clock may be behind without anybody being told."""

log = logging.getLogger("detente.gate.runtime")


class Opened(Struct, frozen=True):
    """A folder that this process serves."""

    folder: Path
    lock: FolderLock
    record: LedgerRecord
    index: Index
    restored: Restored


def opened(
    folder: Path,
    origin: str,
    *,
    clock: Callable[[], int],
    disk: Disk | None,
    cosign: Cosign | None,
    publish_every: float | None,
) -> Opened:
    """Open a folder, restore what its ledger says, and begin a session there.

    Raises
    ------
    GateError
        Somebody else serves it, or its ledger is not the one it had.
    LedgerError
        The ledger is damaged, or the disk does not take it.
    """
    lock = FolderLock(folder / LOCK)
    index: Index | None = None
    try:
        index = _index(folder / INDEX)
        if index.size > 0 and not Folder(folder / LEDGER).head.exists() and not own_ledger.has_one(folder):
            raise GateError(_lost(folder, 0, index.size))  # noqa: TRY301 -- the lock is given back below
        own_ledger.made(folder, origin, disk)
        record = LedgerRecord(
            folder / LEDGER,
            f"detente {__version__}",
            disk=disk,
            clock=clock,
            cosign=cosign,
            publish_every=publish_every,
        )
        restored = _restored(folder, record, index)
        own_ledger.look_at_published(folder, record.size, record.root_at, disk)
        _look_at_clock(restored.state.now, clock())
        record.begin()
        return Opened(folder, lock, record, index, restored)
    except BaseException:
        if index is not None:
            index.close()
        lock.release()
        raise


def _index(path: Path) -> Index:
    """Open the index, and make another where it is damaged."""
    try:
        try:
            return Index(path)
        except Damaged:
            for end in ("", "-wal", "-shm"):
                Path(f"{path}{end}").unlink(missing_ok=True)
            return Index(path)
    except (OSError, sqlite3.Error, Damaged) as error:
        raise GateError(f"{path}: cannot be opened: {error}") from error


def clock_behind(last: int, now: int) -> timedelta | None:
    """Return by how much a clock is behind the last entry, both in nanoseconds since the epoch; None where that is nothing to speak of.

    Time never goes back, so for the gate it stands still until the clock has come there.
    """
    ahead = (last - now) // NS
    return timedelta(seconds=ahead) if ahead >= _CLOCK_S else None


def _look_at_clock(last: int, now: int) -> None:
    """Say so where the last entry lies in the future."""
    behind = clock_behind(last, now)
    if behind is not None:
        log.warning(
            "the clock of this machine is %s behind the last entry of the ledger: until it has come there, time stands still for this gate, "
            "rates and deadlines included, and whatever is dated now is taken for too old. Set the clock right if it is wrong; if it "
            "was ahead when the entry was written, wait, or begin a gate anew in another folder",
            behind,
        )


def _lost(folder: Path, found: int, known: int) -> str:
    return (
        f"{folder / LEDGER}: found {found} entries, and this gate has recorded {known}: what was acknowledged is gone, or this is "
        f"another ledger; put back the one it had, or remove {folder / INDEX} to go on from what is there"
    )


def _restored(folder: Path, record: Record, index: Index) -> Restored:
    """Return what the ledger comes to, and see that the index covers it."""
    if index.size > record.size or (index.size > 0 and record.root_at(index.size) != index.root):
        raise GateError(_lost(folder, record.size, index.size))
    restored, start = _shortcut(record, index)
    for place, entry in joined(record.bodies(min(start, index.size), record.size)):
        if place >= start:
            restored = restored.after(place, entry)
        if isinstance(entry, Decided):
            index.note(entry.decision, place)
            if index.waiting >= _AT_ONCE:
                index.cut(place + 1, record.root_at(place + 1))
                index.write()
    return restored


def _shortcut(record: Record, index: Index) -> tuple[Restored, int]:
    """Return the last snapshot, and from where on the ledger is to be folded; nothing, and 0, where it does not fit."""
    try:
        kept = snapshot.read(index.file.snapshot())
    except (sqlite3.Error, Damaged):
        kept = None
    if kept is None:
        return Restored(), 0
    head, state = kept
    if head.size > record.size or record.root_at(head.size).hex() != head.root:
        return Restored(), 0
    adopted = _adopted(record, head.adopted)
    if adopted is None or adopted.digest != state.policy:
        return Restored(), 0
    return Restored(state, compiled(adopted), head.adopted), head.size


def _adopted(record: Record, place: int) -> Adopted | None:
    """Return the policy that was adopted at a place; one in parts begins well before."""
    for at, entry in joined(record.bodies(place - (1 << 10), place + 1)):
        if at == place and isinstance(entry, Adopted):
            return entry
    return None
