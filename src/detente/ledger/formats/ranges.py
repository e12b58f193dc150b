"""Range proofs: that a run of neighbouring leaves stands at its place in a tree, with as few hashes as there can be.

The proof holds the roots of what lies to the left and to the right of the run, each as a part of the tree of RFC 6962, as large as
it can be, in the order of the leaves. At most two for each level, however long the run. As everywhere: which parts these are follows from
the position of the run and the count of leaves, which the verifier holds; nothing is taken from the proof but hashes.
"""

from collections.abc import Iterator, Sequence

from detente.errors import ProofError
from detente.ledger.formats.text import HASH_SIZE
from detente.ledger.formats.tree import node_hash

__all__ = ["run_ranges", "verify_run"]


def run_ranges(start: int, end: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose roots prove the run [start, end) of a tree of `size`, from left to right.

    Raises
    ------
    ProofError
        There is no such run; an empty one proves nothing.

    """
    if not 0 <= start < end <= size:
        raise ProofError(f"run of leaves {start} to {end} in a tree of {size}: no such run")
    return list(_outside(0, size, start, end))


def verify_run(start: int, size: int, leaves: Sequence[bytes], path: Sequence[bytes], root: bytes) -> None:
    """Check that the leaves with these hashes stand at `start` and after it in the tree of `size` with this root.

    Raises
    ------
    ProofError
        No such run, a path of another length than its place requires, hashes that are not 32 bytes, or another root.

    """
    end = start + len(leaves)
    what = f"run of leaves {start} to {end} in a tree of {size}"
    expected = len(run_ranges(start, end, size))
    if len(path) != expected:
        raise ProofError(f"{what}: found {len(path)} hashes, expected {expected}")
    for found in (root, *leaves, *path):
        if len(found) != HASH_SIZE:
            raise ProofError(f"{what}: found a hash of {len(found)} bytes, expected {HASH_SIZE}")
    rest = iter(path)

    def part(low: int, high: int) -> bytes:
        if high <= start or low >= end:
            return next(rest)
        if high - low == 1:
            return leaves[low - start]
        middle = _middle(low, high)
        return node_hash(part(low, middle), part(middle, high))

    if part(0, size) != root:
        raise ProofError(f"{what}: the path leads to another root")


def _outside(low: int, high: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the largest parts of the tree over [low, high) that lie outside [start, end)."""
    if high <= start or low >= end:
        yield low, high
    elif not start <= low < high <= end:
        middle = _middle(low, high)
        yield from _outside(low, middle, start, end)
        yield from _outside(middle, high, start, end)


def _middle(low: int, high: int) -> int:
    """Return where RFC 6962 divides the leaves [low, high): after the largest power of two below their count."""
    return low + (1 << (high - low - 1).bit_length() - 1)
