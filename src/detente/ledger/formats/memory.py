"""A whole tree in memory: for indices, for witnesses of small logs, for tests, and for whoever has the leaf hashes at hand.

Each level is one array of the hashes of its perfect subtrees, 32 bytes each, so that a tree takes 64 bytes for an entry and
a proof of any size it ever had is a matter of slices. What lies at the right edge, and is not perfect, is hashed when asked for.
"""

from collections.abc import Iterable
from hashlib import sha256

from detente.errors import ProofError
from detente.ledger.formats.text import HASH_SIZE
from detente.ledger.formats.tree import consistency_ranges, inclusion_ranges, range_root

__all__ = ["Tree"]

_PAIR = 2 * HASH_SIZE


class Tree:
    """A tree of RFC 6962 that grows, and proves what it was at every size up to now."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        self.extend(leaves)

    def __len__(self) -> int:
        return len(self._levels[0]) // HASH_SIZE

    def append(self, leaf: bytes) -> int:
        """Take in one more leaf hash, and return its index. Raises ProofError where it is not 32 bytes."""
        if len(leaf) != HASH_SIZE:
            raise ProofError(f"tree: found a leaf hash of {len(leaf)} bytes, expected {HASH_SIZE}")
        levels = self._levels
        levels[0] += leaf
        index = rest = len(levels[0]) // HASH_SIZE - 1
        level = 0
        while rest & 1:  # a right child: its parent has become whole
            parent = sha256(b"\x01" + levels[level][-_PAIR:]).digest()
            level, rest = level + 1, rest >> 1
            if level == len(levels):
                levels.append(bytearray())
            levels[level] += parent
        return index

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take in leaf hashes in order. Raises ProofError where one is not 32 bytes; then none is taken in."""
        added = list(leaves)
        if not set(map(len, added)) <= {HASH_SIZE}:
            raise ProofError(f"tree: found a leaf hash that is not {HASH_SIZE} bytes")
        self._levels[0] += b"".join(added)
        self._complete()

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a perfect subtree: of the entries from index * 2^level, 2^level of them."""
        start = index * HASH_SIZE
        found = bytes(self._levels[level][start : start + HASH_SIZE]) if level < len(self._levels) else b""
        if len(found) != HASH_SIZE or start < 0:
            raise ProofError(f"tree of size {len(self)}: has no node {index} at level {level}")
        return found

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree, or of its first `size` entries. Raises ProofError where there are not so many."""
        return self._range_root(0, self._size(size))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Prove that entry `index` is in the tree, or in its first `size` entries (RFC 6962, section 2.1.1).

        Raises
        ------
        ProofError
            There is no such entry, or there are not so many.

        """
        return [self._range_root(*part) for part in inclusion_ranges(index, self._size(size))]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Prove that the first `old` entries are the beginning of the tree, or of its first `new` (RFC 6962, section 2.1.2).

        Raises
        ------
        ProofError
            Sizes out of order, or more than there are.

        """
        return [self._range_root(*part) for part in consistency_ranges(old, self._size(new))]

    def _complete(self) -> None:
        """Hash the pairs that have become whole, level by level."""
        for level, below in enumerate(self._levels):
            if level + 1 == len(self._levels):
                if len(below) < _PAIR:
                    return
                self._levels.append(bytearray())
            above = self._levels[level + 1]
            start, end = 2 * len(above), len(below) // _PAIR * _PAIR
            if start == end:
                return
            above += b"".join(
                [sha256(b"\x01" + below[at : at + _PAIR]).digest() for at in range(start, end, _PAIR)]
            )

    def _range_root(self, start: int, end: int) -> bytes:
        count = end - start
        if count & (count - 1) or not count:
            return range_root(start, end, self.node)
        level = count.bit_length() - 1
        at = (start >> level) * HASH_SIZE
        return bytes(self._levels[level][at : at + HASH_SIZE])

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise ProofError(f"tree of size {len(self)}: found the size {size}, expected 0 to {len(self)}")
        return size
