"""Files that appear whole or not at all, and directories that one process at a time writes."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from detente.errors import ResultError

__all__ = ["UNFINISHED", "locked", "write_whole"]

UNFINISHED = ".*.part"
"""What files are called while they are being written; one that stays was left by a process that was killed."""

_LOCK = ".lock"
_held: set[Path] = set()  # a lock of fcntl does not keep out its own process


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, and stays there when the machine stops."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the directory against other writers; the lock ends with the process, however that ends."""
    place = folder.resolve()
    taken = f"{folder}: another run is writing there; wait for it, or give another directory"
    if place in _held:
        raise ResultError(taken)
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        known = error.errno in {errno.EACCES, errno.EAGAIN}
        raise ResultError(taken if known else f"{folder}: cannot be locked: {error.strerror}") from error
    _held.add(place)
    try:
        yield
    finally:
        _held.discard(place)
        os.close(handle)
