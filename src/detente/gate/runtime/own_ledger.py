"""Which ledger a gate has: made at its first opening, and from then on none but that one.

A gate that has answered and finds no ledger, or another, would go on as if it had never decided anything. So the public keys of its
ledger are kept beside it, and are durable before the first answer leaves.
"""

import shutil
from pathlib import Path

from detente.errors import FormatError, GateError
from detente.ledger.formats.keys import PublicKey
from detente.ledger.store.create import create
from detente.ledger.store.disk import Disk
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import told

__all__ = ["KEY", "LEDGER", "check", "has_one", "made"]

LEDGER = "ledger"
KEY = "gate.key"
"""The ledger's public keys, as they were when it was first served: a vkey a line."""


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
