"""What a source holds in its hand once an entry is durable: the log's signed word, and on demand the whole proof."""

from collections.abc import Sequence

from detente.ledger.formats.note import Note
from detente.ledger.formats.proof import LogProof
from detente.ledger.formats.tree import Frontier, inclusion_ranges, node_hash, perfect_parts, range_root

__all__ = ["Batch", "Receipt"]


class Batch:
    """A group that was committed: enough to prove each of its entries without asking the log again."""

    __slots__ = ("_known", "_leaves", "note", "size", "start")

    def __init__(self, before: Frontier, leaves: Sequence[bytes], note: Note) -> None:
        self.start = before.size
        self.size = before.size + len(leaves)
        self.note = note
        self._leaves = leaves
        parts = zip(perfect_parts(0, before.size), before.parts, strict=True)
        self._known = dict(parts)

    def leaf(self, index: int) -> bytes:
        """Return the hash of an entry of this group."""
        return self._leaves[index - self.start]

    def proof(self, index: int) -> LogProof:
        """Return the proof that entry `index`, one of this group, is in the tree that was signed with it."""
        path = tuple(range_root(start, end, self._node) for start, end in inclusion_ranges(index, self.size))
        return LogProof(index, path, self.note)

    def _node(self, level: int, index: int) -> bytes:
        """Return the root of a perfect subtree: of before where it was whole then, else of halves."""
        if level == 0 and index >= self.start:
            return self._leaves[index - self.start]
        found = self._known.get((level, index))
        if found is None:
            left, right = self._node(level - 1, 2 * index), self._node(level - 1, 2 * index + 1)
            found = self._known[level, index] = node_hash(left, right)
        return found


class Receipt:
    """That an entry is durable, and in the tree the log has signed."""

    __slots__ = ("_batch", "index", "number", "source", "time")

    def __init__(self, batch: Batch, index: int, source: str, number: int, time: int) -> None:
        self._batch = batch
        self.index = index
        self.source = source
        self.number = number
        self.time = time

    @property
    def leaf(self) -> bytes:
        """The hash of the entry."""
        return self._batch.leaf(self.index)

    @property
    def note(self) -> Note:
        """The checkpoint the log signed when the entry was durable."""
        return self._batch.note

    @property
    def size(self) -> int:
        """Of the tree that was signed."""
        return self._batch.size

    def proof(self) -> LogProof:
        """Return the proof to keep, in the form of tlog-proof: `bytes(receipt.proof())`."""
        return self._batch.proof(self.index)

    def __repr__(self) -> str:
        return f"<Receipt: entry {self.index}, number {self.number} of {self.source}>"
