"""The body of `add-checkpoint` (c2sp.org/tlog-witness): an old size, a proof that leads on from it, and a checkpoint."""

from dataclasses import dataclass

from detente.errors import FormatError
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.text import decode_hash, decode_number, encode_base64

__all__ = ["LARGEST_REQUEST", "Request", "encode_request", "parse_request"]

_MOST_HASHES = 63
LARGEST_REQUEST = 256 * 1024
"""Bytes: 64 signatures by ML-DSA-44 under the longest names (219 KiB), 63 hashes (3 KiB), and 34 KiB of text beside them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks a witness to sign; nothing in it checked yet."""

    old: int
    """The size of the checkpoint that the witness cosigned last, as far as the log knows."""
    proof: tuple[bytes, ...]
    """From the old size to that of the checkpoint (RFC 6962, 2.1.2)."""
    note: Note
    checkpoint: Checkpoint
    """What the note says."""


def encode_request(old: int, proof: list[bytes], note: Note) -> bytes:
    """Return the body of a request."""
    lines = [f"old {old}", *map(encode_base64, proof), "", ""]
    return "\n".join(lines).encode() + bytes(note)


def parse_request(body: bytes) -> Request:
    """Take the body of a request apart.

    Raises
    ------
    FormatError
        Anything that is not exactly in the format, more than 63 hashes, or more than 256 KiB.

    """
    if len(body) > LARGEST_REQUEST:
        raise FormatError(f"request: found {len(body)} bytes, expected at most {LARGEST_REQUEST}")
    head, gap, checkpoint = body.partition(b"\n\n")
    if not gap:
        raise FormatError("request: found no empty line, expected one before the checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise FormatError("request: found bytes that are no ASCII before the checkpoint") from None
    if not first.startswith("old "):
        raise FormatError(f"request: found {first[:60]!r}, expected 'old' and a size")
    old = decode_number(first.removeprefix("old "), "old size of a request")
    if len(lines) > _MOST_HASHES:
        raise FormatError(f"request: found {len(lines)} hashes, expected at most {_MOST_HASHES}")
    proof = tuple(decode_hash(line, "hash of a request") for line in lines)
    note = parse_note(checkpoint)
    return Request(old, proof, note, parse_checkpoint(note.text))
