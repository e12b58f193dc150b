"""A map that holds what was met most recently, and no more than it may; every version stays as it was.

Two generations: what is met goes into the young one; when that holds half of what is allowed, the old one is
dropped whole and the young one takes its place. So nothing is ever searched for the oldest, an entry stays for
at least half of `most` further ones, and dropping costs one reference.
"""

from typing import Generic, TypeVar

import msgspec
from immutables import Map

from detente.gate.persistent import Persistent

__all__ = ["Recent", "empty", "find", "put", "turn"]

K = TypeVar("K")
V = TypeVar("V")


class Recent(msgspec.Struct, Generic[K, V], frozen=True, gc=False):
    """Two generations of a map."""

    young: Map[K, V] | Persistent[K, V]
    old: Map[K, V] | Persistent[K, V]
    turned_at: int | None = None
    """ns; when the young generation began"""
    first_lost_at: int | None = None
    """ns; when entries were first dropped; None where nothing was ever lost"""

    def __len__(self) -> int:
        return len(self.young) + len(self.old)


def empty() -> Recent[K, V]:
    """Return a map of nothing, for few keys that are put again and again."""
    return Recent(Map(), Map())


def empty_of_many() -> Recent[K, V]:
    """Return a map of nothing, for very many keys that are put once or a few times: each time counts as one that it holds."""
    return Recent(Persistent.of(), Persistent.of())


def find(recent: Recent[K, V], key: K) -> V | None:
    """Return what is remembered under a key; None where nothing is."""
    found = recent.young.get(key)
    return recent.old.get(key) if found is None else found


def put(recent: Recent[K, V], key: K, value: V, most: int, now: int) -> Recent[K, V]:
    """Remember a value, and forget the old generation where the young one has grown to half of `most`."""
    young, began = recent.young.set(key, value), recent.turned_at
    grown = Recent(young, recent.old, now if began is None else began, recent.first_lost_at)
    held = young.puts if isinstance(young, Persistent) else len(young)
    return grown if 2 * held < most else turn(grown, now)


def turn(recent: Recent[K, V], now: int) -> Recent[K, V]:
    """Drop the old generation; the young one is the old one from now on."""
    lost = recent.first_lost_at
    if lost is None and recent.old:
        lost = now
    young: Map[K, V] | Persistent[K, V]
    young = Persistent.of() if isinstance(recent.young, Persistent) else Map()
    return Recent(young, recent.young, now, lost)
