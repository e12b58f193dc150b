"""Sorted indices: the entries of a stretch of the log, one row each, by source and time, under a root of their own.

A row is SOURCE SP TIME SP INDEX LF and the 32 bytes of the entry's hash. Rows are sorted by the bytes of the source, then by time and index,
as numbers, and are the leaves of a tree of RFC 6962, whose root the log holds in an `index` entry. A run of rows travels as a text:

    detente-rows/v1
    from INDEX, to INDEX       the stretch
    at POSITION                of the first row
    row SOURCE TIME INDEX BASE64 ...
    hash BASE64 ...
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Self

from detente.errors import FormatError, ProofError
from detente.ledger.formats.entry import check_source
from detente.ledger.formats.ranges import run_ranges, verify_run
from detente.ledger.formats.statements import LARGEST_SEGMENT, IndexRoot
from detente.ledger.formats.text import decode_hash, decode_number, encode_base64
from detente.ledger.formats.tree import leaf_hash

__all__ = ["Row", "Run", "SortedIndex"]

_FIRST = "detente-rows/v1"
_MOST_HASHES = 2 * 63


class Row(NamedTuple):
    """One entry, by what it is looked up. Rows compare in the order of the index."""

    source: bytes
    time: int
    """Nanoseconds since 1970, by the ledger's clock."""
    entry: int
    """Its index in the log."""
    leaf: bytes
    """The hash of the entry."""

    @property
    def data(self) -> bytes:
        """The bytes that are hashed."""
        return b"%b %d %d\n%b" % self


class SortedIndex:
    """The index of a stretch of the log, with its tree.

    Parameters
    ----------
    start
        Index of the first entry of the stretch.
    rows
        One for each of its entries, in any order.

    Raises
    ------
    FormatError
        No rows, or more than one index may have.

    """

    def __init__(self, start: int, rows: Sequence[Row]) -> None:
        if not 0 < len(rows) <= LARGEST_SEGMENT:
            raise FormatError(f"index: found {len(rows)} rows, expected 1 to {LARGEST_SEGMENT}")
        self.rows = sorted(rows)
        self.start = start
        # leaf_hash(row.data) and node_hash, written out: auditors make indices of all there is
        level = [sha256(b"\0%b %d %d\n%b" % row).digest() for row in self.rows]
        self._levels = [level]
        while len(level) > 1:
            pairs = [sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
            # an odd one at the end goes up as it is: that makes the tree of RFC 6962
            level = pairs + level[2 * len(pairs) :]
            self._levels.append(level)

    @property
    def root(self) -> IndexRoot:
        """What the `index` entry says."""
        return IndexRoot(self.start, self.start + len(self.rows), self._levels[-1][0])

    def run(self, at: int, end: int) -> "Run":
        """Return the rows [at, end), with their proof. Raises ProofError where there are none."""
        path = tuple(self._part(low, high) for low, high in run_ranges(at, end, len(self.rows)))
        return Run(self.start, self.start + len(self.rows), at, tuple(self.rows[at:end]), path)

    def _part(self, low: int, high: int) -> bytes:
        """Return the root over the rows [low, high), a part of the tree."""
        level = (high - low - 1).bit_length()
        return self._levels[level][low >> level]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring rows of an index, and what proves it; nothing of it checked yet."""

    start: int
    end: int
    """The stretch of the log that the index covers."""
    at: int
    """Position of the first row in the index."""
    rows: tuple[Row, ...]
    path: tuple[bytes, ...]

    def verify(self, root: IndexRoot) -> None:
        """Check that the rows stand in the index with this root, in order and with none between left out.

        Raises
        ------
        ProofError
            Another stretch, another root, rows out of order, or rows of entries outside the stretch.

        """
        if (self.start, self.end) != (root.start, root.end):
            raise ProofError(
                f"rows: found entries {self.start} to {self.end}, expected {root.start} to {root.end}"
            )
        if any(later[:3] <= earlier[:3] for earlier, later in zip(self.rows, self.rows[1:], strict=False)):
            raise ProofError(f"rows of entries {self.start} to {self.end}: they are not in order")
        for row in self.rows:
            if not root.start <= row.entry < root.end:
                raise ProofError(
                    f"rows of entries {self.start} to {self.end}: found one of entry {row.entry}"
                )
        verify_run(self.at, root.count, [leaf_hash(row.data) for row in self.rows], self.path, root.root)

    def __bytes__(self) -> bytes:
        lines = [
            _FIRST,
            f"from {self.start}",
            f"to {self.end}",
            f"at {self.at}",
            *(f"row {x.source.decode()} {x.time} {x.entry} {encode_base64(x.leaf)}" for x in self.rows),
            *(f"hash {encode_base64(part)}" for part in self.path),
            "",
        ]
        return "\n".join(lines).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a run of rows. Raises FormatError where it is not exactly in the format."""
        try:
            lines = data.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise FormatError("rows: found bytes that are no ASCII") from None
        if lines[0] != _FIRST or lines[-1]:
            raise FormatError(
                f"rows: found {lines[0][:60]!r} first, expected {_FIRST}, and a newline at the end"
            )
        if len(lines) > LARGEST_SEGMENT + _MOST_HASHES:
            raise FormatError(
                f"rows: found {len(lines)} lines, expected fewer than {LARGEST_SEGMENT + _MOST_HASHES}"
            )
        if len(lines) < 5:
            raise FormatError("rows: found the end, expected from, to and at")
        start, end, at = map(_number, lines[1:4], ("from", "to", "at"))
        rest = lines[4:-1]
        count = sum(line.startswith("row ") for line in rest)
        rows = tuple(map(_row, rest[:count]))  # one further down is refused as no hash
        path = tuple(_hash(line) for line in rest[count:])
        return cls(start, end, at, rows, path)


def _number(line: str, word: str) -> int:
    found, _, number = line.partition(" ")
    if found != word:
        raise FormatError(f"rows: found the line {line[:60]!r}, expected {word} and a number")
    return decode_number(number, f"rows: {word}")


def _row(line: str) -> Row:
    try:
        _, source, time, index, leaf = line.split(" ")
    except ValueError:
        raise FormatError(
            f"rows: found the line {line[:60]!r}, expected row SOURCE TIME INDEX HASH"
        ) from None
    check_source(source)
    return Row(
        source.encode(), decode_number(time, "time"), decode_number(index, "index"), decode_hash(leaf, "row")
    )


def _hash(line: str) -> bytes:
    word, _, text = line.partition(" ")
    if word != "hash":
        raise FormatError(f"rows: found the line {line[:60]!r}, expected a hash")
    return decode_hash(text, "hash of rows")
