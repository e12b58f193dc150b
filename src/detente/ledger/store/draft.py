"""What sources ask to be written, and how it becomes entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import LedgerError
from detente.ledger.formats.entry import LARGEST_BODY, LEDGER, Kind, check_source, encode_entry
from detente.ledger.store.receipt import Batch, Receipt
from detente.ledger.store.sources import Sources

__all__ = ["Draft", "Request"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that has neither its time nor, mostly, its number yet."""

    source: str
    body: bytes
    kind: Kind = Kind.RECORD
    number: int | None = None
    """What the source counts, for one that counts itself; None lets the ledger count."""
    lost: int = 0
    """For a gap: how many numbers it takes."""

    def check(self) -> None:
        """Raise LedgerError where this cannot become an entry."""
        if not isinstance(self.source, str):
            raise LedgerError(f"source: found {type(self.source).__name__}, expected a name")
        check_source(self.source)
        if not isinstance(self.kind, Kind):
            raise LedgerError(f"kind of an entry: found {self.kind!r}, expected a Kind, as Kind.RECORD")
        if not isinstance(self.body, bytes):
            raise LedgerError(f"body of an entry: found {type(self.body).__name__}, expected bytes")
        if len(self.body) > LARGEST_BODY:
            raise LedgerError(
                f"body of an entry: found {len(self.body)} bytes, expected at most {LARGEST_BODY}; "
                "seal what is larger: detente ledger seal"
            )
        if self.kind in {Kind.KEY, Kind.INDEX} and self.source != LEDGER:
            raise LedgerError(
                f"source {self.source}: only the ledger itself writes entries of the kind {self.kind}"
            )
        if (self.kind is Kind.GAP) != (self.lost > 0):
            raise LedgerError(
                f"gap: found {self.lost} lost, expected 1 or more for a gap and 0 for anything else"
            )


class Request:
    """Drafts that belong together, and what becomes of them."""

    __slots__ = ("_receipts", "drafts", "entries", "error", "numbers", "weight")

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.weight = sum(len(draft.body) + 256 for draft in drafts)
        """About the bytes of its entries."""
        self.entries: list[bytes] = []
        self.numbers: list[int] = []
        self.error: BaseException | None = None
        self._receipts: list[Receipt] | None = None

    @property
    def answered(self) -> bool:
        """Whether the entries are durable, or never will be."""
        return self.error is not None or self._receipts is not None

    def number(self, sources: Sources, ahead: dict[str, int], now: int) -> None:
        """Give the drafts their numbers and time; `ahead` has what others of the same group took, and is added to.

        Raises
        ------
        LedgerError
            A number leaves a hole, or was used already; then `ahead` is as it was.

        """
        taken: dict[str, int] = {}
        for draft in self.drafts:
            source = draft.source
            last = taken.get(source) or ahead.get(source) or sources.last.get(source, 0)
            taken[source] = number = _next_number(draft, last)
            self.numbers.append(number)
            self.entries.append(encode_entry(draft.kind, source, number, now, draft.body))
        ahead |= taken

    def acknowledge(self, batch: Batch, first: int, now: int) -> None:
        """Make the receipts: the entries are durable and signed, the first of them at index `first`."""
        self._receipts = [
            Receipt(batch, first + place, draft.source, self.numbers[place], now)
            for place, draft in enumerate(self.drafts)
        ]

    def receipts(self) -> list[Receipt]:
        """Return the receipts, or raise what kept them away."""
        if self.error is not None:
            raise self.error
        assert self._receipts is not None  # INVARIANT: whoever leaves the queue is answered
        return self._receipts


def _next_number(draft: Draft, last: int) -> int:
    expected = last + (draft.lost or 1)
    if draft.number is None or draft.number == expected:
        return expected
    if draft.number <= last:
        raise LedgerError(
            f"source {draft.source}: number {draft.number} is taken already, its last is {last}; "
            "an entry whose receipt got lost is in the log: look it up"
        )
    raise LedgerError(
        f"source {draft.source}: found number {draft.number}, expected {expected}; "
        "what was lost between goes into a gap entry"
    )
