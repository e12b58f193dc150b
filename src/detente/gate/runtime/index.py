"""Places of decisions on a disk: a shortcut into the ledger, made anew from it where it is missing or damaged.

Rows go into the file in batches, well after the ledger has them; until then they are in memory. A filter in memory keeps ids that are
new from being looked for in the file at all.
"""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from detente.errors import UnavailableError
from detente.gate.decision import Decision
from detente.gate.runtime.ids import Ids
from detente.gate.runtime.index_file import PIECE, Damaged, IndexFile, Row

__all__ = ["Index", "hash_of"]

Found = TypeVar("Found")

_MARKED = 256
"""Evaluations from one mark to the next: they are numbered in the order of the ledger, so few are enough."""
_MOST = 1 << 18
"""Ids that wait in memory at most: where the file takes no more, nothing new is decided in the end."""
_KEPT_EVERY = 1 << 20
"""Places after which the filter is kept."""
_NOT_NOW = "what was answered before cannot be looked up"
_WORTH_KEEPING = 1 << 16
"""And at the end only after so many: fewer are soon added again."""


def hash_of(action: str) -> int:
    """Return the hash of an action's id: 63 bits, so that SQLite takes it as a whole number."""
    return int.from_bytes(hashlib.blake2b(action.encode(), digest_size=8).digest(), "big") >> 1


class Index(Ids):
    """Notes places in memory, and by `cut` and `write` puts them into the file.

    Parameters
    ----------
    path
        The file; made where it is missing.

    Raises
    ------
    Damaged
        It is no such file, or is not whole.
    """

    def __init__(self, path: Path) -> None:
        self.file = IndexFile(path)
        size, root = self.file.fact("size"), self.file.fact("root")
        self.size = size if isinstance(size, int) else 0
        """Entries of the ledger that the file covers."""
        self.root = root if isinstance(root, bytes) else b""
        """Of the ledger at that size."""
        self.trouble = ""
        """Why it cannot be asked; empty where all is well."""
        self._filter = self.file.load_filter()
        self._kept = self.file.filter_size
        self._lock = threading.Lock()
        self._fresh: dict[str, int] = {}
        self._fresh_marks: list[tuple[int, int]] = []
        self._leaving: dict[str, int] = {}
        self._leaving_marks: list[tuple[int, int]] = []
        """What is being written."""
        self._cut = (0, b"")

    def close(self) -> None:
        """Keep the filter for the next opening, and close the file."""
        try:
            if not self.trouble and self.size - self._kept >= _WORTH_KEEPING:
                self.file.keep_filter(self._filter, self.size)
        except (sqlite3.Error, Damaged):
            pass  # it will be made anew from the rows
        finally:
            self.file.close()

    # --- taking down ----------------------------------------------------------------------------

    def note(self, decision: Decision, place: int) -> None:
        if place < self.size:
            return
        number = int(decision.evaluation[1:])
        with self._lock:
            self._fresh[decision.action] = place
            if number % _MARKED == 1:
                self._fresh_marks.append((number, place))

    @property
    def waiting(self) -> int:
        """Ids that are not in the file yet."""
        return len(self._fresh) + len(self._leaving)

    def cut(self, size: int, root: bytes) -> None:
        """Set aside what `write` is to write: all that was noted up to that size of the ledger. Nothing is noted meanwhile."""
        with self._lock:
            self._leaving = {**self._leaving, **self._fresh}
            self._leaving_marks += self._fresh_marks
            self._fresh, self._fresh_marks, self._cut = {}, [], (size, root)

    def write(self, *, pause: float = 0.0) -> None:
        """Write what was set aside; it stays so where the disk does not take it, and nobody can be asked where the file is damaged.

        Parameters
        ----------
        pause
            Seconds between pieces, in which the interpreter is left to whoever decides.

        """
        size, root = self._cut
        try:
            self.file.write(self._pieces(pause), self._leaving_marks, size, root)
            if size - self._kept >= _KEPT_EVERY:
                self.file.keep_filter(self._filter, size)
                self._kept = size
        except sqlite3.OperationalError:
            return
        except Damaged as error:
            self.give_up(error)
            return
        with self._lock:
            self.size, self.root, self._leaving, self._leaving_marks = size, root, {}, []

    def _pieces(self, pause: float) -> Iterator[list[Row]]:
        """Yield the rows of what is set aside, and put them into the filter: it may say of more than there is that it may be there."""
        ids = iter(self._leaving.items())
        while piece := [(hash_of(action), place) for action, place in islice(ids, PIECE)]:
            self._filter.add(row[0] for row in piece)
            yield piece
            time.sleep(pause)

    def check(self) -> None:
        """See that the file's rows are those that were written; nobody can be asked where they are not."""
        try:
            self.file.check()
        except sqlite3.OperationalError:
            pass
        except Damaged as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """Never ask this file again, nor let the next opening find it: it is made anew from the ledger then."""
        self.trouble = str(error)
        for end in ("", "-wal", "-shm"):
            Path(f"{self.file.path}{end}").unlink(missing_ok=True)

    # --- asking ---------------------------------------------------------------------------------

    def of_action(self, action: str) -> Iterator[int]:
        with self._lock:
            found = [place for ids in (self._fresh, self._leaving) if (place := ids.get(action)) is not None]
            waiting = self.waiting
        yield from found
        if self.trouble:
            raise UnavailableError(
                f"whether {action} was answered before cannot be looked up",
                f"{self.trouble}; open the gate anew, and its index is made from the ledger",
            )
        if waiting > _MOST:
            raise UnavailableError(
                f"whether {action} was answered before cannot be looked up",
                f"{self.file.path} takes nothing more, and {waiting} ids wait for it",
            )
        hashed = hash_of(action)
        if hashed in self._filter:
            yield from self._asked(lambda: self.file.places(hashed))

    def of_evaluation(self, number: int) -> tuple[int, int]:
        with self._lock:
            marks = [*self._leaving_marks, *self._fresh_marks]
        start, end = self._asked(lambda: self.file.marks_around(number))
        for mark, place in marks:
            if mark <= number:
                start = max(start, place)
            else:
                end = min(end, place)
        return start, end

    def _asked(self, ask: Callable[[], Found]) -> Found:
        if self.trouble:
            raise UnavailableError(_NOT_NOW, self.trouble)
        try:
            return ask()
        except sqlite3.OperationalError as error:
            raise UnavailableError(_NOT_NOW, f"{self.file.path}: cannot be read: {error}") from error
        except Damaged as error:
            self.give_up(error)
            raise UnavailableError(_NOT_NOW, str(error)) from error
