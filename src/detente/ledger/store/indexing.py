"""Writing sorted indices into a log, and answering from them: all that a source said between two times, and the proof that it is all.

An index is made of entries that are in tiles; whoever asks gets one answer for each index and the entries after the last one.
Answering reads the log once, since no rows are kept beside it.
"""

from collections.abc import Iterator
from pathlib import Path

from detente.ledger.check.answer import Answer
from detente.ledger.check.lookup import Part, Query, Tail
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import LEDGER, Kind, parse_entry
from detente.ledger.formats.note import Note
from detente.ledger.formats.ranges import run_ranges
from detente.ledger.formats.sorted_index import Row, SortedIndex
from detente.ledger.formats.statements import IndexRoot
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.store.receipt import Receipt

__all__ = ["SEGMENT", "answer", "write_indices"]

SEGMENT = 4096
"""Entries of one index: small enough that an auditor makes it anew without losing pace."""


def write_indices(ledger: Ledger) -> list[Receipt]:
    """Index all that is not indexed yet, up to now; return the receipts of the `index` entries.

    An index should follow within 65,536 entries of where it begins, or auditors do not hold its rows any more and say *unchecked*.

    Raises
    ------
    LedgerError
        The ledger cannot be read or written.

    """
    ledger.settle()
    reader, size = Reader(ledger.folder.path), ledger.size
    start = max((root.end for _, _, root in _indices(reader, size)), default=0)
    if all(_is_index(data) for data in reader.entries(start, size)):
        return []  # else the index of the last indices would be one more, for ever
    receipts = []
    for first in range(start, size, SEGMENT):
        end = min(first + SEGMENT, size)
        index = SortedIndex(first, list(_rows(reader, first, end, size)))
        receipts += ledger.append_many([Draft(LEDGER, bytes(index.root), Kind.INDEX)])
    return receipts


def answer(path: str | Path, query: Query, note: Note) -> Answer:
    """Answer a query from a log's folder as it is under this checkpoint; to be checked by `verify_answer`.

    Raises
    ------
    LedgerError
        Something cannot be read.

    """
    reader, size = Reader(Path(path)), parse_checkpoint(note.text).size
    parts, end = [], 0
    for at, data, root in _indices(reader, size):
        if root.start != end or root.end > at:  # not one of ours: the audit says so
            break
        index = SortedIndex(root.start, list(_rows(reader, root.start, root.end, size)))
        parts.append(Part(at, data, tuple(reader.inclusion(at, size)), query.answer(index)))
        end = root.end
    entries = tuple(reader.entries(end, size))
    ranges = run_ranges(end, size, size) if end < size else []
    tail = Tail(entries, tuple(reader.part(low, high, size) for low, high in ranges))
    return Answer(query, tuple(parts), tail, note)


def _indices(reader: Reader, size: int) -> Iterator[tuple[int, bytes, IndexRoot]]:
    """Yield index and bytes of every `index` entry, and what it says."""
    for at, data in enumerate(reader.entries(0, size)):
        if _is_index(data):
            yield at, data, IndexRoot.parse(parse_entry(data).body)


def _is_index(data: bytes) -> bool:
    return data.startswith(b"detente-entry/v1\nindex ledger ")


def _rows(reader: Reader, start: int, end: int, size: int) -> Iterator[Row]:
    for at, data in enumerate(reader.entries(start, end, size), start):
        entry = parse_entry(data)
        yield Row(entry.source.encode(), entry.time, at, leaf_hash(data))
