"""What others hold of a log, against which it is checked: signed heads, receipts, and how far sources have counted.

All of it was checked by whoever hands it in (`verify`): here it is taken for the log's word. Memory is what they hold.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from detente.errors import LedgerError
from detente.ledger.check.findings import Finding, Verdict

__all__ = ["Claims", "Head", "KeptReceipt"]

_MOST_NAMED = 5  # pieces of evidence of one sort in one finding


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The log's signed word for a tree, in somebody's hands."""

    size: int
    root: bytes
    by: str
    """Who holds or cosigned it, as `witness east`: for the sentence that accuses."""

    def __str__(self) -> str:
        return f"signed head of size {self.size}, root {self.root.hex()[:16]}, held by {self.by}"


@dataclass(frozen=True, slots=True, order=True)
class KeptReceipt:
    """That the log acknowledged an entry: its proof was checked when it was handed in."""

    index: int
    source: str
    number: int
    leaf: bytes
    """The hash of the entry."""
    head: Head
    """Of the tree the proof leads to."""

    def __str__(self) -> str:
        return f"receipt for number {self.number} of {self.source} as entry {self.index}, in the {self.head}"


_THERE, _HIDDEN, _REPLACED, _BEYOND = "there", "hidden", "replaced", "beyond"
_MEANING = {
    _THERE: (Verdict.DELETED, "the entry is there, and the numbers around it are not"),
    _HIDDEN: (Verdict.WITHHELD, "the tree holds its hash, and its bytes are not shown"),
    _REPLACED: (Verdict.DELETED, "something else is there"),
    _BEYOND: (Verdict.TRUNCATED, "that comes only later"),
}


class Claims:
    """Heads and receipts, ticked off as the log goes by.

    Parameters
    ----------
    heads, receipts
        What others hold. The head of a receipt counts as one of the heads.
    sent
        By source, how far it has counted, acknowledged or not.

    """

    def __init__(
        self,
        heads: Iterable[Head] = (),
        receipts: Iterable[KeptReceipt] = (),
        sent: Mapping[str, int] | None = None,
    ) -> None:
        self.receipts = sorted(set(receipts))
        self.heads = sorted({*heads, *(receipt.head for receipt in self.receipts)})
        self.sent = dict(sent or {})
        self._heads_seen = 0
        self._states: list[str] = []
        """Of the receipts that the log has gone by."""
        self._told: set[int] = set()
        """Receipts, by place, that a finding about a hole has named."""
        self._numbers: dict[str, list[tuple[int, int]]] = {}
        """By source, numbers and places of receipts."""
        for place, receipt in enumerate(self.receipts):
            self._numbers.setdefault(receipt.source, []).append((receipt.number, place))
        for numbers in self._numbers.values():
            numbers.sort()

    def copy(self) -> "Claims":
        """Return the same claims, none of them ticked off."""
        return Claims(self.heads, self.receipts, self.sent)

    # --- as the log goes by ---------------------------------------------------------------------

    def next_size(self) -> int | None:
        """Return the size at which the next root is to be shown to `see_root`."""
        return self.heads[self._heads_seen].size if self._heads_seen < len(self.heads) else None

    def see_root(self, size: int, root: bytes) -> Iterator[Finding]:
        """Compare the root of the first `size` entries with what is held, and yield what contradicts it."""
        while self.next_size() == size:
            head = self.heads[self._heads_seen]
            self._heads_seen += 1
            if head.root != root:
                yield Finding(
                    verdict=Verdict.DELETED,
                    sentence=f"the log signed a head of size {size} that {head.by} holds, and the entries shown have another "
                    "root: some of the first were changed, removed or put in afterwards",
                    evidence=(str(head), f"root of the entries shown: {root.hex()}"),
                )

    def see(self, start: int, leaves: Sequence[bytes], hidden: Collection[int] = ()) -> None:
        """Compare the hashes of entries from index `start` on with the receipts; `hidden` are indices that are not shown."""
        end = start + len(leaves)
        while len(self._states) < len(self.receipts):
            receipt = self.receipts[len(self._states)]
            if receipt.index >= end:
                break
            if receipt.index < start or leaves[receipt.index - start] != receipt.leaf:
                self._states.append(_REPLACED)
            else:
                self._states.append(_HIDDEN if receipt.index in hidden else _THERE)

    def about(self, source: str, first: int, last: int, before: int) -> tuple[set[Verdict], list[str]]:
        """Return what receipts say of a hole in the numbers of a source, found at entry `before`: verdicts, and the evidence for them."""
        verdicts: set[Verdict] = set()
        evidence: list[str] = []
        numbers = self._numbers.get(source, [])
        for number, place in numbers[bisect_left(numbers, (first, 0)) :]:
            if number > last:
                break
            receipt = self.receipts[place]
            verdict, meaning = self._meaning(place) if receipt.index <= before else _MEANING[_BEYOND]
            verdicts.add(verdict)
            evidence.append(f"{receipt}: {meaning}")
            self._told.add(place)
        return verdicts, evidence[:_MOST_NAMED]

    def _meaning(self, place: int) -> tuple[Verdict, str]:
        return _MEANING[self._states[place] if place < len(self._states) else _BEYOND]

    # --- at the end -----------------------------------------------------------------------------

    def finish(self, size: int, tail: Callable[[str], tuple[int, bool]]) -> Iterator[Finding]:
        """Yield what is left to say when the log that is shown has ended.

        Parameters
        ----------
        size
            Entries in the tree.
        tail
            By source: its last number in the log, and whether entries that are not shown come after it.

        """
        longer = [head for head in self.heads[self._heads_seen :] if head.size > size]
        if longer:
            most = longer[-1].size
            yield Finding(
                verdict=Verdict.TRUNCATED,
                sentence=f"the log signed a head of size {most}, and {size} entries are shown: the last {most - size} are cut off",
                evidence=tuple(map(str, longer[-_MOST_NAMED:])),
            )
        for place, state in enumerate(self._states):
            if place not in self._told and state != _THERE:
                yield self._alone(place)
        for source in sorted({*self._numbers, *self.sent}):
            last, hidden = tail(source)
            yield from self._beyond(source)
            yield from self._unheld(source, last, uncertain=hidden or bool(longer))

    def _alone(self, place: int) -> Finding:
        receipt = self.receipts[place]
        verdict, meaning = self._meaning(place)
        return Finding(
            verdict=verdict,
            sentence=f"number {receipt.number} of {receipt.source} was acknowledged as entry {receipt.index}: {meaning}",
            evidence=(str(receipt),),
            source=receipt.source,
            first=receipt.number,
            last=receipt.number,
        )

    def _beyond(self, source: str) -> Iterator[Finding]:
        """Yield which numbers of a source were acknowledged and lie in the tail that was cut off."""
        beyond = [
            (number, place) for number, place in self._numbers.get(source, ()) if place >= len(self._states)
        ]
        for first, last in _runs([number for number, _ in beyond]):
            named = [str(self.receipts[place]) for number, place in beyond if first <= number <= last]
            yield Finding(
                verdict=Verdict.TRUNCATED,
                sentence=f"{source} holds receipts for its numbers {first} to {last}, and the log that is shown ends before them",
                evidence=tuple(named[:_MOST_NAMED]),
                source=source,
                first=first,
                last=last,
            )

    def _unheld(self, source: str, in_log: int, *, uncertain: bool) -> Iterator[Finding]:
        """Yield which numbers after its last in the log a source has sent without a receipt."""
        sent = self.sent.get(source, 0)
        held = [number for number, _ in self._numbers.get(source, ())]
        verdict = Verdict.UNCHECKED if uncertain else Verdict.NEVER_ACKNOWLEDGED
        why = "whether they are in what is not shown cannot be told" if uncertain else "no promise was broken"
        for first, last in _gaps(in_log + 1, sent, held):
            yield Finding(
                verdict=verdict,
                sentence=f"{source} sent its numbers {first} to {last} and holds no receipt for them, and the log that is shown "
                f"does not have them: {why}",
                evidence=(f"{source} says that it has counted to {sent}; its last in the log is {in_log}",),
                source=source,
                first=first,
                last=last,
            )

    # --- going on later -------------------------------------------------------------------------

    def join(self, more: "Claims", size: int) -> "Claims":
        """Return these claims with further ones, when the log has gone by up to `size`.

        Raises
        ------
        LedgerError
            One of them is about what has gone by.

        """
        late = [str(head) for head in more.heads if head.size <= size and head not in self.heads]
        late += [str(x) for x in more.receipts if x.index < size and x not in self.receipts]
        if late:
            raise LedgerError(
                f"{late[0]}: the audit has gone by {size} entries already; start anew to check this"
            )
        sent = {source: max(self.sent.get(source, 0), number) for source, number in more.sent.items()}
        joined = Claims((*self.heads, *more.heads), (*self.receipts, *more.receipts), {**self.sent, **sent})
        joined._heads_seen, joined._states, joined._told = (
            self._heads_seen,
            list(self._states),
            set(self._told),
        )
        return joined

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        places = {head: place for place, head in enumerate(self.heads)}
        return {
            "heads": [[head.size, head.root.hex(), head.by] for head in self.heads],
            "receipts": [[x.index, x.source, x.number, x.leaf.hex(), places[x.head]] for x in self.receipts],
            "sent": self.sent,
            "heads_seen": self._heads_seen,
            "states": self._states,
            "told": sorted(self._told),
        }

    @classmethod
    def load(cls, saved: dict[str, Any]) -> Self:
        """Return what `save` gave."""
        heads = [Head(size, bytes.fromhex(root), by) for size, root, by in saved["heads"]]
        receipts = [
            KeptReceipt(index, source, number, bytes.fromhex(leaf), heads[place])
            for index, source, number, leaf, place in saved["receipts"]
        ]
        claims = cls(heads, receipts, saved["sent"])
        claims._heads_seen = saved["heads_seen"]
        claims._states = saved["states"]
        claims._told = set(saved["told"])
        return claims


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each stretch of neighbouring numbers, which come sorted."""
    run: tuple[int, int] | None = None
    for number in numbers:
        if run and number <= run[1] + 1:
            run = run[0], number
        else:
            if run:
                yield run
            run = number, number
    if run:
        yield run


def _gaps(first: int, last: int, held: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each stretch of [first, last] without numbers that are held, which come sorted."""
    for number in held:
        if number > last:
            break
        if number > first:
            yield first, number - 1
        first = max(first, number + 1)
    if first <= last:
        yield first, last
