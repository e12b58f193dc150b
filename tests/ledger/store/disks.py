"""Disks that fail on purpose, and a model of what is left after the power was cut."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from detente.ledger.store.disk import Disk


class PowerCut(BaseException):
    """The machine is off. Nothing catches this."""


class _SteppingDisk(Disk):
    """Appends in two steps, so that something can happen between them: what the system does in one call is no more whole than that."""

    def append(self, fd: int, data: bytes) -> None:
        self.write(fd, data)
        self.sync(fd)


class QuickDisk(_SteppingDisk):
    """Waits for no disk: for what is looked at by this process alone."""

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)

    def sync(self, fd: int) -> None:
        pass

    def sync_folder(self, path: Path) -> None:
        pass


class FailingDisk(_SteppingDisk):
    """Fails at the touch `at` (counted from 1), once or from then on; of a write, half is done first."""

    def __init__(self, at: int = 0, *, code: int = errno.ENOSPC, on: bool = False) -> None:
        self.at, self.code, self.on = at, code, on
        self.touches = 0
        self.armed = True

    def touch(self, what: str) -> None:
        self.touches += 1
        due = self.touches >= self.at if self.on else self.touches == self.at
        if self.at and self.armed and due:
            raise OSError(self.code, "on purpose", what)

    def create(self, path: Path) -> int:
        self.touch(str(path))
        return super().create(path)

    def open(self, path: Path) -> int:
        self.touch(str(path))
        return super().open(path)

    def write(self, fd: int, data: bytes) -> None:
        try:
            self.touch("write")
        except OSError:
            super().write(fd, data[: len(data) // 2])
            raise
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self.touch("sync")

    def rename(self, old: Path, new: Path) -> None:
        self.touch(str(new))
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self.touch(str(path))
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self.touch(str(path))
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        self.touch(str(path))


@dataclass(eq=False)
class Inode:
    """A file's bytes, wherever its name is."""

    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    stuck: bool = False
    """A sync of it failed: what was not on the disk then never will be, and nobody says so again."""


class PowerDisk(_SteppingDisk):
    """A real disk that also keeps a model of what is durable, and goes off at the touch `at`.

    Durable are bytes that were synced, under names whose folder was synced. What was not may be there in any part.
    """

    def __init__(self, root: Path, at: int = 0) -> None:
        self.root, self.at, self.touches = root, at, 0
        self.open_files: dict[int, Inode] = {}
        self.names: dict[Path, Inode] = {}
        for path in sorted(root.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                self.names[path] = Inode(bytearray(data), data)
        self.synced_names = dict(self.names)

    def touch(self) -> None:
        self.touches += 1
        if self.touches == self.at:
            raise PowerCut

    def create(self, path: Path) -> int:
        self.touch()
        fd = super().create(path)
        self.names[path] = self.open_files[fd] = Inode()
        return fd

    def open(self, path: Path) -> int:
        self.touch()
        fd = super().open(path)
        self.open_files[fd] = self.names[path]
        return fd

    def write(self, fd: int, data: bytes) -> None:
        self.open_files[fd].now += data  # the cut comes while it is being written
        self.touch()
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self.touch()
        inode = self.open_files[fd]
        inode.synced = bytes(inode.now)

    def close(self, fd: int) -> None:
        super().close(fd)
        self.open_files.pop(fd)

    def rename(self, old: Path, new: Path) -> None:
        self.touch()
        super().rename(old, new)
        self.names[new] = self.names.pop(old)

    def remove(self, path: Path) -> None:
        self.touch()
        super().remove(path)
        self.names.pop(path)

    def make_folder(self, path: Path) -> None:
        self.touch()  # of a folder that is lost, the files are lost too: their names were never synced
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        self.touch()
        inside = {name: inode for name, inode in self.names.items() if name.parent == path}
        kept = {name: inode for name, inode in self.synced_names.items() if name.parent != path}
        self.synced_names = kept | inside

    def leftovers(self) -> Iterator[tuple[str, dict[Path, bytes]]]:
        """Yield what may be on the disk when the power is back, by a word for it."""
        for which, names in (("old names", self.synced_names), ("new names", self.names)):
            for how, part in (
                ("synced bytes", lambda inode: inode.synced),
                ("all bytes", lambda inode: bytes(inode.now)),
                (
                    "half of the rest",
                    lambda inode: bytes(inode.now[: (len(inode.synced) + len(inode.now)) // 2]),
                ),
                ("zeros", lambda inode: inode.synced + bytes(len(inode.now) - len(inode.synced))),
            ):
                yield f"{which}, {how}", {name: part(inode) for name, inode in names.items()}


class ForgetfulDisk(PowerDisk):
    """Fails at one sync, as a disk does that then calls clean what it never wrote: later syncs of that file say that all is well."""

    def __init__(self, root: Path, at: int = 0) -> None:
        super().__init__(root)
        self.fails_at, self.syncs = at, 0

    def sync(self, fd: int) -> None:
        self.syncs += 1
        inode = self.open_files[fd]
        if self.syncs == self.fails_at:
            inode.stuck = True
            raise OSError(errno.EIO, "on purpose", "sync")
        if not inode.stuck:
            super().sync(fd)
