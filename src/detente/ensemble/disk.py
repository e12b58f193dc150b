"""Files that appear whole or not at all, and directories that one process at a time writes."""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from detente.errors import ResultError

__all__ = ["UNFINISHED", "UNREADABLE", "atomically", "first_line", "locked", "replacing", "write_whole"]

UNFINISHED = ".*.part"
"""What files are called while they are being written; one that stays was left by a process that was killed."""

UNREADABLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    ValueError,
    OverflowError,
    KeyError,
)
"""what a damaged Parquet file, or a record inside it, can make its reader raise; all mean the same"""

_LOCK = ".lock"
_held: set[Path] = set()  # a lock of fcntl does not keep out its own process


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of `path` once it is complete and safe on the disk."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield unfinished
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, and stays there when the machine stops; raises OSError."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


@contextmanager
def atomically(path: Path) -> Iterator[Path]:
    """The same for a file that somebody named: what a link leads to is written, not the link.

    The directories it lies in are made where they are not there.

    Raises
    ------
    ResultError
        When it cannot be written, or is a directory, a device or a pipe.
    """
    if not path.name or path.is_dir():
        raise ResultError(f"{path}: found a directory, expected the name of a file to write")
    if path.exists() and not path.is_file():
        raise ResultError(f"{path}: found a device or a pipe, expected the name of a file to write")
    place = path.resolve()
    hidden = place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as hidden:
            yield hidden
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ResultError(f"{path}: cannot be written: {_reason(error, hidden, path)}") from error


def _reason(error: Exception, hidden: Path, path: Path) -> str:
    """Say why, as the system does where it can: Polars names the file it was given, whole or cut, which is ours."""
    if told := getattr(error, "strerror", None):
        return str(told)
    told = first_line(error)
    if number := re.search(r"\(os error (\d+)\)", told):
        return os.strerror(int(number[1]))
    return told.replace(str(hidden), str(path))


def first_line(error: BaseException) -> str:
    """Return what an error says, without what it adds below: readers of Parquet tell a good deal."""
    return str(error).partition("\n")[0]


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write into a folder that one may not list
        return
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
