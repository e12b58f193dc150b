"""Where a gate's entries are kept: the record, which is a ledger on a disk or, for trying things out, memory.

Indices are the ledger's. Other sources may speak in the same ledger (its keys, its sorted indices), so a gate's entries are not all
of them, and not always neighbours.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

__all__ = ["MemoryRecord", "Record"]


class Record(ABC):
    """Bodies of entries in the order of their recording."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Entries of all sources, as far as this gate knows: one more than the last index."""

    @abstractmethod
    def append(self, bodies: Sequence[bytes]) -> int:
        """Record bodies, all or none; return the index of the first when all are durable: the others follow it.

        Raises
        ------
        LedgerError
            They are not recorded, or it is not known whether they are: then `recover` before anything else.
        """

    @abstractmethod
    def recover(self) -> None:
        """Find out what is recorded, after an append that failed. Raises LedgerError while that cannot be known."""

    @abstractmethod
    def bodies(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield (index, body) of this gate's entries within [start, end) and the record. Raises LedgerError."""

    @property
    @abstractmethod
    def root(self) -> bytes:
        """The hash over the first `size` entries: what a shortcut must have been made from to be believed."""

    @abstractmethod
    def root_at(self, size: int) -> bytes:
        """Return the hash over the first `size` entries. Raises LedgerError."""

    @abstractmethod
    def show_life(self) -> None:
        """Say that the gate lives, where it has been silent. Raises LedgerError."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back. Raises LedgerError where what was written cannot be published."""


class MemoryRecord(Record):
    """A record that ends with the process."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []

    @property
    def size(self) -> int:
        return len(self._bodies)

    def append(self, bodies: Sequence[bytes]) -> int:
        first = len(self._bodies)
        self._bodies += bodies
        return first

    def recover(self) -> None:
        pass

    def bodies(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        yield from enumerate(self._bodies[max(0, start) : end], max(0, start))

    @property
    def root(self) -> bytes:
        return b""

    def root_at(self, size: int) -> bytes:  # noqa: ARG002 -- nothing outlives this process that could be another's
        return b""

    def show_life(self) -> None:
        pass

    def close(self) -> None:
        pass
