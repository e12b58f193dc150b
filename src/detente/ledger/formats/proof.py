"""Proofs that travel alone (c2sp.org/tlog-proof): an index, a path and the checkpoint it leads to, in one text."""

from dataclasses import dataclass

from detente.errors import FormatError
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.text import decode_base64, decode_hash, decode_number, encode_base64

__all__ = ["LogProof", "parse_proof"]

_FIRST = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogProof:
    """That an entry is in a log, for whoever has the entry and knows the log's key; nothing in it checked yet."""

    index: int
    path: tuple[bytes, ...]
    """Hashes from the leaf's sibling to the root's child (RFC 6962, 2.1.1)."""
    checkpoint: Note
    extra: bytes | None = None
    """Anything else, covered by no signature: not to be trusted."""

    def __bytes__(self) -> bytes:
        lines = [
            _FIRST,
            *([] if self.extra is None else [f"extra {encode_base64(self.extra)}"]),
            f"index {self.index}",
            *map(encode_base64, self.path),
            "",
            "",
        ]
        return "\n".join(lines).encode() + bytes(self.checkpoint)


def parse_proof(data: bytes) -> LogProof:
    """Read a tlog-proof.

    Raises
    ------
    FormatError
        Anything that is not exactly in the format, or more than 63 hashes.

    """
    if len(data) > _LARGEST:
        raise FormatError(f"proof: found {len(data)} bytes, expected at most {_LARGEST}")
    head, gap, checkpoint = data.partition(b"\n\n")
    if not gap:
        raise FormatError("proof: found no empty line, expected one before the checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise FormatError("proof: found bytes that are no ASCII before the checkpoint") from None
    if first != _FIRST:
        raise FormatError(f"proof: found {first[:60]!r}, expected {_FIRST}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "extra data of a proof")
    if not lines or not lines[0].startswith("index "):
        raise FormatError("proof: found no line with the index")
    index = decode_number(lines.pop(0).removeprefix("index "), "index of a proof")
    if len(lines) > _MOST_HASHES:
        raise FormatError(f"proof: found {len(lines)} hashes, expected at most {_MOST_HASHES}")
    path = tuple(decode_hash(line, "hash of a proof") for line in lines)
    return LogProof(index, path, parse_note(checkpoint), extra)
