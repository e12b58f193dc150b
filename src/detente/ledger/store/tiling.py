"""Writing tiles and bundles for entries that are in the journal, and reading them back before anything is signed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from detente.errors import DamageError, LedgerError
from detente.ledger.formats.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    encode_bundle,
    tile_path,
    width_at,
)
from detente.ledger.formats.tree import Frontier, leaf_hash, node_hash, perfect_parts
from detente.ledger.store.disk import Disk
from detente.ledger.store.reader import Reader

__all__ = [
    "NOT_AS_SIGNED",
    "check_written",
    "differing",
    "misfits",
    "root_of_full",
    "sweep_partial",
    "thin_partial",
    "write_tiles",
]

_ROOM = 16 * 1024 * 1024
"""Bytes that copies of one bundle may take together: one is written at each settling until it is full, and holds up to 16 MB."""

NOT_AS_SIGNED = "holds something else than what was signed; restore the file from a copy"


def write_tiles(disk: Disk, path: Path, base: int, entries: Sequence[bytes], leaves: Sequence[bytes]) -> None:
    """Write what `entries`, which come after the first `base`, add to the tiles; durable when it returns.

    Raises
    ------
    DamageError
        The bundle that is gone on with holds something else than what was signed.
    OSError
        The disk does not take it: what was written lies where no published checkpoint looks.

    """
    if not entries:
        return
    size = base + len(entries)
    reader = Reader(path)
    files = [*_bundles(reader, base, size, entries), *_tiles(reader, base, leaves)]
    folders = dict.fromkeys(folder for where, _ in files for folder in _up_to(path, path / where))
    for folder in folders:
        disk.make_folder(folder)
    disk.write_files([(path / where, data) for where, data in files])
    for folder in sorted(folders, reverse=True):  # a folder's name is in the one above
        disk.sync_folder(folder)
    disk.sync_folder(path)


def check_written(path: Path, base: int, size: int, root: bytes) -> None:
    """Read back what was written for the entries [base, size), hash it anew, and come to `root`.

    Raises
    ------
    DamageError
        The disk gives back something else than what was written, and nothing may be signed over it.

    """
    reader = Reader(path)
    try:
        wrong = next(differing(reader, base, size), None)
        found = reader.root(size)
    except LedgerError as error:
        raise DamageError(f"what was written cannot be read back: {error}") from error
    if wrong is not None:
        raise DamageError(f"{path / wrong}: holds something else than what was written")
    if found != root:
        raise DamageError(f"{path}: the tiles lead to another root than the entries that were written")


def differing(reader: Reader, base: int, size: int) -> Iterator[str]:
    """Yield the bundles whose entries do not hash to the tile beside them."""
    for index in range(base >> TILE_HEIGHT, (size + TILE_WIDTH - 1) >> TILE_HEIGHT):
        width = width_at(0, index, size)
        if list(map(leaf_hash, reader.bundle(index, width))) != reader.tile(0, index, width):
            yield bundle_path(index, width)


def misfits(reader: Reader, index: int, size: int, root: bytes) -> tuple[str, ...]:
    """Return which files are not as they were signed, of a bundle and the tile of its hashes, which differ: both where the root tells of none."""
    width = width_at(0, index, size)
    bundle, tile = bundle_path(index, width), tile_path(0, index, width)
    rows = {bundle: list(map(leaf_hash, reader.bundle(index, width))), tile: reader.tile(0, index, width)}
    wrong = tuple(where for where, row in rows.items() if not _leads_to(reader, index, row, size, root))
    return wrong or (bundle, tile)


def _leads_to(reader: Reader, index: int, row: list[bytes], size: int, root: bytes) -> bool:
    """Tell whether these hashes, with the other tiles, lead to the root of the tree of `size`."""
    if len(row) == TILE_WIDTH:
        return reader.root(size) == root and root_of_full(row) == reader.node(TILE_HEIGHT, index, size)
    before = size - len(row)
    tree = Frontier(before, [reader.node(*part, size) for part in perfect_parts(0, before)])
    tree.extend(row)
    return tree.root() == root


def sweep_partial(disk: Disk, path: Path, base: int, size: int) -> None:
    """Remove partial tiles and bundles that full ones have replaced on the way from `base` to `size`."""
    level = 0
    while (size >> (TILE_HEIGHT * level)) >= TILE_WIDTH:
        first = (base >> (TILE_HEIGHT * level)) >> TILE_HEIGHT
        for index in range(first, (size >> (TILE_HEIGHT * level)) >> TILE_HEIGHT):
            for where in (tile_path(level, index), *([bundle_path(index)] if level == 0 else [])):
                folder = path / f"{where}.p"
                if folder.is_dir():
                    for old in folder.iterdir():
                        disk.remove(old)
                    folder.rmdir()
        level += 1


def thin_partial(disk: Disk, path: Path, size: int, published: int) -> None:
    """Remove the narrowest copies of the bundle that is not full yet, where all together take more than `_ROOM` bytes.

    A wider one serves whoever looks for them. Of a log of `size` entries, of which `published` are published, that copy stays, and
    what came after it. Raises OSError.
    """
    index = size >> TILE_HEIGHT
    folder = path / f"{bundle_path(index)}.p"
    if not folder.is_dir():
        return
    copies = sorted((int(one.name), one) for one in folder.iterdir() if one.name.isdigit())
    weights = [one.stat().st_size for _, one in copies]
    # What is published lies in this bundle, or in one before it: then only the copy of the head counts.
    needed_from = (published if published >> TILE_HEIGHT == index else size) % TILE_WIDTH
    taken = sum(weights)
    for (width, one), weight in zip(copies, weights, strict=True):
        if taken <= _ROOM or width >= needed_from:
            return
        disk.remove(one)
        taken -= weight


def _bundles(reader: Reader, base: int, size: int, entries: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    inside = base % TILE_WIDTH
    old = reader.bundle(base >> TILE_HEIGHT, inside) if inside else []
    if old and (wrong := next(differing(reader, base - inside, base), None)):
        # Found before it is copied into anything new.
        beside = tile_path(0, base >> TILE_HEIGHT, inside)
        raise DamageError(f"{reader.path / wrong} or {reader.path / beside}: {NOT_AS_SIGNED}")
    rows = [*old, *entries]
    for index in range(base >> TILE_HEIGHT, (size + TILE_WIDTH - 1) >> TILE_HEIGHT):
        at = (index - (base >> TILE_HEIGHT)) << TILE_HEIGHT
        row = rows[at : at + TILE_WIDTH]
        yield bundle_path(index, len(row)), encode_bundle(row)


def _tiles(reader: Reader, base: int, leaves: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    level, new = 0, list(leaves)
    while new:
        before = base >> (TILE_HEIGHT * level)
        inside = before % TILE_WIDTH
        index = before >> TILE_HEIGHT
        row = [*(reader.tile(level, index, inside) if inside else []), *new]
        new = []
        for at in range(0, len(row), TILE_WIDTH):
            hashes = row[at : at + TILE_WIDTH]
            yield tile_path(level, index, len(hashes)), b"".join(hashes)
            index += 1
            if len(hashes) == TILE_WIDTH:
                new.append(root_of_full(hashes))
        level += 1


def root_of_full(row: list[bytes]) -> bytes:
    """Return the root over the hashes of a full tile."""
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def _up_to(path: Path, file: Path) -> Iterator[Path]:
    """Yield the folders from that of the file up to, and without, the ledger's own."""
    folder = file.parent
    while folder != path:
        yield folder
        folder = folder.parent
