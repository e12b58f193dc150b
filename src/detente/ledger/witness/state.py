"""What a witness remembers: one head for each log, in a file that no crash and no race can turn back.

SQLite, one transaction for each decision: the last head is read, the new one judged and written under one lock that holds for all
threads and processes. Rollback journal and `synchronous = EXTRA`: when `commit` has returned, the head is on the disk, and so is the
name of the journal's removal. Whoever dies in between leaves the head before.

A witness that forgets can be shown another face of the log. So the file is made once, on purpose, and never on the way.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from detente.errors import DamageError, LedgerError
from detente.ledger.witness.respond import Head

__all__ = ["WitnessState"]

_PATIENCE = 10.0  # seconds to wait for another process's transaction
_SCHEMA = 1
_TABLE = """
    CREATE TABLE heads (
        origin TEXT PRIMARY KEY,
        size INTEGER NOT NULL CHECK (size >= 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        at INTEGER NOT NULL,
        note BLOB NOT NULL
    ) STRICT
"""
_FORKS = """
    CREATE TABLE forks (
        origin TEXT PRIMARY KEY,
        one BLOB NOT NULL,
        other BLOB NOT NULL
    ) STRICT
"""
# The last word against a mistake of ours: the database itself refuses to go back.
_NEVER_BACK = """
    CREATE TRIGGER never_back BEFORE UPDATE ON heads
    WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) OR NEW.at < OLD.at
    BEGIN SELECT RAISE(ABORT, 'a head would go back'); END
"""


class WitnessState:
    """The remembered heads. Use `create` once and `open` ever after; may be shared by threads.

    Raises
    ------
    LedgerError
        The file is missing, is no state of a witness, or cannot be read or written.
    DamageError
        It is not what was written.

    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> "WitnessState":
        """Make the file of a new witness, which has signed nothing yet. Raises LedgerError where there is a file."""
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise LedgerError(
                f"{path}: a file is there already; a witness never begins anew over it"
            ) from None
        except OSError as error:
            raise LedgerError(f"{path}: cannot be made: {error.strerror}") from None
        with _told(path):
            connection = _connect(path)
            connection.execute("BEGIN EXCLUSIVE")
            for statement in (_TABLE, _FORKS, _NEVER_BACK, f"PRAGMA user_version = {_SCHEMA}"):
                connection.execute(statement)
            connection.execute("COMMIT")
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path) -> "WitnessState":
        """Open the file of a witness that has worked before."""
        if not path.is_file():
            raise LedgerError(
                f"{path}: found no state there. A witness that forgets what it signed can be deceived: bring the file back, "
                "or, where this witness has never signed anything, make it with --new"
            )
        with _told(path):
            connection = _connect(path)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != _SCHEMA:
                raise LedgerError(
                    f"{path}: found a database of version {version}, expected the state of a witness"
                )
            if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise DamageError(f"{path}: the state is damaged; nothing is signed until it is brought back")
        return cls(path, connection)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._connection.close()

    def head(self, origin: str) -> Head:
        """Return the last head signed of a log, that of the empty tree where there is none."""
        with self._lock, _told(self.path):
            return self._head(origin)

    def advance(self, origin: str, decide: Callable[[Head], tuple[Head, bytes] | None]) -> None:
        """Judge and remember, in one step that nobody else can come between.

        Parameters
        ----------
        origin
            Which log.
        decide
            Is given the last head; returns the new one and the note that says so, or None to leave things as they are.
            What it raises is raised again, and nothing is remembered.

        """
        with self._lock, _told(self.path), self._transaction():
            decided = decide(self._head(origin))
            if decided is not None:
                head, note = decided
                self._connection.execute(
                    "INSERT INTO heads VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET "
                    "size = excluded.size, root = excluded.root, at = excluded.at, note = excluded.note",
                    (origin, head.size, head.root, head.at, note),
                )

    def note(self, origin: str) -> bytes | None:
        """Return the note that said the last head of a log, as the log signed it."""
        with self._lock, _told(self.path):
            row = self._connection.execute("SELECT note FROM heads WHERE origin = ?", (origin,)).fetchone()
        return row[0] if row else None

    def remember_fork(self, origin: str, size: int, other: bytes) -> None:
        """Keep the first note that says another root than the head of `size`, with that head's own note."""
        with self._lock, _told(self.path), self._transaction():
            self._connection.execute(
                "INSERT OR IGNORE INTO forks SELECT origin, note, ? FROM heads WHERE origin = ? AND size = ?",
                (other, origin, size),
            )

    def forks(self) -> list[tuple[str, bytes, bytes]]:
        """Return (origin, note, note that contradicts it) of each log that was caught."""
        with self._lock, _told(self.path):
            return list(self._connection.execute("SELECT origin, one, other FROM forks ORDER BY origin"))

    def _head(self, origin: str) -> Head:
        row = self._connection.execute(
            "SELECT size, root, at FROM heads WHERE origin = ?", (origin,)
        ).fetchone()
        return Head(*row) if row else Head()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerError(f"{path}: cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise DamageError(f"{path}: not the state of a witness as it was written: {error}") from None
