"""Whether the entries of a published ledger are those that were signed: looked at before anything is made of what they say."""

from pathlib import Path

from detente.errors import LedgerError, ProofError
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.tiles import TILE_HEIGHT, TILE_WIDTH, width_at
from detente.ledger.formats.tree import Frontier, leaf_hash
from detente.ledger.store.reader import Reader

__all__ = ["check_entries"]


def check_entries(path: Path, reader: Reader, checkpoint: Checkpoint) -> None:
    """See that all entries lead to the root of a checkpoint that was verified.

    Raises
    ------
    ProofError
        They do not; where the tiles beside them still do, it names the first entry that was changed.
    LedgerError
        They cannot be read.
    """
    tree = Frontier()
    for index in _bundles(checkpoint.size):
        tree.extend(_hashes(reader, index, checkpoint.size))
    if tree.root() == checkpoint.root:
        return
    changed = _first_changed(reader, checkpoint)
    named = "" if changed is None else f"entry {changed} is not what was signed: "
    raise ProofError(
        f"{path}: {named}its entries do not lead to the root that was signed for {checkpoint.size} of them"
    )


def _first_changed(reader: Reader, checkpoint: Checkpoint) -> int | None:
    """Return the first entry that is not the one in the tree; None where the tiles are not those of the tree either."""
    tree, changed = Frontier(), None
    try:
        for index in _bundles(checkpoint.size):
            signed = reader.tile(0, index, width_at(0, index, checkpoint.size))
            tree.extend(signed)
            if changed is None:
                pairs = enumerate(zip(_hashes(reader, index, checkpoint.size), signed, strict=True))
                inside = next((place for place, (is_there, was) in pairs if is_there != was), None)
                changed = None if inside is None else (index << TILE_HEIGHT) + inside
    except LedgerError:
        return None
    return changed if tree.root() == checkpoint.root else None


def _bundles(size: int) -> range:
    return range((size + TILE_WIDTH - 1) >> TILE_HEIGHT)


def _hashes(reader: Reader, index: int, size: int) -> list[bytes]:
    return list(map(leaf_hash, reader.bundle(index, width_at(0, index, size))))
