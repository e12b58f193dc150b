"""Looking entries up by source and time, with a proof that nothing between is left out.

The log holds the roots of sorted indices over stretches of itself. An answer gives, for every stretch, the rows asked for and the row on
either side of them, as one run with its proof: where the neighbours are others, nothing can be missing. What no index
covers yet is said to be uncovered, or given as the entries themselves with a proof that they are all there are.

The answer is complete by the roots that the log holds. That each of these is the true index of its stretch is for auditors to
find out, who make it anew (`indices`). One row at a time, anyone can: `check_row`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import FormatError, ProofError
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.entry import LEDGER, Kind, check_source, parse_entry
from detente.ledger.formats.ranges import verify_run
from detente.ledger.formats.sorted_index import Row, Run, SortedIndex
from detente.ledger.formats.statements import IndexRoot
from detente.ledger.formats.tree import leaf_hash, verify_inclusion

__all__ = ["Found", "Part", "Query", "Tail", "check_row", "verify_lookup"]


@dataclass(frozen=True, slots=True)
class Query:
    """All entries of a source between two times, both included, in nanoseconds since 1970."""

    source: str
    since: int
    until: int

    def __post_init__(self) -> None:
        check_source(self.source)
        if self.since > self.until:
            raise FormatError(f"query: found times from {self.since} to {self.until}, expected them in order")

    def answer(self, index: SortedIndex) -> Run:
        """Return the rows asked for, and the one before and after them where there is one."""
        low = bisect_left(index.rows, self._low, key=_key)
        high = bisect_right(index.rows, self._high, key=_key)
        return index.run(max(low - 1, 0), min(high + 1, len(index.rows)))

    def verify(self, run: Run, root: IndexRoot) -> tuple[Row, ...]:
        """Return the rows asked for: all that the index with this root has.

        Raises
        ------
        ProofError
            The run does not stand in that index, or does not reach beyond what was asked for on both sides.

        """
        run.verify(root)
        what = f"rows of entries {root.start} to {root.end}"
        if run.at > 0 and _key(run.rows[0]) >= self._low:
            raise ProofError(f"{what}: found no neighbour before them, so that some may be missing")
        if run.at + len(run.rows) < root.count and _key(run.rows[-1]) <= self._high:
            raise ProofError(f"{what}: found no neighbour after them, so that some may be missing")
        return tuple(row for row in run.rows if self._low <= _key(row) <= self._high)

    @property
    def _low(self) -> tuple[bytes, int]:
        return self.source.encode(), self.since

    @property
    def _high(self) -> tuple[bytes, int]:
        return self.source.encode(), self.until


@dataclass(frozen=True, slots=True)
class Part:
    """What one index answers."""

    index: int
    """Of the `index` entry in the log."""
    entry: bytes
    path: tuple[bytes, ...]
    """That it is in the log."""
    run: Run


@dataclass(frozen=True, slots=True)
class Tail:
    """The entries after the last index, to the end of the log."""

    entries: tuple[bytes, ...]
    path: tuple[bytes, ...]
    """That they are all (`ranges`)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A complete answer, as far as it goes."""

    rows: tuple[Row, ...]
    covered: tuple[tuple[int, int], ...]
    """Stretches of the log about which nothing can be missing."""
    uncovered: tuple[tuple[int, int], ...]
    """Stretches about which nothing is said."""

    @property
    def sentence(self) -> str:
        """What it says, in plain words."""
        said = [f"found {len(self.rows)}"]
        said += [f"there are no others among entries {first} to {end - 1}" for first, end in self.covered]
        said += [f"nothing is said of entries {first} to {end - 1}" for first, end in self.uncovered]
        return "; ".join(said)


def verify_lookup(query: Query, parts: Sequence[Part], head: Checkpoint, tail: Tail | None = None) -> Found:
    """Check an answer against a head of the log, whose signature has been checked, and return what it comes to.

    Raises
    ------
    ProofError
        An index that is not in that log or follows on none, rows that do not stand in it, or a tail that is not the log's.
    FormatError
        An `index` entry that is none.

    """
    rows: list[Row] = []
    covered: tuple[int, int] | None = None
    for part in parts:
        root = _root(part, head)
        if covered is not None and root.start != covered[1]:
            raise ProofError(f"index in entry {part.index}: it begins at {root.start}, expected {covered[1]}")
        rows += query.verify(part.run, root)
        covered = covered[0] if covered else root.start, root.end
    first, end = covered or (0, 0)
    if tail is not None:
        rows += _tail_rows(query, tail, end, head)
        end = head.size
    return Found(tuple(rows), _filled((first, end)), _filled((0, first), (end, head.size)))


def check_row(row: Row, entry: bytes) -> None:
    """See that a row of an index tells the truth about an entry. Raises ProofError, FormatError."""
    found = parse_entry(entry)
    if (found.source.encode(), found.time, leaf_hash(entry)) != (row.source, row.time, row.leaf):
        raise ProofError(f"row of entry {row.entry}: the entry has another source, time or hash")


def _root(part: Part, head: Checkpoint) -> IndexRoot:
    verify_inclusion(leaf_hash(part.entry), part.index, head.size, part.path, head.root)
    entry = parse_entry(part.entry)
    if entry.kind is not Kind.INDEX or entry.source != LEDGER:
        raise ProofError(f"entry {part.index}: found a {entry.kind} of {entry.source}, expected an index")
    root = IndexRoot.parse(entry.body)
    if root.end > part.index:
        raise ProofError(f"index in entry {part.index}: it reaches to {root.end}, beyond itself")
    return root


def _tail_rows(query: Query, tail: Tail, start: int, head: Checkpoint) -> list[Row]:
    leaves = [leaf_hash(entry) for entry in tail.entries]
    if start + len(leaves) != head.size:
        raise ProofError(f"tail: found {len(leaves)} entries, expected {head.size - start}")
    if leaves:
        verify_run(start, head.size, leaves, tail.path, head.root)
    rows = []
    for index, (data, leaf) in enumerate(zip(tail.entries, leaves, strict=True), start):
        try:
            entry = parse_entry(data)
        except FormatError:  # none of ours: no source said it
            continue
        if entry.source == query.source and query.since <= entry.time <= query.until:
            rows.append(Row(entry.source.encode(), entry.time, index, leaf))
    return rows


def _key(row: Row) -> tuple[bytes, int]:
    return row.source, row.time


def _filled(*stretches: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((first, end) for first, end in stretches if first < end)
