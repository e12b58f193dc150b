"""A log's folder as C2SP has it, straight from a list of entries: the slow way, for tests of whoever reads such folders."""

from pathlib import Path

from detente.ledger.formats.memory import Tree
from detente.ledger.formats.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    encode_bundle,
    tile_path,
    tiles_of,
)
from detente.ledger.formats.tree import leaf_hash


def files(entries: list[bytes]) -> dict[str, bytes]:
    """Return every tile and bundle of the log, by its path."""
    tree = Tree(map(leaf_hash, entries))
    made = {}
    for level, index, width in tiles_of(len(entries)):
        start = index * TILE_WIDTH
        hashes = (tree.node(TILE_HEIGHT * level, n) for n in range(start, start + width))
        made[tile_path(level, index, width)] = b"".join(hashes)
        if level == 0:
            made[bundle_path(index, width)] = encode_bundle(entries[start : start + width])
    return made


def write(folder: Path, entries: list[bytes], checkpoint: bytes) -> None:
    """Write the log into a folder."""
    for name, data in (files(entries) | {"checkpoint": checkpoint}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
