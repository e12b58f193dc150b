"""Making every sorted index anew from the entries it covers, as they go by."""

from collections.abc import Sequence
from typing import Any

from detente.errors import FormatError
from detente.ledger.check.completeness import Place
from detente.ledger.check.findings import Finding, Findings, Verdict
from detente.ledger.formats.entry import LEDGER, Entry
from detente.ledger.formats.sorted_index import Row, SortedIndex
from detente.ledger.formats.statements import LARGEST_SEGMENT, IndexRoot

__all__ = ["Indices"]

_Pending = tuple[bytes, int, int, bytes] | None


class Indices:
    """Holds the rows of the latest entries, 65,536 and at most twice as many, whatever the length of the log.

    So an index can be checked whose stretch began no more than 65,536 entries before it: a ledger logs it in time.
    """

    def __init__(self, findings: Findings, start: int = 0) -> None:
        self.covered: int | None = None
        """Up to where indices cover the log; None where there was none yet."""
        self._findings = findings
        self._first = start
        self._rows: list[_Pending] = []

    def take(self, start: int, places: Sequence[Place], leaves: Sequence[bytes]) -> None:
        """Take in the places and hashes of entries from index `start` on."""
        self._rows += [
            None if place is None else (*place, index, leaf)
            for index, (place, leaf) in enumerate(zip(places, leaves, strict=True), start)
        ]
        if len(self._rows) > 2 * LARGEST_SEGMENT:
            self._forget(self._first + LARGEST_SEGMENT)

    def check(self, index: int, entry: Entry) -> None:
        """Check an `index` entry, once all entries before it have been taken in."""
        try:
            root = IndexRoot.parse(entry.body)
        except FormatError as error:
            self._add(Verdict.FALSE, index, str(error))
            return
        if entry.source != LEDGER:
            self._add(Verdict.FALSE, index, f"an index by {entry.source}, which only the ledger makes")
        elif root.end > index:
            self._add(Verdict.FALSE, index, f"an index of entries up to {root.end}, beyond itself")
        elif self.covered is not None and root.start != self.covered:
            self._add(
                Verdict.FALSE,
                index,
                f"an index from entry {root.start} on, expected {self.covered}, where the last ended",
            )
        else:
            self._make_anew(index, root)
            self.covered = root.end
            self._forget(root.end)

    def _make_anew(self, index: int, root: IndexRoot) -> None:
        what = f"the index of entries {root.start} to {root.end - 1}"
        if root.start < self._first:
            self._add(Verdict.UNCHECKED, index, f"{what} comes so late that they are not held any more")
            return
        rows = self._rows[root.start - self._first : root.end - self._first]
        known = [Row._make(row) for row in rows if row is not None]
        if len(known) < len(rows):
            self._add(Verdict.UNCHECKED, index, f"{what} cannot be made anew: some of them are not shown")
        elif SortedIndex(root.start, known).root != root:
            self._add(
                Verdict.FALSE,
                index,
                f"{what} has another root than these entries give: it leaves out or makes up",
            )

    def _forget(self, before: int) -> None:
        del self._rows[: max(0, before - self._first)]
        self._first = max(self._first, before)

    def _add(self, verdict: Verdict, index: int, sentence: str) -> None:
        self._findings.add(
            Finding(verdict=verdict, sentence=f"entry {index}: {sentence}", evidence=(f"entry {index}",))
        )

    # --- saving ---------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        rows = [
            None if row is None else [row[0].decode(), row[1], row[2], row[3].hex()] for row in self._rows
        ]
        return {"covered": self.covered, "first": self._first, "rows": rows}

    def load(self, saved: dict[str, Any]) -> None:
        """Take in what `save` gave."""
        self.covered, self._first = saved["covered"], saved["first"]
        self._rows = [
            None if row is None else (row[0].encode(), row[1], row[2], bytes.fromhex(row[3]))
            for row in saved["rows"]
        ]
