"""Which ledger a gate has: made at its first opening, and from then on none but that one.

A gate that has answered and finds no ledger, or another, would go on as if it had never decided anything. So the public keys of its
ledger are kept beside it, and are durable before the first answer leaves.
"""

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from detente.errors import DamageError, FormatError, GateError, LedgerError
from detente.ledger.formats.keys import PublicKey
from detente.ledger.store.create import create
from detente.ledger.store.disk import Disk
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import told
from detente.ledger.store.recovery import own_checkpoint, recover

__all__ = ["KEY", "LEDGER", "check", "has_one", "look_at_published", "made", "rehearse"]

LEDGER = "ledger"
KEY = "gate.key"
"""The ledger's public keys, as they were when it was first served: a vkey a line."""

_TRIES = 3
"""A ledger that is read while somebody writes to it may be between two files."""
_PAUSE_S = 0.1

log = logging.getLogger("detente.gate.runtime")


def has_one(folder: Path) -> bool:
    """Tell whether this gate has had a ledger, wherever that is now."""
    return (folder / KEY).exists()


def made(folder: Path, origin: str, disk: Disk | None) -> None:
    """See that the gate has its ledger: the one it had, or a new one at the first opening.

    Raises
    ------
    GateError
        It had one, which is gone, or another lies in its place.
    LedgerError
        The disk does not take it.
    """
    disk = disk or Disk()
    if has_one(folder):
        check(folder)
        return
    with told(folder):
        if not Folder(folder / LEDGER).head.exists():
            _make(folder, origin, disk)
        keys = Folder(folder / LEDGER).known_keys()
        disk.replace_file(folder / KEY, "".join(f"{key}\n" for key in keys).encode())


def check(folder: Path) -> None:
    """See that the ledger in a gate's folder is the one it had. Raises GateError, LedgerError."""
    had, there = _kept(folder / KEY), Folder(folder / LEDGER)
    missing = [path for path in (there.head, there.journal, there.public_keys, there.key) if _is_gone(path)]
    if missing and any(not _is_gone(path) for path in (there.head, there.journal, there.checkpoint)):
        raise GateError(
            f"{' and '.join(map(str, missing))}: found nothing there, expected a file of {_named(had)}, the rest of which is there: "
            "put it back from a copy"
        )
    if missing:
        raise GateError(
            f"{there.path}: found no ledger, expected {_named(had)}, in which this gate has recorded: what was acknowledged is gone; "
            f"put it back, or, to begin anew without any of it, remove {folder / KEY} and what is left at {there.path}"
        )
    known = there.known_keys()  # a key that was brought in later is beside those it had before
    if not set(had) <= set(known):
        raise GateError(
            f"{there.path}: found {_named(known)}, expected {_named(had)}, in which this gate has recorded: it is another ledger; "
            f"put back the one it had, or, to go on from this one, remove {folder / KEY}"
        )


def rehearse(folder: Path) -> None:
    """See that the ledger can be opened as it lies there, and write nothing. Raises LedgerError, GateError as opening it does."""
    there = Folder(folder / LEDGER)
    for attempt in range(_TRIES):
        try:
            with told(there.path):
                recover(there, there.secrets()[0].public.name, there.known_keys())
        except LedgerError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def look_at_published(folder: Path, size: int, root_at: Callable[[int], bytes], disk: Disk | None) -> None:
    """See that the published checkpoint is one of this ledger, which holds `size` entries.

    One that the ledger did not sign is taken away, with a warning: the next is published before long.

    Raises
    ------
    GateError
        The ledger signed it, and holds something else: what was published is gone.
    LedgerError
        The disk does not take it.

    """
    there = Folder(folder / LEDGER)
    if not there.checkpoint.exists():
        return
    with told(folder):
        data = there.checkpoint.read_bytes()
        keys = there.known_keys()
        try:
            published = own_checkpoint(data, str(there.checkpoint), keys[0].name, keys)
        except DamageError as error:
            log.warning("%s; it is taken away, and published anew", error)
            disk = disk or Disk()
            disk.remove(there.checkpoint)
            disk.sync_folder(there.path)
            return
    if published.size > size or root_at(published.size) != published.root:
        raise GateError(
            f"{there.checkpoint}: found {published.size:,} entries that this ledger signed and published, and they are not the first of the "
            f"{size:,} it holds: what was published is gone, or was put back from an older copy; put the newest copy back"
        )


def _is_gone(path: Path) -> bool:
    """Tell whether a file is not there; one that we may not look at may be."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _make(folder: Path, origin: str, disk: Disk) -> None:
    draft = folder / f".{LEDGER}.new"  # under its name it is whole, or not there
    if draft.exists():
        shutil.rmtree(draft)
    create(draft, origin, disk=disk)
    disk.rename(draft, folder / LEDGER)
    disk.sync_folder(folder)


def _kept(path: Path) -> list[PublicKey]:
    try:
        keys = [PublicKey.parse(line) for line in path.read_text("utf-8").splitlines() if line]
    except (OSError, UnicodeDecodeError, FormatError) as error:
        raise GateError(f"{path}: cannot be read: {error}") from error
    if not keys:
        raise GateError(f"{path}: found no key, expected those of the gate's ledger, a line each")
    return keys


def _named(keys: list[PublicKey]) -> str:
    return f"the ledger {keys[0].name} of key {keys[0].id.hex()}" if keys else "a ledger without a key"
