"""Where a log can be seen: a folder, or an address that serves one; and the head it shows, signed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from detente.errors import LedgerError, ProofError
from detente.hosting.optional import load
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.keys import PublicKey, signatures_by
from detente.ledger.formats.note import Note
from detente.ledger.store.reader import Reader
from detente.ledger.witness.address import require_address

__all__ = ["SignedHead", "View", "open_view", "signed_head"]

_LARGEST_FILE = 256 * (2 + 65_535)  # bytes of the fullest bundle; everything else is smaller
_WITHIN = 60.0  # seconds for one file
_SILENCE = 10.0  # seconds without a byte


class View(Protocol):
    """A log as one reader gets to see it. Nothing from it is believed before it was checked against a signed head."""

    def note(self) -> Note:
        """Return the checkpoint it shows."""

    def node(self, level: int, index: int, size: int) -> bytes:
        """Return the root of a perfect subtree of a log of `size`."""

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the path from an entry to the root."""

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the path that shows the one tree to be the beginning of the other."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint that its log has signed: checked."""

    note: Note
    checkpoint: Checkpoint


def signed_head(note: Note, keys: Sequence[PublicKey]) -> SignedHead:
    """See that a log signed the note, and return what it says.

    Raises
    ------
    ProofError
        No signature by one of these keys, one that is false, or an origin that is not the key's name.
    FormatError
        The note is no checkpoint.

    """
    checkpoint = parse_checkpoint(note.text)
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        raise ProofError(f"checkpoint of {checkpoint.origin}: none of the given keys is a key of this log")
    if not [line for key in own for line in signatures_by(note, key)]:
        raise ProofError(f"checkpoint of {checkpoint.origin}: found no signature by the given keys")
    return SignedHead(note, checkpoint)


@contextmanager
def open_view(where: str, *, plain: bool = False) -> Iterator[Reader]:
    """Open a log at a path or an address for reading.

    Parameters
    ----------
    where
        A folder, or an address below which `checkpoint` and `tile/` are served.
    plain
        Addresses without TLS are allowed beyond this machine.

    Raises
    ------
    LedgerError
        No folder, an address that cannot be asked, or `httpx` is missing.

    """
    if "://" not in where:
        if not Path(where).is_dir():
            raise LedgerError(f"{where}: found no folder there, expected that of a log, or an address")
        yield Reader(Path(where))
        return
    require_address(where, plain=plain)
    base = where.rstrip("/")
    with load("httpx").Client(follow_redirects=False, trust_env=False, timeout=_SILENCE) as client:
        yield Reader(Path(where), lambda place: _get(client, f"{base}/{place}"))


def _get(client: Any, url: str) -> bytes:
    """Return a file, which is neither too large nor too slow. Raises LedgerError."""
    parts: list[bytes] = []
    size, end = 0, time.monotonic() + _WITHIN
    try:
        with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code != 200:
                raise LedgerError(f"{url}: answered {answer.status_code}, expected a file of the log")
            for part in answer.iter_raw():
                size += len(part)
                if size > _LARGEST_FILE or time.monotonic() > end:
                    raise LedgerError(
                        f"{url}: found more than {_LARGEST_FILE} bytes, or slower than {_WITHIN:g} s"
                    )
                parts.append(part)
    except (load("httpx").HTTPError, load("httpx").InvalidURL) as error:
        raise LedgerError(f"{url}: cannot be read: {type(error).__name__}: {error}") from None
    return b"".join(parts)
