"""A short life of a ledger, the same every time, and what must hold after it was cut short anywhere."""

from collections.abc import Callable
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.note import Note
from detente.ledger.formats.proof import LogProof
from detente.ledger.formats.tree import Frontier, leaf_hash, verify_consistency, verify_inclusion
from detente.ledger.store.disk import Disk
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from tests.ledger.store.disks import QuickDisk


class Promises:
    """What was said to the outside: receipts and published checkpoints."""

    def __init__(self) -> None:
        self.proofs: list[LogProof] = []
        self.leaves: list[bytes] = []
        self.notes: list[Note] = []

    def append(self, ledger: Ledger, source: str, count: int) -> None:
        for receipt in ledger.append_many([Draft(source, b"%d" % at * 20) for at in range(count)]):
            self.proofs.append(receipt.proof())
            self.leaves.append(receipt.leaf)

    def publish(self, ledger: Ledger) -> None:
        self.notes.append(ledger.publish())

    def check(self, path: Path) -> int:
        """Open the ledger as after a crash, write on, and see every promise kept; return its size."""
        with Ledger(path, disk=QuickDisk(), publish_every=None) as ledger:
            ledger.append("afterwards", b"still here")
        reader = Reader(path)
        head = parse_checkpoint(reader.note().text)
        entries = list(reader.entries(0, head.size))
        tree = Frontier()
        tree.extend([leaf_hash(entry) for entry in entries])
        assert tree.root() == head.root
        for proof, leaf in zip(self.proofs, self.leaves, strict=True):
            signed = parse_checkpoint(proof.checkpoint.text)
            assert leaf_hash(entries[proof.index]) == leaf, "an acknowledged entry is lost"
            verify_inclusion(leaf, proof.index, signed.size, proof.path, signed.root)
        for note in {proof.checkpoint.text: proof.checkpoint for proof in self.proofs}.values():
            self._extends(reader, note, head.size, head.root)
        for note in self.notes:
            self._extends(reader, note, head.size, head.root)
        return head.size

    @staticmethod
    def _extends(reader: Reader, note: Note, size: int, root: bytes) -> None:
        old = parse_checkpoint(note.text)
        assert old.size <= size, "the log is shorter than what it signed"
        verify_consistency(old.size, old.root, size, root, reader.consistency(old.size, size))


def live(
    path: Path,
    disk: Disk,
    promises: Promises,
    *,
    again: Callable[[], None] | None = None,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Open, write across a full tile, settle, publish, write, close. `again` lets a failed step be tried once more, `after` comes
    after each step."""
    now = iter(range(10**18, 2 * 10**18, 10**9))
    ledger = Ledger(path, disk=disk, clock=lambda: next(now), publish_every=None)
    steps = [
        lambda: promises.append(ledger, "alpha", 3),
        lambda: promises.publish(ledger),
        lambda: promises.append(ledger, "alpha", 120),
        lambda: promises.append(ledger, "beta", 200),
        ledger.settle,
        lambda: promises.append(ledger, "beta", 2),
        lambda: promises.publish(ledger),
        lambda: promises.append(ledger, "alpha", 1),
        ledger.close,
    ]
    for step in steps:
        try:
            step()
        except LedgerError:
            if again is None:
                raise
            again()
            step()
        after()
