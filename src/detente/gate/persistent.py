"""A persistent map that grows by one entry at the price of a dict: every version of it stays as it was.

By the method of fat nodes (Driscoll, Sarnak, Sleator and Tarjan, Making data structures persistent, 1989): all versions share one dict,
in which each key has its values with the version in which it got them, the last first. A version sees what is not newer than itself. To
add to the last version is one entry more; to add to an older one copies what that one sees, which happens where something is tried out
or taken back. A map of many thousand entries as a tree of nodes copies a hundred references for each entry that is added, all of them
out of the processor's sight.

What is replaced is kept as long as the dict is: whoever puts the same keys again and again begins a new map after so many `puts`.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["Persistent"]

K = TypeVar("K")
V = TypeVar("V")


class _Shared(Generic[K, V]):
    """What all versions have in common."""

    __slots__ = ("last", "values")

    def __init__(self, values: "dict[K, tuple[int, V, _Older[V]]]", last: int) -> None:
        self.values = values
        self.last = [last]
        """The last version, in a list: whoever adds takes it out meanwhile, which two threads cannot both do."""


_Older = tuple[int, V, "_Older[V]"] | None


class Persistent(Generic[K, V]):
    """One version of a map, never changed. Any number of threads may read it, and add to it.

    Parameters
    ----------
    entries
        What is in it to begin with.
    puts
        How often something was put into it so far.
    """

    __slots__ = ("_count", "_shared", "puts")

    _count: int
    _shared: _Shared[K, V]
    puts: int

    def __init__(self, entries: Iterable[tuple[K, V]] = (), puts: int | None = None) -> None:
        there = dict(entries)
        self._count = len(there)
        self.puts = len(there) if puts is None else puts
        self._shared = _Shared({key: (self.puts, value, None) for key, value in there.items()}, self.puts)

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None."""
        found = self._shared.values.get(key)
        if found is None:
            return None
        puts = self.puts
        while found[0] > puts:
            found = found[2]
            if found is None:
                return None
        return found[1]

    def set(self, key: K, value: V) -> "Persistent[K, V]":
        """Return the map with a value of a key."""
        shared, puts = self._shared, self.puts
        try:
            last = shared.last.pop()
        except IndexError:  # another thread is adding
            return self._copy().set(key, value)
        if last != puts:
            shared.last.append(last)
            return self._copy().set(key, value)
        before = shared.values.get(key)
        shared.values[key] = (puts + 1, value, before)
        shared.last.append(puts + 1)
        new: Persistent[K, V] = Persistent.__new__(Persistent)
        new._shared, new.puts = shared, puts + 1
        new._count = self._count if before is not None else self._count + 1
        return new

    def _copy(self) -> "Persistent[K, V]":
        return Persistent(self.items(), self.puts)

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield what is in it, by the time at which each key first came."""
        puts = self.puts
        for key, one in list(self._shared.values.items()):  # at one go, whoever adds meanwhile
            found: _Older[V] = one
            while found is not None and found[0] > puts:
                found = found[2]
            if found is not None:
                yield key, found[1]

    def keys(self) -> Iterator[K]:
        """Yield its keys."""
        return (key for key, _ in self.items())

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Persistent):
            return NotImplemented
        return self.puts == other.puts and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Persistent({dict(self.items())!r}, puts={self.puts})"
