"""Statements that carry their own signatures: gaps, and changes of keys. The body of the entry is a signed note.

They speak for themselves: cut out of the log, a gap still says in whose log which numbers of which source were lost, and whose word
that is. Their first line is no origin a log may have together with the second, so no such signature can pass for one under a checkpoint.
Only Ed25519 keys for notes (0x01) sign them: ML-DSA-44 keys of this family sign checkpoints and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from detente.errors import FormatError
from detente.ledger.formats.checkpoint import check_origin
from detente.ledger.formats.entry import check_source
from detente.ledger.formats.fields import check_line, check_number, decode_fields, encode_fields
from detente.ledger.formats.keys import Algorithm, PublicKey, SecretKey
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.text import decode_number

__all__ = ["Action", "Gap", "KeyChange", "sign_statement"]

_GAP = "detente-gap/v1\n"
_KEY = "detente-key/v1\n"


@dataclass(frozen=True, slots=True)
class Gap:
    """So many records of a source were lost, and why: said at the moment of loss, by the source or by the log."""

    origin: str
    """Of the log this is said in."""
    source: str
    first: int
    """The first number that was lost."""
    count: int
    reason: str

    def __post_init__(self) -> None:
        check_origin(self.origin)
        check_line(self.origin, "gap: origin")
        check_source(self.source)
        check_number(self.first, "gap: first")
        check_number(self.count, "gap: count")
        check_line(self.reason, "gap: reason")
        if self.first < 1 or self.count < 1:
            raise FormatError(
                f"gap: found {self.count} lost from number {self.first}, expected 1 or more of both"
            )

    @property
    def last(self) -> int:
        """The last number that was lost: the number of the entry."""
        return self.first + self.count - 1

    @property
    def text(self) -> str:
        """What is signed."""
        return _GAP + encode_fields(
            {
                "origin": self.origin,
                "source": self.source,
                "first": self.first,
                "count": self.count,
                "reason": self.reason,
            }
        )

    @classmethod
    def parse(cls, body: bytes) -> tuple[Self, Note]:
        """Read the body of an entry; no signature is checked. Raises FormatError."""
        note = _note(body, _GAP, "gap")
        words = ("origin", "source", "first", "count", "reason")
        origin, source, first, count, reason = decode_fields(_after(note, _GAP), words, "gap")
        gap = cls(
            origin, source, decode_number(first, "gap: first"), decode_number(count, "gap: count"), reason
        )
        return gap, note


class Action(StrEnum):
    """What happens to a key."""

    ADD = "add"
    """It signs from a size of the tree on."""
    RETIRE = "retire"
    """It signs no more from a size on; what it signed before stays believed."""
    REVOKE = "revoke"
    """Nothing that it signed from a size on is believed: it may have been in other hands since."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key of the log, or of a source, comes into use, is retired or is revoked."""

    origin: str
    """Of the log this is said in."""
    action: Action
    key: PublicKey
    """Its name says whose it is: the log's origin, or a source."""
    since: int
    """The size of the tree from which on it holds: for a log's key that of the checkpoint it signs, for a source's the index of its entry."""
    reason: str

    def __post_init__(self) -> None:
        check_origin(self.origin)
        check_line(self.origin, "key: origin")
        check_line(str(self.key), "key: key")
        check_number(self.since, "key: from")
        check_line(self.reason, "key: reason")
        if self.key.algorithm is Algorithm.COSIGNATURE_ED25519:
            raise FormatError(
                f"key {self.key.name}: found the key of a witness, expected one of a log or a source"
            )

    @property
    def text(self) -> str:
        """What is signed."""
        return _KEY + encode_fields(
            {
                "origin": self.origin,
                "action": self.action,
                "key": self.key,
                "from": self.since,
                "reason": self.reason,
            }
        )

    @classmethod
    def parse(cls, body: bytes) -> tuple[Self, Note]:
        """Read the body of an entry; no signature is checked. Raises FormatError."""
        note = _note(body, _KEY, "key")
        words = ("origin", "action", "key", "from", "reason")
        origin, action, key, since, reason = decode_fields(_after(note, _KEY), words, "key")
        if action not in _ACTIONS:
            raise FormatError(f"key: found the action {action[:60]!r}, expected {', '.join(_ACTIONS)}")
        change = cls(
            origin, _ACTIONS[action], PublicKey.parse(key), decode_number(since, "key: from"), reason
        )
        return change, note


_ACTIONS = {action.value: action for action in Action}


def sign_statement(statement: Gap | KeyChange, keys: Sequence[SecretKey]) -> bytes:
    """Return the body of the entry, signed by each of these keys.

    Raises
    ------
    FormatError
        No key, or one of another kind than Ed25519 for notes.

    """
    for key in keys:
        if key.public.algorithm is not Algorithm.ED25519:
            raise FormatError(
                f"key {key.public.name}: found one that signs checkpoints only, expected Ed25519 for notes"
            )
    if not keys:
        raise FormatError("statement: found no key to sign it with")
    return bytes(Note(statement.text, tuple(key.sign(statement.text) for key in keys)))


def _note(body: bytes, first: str, what: str) -> Note:
    note = parse_note(body)
    if not note.text.startswith(first):
        raise FormatError(f"{what}: found {note.text[:40]!r}, expected {first.strip()}")
    return note


def _after(note: Note, first: str) -> bytes:
    return note.text[len(first) :].encode()
