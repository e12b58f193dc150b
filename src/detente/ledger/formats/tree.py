"""The Merkle tree of RFC 6962: hashes, the layout of proofs, and checking them.

Where a hash belongs in a proof follows from the index and the sizes alone, which the caller holds. No verifier
here takes a layout, a count or a side from the proof: whoever wrote it may be the one who lies.

Sizes: the tree of size 0 has the root `EMPTY_ROOT`, and a tree of any size extends it, with an empty proof (as
tlog-witness has it). No entry is included in it. Hashes are 32 bytes, or there is no proof (decision 0017).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from detente.errors import ProofError
from detente.ledger.formats.text import HASH_SIZE

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "consistency_ranges",
    "inclusion_ranges",
    "leaf_hash",
    "node_hash",
    "perfect_parts",
    "range_root",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY_ROOT = sha256(b"").digest()

_Range = tuple[int, int]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbouring subtrees (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


# --- growing ------------------------------------------------------------------------------------


class Frontier:
    """The roots of the perfect subtrees at the right edge: all that is needed to grow a tree and to know its root.

    At most 63 hashes, however large the tree. `parts` are ordered from the largest subtree (oldest entries) to the smallest.
    """

    __slots__ = ("parts", "size")

    def __init__(self, size: int = 0, parts: Sequence[bytes] = ()) -> None:
        if len(parts) != size.bit_count():
            raise ProofError(
                f"frontier of size {size}: found {len(parts)} hashes, expected {size.bit_count()}"
            )
        self.size = size
        self.parts = list(parts)

    def append(self, leaf: bytes) -> None:
        """Take in one more leaf hash."""
        parts, size = self.parts, self.size
        while size & 1:
            leaf = sha256(b"\x01" + parts.pop() + leaf).digest()
            size >>= 1
        parts.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Take in leaf hashes in order: level by level, which is twice as fast as one by one."""
        row, rest, size = list(leaves), [], self.size
        self.size += len(row)
        while row:
            if size & 1:
                row.insert(0, self.parts.pop())
            if len(row) & 1:
                rest.append(row.pop())
            row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
            size >>= 1
        self.parts += reversed(rest)

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self.parts:
            return EMPTY_ROOT
        root = self.parts[-1]
        for part in reversed(self.parts[:-1]):
            root = node_hash(part, root)
        return root

    def copy(self) -> "Frontier":
        """Return one that grows apart from this."""
        return Frontier(self.size, self.parts)


# --- layout -------------------------------------------------------------------------------------


def perfect_parts(start: int, end: int) -> list[tuple[int, int]]:
    """Split the entries [start, end) of a subtree into perfect subtrees, as (level, index), oldest first.

    `start` must be a multiple of the smallest power of two that holds the range, as in every range of a proof.
    """
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def range_root(start: int, end: int, node: Callable[[int, int], bytes]) -> bytes:
    """Return the root over the entries [start, end); `node(level, index)` gives the roots of perfect subtrees."""
    if start == end:
        return EMPTY_ROOT
    level = (end - start).bit_length() - 1
    if end - start == 1 << level:  # most are
        return node(level, start >> level)
    *rest, (level, index) = perfect_parts(start, end)
    root = node(level, index)
    for level, index in reversed(rest):
        root = node_hash(node(level, index), root)
    return root


def inclusion_ranges(index: int, size: int) -> list[_Range]:
    """Return the ranges of entries whose roots prove that entry `index` is in the tree of `size`, from leaf to root.

    RFC 6962, section 2.1.1. Raises ProofError where there is no such entry.
    """
    if not 0 <= index < size:
        raise ProofError(f"entry {index} of a tree of size {size}: expected an index below the size")
    ranges = []
    level = 0
    while (1 << level) < size:
        start = ((index >> level) ^ 1) << level
        if start < size:
            ranges.append((start, min(start + (1 << level), size)))
        level += 1
    return ranges


def consistency_ranges(old: int, new: int) -> list[_Range]:
    """Return the ranges of entries whose roots prove that the tree of size `old` is the beginning of that of size `new`.

    RFC 6962, section 2.1.2. Raises ProofError where sizes are not in order.
    """
    if not 0 <= old <= new:
        raise ProofError(f"consistency of sizes {old} and {new}: expected the older not to be larger")
    if old in {0, new}:
        return []
    ranges: list[_Range] = []
    start, end, whole = 0, new, True
    while old != end:  # walk down to where the older tree ends, noting what lies beside the way
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:  # the verifier holds the older root, but not the root of this part of it
        ranges.append((start, end))
    return ranges[::-1]


# --- checking -----------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf` is the hash of entry `index` in the tree of `size` with this root.

    Raises
    ------
    ProofError
        No such entry, a path of another length than index and size require, hashes that are not 32 bytes,
        or another root.

    """
    if not 0 <= index < size:
        raise ProofError(f"inclusion of entry {index} in a tree of size {size}: no such entry")
    _require_hashes((leaf, root, *path))
    inner = (index ^ (size - 1)).bit_length()  # levels until the way meets the right edge
    along = (index >> inner).bit_count()  # beyond it, only perfect subtrees to the left
    if len(path) != inner + along:
        raise ProofError(
            f"inclusion of entry {index} in a tree of size {size}: found {len(path)} hashes, expected {inner + along}"
        )
    found = leaf
    for level, sibling in enumerate(path):
        right = level >= inner or index >> level & 1
        found = sha256(b"\x01" + sibling + found if right else b"\x01" + found + sibling).digest()
    if found != root:
        raise ProofError(
            f"inclusion of entry {index} in a tree of size {size}: the path leads to another root"
        )


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of size `old` is the beginning of the tree of size `new`.

    Raises
    ------
    ProofError
        Sizes out of order, a path of another length than the sizes require, hashes that are not 32 bytes, or
        other roots.

    """
    what = f"consistency of sizes {old} and {new}"
    if not 0 <= old <= new:
        raise ProofError(f"{what}: expected the older not to be larger")
    _require_hashes((old_root, new_root, *path))
    ranges = consistency_ranges(old, new)
    if len(path) != len(ranges):
        raise ProofError(f"{what}: found {len(path)} hashes, expected {len(ranges)}")
    if old == 0:
        if old_root != EMPTY_ROOT:
            raise ProofError(f"{what}: the older root is not that of the empty tree")
        if new == 0 and new_root != EMPTY_ROOT:
            raise ProofError(f"{what}: the newer root is not that of the empty tree")
        return
    if old == new:
        if old_root != new_root:
            raise ProofError(f"{what}: two roots of one size")
        return
    # The last part of the older tree comes first. Where it is the whole of it, the proof leaves it out.
    rest = list(zip(ranges, path, strict=True))
    (start, _), small = rest.pop(0) if ranges[0][1] == old else ((0, old), old_root)
    large = small
    for (begin, _), part in rest:
        if begin < start:
            small, large, start = node_hash(part, small), node_hash(part, large), begin
        else:
            large = node_hash(large, part)
    if small != old_root:
        raise ProofError(f"{what}: the path does not lead to the older root")
    if large != new_root:
        raise ProofError(f"{what}: the path does not lead to the newer root")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    for found in hashes:
        if len(found) != HASH_SIZE:
            raise ProofError(f"found a hash of {len(found)} bytes, expected {HASH_SIZE}")
