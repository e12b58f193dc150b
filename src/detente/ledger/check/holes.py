"""The words for what is missing between two entries of a source, and the rules that choose them."""

from collections.abc import Sequence

from detente.errors import ProofError
from detente.ledger.check.findings import Finding, Verdict
from detente.ledger.formats.entry import Entry
from detente.ledger.formats.keys import PublicKey
from detente.ledger.formats.signed_statements import Gap

__all__ = ["check_gap", "lost", "missing", "restarted"]


def check_gap(gap: Gap, entry: Entry, origin: str) -> None:
    """See that a gap is about the entry that it stands in. Raises ProofError."""
    if (gap.origin, gap.source, gap.last) != (origin, entry.source, entry.number):
        raise ProofError(
            f"its gap is of {gap.source} up to number {gap.last} in {gap.origin}, "
            f"and the entry of {entry.source}, number {entry.number}, in {origin}"
        )


def lost(index: int, gap: Gap, signers: Sequence[PublicKey]) -> Finding:
    """Return what a gap is worth: its numbers are dropped where somebody who may say so has signed it, and gone otherwise."""
    numbers = _numbers(gap.source, gap.first, gap.last)
    if signers:
        verdict, sentence = (
            Verdict.DROPPED,
            f"{numbers} were lost, and {signers[0].name} says so: {gap.reason}",
        )
    else:
        verdict = Verdict.DELETED
        sentence = (
            f"{numbers} are gone: an entry says they were lost, and no key that was in force signed that"
        )
    return Finding(
        verdict=verdict,
        sentence=sentence,
        evidence=(f"entry {index}, a gap of {gap.count}", *(f"signed by {key}" for key in signers)),
        source=gap.source,
        first=gap.first,
        last=gap.last,
    )


def missing(source: str, first: int, last: int, evidence: tuple[str, ...], *, hidden: bool) -> Finding:
    """Return what became of numbers that no gap takes: withheld where entries between are hidden, and gone otherwise."""
    numbers = _numbers(source, first, last)
    if hidden:
        verdict = Verdict.WITHHELD
        sentence = (
            f"{numbers} are not shown: the tree holds entries between that are not shown, and any may be they"
        )
    else:
        verdict, sentence = Verdict.DELETED, f"{numbers} are gone, and no gap says that they were lost"
    return Finding(
        verdict=verdict, sentence=sentence, evidence=evidence, source=source, first=first, last=last
    )


def restarted(index: int, source: str, before: tuple[str, int, int], session: str) -> Finding:
    """Return that a session began and the one before it, (name, index and number of its last entry), did not end."""
    name, at, number = before
    return Finding(
        verdict=Verdict.UNFINISHED,
        sentence=f"{source} did not end its session {name} and began {session}: it died, or was started anew",
        evidence=(f"entry {at} is its last before, number {number}", f"entry {index} begins the next"),
        source=source,
    )


def _numbers(source: str, first: int, last: int) -> str:
    return f"number {first} of {source}" if first == last else f"numbers {first} to {last} of {source}"
