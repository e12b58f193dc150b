"""Stable ids: what the chance of a coupling hangs on (decision 0001).

An id is a hash of *names*, so adding, removing or moving another entry never changes it. Entries that
agree in every name (two rules of one system with the same trigger and target, say) are told apart
by their order in the resolved scenario.
"""

import hashlib
from collections import Counter

__all__ = ["Ids", "stable_id"]


def stable_id(*names: object) -> int:
    """The 64-bit id of a coupling, from the names that make it what it is."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=b"detente").digest(), "little")


class Ids:
    """Ids of one kind of entry, numbering those that share all their names."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._seen: Counter[tuple[object, ...]] = Counter()

    def next(self, *names: object) -> int:
        """The id of the next entry with these names."""
        ordinal = self._seen[names]
        self._seen[names] += 1
        return stable_id(self._kind, *names, ordinal)
