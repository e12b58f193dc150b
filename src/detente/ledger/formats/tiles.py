"""Tiles and entry bundles (c2sp.org/tlog-tiles): where each lies, how wide it is, and what is in it.

A tile holds up to 256 hashes of one level; level L counts subtrees of 256^L entries. A bundle holds up to 256 entries,
each after its length in two bytes. What is narrower than 256 is partial and never changes: a wider one lies beside it.
"""

import struct
from collections.abc import Iterable, Iterator

from detente.errors import FormatError
from detente.ledger.formats.text import HASH_SIZE

__all__ = [
    "LARGEST_ENTRY",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "bundle_path",
    "decode_bundle",
    "decode_tile",
    "decode_whole_bundle",
    "encode_bundle",
    "tile_path",
    "tiles_of",
    "width_at",
]

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LARGEST_ENTRY = 2**16 - 1
"""Bytes; what is larger goes into an erasable payload."""
_LENGTH = struct.Struct(">H")


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return where a tile lies below the log's folder or address."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return where a bundle of entries lies below the log's folder or address."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def width_at(level: int, index: int, size: int) -> int:
    """Return how many hashes the tile has in a tree of `size`: 0 where there is none, 256 where it is full.

    Bundles are as wide as the tiles of level 0.
    """
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - (index << TILE_HEIGHT)))


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, index, width) of every tile of a tree of `size`, level by level."""
    level = 0
    while hashes := size >> (TILE_HEIGHT * level):
        for index in range((hashes + TILE_WIDTH - 1) >> TILE_HEIGHT):
            yield level, index, width_at(level, index, size)
        level += 1


def decode_tile(data: bytes, width: int, where: str) -> list[bytes]:
    """Return the hashes of a tile that must be `width` wide; `where` names it in an error. Raises FormatError."""
    if len(data) != width * HASH_SIZE:
        raise FormatError(f"{where}: found {len(data)} bytes, expected {width * HASH_SIZE}")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle. Raises FormatError where one is longer than 65,535 bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise FormatError(f"entry: found {len(entry)} bytes, expected at most {LARGEST_ENTRY}")
        parts += (_LENGTH.pack(len(entry)), entry)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int, where: str) -> list[bytes]:
    """Return the entries of a bundle that must hold `width`; `where` names it in an error. Raises FormatError."""
    entries = decode_whole_bundle(data, where)
    if len(entries) != width:
        raise FormatError(f"{where}: found {len(entries)} entries, expected {width}")
    return entries


def decode_whole_bundle(data: bytes, where: str) -> list[bytes]:
    """Return all entries of a bundle, however many. Raises FormatError where lengths do not add up."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at + 2 <= end:
        start = at + 2
        at = start + (data[at] << 8 | data[at + 1])
        entries.append(data[start:at])
    if at != end:
        raise FormatError(
            f"{where}: found {end} bytes, expected entries with a length each, and nothing else"
        )
    return entries


def _number(index: int) -> str:
    digits = str(index)
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    *above, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join((*("x" + group for group in above), last))


def _partial(width: int) -> str:
    if not 1 <= width <= TILE_WIDTH:
        raise FormatError(f"tile: found a width of {width}, expected 1 to {TILE_WIDTH}")
    return "" if width == TILE_WIDTH else f".p/{width}"
