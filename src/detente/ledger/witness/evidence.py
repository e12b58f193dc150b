"""Evidence of a fork: two heads that a log signed and that cannot both be true, in one text that anybody can check alone.

    detente-fork/v1
    checkpoint N          the N lines of a signed note
    ...
    checkpoint N          of another, not smaller
    ...
    prefix HASH           where the sizes differ: the root of as many entries as the first has, under the second head
    path N                and N hashes that prove it (RFC 6962, 2.1.2)
    ...
    entry INDEX           where it is known: an entry that differs
    leaf HASH             its hash under the first head
    path N                and N hashes that prove it (RFC 6962, 2.1.1)
    ...
    leaf HASH             the same under the second
    path N
    ...

All that a checker needs beside it are the log's public keys. There is one spelling of every piece of evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import FormatError, ProofError
from detente.ledger.formats.keys import PublicKey
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.text import decode_hash, decode_number, encode_base64
from detente.ledger.formats.tree import verify_consistency, verify_inclusion
from detente.ledger.witness.views import SignedHead, signed_head

__all__ = ["Difference", "Evidence", "Fork", "check_evidence", "parse_evidence"]

_FIRST = "detente-fork/v1"
_LARGEST = 1024 * 1024
_MOST_HASHES = 64


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not the same under both heads."""

    index: int
    leaves: tuple[bytes, bytes]
    """Hashes of the entry, under the first head and the second."""
    paths: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    """From each to its root."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Nothing in it checked yet."""

    first: Note
    second: Note
    prefix: bytes | None = None
    """Where sizes differ: the root of the first size's entries under the second head."""
    path: tuple[bytes, ...] = ()
    """What proves the prefix."""
    difference: Difference | None = None

    def __bytes__(self) -> bytes:
        lines = [_FIRST]
        for note in (self.first, self.second):
            text = bytes(note).decode()
            lines += [f"checkpoint {text.count(chr(10))}", text[:-1]]
        if self.prefix is not None:
            lines += [f"prefix {encode_base64(self.prefix)}", *_path(self.path)]
        if self.difference is not None:
            lines.append(f"entry {self.difference.index}")
            for leaf, path in zip(self.difference.leaves, self.difference.paths, strict=True):
                lines += [f"leaf {encode_base64(leaf)}", *_path(path)]
        return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork that was checked."""

    first: SignedHead
    second: SignedHead
    index: int | None
    """Of an entry that differs, where the evidence names one."""


def check_evidence(evidence: Evidence, keys: Sequence[PublicKey]) -> Fork:
    """See that the log with these keys has forked.

    1. It signed both heads, and they are of one log.
    2. The first is not larger than the second.
    3. Of one size: the roots differ. Of two: under the second head, the first size's entries have another root.
    4. Where an entry is named: it is in both trees, and not the same.

    Raises
    ------
    ProofError
        One of these does not hold: this is no evidence.

    """
    first, second = signed_head(evidence.first, keys), signed_head(evidence.second, keys)  # 1
    one, other = first.checkpoint, second.checkpoint
    if one.origin != other.origin:
        raise ProofError(f"evidence: found the logs {one.origin} and {other.origin}, expected one")
    if one.size > other.size:  # 2
        raise ProofError("evidence: found the larger checkpoint first")
    if (evidence.prefix is None) != (one.size == other.size):
        raise ProofError("evidence: expected a prefix where sizes differ, and only there")
    prefix = other.root if evidence.prefix is None else evidence.prefix
    verify_consistency(one.size, prefix, other.size, other.root, evidence.path)  # 3
    if prefix == one.root:
        raise ProofError("evidence: the two checkpoints agree, this is no fork")
    if evidence.difference is None:
        return Fork(first, second, None)
    return Fork(first, second, _check_difference(evidence.difference, first, second))


def parse_evidence(data: bytes) -> Evidence:
    """Read evidence. Raises FormatError where it is not exactly in the format."""
    if len(data) > _LARGEST:
        raise FormatError(f"evidence: found {len(data)} bytes, expected at most {_LARGEST}")
    try:
        lines = _Lines(data.decode())
    except UnicodeDecodeError:
        raise FormatError("evidence: found bytes that are no UTF-8") from None
    if lines.take() != _FIRST:
        raise FormatError(f"evidence: expected {_FIRST} in the first line")
    first, second = lines.note(), lines.note()
    prefix: bytes | None = None
    path: tuple[bytes, ...] = ()
    difference: Difference | None = None
    if lines.next_is("prefix"):
        prefix, path = lines.hash("prefix"), lines.path()
    if lines.next_is("entry"):
        index = lines.number("entry")
        one = lines.hash("leaf"), lines.path()
        other = lines.hash("leaf"), lines.path()
        difference = Difference(index, (one[0], other[0]), (one[1], other[1]))
    evidence = Evidence(first, second, prefix, path, difference)
    if bytes(evidence) != data:
        raise FormatError("evidence: found more than there should be, or another spelling")
    return evidence


def _check_difference(difference: Difference, first: SignedHead, second: SignedHead) -> int:
    for head, leaf, path in zip((first, second), difference.leaves, difference.paths, strict=True):
        verify_inclusion(leaf, difference.index, head.checkpoint.size, path, head.checkpoint.root)  # 4
    if difference.leaves[0] == difference.leaves[1]:
        raise ProofError(f"evidence: entry {difference.index} is the same under both heads")
    return difference.index


def _path(path: Sequence[bytes]) -> list[str]:
    return [f"path {len(path)}", *map(encode_base64, path)]


class _Lines:
    """Takes evidence line by line."""

    def __init__(self, text: str) -> None:
        self._rest = text.split("\n")[::-1]

    def take(self) -> str:
        if not self._rest:
            raise FormatError("evidence: it ends too early")
        return self._rest.pop()

    def next_is(self, word: str) -> bool:
        return bool(self._rest) and self._rest[-1].startswith(f"{word} ")

    def word(self, word: str) -> str:
        line = self.take()
        if not line.startswith(f"{word} "):
            raise FormatError(f"evidence: found {line[:60]!r}, expected '{word}' and more")
        return line.removeprefix(f"{word} ")

    def number(self, word: str) -> int:
        return decode_number(self.word(word), f"evidence, {word}")

    def hash(self, word: str) -> bytes:
        return decode_hash(self.word(word), f"evidence, {word}")

    def note(self) -> Note:
        lines = [self.take() for _ in range(min(self.number("checkpoint"), len(self._rest)))]
        return parse_note(("\n".join(lines) + "\n").encode())

    def path(self) -> tuple[bytes, ...]:
        count = self.number("path")
        if count > _MOST_HASHES:
            raise FormatError(f"evidence: found a path of {count} hashes, expected at most {_MOST_HASHES}")
        return tuple(decode_hash(self.take(), "evidence, hash of a path") for _ in range(count))
