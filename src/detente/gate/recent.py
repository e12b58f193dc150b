"""A bounded memory of what was seen last, by id: every version of it stays as it was, and adding to the last one costs what a dict costs.

Two generations: when the young one is full it becomes the old one, and what was old is forgotten. So adding costs the same always, and
memory is bounded however much comes.

Versions are kept by the method of fat nodes (Driscoll, Sarnak, Sleator and Tarjan, Making data structures persistent, 1989): all
versions of a generation share one dict, in which each key has its values with the version in which it got them, the last first. A version
sees what is not newer than itself. To add to the last version is one entry more; to add to an older one copies what that one sees,
which happens where something is tried out or taken back. A map of many thousand entries as a tree of nodes copies a hundred references
for each entry that is added, all of them out of the processor's sight.

What is replaced is kept as long as its generation is. So a generation is full after so many `puts`, not so many keys.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct, field

__all__ = ["Recent"]

Value = TypeVar("Value")


# The version in which a key got a value, the value, and the one it had before. A tuple: a chain of a hundred thousand is taken apart
# step by step, where one of Structs that the collector does not see would be taken apart by recursion, beyond the end of the stack.
_Node: TypeAlias = tuple[int, Value, "_Node[Value] | None"]
_Nodes: TypeAlias = dict[str, _Node[Value]]


class Recent(Struct, Generic[Value], frozen=True, eq=False, gc=False):
    """One version of what was put in last, `room` to 2 x `room` times. Any number of threads may read it, and add to it."""

    room: int
    puts: int = 0
    """How often something was put into the young generation so far: the number of this version."""
    old_puts: int = 0
    """The same of the old one."""
    turned_at: int | None = None
    """When the young generation began."""
    first_lost_at: int | None = None
    """When something was first forgotten: from then on a key not found is unknown, not absent."""
    _young: _Nodes[Value] = {}
    _last: list[int] = field(default_factory=lambda: [0])
    """The last version of the young generation, alone in a list: whoever adds takes it out meanwhile, which two threads cannot both do."""
    _old: _Nodes[Value] = {}

    @classmethod
    def of(
        cls, room: int, young: Iterable[tuple[str, Value]] = (), old: Iterable[tuple[str, Value]] = (),
        puts: int | None = None, old_puts: int | None = None,
        turned_at: int | None = None, first_lost_at: int | None = None,
    ) -> "Recent[Value]":  # fmt: skip
        """Return a memory of these; without `puts`, each key was put in once."""
        youngs, olds = dict(young), dict(old)
        version, old_version = (
            len(youngs) if puts is None else puts,
            len(olds) if old_puts is None else old_puts,
        )
        return cls(
            room, version, old_version, turned_at, first_lost_at,
            _nodes(youngs, version), [version], _nodes(olds, old_version),
        )  # fmt: skip

    def get(self, key: str) -> Value | None:
        """Return what is remembered of a key, or None."""
        node, puts = self._young.get(key), self.puts
        while node is not None and node[0] > puts:
            node = node[2]
        if node is None:
            node, puts = self._old.get(key), self.old_puts
            while node is not None and node[0] > puts:
                node = node[2]
        return None if node is None else node[1]

    def put(self, key: str, value: Value, at: int) -> "Recent[Value]":
        """Return a memory that has the key too, or has it anew."""
        last, puts = self._last, self.puts
        try:
            newest = last.pop()
        except IndexError:  # another thread is adding
            return self._copy().put(key, value, at)
        if newest != puts:
            last.append(newest)
            return self._copy().put(key, value, at)
        nodes, puts = self._young, puts + 1
        nodes[key] = (puts, value, nodes.get(key))
        last.append(puts)
        began = at if self.turned_at is None else self.turned_at
        grown = Recent(self.room, puts, self.old_puts, began, self.first_lost_at, nodes, last, self._old)
        return grown if puts < self.room else grown.turn(at)

    def turn(self, at: int) -> "Recent[Value]":
        """Return a memory that has forgotten what was old; what was young is old from now on."""
        lost = at if self.first_lost_at is None and self.old_puts else self.first_lost_at
        return Recent(self.room, 0, self.puts, at, lost, {}, [0], self._young)

    def _copy(self) -> "Recent[Value]":
        young = _nodes(dict(self.young()), self.puts)
        return Recent(
            self.room, self.puts, self.old_puts, self.turned_at, self.first_lost_at, young, [self.puts], self._old
        )  # fmt: skip

    def young(self) -> Iterator[tuple[str, Value]]:
        """Yield what is in the young generation, by the time at which each key first came into it."""
        return _seen(self._young, self.puts)

    def old(self) -> Iterator[tuple[str, Value]]:
        """Yield what is in the old one, likewise; what is in both counts as it is in the young one."""
        return _seen(self._old, self.old_puts)

    def __eq__(self, other: object) -> bool:
        """Whether the other has the same entries and the same past: it would forget at the same moments."""
        return isinstance(other, Recent) and self._all() == other._all()

    def _all(self) -> tuple[object, ...]:
        return (
            self.room, self.puts, self.old_puts, self.turned_at, self.first_lost_at, dict(self.young()), dict(self.old())
        )  # fmt: skip

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return sum(1 for _ in self.young()) + sum(1 for _ in self.old())

    def __bool__(self) -> bool:
        return self.puts + self.old_puts > 0


def _nodes(entries: dict[str, Value], version: int) -> _Nodes[Value]:
    return {key: (version, value, None) for key, value in entries.items()}


def _seen(nodes: _Nodes[Value], puts: int) -> Iterator[tuple[str, Value]]:
    for key, newest in list(nodes.items()):  # at one go, whoever adds meanwhile
        node: _Node[Value] | None = newest
        while node is not None and node[0] > puts:
            node = node[2]
        if node is not None:
            yield key, node[1]
