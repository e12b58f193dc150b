"""The file of an index: SQLite, one thread writing and any reading.

Rows are sorted by part (2^20 places of the ledger), then by a hash of the id: so what is new falls into one part of the file however
long the ledger is, and finding an id takes one look into each part.
"""

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from detente.gate.runtime.filter import Filter

__all__ = ["PIECE", "Damaged", "IndexFile", "Row"]

_PART = 20
"""Bits of a place that are of the same part."""
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ids (part INTEGER, hash INTEGER, place INTEGER, PRIMARY KEY (part, hash, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sums (part INTEGER PRIMARY KEY, count INTEGER, low INTEGER, high INTEGER, places INTEGER);
CREATE TABLE IF NOT EXISTS marks (number INTEGER PRIMARY KEY, place INTEGER);
CREATE TABLE IF NOT EXISTS snapshot (place INTEGER PRIMARY KEY, body BLOB);
"""
_FORMAT = "detente-gate-index/1"
_SUMS = "SELECT part, COUNT(*), SUM(hash & 4294967295), SUM(hash >> 32), SUM(place) FROM ids GROUP BY part ORDER BY part"

_ADD_SUMS = (
    "INSERT INTO sums VALUES (?, ?, ?, ?, ?) ON CONFLICT (part) DO UPDATE SET count = count + excluded.count, "
    "low = low + excluded.low, high = high + excluded.high, places = places + excluded.places"
)
PIECE = 512
"""Rows of one statement: more than one would have to be let into the interpreter for each row, and it is busy deciding."""

Row = tuple[int, int]
"""The hash of an id, and a place at which it may have been decided."""


class Damaged(Exception):  # noqa: N818 -- whoever opens the file catches it, and makes another
    """The file is not what was written into it."""


class IndexFile:
    """Raises Damaged wherever the file turns out not to be whole, sqlite3.OperationalError where the disk does not take it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = threading.Lock()
        with self._told():
            self._writer, self._reader = self._connect(), self._connect()
            self._writer.executescript(_TABLES)
            known = self.fact("format")
            if known is None:
                self._writer.execute("INSERT INTO facts VALUES ('format', ?)", (_FORMAT,))
            elif known != _FORMAT:
                raise Damaged(f"{path}: is of the form {known}, expected {_FORMAT}")

    def close(self) -> None:
        """Give everything back."""
        self._writer.close()
        self._reader.close()

    def fact(self, name: str) -> object:
        """Return what is noted under a name, or None."""
        with self._told(), self._reading:
            found = self._reader.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else found[0]

    # --- rows -----------------------------------------------------------------------------------

    def write(
        self, pieces: Iterable[Sequence[Row]], marks: Iterable[tuple[int, int]], size: int, root: bytes
    ) -> None:
        """Write rows, marks (number of an evaluation, its place), and how much of which ledger is covered: all or nothing.

        The rows come in pieces of `PIECE` at most. Each is written at one go, outside the interpreter's lock.
        """
        with self.transaction() as run:
            for piece in pieces:
                rows = sorted([(place >> _PART, hashed, place) for hashed, place in piece])
                places = ", ".join(["(?, ?, ?)"] * len(rows))
                run.execute(f"INSERT INTO ids VALUES {places}", list(chain.from_iterable(rows)))  # noqa: S608 -- only marks
                run.executemany(_ADD_SUMS, _sums(rows))
            run.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", marks)
            run.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", (("size", size), ("root", root)))

    def places(self, hashed: int) -> list[int]:
        """Return the places at which an id of that hash may have been decided, the latest first."""
        with self._told(), self._reading:
            last = self._reader.execute("SELECT MAX(part) FROM ids").fetchone()[0]
            found: list[int] = []
            for part in range(-1 if last is None else last, -1, -1):
                asked = "SELECT place FROM ids WHERE part = ? AND hash = ? ORDER BY place DESC"
                found += (row[0] for row in self._reader.execute(asked, (part, hashed)))
            return found

    def marks_around(self, number: int) -> tuple[int, int]:
        """Return the places of the last mark up to an evaluation, and of the next one; 0 and a very large one where there is none."""
        before = "SELECT place FROM marks WHERE number <= ? ORDER BY number DESC LIMIT 1"
        after = "SELECT place FROM marks WHERE number > ? ORDER BY number LIMIT 1"
        with self._told(), self._reading:
            start = self._reader.execute(before, (number,)).fetchone()
            end = self._reader.execute(after, (number,)).fetchone()
        return 0 if start is None else start[0], (1 << 62) if end is None else end[0]

    def check(self) -> None:
        """See that the rows are those that were written: a row that was changed or is gone would let an id be decided twice."""
        with self._told():
            reader = self._connect()
            try:
                there = reader.execute(_SUMS).fetchall()
                noted = reader.execute("SELECT * FROM sums ORDER BY part").fetchall()
            finally:
                reader.close()
        if there != noted:
            raise Damaged(f"{self.path}: its rows are not those that were written")

    # --- the filter -----------------------------------------------------------------------------

    @property
    def filter_size(self) -> int:
        """How much of the ledger the filter that is kept covers."""
        size = self.fact("filter-size")
        return size if isinstance(size, int) else 0

    def load_filter(self) -> Filter:
        """Return the filter of all rows: as it was kept, and with what came after."""
        kept = self.fact("filter")
        filtered, covered = Filter(), 0
        if isinstance(kept, bytes) and hashlib.sha256(kept[32:]).digest() == kept[:32]:
            filtered, covered = Filter(bytearray(zlib.decompress(kept[32:]))), self.filter_size
        asked = "SELECT hash FROM ids WHERE part >= ? AND place >= ?"
        with self._told():
            filtered.add(row[0] for row in self._writer.execute(asked, (covered >> _PART, covered)))
        return filtered

    def keep_filter(self, filtered: Filter, size: int) -> None:
        """Keep a filter that covers as much."""
        packed = zlib.compress(filtered.bits, 1)
        kept = hashlib.sha256(packed).digest() + packed
        with self.transaction() as run:
            run.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (("filter", kept), ("filter-size", size))
            )

    # --- the snapshot ---------------------------------------------------------------------------

    def keep_snapshot(self, bodies: Sequence[bytes]) -> None:
        """Keep these in the place of the last snapshot."""
        with self.transaction() as run:
            run.execute("DELETE FROM snapshot")
            run.executemany("INSERT INTO snapshot VALUES (?, ?)", enumerate(bodies))

    def snapshot(self) -> list[bytes]:
        """Return what was kept last; nothing where there was nothing."""
        with self._told(), self._reading:
            return [row[0] for row in self._reader.execute("SELECT body FROM snapshot ORDER BY place")]

    # --- SQLite ---------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all of it or nothing."""
        with self._told():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30.0)
        connection.execute("PRAGMA journal_mode = WAL")
        # After a power cut the file may be behind, never wrong: then the ledger says what came since.
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell a file that is not whole from a disk that does not take it."""
        try:
            yield
        except sqlite3.OperationalError:
            raise
        except (sqlite3.Error, zlib.error, ValueError) as error:
            raise Damaged(f"{self.path}: {error}") from error


def _sums(rows: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int, int, int]]:
    """Return (part, count, sums of the low and high halves of the hashes, sum of the places) of sorted rows."""
    sums: dict[int, list[int]] = {}
    for part, hashed, place in rows:
        one = sums.setdefault(part, [0, 0, 0, 0])
        one[0] += 1
        one[1] += hashed & 0xFFFFFFFF
        one[2] += hashed >> 32
        one[3] += place
    return [(part, *one) for part, one in sums.items()]  # type: ignore[misc]
