"""A map that holds what was met most recently, and no more than it may; every version stays as it was.

For few keys that are met again and again (`gate.recent` is for very many that come once or a few times). Two generations: what is met
goes into the young one; when that holds half of what is allowed, the old one is dropped whole and the young one takes its place. So
nothing is ever searched for the oldest, an entry stays for at least half of `most` further ones, and dropping costs one reference.
"""

from typing import Generic, TypeVar

import msgspec
from immutables import Map

__all__ = ["Lately"]

K = TypeVar("K")
V = TypeVar("V")


class Lately(msgspec.Struct, Generic[K, V], frozen=True, gc=False):
    """Two generations of a map."""

    young: Map[K, V] = Map()
    old: Map[K, V] = Map()
    first_lost_at: int | None = None
    """ns; when entries were first dropped; None where nothing was ever lost"""

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def find(self, key: K) -> V | None:
        """Return what is remembered under a key; None where nothing is."""
        found = self.young.get(key)
        return self.old.get(key) if found is None else found

    def put(self, key: K, value: V, most: int, at: int) -> "Lately[K, V]":
        """Remember a value, and forget the old generation where the young one has grown to half of `most`."""
        young, lost = self.young.set(key, value), self.first_lost_at
        if 2 * len(young) < most:
            return Lately(young, self.old, lost)
        return Lately(Map(), young, at if lost is None and self.old else lost)
