"""Payloads beside the log: written before the entry that seals them, and erased after the entry that says so.

Each lies in `payloads/`, in a file named after its commitment, salt first. A payload without an entry is what a crash between the two
leaves: nobody was told that it is kept, and it is erased like any other.

What erasing does: the file is removed, its room is free again, and the ledger's folder has nothing left from which payload or salt could
be made. What it does not do: an SSD, a copying file system, a snapshot or a backup may keep the old bytes, and writing over the file would not
reach them either, so it is not done. Where that matters, the volume is encrypted, and copies are erased where they lie.
"""

import secrets
from pathlib import Path

from detente.errors import LedgerError, ProofError
from detente.ledger.check.payloads import Presence
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.formats.payload import SALT_SIZE, commit, encode_payload, open_payload
from detente.ledger.formats.statements import Erased, Sealed
from detente.ledger.store.disk import Disk
from detente.ledger.store.ledger import Ledger, told
from detente.ledger.store.receipt import Receipt

__all__ = ["LARGEST_PAYLOAD", "Payloads"]

LARGEST_PAYLOAD = 2**30
"""Bytes: a payload is held in memory while it is sealed and checked."""


class Payloads:
    """The payloads of a ledger.

    Parameters
    ----------
    path
        The ledger's folder.
    disk
        What touches the disk.

    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path / "payloads"
        self._disk = disk or Disk()
        self._made: set[Path] = set()

    # --- with a ledger --------------------------------------------------------------------------

    def seal(self, ledger: Ledger, source: str, payload: bytes, media_type: str) -> Receipt:
        """Keep a payload, and log what seals it; return when both are durable.

        Raises
        ------
        LedgerError
            The payload is too large, or the disk does not take it.
        FormatError
            A source or a media type that is none.

        """
        sealed = self.put(payload, media_type)
        return ledger.append(source, bytes(sealed), Kind.SEALED)

    def erase(
        self, ledger: Ledger, index: int, entry: bytes, reason: str, by: str, source: str = "ledger"
    ) -> Receipt:
        """Erase the payload of an entry, and log that it was.

        The entry comes first: after a crash between the two the payload is still there, an audit says so, and
        this is done once more.

        Parameters
        ----------
        ledger
            Where it is logged.
        index, entry
            The `sealed` entry, checked by whoever read it.
        reason, by
            Why, and who decided it, one line each.
        source
            Who says so.

        Raises
        ------
        LedgerError
            The entry seals nothing, or the disk fails.
        FormatError
            The entry is none, or the reason is no line.

        """
        found = parse_entry(entry)
        if found.kind is not Kind.SEALED:
            raise LedgerError(
                f"entry {index}: found a {found.kind}, expected a sealed entry: only payloads can be erased"
            )
        sealed = Sealed.parse(found.body)
        erased = Erased(index, sealed.commitment, reason, by)
        receipt = ledger.append(source, bytes(erased), Kind.ERASED)
        self.remove(sealed.commitment)
        return receipt

    # --- files ----------------------------------------------------------------------------------

    def put(self, payload: bytes, media_type: str) -> Sealed:
        """Keep a payload under a new salt, durable; return what seals it."""
        if len(payload) > LARGEST_PAYLOAD:
            raise LedgerError(f"payload: found {len(payload)} bytes, expected at most {LARGEST_PAYLOAD}")
        salt = secrets.token_bytes(SALT_SIZE)
        sealed = Sealed(commit(salt, payload), len(payload), media_type)
        path = self._file(sealed.commitment)
        with told(path):
            self._make(path.parent)
            self._disk.replace_file(path, encode_payload(salt, payload))
        return sealed

    def get(self, sealed: Sealed) -> bytes:
        """Return a payload, checked.

        Raises
        ------
        LedgerError
            It is not there, or cannot be read.
        ProofError
            It is not what was sealed.

        """
        path = self._file(sealed.commitment)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise LedgerError(
                f"{path}: the payload is not there: erased, or withheld; the log tells which"
            ) from None
        except OSError as error:
            raise LedgerError(f"{path}: cannot be read: {error.strerror}") from None
        try:
            return open_payload(data, sealed)
        except ProofError as error:
            raise ProofError(f"{path}: {error}") from None

    def look(self, commitment: bytes, sealed: Sealed | None = None) -> Presence:
        """Tell what is there of a payload; with the statement that seals it, whether it is the one. For audits."""
        if not self._file(commitment).exists():
            return Presence.ABSENT
        if sealed is None:
            return Presence.PRESENT
        try:
            self.get(sealed)
        except ProofError:
            return Presence.FALSE
        return Presence.PRESENT

    def remove(self, commitment: bytes) -> None:
        """Remove a payload and its salt, if they are there, and what a crash may have left of writing them. Raises LedgerError."""
        path = self._file(commitment)
        with told(path):
            left = [file for file in (path, path.with_name(f".{path.name}.new")) if file.exists()]
            for file in left:
                self._disk.remove(file)
            if left:
                self._disk.sync_folder(path.parent)

    def _file(self, commitment: bytes) -> Path:
        name = commitment.hex()
        return self.path / name[:2] / name[2:]

    def _make(self, folder: Path) -> None:
        """Make a folder for the owner's eyes only, durable even where a crash had left it half made."""
        if folder in self._made:
            return
        self._disk.make_folder(folder)
        self.path.chmod(0o700)
        for made in (folder, self.path):
            self._disk.sync_folder(made.parent)
        self._made.add(folder)
