"""What a check found: each finding with its verdict, the evidence for it, and one sentence in plain words."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

__all__ = ["MOST_KEPT", "Finding", "Findings", "Verdict"]

MOST_KEPT = 1000
"""Findings of one verdict that are kept in full; more are counted only, so that a ruined log does not fill the memory."""


class Verdict(StrEnum):
    """What became of something that was said, or should have been (docs/reference/completeness.md)."""

    DROPPED = "dropped"
    """It was lost, and a signed gap says so."""
    WITHHELD = "withheld"
    """The tree holds it, and it is not shown."""
    DELETED = "deleted"
    """It should be there and is not, or something else is in its place."""
    TRUNCATED = "truncated tail"
    """Somebody holds the log's word for a longer log than the one that is shown."""
    NEVER_ACKNOWLEDGED = "never acknowledged"
    """It was sent, and nobody holds the log's word for it: no promise was broken."""
    UNFINISHED = "unfinished session"
    """A source did not say that it ended: it goes on, or it died."""
    FALSE = "false statement"
    """An entry is in the log that is not what it says it is."""
    UNCHECKED = "unchecked"
    """It cannot be told with the keys and the entries at hand."""

    @property
    def accuses(self) -> bool:
        """Whether somebody broke a promise."""
        return self in _ACCUSING


_ACCUSING = {Verdict.WITHHELD, Verdict.DELETED, Verdict.TRUNCATED, Verdict.FALSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found."""

    verdict: Verdict
    sentence: str
    evidence: tuple[str, ...] = ()
    """What it rests on: entries, receipts, signed heads, each named so that it can be looked up."""
    source: str = ""
    """Whose numbers it is about; empty where it is about none."""
    first: int = 0
    last: int = 0
    """Numbers of that source, both included."""

    @property
    def numbers(self) -> int:
        """How many numbers of the source it is about."""
        return self.last - self.first + 1 if self.source and self.first else 0

    def __str__(self) -> str:
        return f"{self.verdict}: {self.sentence}"


class Findings:
    """What was found so far, in the order in which it was found."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[Verdict] = Counter()
        """Findings of each verdict, those that were not kept included."""
        self.numbers: Counter[Verdict] = Counter()
        """Numbers of sources that they are about."""

    def add(self, finding: Finding) -> None:
        """Take in one more."""
        self.counts[finding.verdict] += 1
        self.numbers[finding.verdict] += finding.numbers
        if self.counts[finding.verdict] <= MOST_KEPT:
            self.kept.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take in several."""
        for finding in findings:
            self.add(finding)

    @property
    def accuses(self) -> bool:
        """Whether any of them says that a promise was broken."""
        return any(verdict.accuses for verdict in self.counts)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)

    def copy(self) -> "Findings":
        """Return one that grows apart from this."""
        other = Findings()
        other.kept, other.counts, other.numbers = list(self.kept), self.counts.copy(), self.numbers.copy()
        return other

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "kept": [asdict(finding) for finding in self.kept],
            "counts": dict(self.counts),
            "numbers": dict(self.numbers),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Become what `save` gave."""
        self.kept = [_load(row) for row in saved["kept"]]
        self.counts = Counter({Verdict(verdict): count for verdict, count in saved["counts"].items()})
        self.numbers = Counter({Verdict(verdict): count for verdict, count in saved["numbers"].items()})


def _load(row: dict[str, Any]) -> Finding:
    told = {"verdict": Verdict(row["verdict"]), "evidence": tuple(row["evidence"])}
    return Finding(**{**row, **told})
