"""The journal's open file: what was appended to it here, and whether anybody else has touched it since."""

import os
from contextlib import suppress
from pathlib import Path

from detente.ledger.store.disk import Disk
from detente.ledger.store.journal import Header

__all__ = ["OpenJournal"]


class OpenJournal:
    """The journal's open file, and how far we know it."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk
        self._fd = -1
        self._inode = self._end = 0

    def open(self) -> None:
        """Open the file that is there now. Raises OSError."""
        self.close()
        self._fd = self._disk.open(self._path)
        there = os.fstat(self._fd)
        self._inode, self._end = there.st_ino, there.st_size

    def close(self) -> None:
        """Give the file back. Closing twice does nothing more."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with suppress(OSError):
                self._disk.close(fd)

    def append(self, frame: bytes) -> None:
        """Append a frame; return when it is on the disk."""
        self._disk.append(self._fd, frame)
        self._end += len(frame)

    def last(self, size: int) -> bytes:
        """Return what the file holds now where so many bytes were written last."""
        return self._disk.read_back(self._fd, self._end - size, size)

    def is_new(self) -> bool:
        """Tell whether it holds nothing but its header."""
        return self._end == len(bytes(_EMPTY))

    def is_as_left(self) -> bool:
        """Tell whether the journal is the one we left, as long as we left it."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return self._fd >= 0 and (there.st_ino, there.st_size) == (self._inode, self._end)

    def read_on(self) -> bytes | None:
        """Return what others appended; None where the journal is another."""
        there = self._path.stat()
        if self._fd < 0 or there.st_ino != self._inode or there.st_size < self._end:
            return None
        start, self._end = self._end, there.st_size
        return self._disk.read_back(self._fd, start, self._end - start)


_EMPTY = Header(0, bytes(32))  # headers are all of one length
