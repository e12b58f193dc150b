"""Every touch of the disk, one small method each, so that a test can let any of them fail or be the last.

What the store relies on, and nothing more: data is on the disk when `sync` has returned; a new or renamed file is there
after `sync_folder` of its folder; a rename is all or nothing. After a failed `sync` nothing is known of what was written since the
last that succeeded, so nobody goes on with that file: what it holds is written anew, into others.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Disk"]

_OPEN_AT_ONCE = 128


class Disk:
    """The real one. Every method raises OSError as the system does."""

    def create(self, path: Path) -> int:
        """Open a file for writing, empty, made if need be; return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    def open(self, path: Path) -> int:
        """Open an existing file to read it and `append` to it; return its descriptor."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_DSYNC | os.O_CLOEXEC)

    def append(self, fd: int, data: bytes) -> None:
        """Write all of `data` at the end of what was opened; return when it is on the disk.

        As `write` and `sync`, in one call of the system: after each, a thread waits until the interpreter is free.
        """
        self.write(fd, data)

    def write(self, fd: int, data: bytes) -> None:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def sync(self, fd: int) -> None:
        """Return when what was written is on the disk."""
        os.fdatasync(fd)

    def read_back(self, fd: int, offset: int, size: int) -> bytes:
        """Return what the file holds there now."""
        return os.pread(fd, size, offset)

    def close(self, fd: int) -> None:
        """Give the descriptor back."""
        os.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in the place of another, all or nothing."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it, where they are missing."""
        path.mkdir(parents=True, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Return when names made in, or taken from, the folder are on the disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    # --- of several steps -----------------------------------------------------------------------

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a whole file, durable but for its name; the folder is to be synced by the caller."""
        fd = self.create(path)
        try:
            self.write(fd, data)
            self.sync(fd)
        finally:
            self.close(fd)

    def write_files(self, files: Sequence[tuple[Path, bytes]]) -> None:
        """Write whole files as `write_file` does, and wait for the disk once for many."""
        for start in range(0, len(files), _OPEN_AT_ONCE):
            opened: list[int] = []
            try:
                for path, data in files[start : start + _OPEN_AT_ONCE]:
                    opened.append(self.create(path))
                    self.write(opened[-1], data)
                for fd in opened:  # the first wait takes most of the others with it
                    self.sync(fd)
            finally:
                for fd in opened:
                    self.close(fd)

    def replace_file(self, path: Path, data: bytes) -> None:
        """Put `data` in the place of a file, all or nothing, and durable."""
        draft = path.with_name(f".{path.name}.new")
        self.write_file(draft, data)
        self.rename(draft, path)
        self.sync_folder(path.parent)

    def open_lock(self, path: Path) -> int:
        """Open a file that is a lock, made if need be; return its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def holding(self, lock: int) -> Iterator[None]:
        """Hold an open lock, for this descriptor alone; the system gives it back when the process dies, however it dies."""
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)

    @contextmanager
    def locked(self, path: Path) -> Iterator[None]:
        """Open a lock, and hold it."""
        fd = self.open_lock(path)
        try:
            with self.holding(fd):
                yield
        finally:
            with suppress(OSError):
                os.close(fd)
