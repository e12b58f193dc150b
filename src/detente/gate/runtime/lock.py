"""One process at a time serves a gate's folder: whoever comes second is told so, and by whom."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from detente.errors import GateError

__all__ = ["FolderLock"]


class FolderLock:
    """Held from `take` to `release`, or to the end of the process, however it ends.

    Raises
    ------
    GateError
        Another process holds it, or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise GateError(f"{path}: cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._fd, 64, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise GateError(
                f"{path.parent}: another process serves this gate already, number {holder}; ask that one, or end it first"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others serve the folder. Releasing twice does nothing more."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.ftruncate(fd, 0)
            os.close(fd)
