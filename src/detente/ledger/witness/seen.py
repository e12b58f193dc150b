"""The last head that a monitor saw, kept so that a log cannot go back behind it: one small file, replaced whole.

detente-seen/v1
since N               POSIX seconds by the monitor's clock: when this head was new
the signed note
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detente.errors import FormatError, LedgerError
from detente.ledger.formats.keys import PublicKey
from detente.ledger.formats.note import parse_note
from detente.ledger.formats.text import decode_number
from detente.ledger.store.disk import Disk
from detente.ledger.witness.views import SignedHead, signed_head

__all__ = ["Seen", "SeenFile"]

_FIRST = b"detente-seen/v1\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """A head, and since when it has been the newest."""

    head: SignedHead
    since: int
    """POSIX seconds."""

    def __bytes__(self) -> bytes:
        return _FIRST + f"since {self.since}\n".encode() + bytes(self.head.note)


class SeenFile:
    """The file. Whoever compares holds `alone`, so that two monitors cannot set each other back.

    Raises
    ------
    LedgerError
        It cannot be read or written.
    FormatError
        It is something else.
    ProofError
        What it keeps was not signed by the log.

    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path
        self._disk = disk or Disk()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the file's lock."""
        with self._told(), self._disk.locked(self.path.with_name(f".{self.path.name}.lock")):
            yield

    def read(self, keys: Sequence[PublicKey]) -> Seen | None:
        """Return what is kept, signature checked; None where nothing is yet."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(f"{self.path}: cannot be read: {error.strerror}") from None
        line, newline, note = data.removeprefix(_FIRST).partition(b"\n")
        if not (data.startswith(_FIRST) and newline and line.startswith(b"since ")):
            raise FormatError(f"{self.path}: found something else than what a monitor keeps")
        since = decode_number(line.decode("ascii", "replace").removeprefix("since "), f"{self.path}: since")
        return Seen(signed_head(parse_note(note), keys), since)

    def keep(self, seen: Seen) -> None:
        """Keep a head; when this returns, it is on the disk."""
        with self._told():
            self._disk.replace_file(self.path, bytes(seen))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerError(f"{self.path}: cannot be kept: {error.strerror or error}") from None
