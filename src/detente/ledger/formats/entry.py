"""What one entry of our ledgers is, byte by byte (decision 0016).

    detente-entry/v1 LF
    KIND SP SOURCE SP NUMBER SP TIME LF
    body

KIND is one of `Kind`. SOURCE names who speaks: a gate, an agent, a sensor, or the ledger itself. NUMBER counts what the source
has said, from 1 without holes. TIME is when the ledger took the entry in, in nanoseconds since 1970 by the ledger's clock, and never
less than the time of the entry before. The body is whatever the source said, for `record`, and a text of our own for the other kinds.
There is one spelling of every entry, so that its hash is its name.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from detente.errors import FormatError
from detente.ledger.formats.text import decode_number
from detente.ledger.formats.tiles import LARGEST_ENTRY

__all__ = ["LARGEST_BODY", "LEDGER", "Entry", "Kind", "check_source", "encode_entry", "parse_entry"]

_FIRST = b"detente-entry/v1\n"
_LONGEST_SOURCE = 128
LARGEST_BODY = LARGEST_ENTRY - 512
"""Bytes of a body: what an entry holds less the longest head."""
LEDGER = "ledger"
"""The source of what the ledger says of itself: keys, indices, erasures."""


class Kind(StrEnum):
    """What an entry is."""

    RECORD = "record"
    """Something that happened, in the source's own bytes."""
    BEGIN = "begin"
    """The source begins a session."""
    HEARTBEAT = "heartbeat"
    """The source lives, and has said so much."""
    GAP = "gap"
    """The source lost records: how many, and why. It takes their numbers."""
    END = "end"
    """The source ends its session in good order: nothing more is to come."""
    SEALED = "sealed"
    """The commitment to a payload that lies outside and can be erased."""
    ERASED = "erased"
    """A payload was erased: which, and why."""
    KEY = "key"
    """A key comes into use, is retired or is revoked."""
    INDEX = "index"
    """The root of a sorted index over a stretch of the log."""


_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, taken apart."""

    kind: Kind
    source: str
    number: int
    """Of this source, from 1; for a gap, the last of the numbers it takes."""
    time: int
    """Nanoseconds since 1970, by the ledger's clock; never less than that of the entry before."""
    body: bytes

    def __bytes__(self) -> bytes:
        return encode_entry(self.kind, self.source, self.number, self.time, self.body)


def encode_entry(kind: Kind, source: str, number: int, time: int, body: bytes) -> bytes:
    """Return the bytes of an entry whose source has been checked once (`check_source`)."""
    return b"detente-entry/v1\n%b %b %d %d\n%b" % (kind.encode(), source.encode(), number, time, body)


def parse_entry(data: bytes) -> Entry:
    """Take an entry apart.

    Raises
    ------
    FormatError
        It is not exactly in the format.

    """
    if not data.startswith(_FIRST):
        raise FormatError(
            f"entry: found {data[:20]!r} at the beginning, expected 'detente-entry/v1' and a newline"
        )
    head, newline, body = data[len(_FIRST) :].partition(b"\n")
    try:
        kind, source, number, time = head.decode("ascii").split(" ")
        known = _KINDS[kind]
    except (UnicodeDecodeError, ValueError, KeyError):
        raise FormatError(f"entry: found {head[:60]!r}, expected KIND SOURCE NUMBER TIME") from None
    if not newline:
        raise FormatError("entry: found no newline after the head")
    check_source(source)
    entry = Entry(
        known,
        source,
        decode_number(number, "number of an entry"),
        decode_number(time, "time of an entry"),
        body,
    )
    if entry.number < 1:
        raise FormatError("entry: found the number 0, expected numbers from 1")
    return entry


@lru_cache(maxsize=1024)  # sources are few, entries are many
def check_source(source: str) -> None:
    """See that `source` can name one: 1 to 128 visible ASCII characters. Raises FormatError."""
    if not 1 <= len(source) <= _LONGEST_SOURCE or not all("!" <= letter <= "~" for letter in source):
        raise FormatError(
            f"source: found {source[:60]!r}, expected 1 to {_LONGEST_SOURCE} visible ASCII characters, as gate-1"
        )
