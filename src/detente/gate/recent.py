"""A bounded memory of what was seen last: persistent, so that a state never changes under whoever holds it."""

from typing import Generic, TypeVar

from immutables import Map
from msgspec import Struct

__all__ = ["Recent"]

Value = TypeVar("Value")


class Recent(Struct, Generic[Value], frozen=True, gc=False):
    """The last `room` to 2 x `room` entries by key.

    Two generations: when the young one is full it becomes the old one, and what was old is forgotten. So adding costs
    the same always, and memory is bounded over any number of entries.
    """

    room: int
    young: Map[str, Value] = Map()
    old: Map[str, Value] = Map()
    forgotten: bool = False
    """Whether anything was ever forgotten: then a key not found is unknown, not absent."""

    def get(self, key: str) -> Value | None:
        """Return what is remembered of a key, or None."""
        found = self.young.get(key)
        return self.old.get(key) if found is None else found

    def put(self, key: str, value: Value) -> "Recent[Value]":
        """Return a memory that has the key too, or has it anew."""
        young = self.young.set(key, value)
        if len(young) < self.room:
            return Recent(self.room, young, self.old, self.forgotten)
        return Recent(self.room, Map(), young, self.forgotten or len(self.old) > 0)

    def __len__(self) -> int:
        return len(self.young) + len(self.old)
