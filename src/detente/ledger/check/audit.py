"""The audit of a whole log: bundles in, a verdict out, in one pass and with memory that does not grow with the log.

The root is made anew from the entries, keys are followed from those that were given, sources are counted, every index is made anew,
and what others hold of the log is held against it. An audit can be saved between bundles and go on later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.check.claims import Claims, Head
from detente.ledger.check.completeness import Account, Completeness
from detente.ledger.check.findings import Finding, Findings, Verdict
from detente.ledger.check.indices import Indices
from detente.ledger.check.keys import KeyHistory
from detente.ledger.check.payloads import Look, Payloads
from detente.ledger.check.saved import decode_state, encode_state
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.entry import LEDGER, Entry, Kind
from detente.ledger.formats.tree import Frontier

__all__ = ["Audit", "Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit comes to."""

    checkpoint: Checkpoint
    findings: Findings
    accounts: Mapping[str, Account]
    """By source."""
    history: KeyHistory
    """Of the log's keys: what a verifier of single proofs should know (`Trust.knowing`)."""
    indexed: int | None
    """Up to which entry indices cover the log; None where there are none."""
    erased: int
    """Payloads that are gone, and an entry says why."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found that breaks a promise."""
        return not self.findings.accuses


class Audit:
    """Takes a log from its beginning, entry by entry.

    Parameters
    ----------
    history
        The log's keys, as far as they were given.
    claims
        What others hold of the log, checked.
    look
        Tells what is there of a payload; None where payloads are not looked at.

    """

    def __init__(self, history: KeyHistory, claims: Claims | None = None, look: Look | None = None) -> None:
        self.history = KeyHistory.load(history.save())  # what was given stays as it is
        self.findings = Findings()
        self._claims = claims or Claims()
        self._tree = Frontier()
        self._completeness = Completeness(self.history, self._claims, self.findings)
        self._indices = Indices(self.findings)
        self._payloads = Payloads(self.findings, look)
        self._waiting: list[tuple[int, Entry]] = []
        """Index entries, until the rows before them have been taken in."""
        self._whole = True
        """Whether nothing broke off in the middle of what was taken in."""
        self._grow([])

    @property
    def size(self) -> int:
        """Entries taken in."""
        return self._tree.size

    @property
    def root(self) -> bytes:
        """The root over them."""
        return self._tree.root()

    def take(self, entries: Sequence[bytes]) -> list[bytes]:
        """Take in the next entries, and return their hashes."""
        self._whole = False
        start = self._tree.size
        leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
        self._claims.see(start, leaves)
        places = self._completeness.take(start, entries, self._special)
        self._indices.take(start, places, leaves)
        self._grow(leaves)
        self._check_waiting()
        self._whole = True
        return leaves

    def take_against(self, entries: Sequence[bytes | None], leaves: Sequence[bytes]) -> None:
        """Take in the next entries where not all are shown: None, or something else than the tree holds.

        Parameters
        ----------
        entries
            What is shown.
        leaves
            The hashes that the tree holds in their places, from its tiles.

        """
        for entry, leaf in zip(entries, leaves, strict=True):
            index = self._tree.size
            if entry is not None and sha256(b"\x00" + entry).digest() == leaf:
                self.take([entry])
                continue
            self._whole = False
            self._completeness.hide(index)
            self._claims.see(index, [leaf], {index})
            self._indices.take(index, [None], [leaf])
            self._grow([leaf])
            shown = "are not shown" if entry is None else "are not those that are shown"
            self.findings.add(
                Finding(
                    verdict=Verdict.WITHHELD,
                    sentence=f"entry {index}: the tree holds its hash, and the bytes to it {shown}",
                    evidence=(f"hash of entry {index}: {leaf.hex()}",),
                )
            )
            self._whole = True

    def finish(self, checkpoint: Checkpoint) -> Report:
        """Return the verdict on the log as it is now; more can be taken in afterwards.

        Parameters
        ----------
        checkpoint
            The head that was shown with the entries, its signatures checked (`verify_checkpoint`).

        Raises
        ------
        LedgerError
            More entries were taken in than it covers, which nobody has signed.

        """
        if checkpoint.size < self.size:
            raise LedgerError(
                f"audit: found {self.size} entries, expected the {checkpoint.size} of the signed head"
            )
        findings = self.findings.copy()
        head = Claims([Head(checkpoint.size, checkpoint.root, "the log itself")])
        if checkpoint.size == self.size:
            findings.extend(head.see_root(self.size, self._tree.root()))
        findings.extend(head.finish(self.size, lambda _: (0, False)))
        findings.extend(self._completeness.finish(self.size))
        findings.extend(self._payloads.finish())
        accounts = {name.decode(): account for name, account in self._completeness.accounts.items()}
        return Report(
            checkpoint, findings, accounts, self.history, self._indices.covered, self._payloads.erased
        )

    # --- one entry ------------------------------------------------------------------------------

    def _special(self, index: int, entry: Entry) -> None:
        """Take in what is more than a record."""
        if entry.kind is Kind.INDEX:
            self._waiting.append((index, entry))
        elif entry.kind is Kind.KEY:
            self._key(index, entry)
        else:
            self._payloads.take(index, entry)

    def _key(self, index: int, entry: Entry) -> None:
        if entry.source != LEDGER:
            self._false(index, f"a change of keys by {entry.source}, which only the ledger makes")
            return
        try:
            self.history.take(index, entry.body)
        except (FormatError, ProofError) as error:
            self._false(index, str(error))

    def _false(self, index: int, sentence: str) -> None:
        self.findings.add(
            Finding(
                verdict=Verdict.FALSE, sentence=f"entry {index}: {sentence}", evidence=(f"entry {index}",)
            )
        )

    def _check_waiting(self) -> None:
        for index, entry in self._waiting:
            self._indices.check(index, entry)
        self._waiting.clear()

    def _grow(self, leaves: list[bytes]) -> None:
        """Grow the tree, and stop wherever somebody holds a head."""
        tree, claims = self._tree, self._claims
        while (stop := claims.next_size()) is not None and stop <= tree.size + len(leaves):
            cut = stop - tree.size
            tree.extend(leaves[:cut])
            self.findings.extend(claims.see_root(stop, tree.root()))
            leaves = leaves[cut:]
        tree.extend(leaves)

    # --- going on later -------------------------------------------------------------------------

    def save(self) -> bytes:
        """Return all of it, with a digest against accidents; whoever can change it can change the digest too.

        Raises
        ------
        LedgerError
            An interrupt came while entries were being taken in: what was counted and what was hashed may differ by some.

        """
        if not self._whole:
            raise LedgerError("audit: it was interrupted among entries; go on from what was saved before")
        state = {
            "size": self._tree.size,
            "parts": [part.hex() for part in self._tree.parts],
            "history": self.history.save(),
            "findings": self.findings.save(),
            "claims": self._claims.save(),
            "completeness": self._completeness.save(),
            "indices": self._indices.save(),
            "payloads": self._payloads.save(),
        }
        return encode_state(state)

    @classmethod
    def load(cls, data: bytes, claims: Claims | None = None, look: Look | None = None) -> Self:
        """Return an audit that goes on where one was saved; it knows its claims, and takes further ones.

        Raises
        ------
        FormatError
            It is not what was saved.
        LedgerError
            One of the further claims is about what has gone by: begin anew.

        """
        state = decode_state(data)
        try:
            return cls._restore(state, claims, look)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"saved audit: found something else than was saved: {error!r}") from None

    @classmethod
    def _restore(cls, state: dict[str, Any], claims: Claims | None, look: Look | None) -> Self:
        held = Claims.load(state["claims"])
        if claims is not None:
            held = held.join(claims, state["size"])
        audit = cls(KeyHistory.load(state["history"]), held, look)
        audit._tree = Frontier(state["size"], [bytes.fromhex(part) for part in state["parts"]])
        audit.findings.restore(state["findings"])
        audit._completeness.load(state["completeness"])
        audit._indices.load(state["indices"])
        audit._payloads.load(state["payloads"])
        return audit
