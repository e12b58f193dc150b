"""The journal: what was taken in since the tiles were last written, in frames that a torn write cannot imitate.

    detente-journal/v1 LF, base size (8), base root (32), first 32 bytes of SHA-256 over all that
    frame: kind (1: D or C), size after it (8), bytes of body (4), digest (32), body

A *data* frame holds a group of entries as a bundle does, and as its digest the root of the tree with them: whoever reads it hashes
the entries anew and must come to that root. A *commit* frame follows when the data is on the disk, and holds the checkpoint signed
over it, and as its digest the hash of size and checkpoint. So of a frame that does not hold we can tell whether it was ever acknowledged: not, where no
whole commit frame comes after it. Then it is the torn end of a write that nobody was told of, and is cut off. Otherwise it is damage.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from detente.errors import DamageError, FormatError
from detente.ledger.formats.text import HASH_SIZE
from detente.ledger.formats.tiles import decode_whole_bundle
from detente.ledger.formats.tree import Frontier, leaf_hash

__all__ = [
    "HEADER_SIZE",
    "Group",
    "Header",
    "commit_frame",
    "data_frame",
    "read_data",
    "read_header",
    "replay",
]

_MAGIC = b"detente-journal/v1\n"
_BASE = struct.Struct(">Q")
_FRAME = struct.Struct(">cQI32s")
HEADER_SIZE = len(_MAGIC) + _BASE.size + 2 * HASH_SIZE


@dataclass(frozen=True, slots=True)
class Header:
    """Where a journal begins."""

    size: int
    root: bytes

    def __bytes__(self) -> bytes:
        head = _MAGIC + _BASE.pack(self.size) + self.root
        return head + sha256(head).digest()


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that were committed together, read back and hashed anew."""

    entries: list[bytes]
    leaves: list[bytes]
    size: int
    """Of the tree with them."""
    end: int
    """Offset in the journal after the data frame."""
    note: bytes | None
    """The checkpoint signed over it; None where the commit frame did not get that far."""


def data_frame(size: int, root: bytes, bundle: bytes) -> bytes:
    """Return the frame of a group; `size` and `root` are those of the tree with it."""
    return _FRAME.pack(b"D", size, len(bundle), root) + bundle


def commit_frame(size: int, note: bytes) -> bytes:
    """Return the frame that says the group before it is on the disk, and signed."""
    return _FRAME.pack(b"C", size, len(note), _digest(size, note)) + note


def read_header(data: bytes, where: str = "journal") -> Header:
    """Read the beginning of a journal, which errors call as it is called here. Raises DamageError."""
    head, digest = data[: HEADER_SIZE - HASH_SIZE], data[HEADER_SIZE - HASH_SIZE : HEADER_SIZE]
    if not head.startswith(_MAGIC) or sha256(head).digest() != digest:
        raise DamageError(f"{where}: its beginning is not what was written; restore the file from a copy")
    return Header(_BASE.unpack_from(head, len(_MAGIC))[0], head[-HASH_SIZE:])


def read_data(frame: bytes, tree: Frontier) -> tuple[list[bytes], list[bytes], Frontier] | None:
    """Return the entries of a data frame, their hashes, and `tree` grown by them; None where the frame does not hold."""
    kind, size, length, root = _FRAME.unpack_from(frame)
    if kind != b"D" or len(frame) != _FRAME.size + length:
        return None
    try:
        entries = decode_whole_bundle(frame[_FRAME.size :], "journal")
    except FormatError:
        return None
    leaves = list(map(leaf_hash, entries))
    grown = tree.copy()
    grown.extend(leaves)
    return (entries, leaves, grown) if grown.size == size and grown.root() == root else None


def replay(data: bytes, offset: int, tree: Frontier, where: str = "journal") -> Iterator[Group]:
    """Yield the groups of a journal from `offset`, where the tree was `tree`.

    Frames that end before the tree does are passed over: a crash between writing tiles and beginning a new
    journal leaves some. A torn end is left out: the last group's `end` says where to cut.

    Raises
    ------
    DamageError
        A frame does not hold although it was acknowledged.

    """
    at = offset
    while frame := _frame_at(data, at):
        kind, size = frame[:1], _FRAME.unpack_from(frame)[1]
        if kind == b"C" or size <= tree.size:
            if kind == b"C" and not _holds(frame):
                break
            at += len(frame)
            continue
        read = read_data(frame, tree)
        if read is None:
            break
        entries, leaves, tree = read
        at += len(frame)
        commit = _frame_at(data, at)
        whole = commit is not None and commit[:1] == b"C" and _holds(commit)
        if whole and commit is not None:
            at += len(commit)
        yield Group(entries, leaves, tree.size, at, commit[_FRAME.size :] if whole and commit else None)
    if _committed_after(data, at):
        raise DamageError(
            f"{where}: what stands at byte {at} is not what was written, and entries after it were acknowledged; "
            "nothing is signed on top of it: restore the file from a copy"
        )


def _frame_at(data: bytes, at: int) -> bytes | None:
    """Return the frame that begins at `at`, None where none is whole."""
    start = at + _FRAME.size
    if start > len(data):
        return None
    kind, _, length, _ = _FRAME.unpack_from(data, at)
    end = start + length
    return data[at:end] if kind in {b"D", b"C"} and end <= len(data) else None


def _holds(frame: bytes) -> bool:
    _, size, _, digest = _FRAME.unpack_from(frame)
    return bool(digest == _digest(size, frame[_FRAME.size :]))


def _digest(size: int, note: bytes) -> bytes:
    return sha256(_BASE.pack(size) + note).digest()


def _committed_after(data: bytes, at: int) -> bool:
    """Tell whether a whole commit frame stands anywhere from `at`: its hash cannot be there by chance."""
    found = data.find(b"C", at)
    while found >= 0:
        frame = _frame_at(data, found)
        if frame is not None and _holds(frame):
            return True
        found = data.find(b"C", found + 1)
    return False
