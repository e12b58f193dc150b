"""Making a new ledger."""

import secrets
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import Checkpoint, check_origin
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.note import Note
from detente.ledger.formats.tree import EMPTY_ROOT
from detente.ledger.store.disk import Disk
from detente.ledger.store.folder import Folder, write_secret
from detente.ledger.store.journal import Header
from detente.ledger.store.ledger import told

__all__ = ["create"]


def create(path: str | Path, origin: str, *, ml_dsa: bool = False, disk: Disk | None = None) -> Folder:
    """Make a new, empty ledger in a folder that is empty or not there, with new keys; return its folder.

    Parameters
    ----------
    path
        The folder.
    origin
        The log's name for itself, unique among logs, as `example.org/ledger`.
    ml_dsa
        Sign with ML-DSA-44 too.
    disk
        What touches the disk.

    Raises
    ------
    LedgerError
        Something is there already, the disk does not take it, or ML-DSA-44 is not available.
    FormatError
        The origin cannot be one.

    """
    check_origin(origin)
    folder, disk = Folder(Path(path)), disk or Disk()
    algorithms = [Algorithm.ED25519, *([Algorithm.COSIGNATURE_ML_DSA_44] if ml_dsa else [])]
    keys = [SecretKey(origin, algorithm, secrets.token_bytes(32)) for algorithm in algorithms]
    with told(folder.path):
        if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
            raise LedgerError(f"{folder.path}: found something there, expected an empty folder or none")
        disk.make_folder(folder.keys)
        folder.keys.chmod(0o700)
        for file, key in zip((folder.key, folder.second_key), keys, strict=False):
            write_secret(file, key)
        disk.sync_folder(folder.keys)
        disk.replace_file(folder.public_keys, "".join(f"{key.public}\n" for key in keys).encode())
        disk.replace_file(folder.journal, bytes(Header(0, EMPTY_ROOT)))
        text = Checkpoint(origin, 0, EMPTY_ROOT).text
        disk.replace_file(folder.head, bytes(Note(text, tuple(key.sign(text) for key in keys))))
        disk.sync_folder(folder.path.parent)
    return folder
