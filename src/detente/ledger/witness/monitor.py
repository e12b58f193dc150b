"""Watching a log: whether what it shows today continues what it showed before, to us or to others."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from detente.ledger.formats.keys import PublicKey
from detente.ledger.witness.compare import Comparison, Relation, compare
from detente.ledger.witness.evidence import Evidence
from detente.ledger.witness.seen import Seen, SeenFile
from detente.ledger.witness.views import SignedHead, View, signed_head

__all__ = ["Finding", "Verdict", "compare_views", "watch"]


class Verdict(StrEnum):
    """What a look at a log ends with."""

    FIRST = "first"
    """Nothing was known before: kept from now on."""
    SAME = "same"
    """Nothing new."""
    GROWN = "grown"
    """It continues what was seen."""
    STALE = "stale"
    """Nothing new for longer than was said to be right: withheld, or asleep."""
    TRUNCATED = "truncated"
    """Signed, and smaller than what was seen: the tail is gone, or an old checkpoint is shown again."""
    FORK = "fork"
    """Signed, and in contradiction to what was signed before: evidence."""
    UNPROVEN = "unproven"
    """Larger, but its tiles do not show that it continues what was seen."""

    @property
    def is_good(self) -> bool:
        """Whether nobody has to be told."""
        return self in {Verdict.FIRST, Verdict.SAME, Verdict.GROWN}


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at a log."""

    verdict: Verdict
    why: str
    """A sentence for a person."""
    head: SignedHead
    """What the log shows."""
    evidence: Evidence | None = None
    """Of a fork."""


def compare_views(first: View, second: View, keys: Sequence[PublicKey]) -> Comparison:
    """Compare what two places show of one log. Raises LedgerError where a head cannot be read, ProofError where it is not signed."""
    return compare(signed_head(first.note(), keys), first, signed_head(second.note(), keys), second)


def watch(
    view: View,
    keys: Sequence[PublicKey],
    seen: Path,
    *,
    max_age: float | None = None,
    clock: Callable[[], float] = time.time,
) -> Finding:
    """Compare what a log shows with what it showed last, and keep what continues it.

    Parameters
    ----------
    view
        The log, newly opened.
    keys
        Its public keys.
    seen
        The file in which the last head is kept.
    max_age
        Seconds after which nothing new is `stale`; None for never.
    clock
        POSIX seconds.

    Raises
    ------
    LedgerError
        The log's head or the file cannot be read, or the file cannot be written: then nothing was concluded.
    ProofError
        A head is not signed by the log.

    """
    file = SeenFile(seen)
    with file.alone():
        last = file.read(keys)
        head = signed_head(view.note(), keys)
        now = int(clock())
        if last is None:
            file.keep(Seen(head, now))
            return Finding(Verdict.FIRST, f"{head.checkpoint.size:,} entries: kept from now on", head)
        found = compare(last.head, None, head, view)
        if found.relation is Relation.AHEAD:
            file.keep(Seen(head, now))
        return _finding(found, head, last, now, max_age)


def _finding(found: Comparison, head: SignedHead, last: Seen, now: int, max_age: float | None) -> Finding:
    before, size = last.head.checkpoint.size, head.checkpoint.size
    if found.relation is Relation.FORK:
        return Finding(Verdict.FORK, found.why, head, found.evidence)
    if size < before:
        why = f"signed for {size:,} entries, {before:,} were signed before: {before - size:,} are cut off, or an old checkpoint is shown"
        return Finding(Verdict.TRUNCATED, why, head)
    if found.relation is Relation.UNPROVEN:
        return Finding(Verdict.UNPROVEN, found.why, head)
    if found.relation is Relation.AHEAD:
        return Finding(Verdict.GROWN, found.why, head)
    age = now - last.since
    if max_age is not None and age > max_age:
        return Finding(
            Verdict.STALE,
            f"still {size:,} entries after {age:,} s, expected more within {max_age:,.0f} s",
            head,
        )
    return Finding(Verdict.SAME, f"still {size:,} entries", head)
