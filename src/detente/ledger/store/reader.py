"""Reading a ledger's folder, or any folder in the form of tlog-tiles: entries, nodes of the tree, and proofs.

Nothing read here is to be believed because it was read: a caller checks it against a signed checkpoint.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    decode_bundle,
    decode_tile,
    tile_path,
    width_at,
)
from detente.ledger.formats.tree import consistency_ranges, inclusion_ranges, node_hash, range_root

__all__ = ["Reader"]

_TILES_KEPT = 2048
"""Tiles held unfolded, 16 KB of hashes each with their overhead about 60: proofs of a log of half a million entries from memory."""


class Reader:
    """A published log.

    Parameters
    ----------
    path
        The folder that holds `checkpoint` and `tile/`.
    read
        Reads a file by its place in that folder, from somewhere else than a disk; raises LedgerError where there is none.

    """

    def __init__(self, path: Path, read: Callable[[str], bytes] | None = None) -> None:
        self.path = path
        self._read = read or self._read_file
        self._unfolded: OrderedDict[tuple[int, int, int], list[list[bytes]]] = OrderedDict()

    def note(self) -> Note:
        """Return the published checkpoint, not checked. Raises LedgerError where there is none, FormatError."""
        return parse_note(self._read("checkpoint"))

    def tile(self, level: int, index: int, width: int) -> list[bytes]:
        """Return the hashes of a tile; a wider one serves for a partial one that is gone, or never was."""
        data, wide, where = self._at_least(width, level, index, partial(tile_path, level, index))
        return decode_tile(data, wide, where)[:width]

    def bundle(self, index: int, width: int) -> list[bytes]:
        """Return the entries of a bundle; a wider one serves for a partial one that is gone, or never was."""
        data, wide, where = self._at_least(width, 0, index, partial(bundle_path, index))
        return decode_bundle(data, wide, where)[:width]

    def entries(self, start: int, end: int, size: int | None = None) -> Iterator[bytes]:
        """Yield the entries [start, end) of a log of `size`, by default of `end`."""
        for index in range(start >> TILE_HEIGHT, (end + TILE_WIDTH - 1) >> TILE_HEIGHT):
            first = index << TILE_HEIGHT
            bundle = self.bundle(index, width_at(0, index, end if size is None else size))
            yield from bundle[max(0, start - first) : end - first]

    def node(self, level: int, index: int, size: int) -> bytes:
        """Return the root of the perfect subtree `index` of 2^level entries, in a log of `size`."""
        return self._nodes(size)(level, index)

    def part(self, start: int, end: int, size: int) -> bytes:
        """Return the root over the entries [start, end), a part of the tree, in a log of `size`."""
        return range_root(start, end, self._nodes(size))

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` entries, from the tiles."""
        return range_root(0, size, self._nodes(size))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the path that proves entry `index` to be in the tree of `size`."""
        node = self._nodes(size)
        return [range_root(start, end, node) for start, end in inclusion_ranges(index, size)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the path that proves the tree of size `old` to be the beginning of that of size `new`."""
        node = self._nodes(new)
        return [range_root(start, end, node) for start, end in consistency_ranges(old, new)]

    def _nodes(self, size: int) -> Callable[[int, int], bytes]:
        """Return `node` for one size, which looks once into each tile on the way."""
        seen: dict[tuple[int, int], list[list[bytes]]] = {}

        def node(level: int, index: int) -> bytes:
            tile_level, inside = divmod(level, TILE_HEIGHT)
            tile = index >> (TILE_HEIGHT - inside)
            rows = seen.get((tile_level, tile))
            if rows is None:
                width = width_at(tile_level, tile, size)
                rows = seen[tile_level, tile] = self._unfold(tile_level, tile, width)
            return rows[inside][index - (tile << (TILE_HEIGHT - inside))]

        return node

    def _unfold(self, level: int, index: int, width: int) -> list[list[bytes]]:
        """Return the hashes of a tile and the rows of the tree above them, up to a full tile's root."""
        key = level, index, width
        rows = self._unfolded.get(key)
        if rows is None:
            row = self.tile(level, index, width)
            rows = [row]
            for _ in range(TILE_HEIGHT):
                row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
                rows.append(row)
            self._unfolded[key] = rows
            if len(self._unfolded) > _TILES_KEPT:
                self._unfolded.popitem(last=False)
        else:
            self._unfolded.move_to_end(key)
        return rows

    def _at_least(
        self, width: int, level: int, index: int, path_of: Callable[[int], str]
    ) -> tuple[bytes, int, str]:
        """Return a tile or bundle that is at least so wide, with its width and where it lies.

        A tree has been of many sizes that nobody published, and proofs are asked for them too.
        """
        try:
            return self._read(path_of(width)), width, path_of(width)
        except LedgerError:
            if width == TILE_WIDTH:
                raise
        try:
            return self._read(path_of(TILE_WIDTH)), TILE_WIDTH, path_of(TILE_WIDTH)
        except LedgerError:
            wide = width_at(level, index, parse_checkpoint(self.note().text).size)
            if not width < wide < TILE_WIDTH:
                raise
        return self._read(path_of(wide)), wide, path_of(wide)

    def _read_file(self, where: str) -> bytes:
        path = self.path / where
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise LedgerError(f"{path}: found nothing there, expected a file of the ledger") from None
        except OSError as error:
            raise LedgerError(f"{path}: cannot be read: {error.strerror}") from None
