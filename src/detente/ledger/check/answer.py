"""A complete answer that travels alone: what a source said between two times, with all it takes to see that nothing is missing.

    detente-answer/v1
    source NAME, since TIME, until TIME
    for each index:  part INDEX, entry BASE64, hash BASE64 ..., rows BASE64
    tail COUNT, entry BASE64 ..., hash BASE64 ...
    an empty line, and the checkpoint it is true of, as a signed note

One line each, in this order. Whoever has the file and the log's key needs nothing else (`verify_answer`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import FormatError
from detente.ledger.check.lookup import Found, Part, Query, Tail, verify_lookup
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import verify_checkpoint
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.sorted_index import Run
from detente.ledger.formats.text import decode_base64, decode_hash, decode_number, encode_base64

__all__ = ["LARGEST_ANSWER", "Answer", "parse_answer", "verify_answer"]

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; a longer one is asked for in parts, by time."""
_FIRST = "detente-answer/v1"
_MOST_HASHES = 126


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what the log's folder gave; nothing of it checked yet."""

    query: Query
    parts: tuple[Part, ...]
    tail: Tail
    head: Note
    """The signed checkpoint that it is true of."""

    def __bytes__(self) -> bytes:
        query = self.query
        lines = [_FIRST, f"source {query.source}", f"since {query.since}", f"until {query.until}"]
        for part in self.parts:
            lines += [f"part {part.index}", f"entry {encode_base64(part.entry)}", *_hashes(part.path)]
            lines.append(f"rows {encode_base64(bytes(part.run))}")
        lines.append(f"tail {len(self.tail.entries)}")
        lines += [f"entry {encode_base64(entry)}" for entry in self.tail.entries]
        lines += [*_hashes(self.tail.path), "", ""]
        return "\n".join(lines).encode() + bytes(self.head)


def parse_answer(data: bytes) -> Answer:
    """Read an answer.

    Raises
    ------
    FormatError
        It is not exactly in the format.

    """
    if len(data) > LARGEST_ANSWER:
        raise FormatError(f"answer: found {len(data)} bytes, expected at most {LARGEST_ANSWER}")
    text, gap, note = data.partition(b"\n\n")
    if not gap:
        raise FormatError("answer: found no empty line, expected one before the checkpoint")
    try:
        lines = _Lines(text.decode("ascii").split("\n"))
    except UnicodeDecodeError:
        raise FormatError("answer: found bytes that are no ASCII before the checkpoint") from None
    if lines.take() != _FIRST:
        raise FormatError(f"answer: expected {_FIRST} in the first line")
    query = Query(lines.word("source"), lines.number("since"), lines.number("until"))
    parts = []
    while lines.next_is("part"):
        index, entry = lines.number("part"), decode_base64(lines.word("entry"), "answer: entry")
        path = lines.hashes()
        parts.append(Part(index, entry, path, Run.parse(decode_base64(lines.word("rows"), "answer: rows"))))
    count = lines.number("tail")
    entries = []
    while lines.next_is("entry"):
        entries.append(decode_base64(lines.word("entry"), "answer: entry"))
    if len(entries) != count:
        raise FormatError(f"answer: found {len(entries)} entries in the tail, expected {count}")
    answer = Answer(query, tuple(parts), Tail(tuple(entries), lines.hashes()), parse_note(note))
    lines.end()
    return answer


def verify_answer(answer: Answer, trust: Trust) -> Found:
    """Check the head, every index, every row and the tail, and return what it comes to.

    Raises
    ------
    ProofError, FormatError
        Something of it does not hold.

    """
    head = verify_checkpoint(bytes(answer.head), trust).checkpoint
    return verify_lookup(answer.query, answer.parts, head, answer.tail)


class _Lines:
    """Lines, taken one by one."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._at = 0

    def take(self) -> str:
        if self._at >= len(self._lines):
            raise FormatError("answer: it ends too early")
        self._at += 1
        return self._lines[self._at - 1]

    def next_is(self, word: str) -> bool:
        return self._at < len(self._lines) and self._lines[self._at].startswith(f"{word} ")

    def word(self, word: str) -> str:
        line = self.take()
        if not line.startswith(f"{word} "):
            raise FormatError(f"answer: found {line[:60]!r}, expected a line '{word} ...'")
        return line[len(word) + 1 :]

    def number(self, word: str) -> int:
        return decode_number(self.word(word), f"answer: {word}")

    def hashes(self) -> tuple[bytes, ...]:
        found = []
        while self.next_is("hash"):
            found.append(decode_hash(self.word("hash"), "answer: hash"))
            if len(found) > _MOST_HASHES:
                raise FormatError(f"answer: found more than {_MOST_HASHES} hashes in a row")
        return tuple(found)

    def end(self) -> None:
        if self._at != len(self._lines):
            raise FormatError(f"answer: found {self._lines[self._at][:60]!r}, expected the end")


def _hashes(path: Sequence[bytes]) -> list[str]:
    return [f"hash {encode_base64(part)}" for part in path]
