"""Payloads that are not there, and whether an erasure says why."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from detente.errors import FormatError
from detente.ledger.check.findings import Finding, Findings, Verdict
from detente.ledger.formats.entry import Entry, Kind
from detente.ledger.formats.statements import Erased, Sealed

__all__ = ["Look", "Payloads", "Presence"]


class Presence(StrEnum):
    """What is found where a payload should be."""

    PRESENT = "present"
    ABSENT = "absent"
    FALSE = "something else"


Look = Callable[[bytes, Sealed | None], Presence]
"""Tells of a commitment, and of the whole statement where that is known, what is there of its payload."""


class Payloads:
    """Takes `sealed` and `erased` entries as they go by. Memory is the payloads that are missing and not yet explained.

    Parameters
    ----------
    findings
        Where it puts what it finds.
    look
        Tells what is there of a payload; None where payloads are not looked at.

    """

    def __init__(self, findings: Findings, look: Look | None = None) -> None:
        self._findings = findings
        self._look = look
        self._missing: dict[int, tuple[bytes, str, int]] = {}
        """By index: commitment, source and number."""
        self.erased = 0
        """Payloads that are gone, and an entry says why."""

    def take(self, index: int, entry: Entry) -> None:
        """Take in an entry of either kind."""
        try:
            if entry.kind is Kind.SEALED:
                self._sealed(index, entry, Sealed.parse(entry.body))
            elif entry.kind is Kind.ERASED:
                self._erased(index, Erased.parse(entry.body))
        except FormatError as error:
            self._add(Verdict.FALSE, index, str(error))

    def finish(self) -> Iterator[Finding]:
        """Yield what is left to say when the log has ended: of each payload that is missing without a word."""
        for index, (_, source, number) in self._missing.items():
            yield Finding(
                verdict=Verdict.WITHHELD,
                sentence=f"the payload of entry {index}, number {number} of {source}, is not shown, and no erasure says why",
                evidence=(f"entry {index} seals it",),
                source=source,
                first=number,
                last=number,
            )

    def _sealed(self, index: int, entry: Entry, sealed: Sealed) -> None:
        presence = Presence.PRESENT if self._look is None else self._look(sealed.commitment, sealed)
        if presence is Presence.ABSENT:
            self._missing[index] = sealed.commitment, entry.source, entry.number
        elif presence is Presence.FALSE:
            self._add(Verdict.DELETED, index, "its payload is gone: something else is in its place")

    def _erased(self, index: int, erased: Erased) -> None:
        missing = self._missing.get(erased.entry)
        if erased.entry >= index:
            self._add(
                Verdict.FALSE, index, f"it says that entry {erased.entry} is erased, which comes after it"
            )
        elif missing is not None and missing[0] != erased.commitment:
            self._add(Verdict.FALSE, index, f"it erases another payload than entry {erased.entry} seals")
        elif missing is not None:
            del self._missing[erased.entry]
            self.erased += 1
        elif self._look is not None and self._look(erased.commitment, None) is not Presence.ABSENT:
            self._add(
                Verdict.FALSE,
                index,
                f"it says that the payload of entry {erased.entry} is erased, and it is still there",
            )

    def _add(self, verdict: Verdict, index: int, sentence: str) -> None:
        self._findings.add(
            Finding(verdict=verdict, sentence=f"entry {index}: {sentence}", evidence=(f"entry {index}",))
        )

    # --- saving ---------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        missing = [[index, x[0].hex(), x[1], x[2]] for index, x in self._missing.items()]
        return {"missing": missing, "erased": self.erased}

    def load(self, saved: dict[str, Any]) -> None:
        """Take in what `save` gave."""
        self.erased = saved["erased"]
        self._missing = {
            index: (bytes.fromhex(commitment), source, number)
            for index, commitment, source, number in saved["missing"]
        }
