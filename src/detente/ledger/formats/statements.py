"""What the bodies of entries say that are not records: sessions, heartbeats, payloads outside, indices (decision 0016).

    begin      session ID, software TEXT
    heartbeat  last NUMBER
    end        last NUMBER
    sealed     commitment BASE64, length BYTES, type MEDIA/TYPE
    erased     entry INDEX, commitment BASE64, reason TEXT, by TEXT
    index      from INDEX, to INDEX, root BASE64, count ROWS

One line for each field, in this order (`fields`). Gaps and keys are signed besides: `signed_statements`.
A statement that could be made can be written, and what can be read is written again as the same bytes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from detente.errors import FormatError
from detente.ledger.formats.entry import Entry, Kind
from detente.ledger.formats.fields import check_line, check_number, check_word, decode_fields, encode_fields
from detente.ledger.formats.text import HASH_SIZE, decode_hash, decode_number, encode_base64

__all__ = [
    "LARGEST_SEGMENT",
    "Begin",
    "End",
    "Erased",
    "Heartbeat",
    "IndexRoot",
    "Sealed",
    "Statement",
    "parse_statement",
]

LARGEST_SEGMENT = 2**16
"""Entries of a stretch that one sorted index covers: what an auditor holds in memory to sort them again."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Begin:
    """A source begins a session: it lives from here until it says that it ends, or begins anew."""

    session: str
    """One word, by the source's choice; another one every time."""
    software: str
    """What speaks, and in which version."""

    def __post_init__(self) -> None:
        check_word(self.session, "begin: session")
        check_line(self.software, "begin: software")

    def __bytes__(self) -> bytes:
        return encode_fields({"session": self.session, "software": self.software}).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        return cls(*decode_fields(body, ("session", "software"), "begin"))


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A source lives, and says how far it had counted: one less than the number of the entry that says so."""

    last: int

    def __post_init__(self) -> None:
        check_number(self.last, "heartbeat: last")

    def __bytes__(self) -> bytes:
        return encode_fields({"last": self.last}).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        return cls(_last(body, "heartbeat"))


@dataclass(frozen=True, slots=True)
class End:
    """A source ends its session in good order, having counted so far before this entry."""

    last: int

    def __post_init__(self) -> None:
        check_number(self.last, "end: last")

    def __bytes__(self) -> bytes:
        return encode_fields({"last": self.last}).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        return cls(_last(body, "end"))


@dataclass(frozen=True, slots=True)
class Sealed:
    """A payload lies outside the log; who holds payload and salt can show that it is the one meant here (`payload`)."""

    commitment: bytes
    length: int
    """Bytes of the payload."""
    media_type: str
    """As `application/json`, in lower case and without parameters."""

    def __post_init__(self) -> None:
        _check_hash(self.commitment, "sealed: commitment")
        check_number(self.length, "sealed: length")
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise FormatError(
                f"sealed: type: found {self.media_type[:60]!r}, expected a media type in lower case, as text/plain"
            )

    def __bytes__(self) -> bytes:
        fields = {
            "commitment": encode_base64(self.commitment),
            "length": self.length,
            "type": self.media_type,
        }
        return encode_fields(fields).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        commitment, length, media_type = decode_fields(body, ("commitment", "length", "type"), "sealed")
        return cls(
            decode_hash(commitment, "sealed: commitment"), decode_number(length, "sealed: length"), media_type
        )


@dataclass(frozen=True, slots=True)
class Erased:
    """A payload and its salt are gone, on purpose."""

    entry: int
    """Index of the `sealed` entry."""
    commitment: bytes
    """What stands in that entry, so that this one can be understood without it."""
    reason: str
    by: str
    """Who decided it."""

    def __post_init__(self) -> None:
        check_number(self.entry, "erased: entry")
        _check_hash(self.commitment, "erased: commitment")
        check_line(self.reason, "erased: reason")
        check_line(self.by, "erased: by")

    def __bytes__(self) -> bytes:
        commitment = encode_base64(self.commitment)
        fields = {"entry": self.entry, "commitment": commitment, "reason": self.reason, "by": self.by}
        return encode_fields(fields).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        entry, commitment, reason, by = decode_fields(body, ("entry", "commitment", "reason", "by"), "erased")
        return cls(
            decode_number(entry, "erased: entry"), decode_hash(commitment, "erased: commitment"), reason, by
        )


@dataclass(frozen=True, slots=True)
class IndexRoot:
    """The entries [start, end) of the log, sorted by source and time, have this root (`sorted_index`)."""

    start: int
    end: int
    root: bytes

    def __post_init__(self) -> None:
        check_number(self.start, "index: from")
        check_number(self.end, "index: to")
        _check_hash(self.root, "index: root")
        if not 0 < self.count <= LARGEST_SEGMENT:
            raise FormatError(
                f"index: found entries {self.start} to {self.end}, expected 1 to {LARGEST_SEGMENT} of them"
            )

    @property
    def count(self) -> int:
        """Rows: one for each entry."""
        return self.end - self.start

    def __bytes__(self) -> bytes:
        root = encode_base64(self.root)
        return encode_fields({"from": self.start, "to": self.end, "root": root, "count": self.count}).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of an entry. Raises FormatError."""
        start, end, root, count = decode_fields(body, ("from", "to", "root", "count"), "index")
        index = cls(
            decode_number(start, "index: from"),
            decode_number(end, "index: to"),
            decode_hash(root, "index: root"),
        )
        if count != str(index.count):
            raise FormatError(
                f"index: found a count of {count[:20]}, expected {index.count}: every entry once"
            )
        return index


Statement = Begin | Heartbeat | End | Sealed | Erased | IndexRoot

_PARSERS: dict[Kind, Callable[[bytes], Statement]] = {
    Kind.BEGIN: Begin.parse,
    Kind.HEARTBEAT: Heartbeat.parse,
    Kind.END: End.parse,
    Kind.SEALED: Sealed.parse,
    Kind.ERASED: Erased.parse,
    Kind.INDEX: IndexRoot.parse,
}


def parse_statement(entry: Entry) -> Statement | None:
    """Return what an entry states without a signature of its own; None for records, gaps and keys. Raises FormatError."""
    parse = _PARSERS.get(entry.kind)
    return None if parse is None else parse(entry.body)


def _last(body: bytes, what: str) -> int:
    (last,) = decode_fields(body, ("last",), what)
    return decode_number(last, f"{what}: last")


def _check_hash(found: bytes, what: str) -> None:
    if len(found) != HASH_SIZE:
        raise FormatError(f"{what}: found {len(found)} bytes, expected {HASH_SIZE}")
