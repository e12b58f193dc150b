"""A bounded memory of what was seen last: persistent, so that a state never changes under whoever holds it."""

from typing import Generic, TypeVar

from msgspec import Struct

from detente.gate.persistent import Persistent

__all__ = ["Recent"]

Value = TypeVar("Value")


class Recent(Struct, Generic[Value], frozen=True, gc=False):
    """What was put into it last, `room` to 2 x `room` times, by key.

    Two generations: when the young one is full it becomes the old one, and what was old is forgotten. So adding costs
    the same always, and memory is bounded however much comes.
    """

    room: int
    young: Persistent[str, Value] = Persistent.of()
    old: Persistent[str, Value] = Persistent.of()
    forgotten: bool = False
    """Whether anything was ever forgotten: then a key not found is unknown, not absent."""

    def get(self, key: str) -> Value | None:
        """Return what is remembered of a key, or None."""
        found = self.young.get(key)
        return self.old.get(key) if found is None else found

    def put(self, key: str, value: Value) -> "Recent[Value]":
        """Return a memory that has the key too, or has it anew."""
        young = self.young.set(key, value)
        if young.puts < self.room:
            return Recent(self.room, young, self.old, self.forgotten)
        return Recent(self.room, Persistent.of(), young, self.forgotten or len(self.old) > 0)

    def __len__(self) -> int:
        return len(self.young) + len(self.old)
