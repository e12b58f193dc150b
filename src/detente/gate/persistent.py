"""A persistent map that grows by one entry at the price of a dict: every version of it stays as it was.

By the method of fat nodes (Driscoll, Sarnak, Sleator and Tarjan, Making data structures persistent, 1989): all versions share one dict,
in which each key has its values with the version in which it got them, the last first. A version sees what is not newer than itself. To
add to the last version is one entry more; to add to an older one copies what that one sees, which happens where something is tried out
or taken back. A map of many thousand entries as a tree of nodes copies a hundred references for each entry that is added, all of them
out of the processor's sight.

What is replaced is kept as long as the dict is: whoever puts the same keys again and again begins a new map after so many `puts`.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

__all__ = ["Persistent"]

K = TypeVar("K")
V = TypeVar("V")


# The version in which a key got a value, the value, and the one it had before. A tuple: a chain of a hundred thousand is taken apart
# step by step, where one of Structs that the collector does not see would be taken apart by recursion, beyond the end of the stack.
_Node: TypeAlias = tuple[int, V, "_Node[V] | None"]


class _Shared(Struct, Generic[K, V], gc=False):
    """What all versions have in common."""

    nodes: dict[K, _Node[V]]
    last: list[int]
    """The last version, alone in a list: whoever adds takes it out meanwhile, which two threads cannot both do."""


class Persistent(Struct, Generic[K, V], frozen=True, eq=False, gc=False):
    """One version of a map, never changed. Any number of threads may read it, and add to it; `of` makes the first."""

    _shared: _Shared[K, V]
    puts: int
    """How often something was put into it so far: the number of this version."""
    _count: int

    @classmethod
    def of(cls, entries: Iterable[tuple[K, V]] = (), puts: int | None = None) -> "Persistent[K, V]":
        """Return a map to begin with.

        Parameters
        ----------
        puts
            How often something was put into it before; by default once for each key.
        """
        there = dict(entries)
        version = len(there) if puts is None else puts
        nodes: dict[K, _Node[V]] = {key: (version, value, None) for key, value in there.items()}
        return cls(_Shared(nodes, [version]), version, len(nodes))

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None."""
        node = self._shared.nodes.get(key)
        puts = self.puts
        while node is not None and node[0] > puts:
            node = node[2]
        return None if node is None else node[1]

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
        before = shared.nodes.get(key)
        shared.nodes[key] = (puts + 1, value, before)
        shared.last.append(puts + 1)
        return Persistent(shared, puts + 1, self._count if before is not None else self._count + 1)

    def _copy(self) -> "Persistent[K, V]":
        return Persistent.of(self.items(), self.puts)

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield what is in it, by the time at which each key first came."""
        puts = self.puts
        for key, newest in list(self._shared.nodes.items()):  # at one go, whoever adds meanwhile
            node: _Node[V] | None = newest
            while node is not None and node[0] > puts:
                node = node[2]
            if node is not None:
                yield key, node[1]

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
        return f"Persistent.of({dict(self.items())!r}, {self.puts})"
