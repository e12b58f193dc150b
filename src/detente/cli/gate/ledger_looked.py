"""The ledger of a gate, looked over from outside: whether it is what was signed, and can be opened."""

import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from shlex import quote

from detente.errors import DetenteError

__all__ = ["Finding", "ledger"]

_MOST_AUDITED = 200_000
"""Entries of a ledger that are looked at without being asked to: some seconds."""

Finding = tuple[str, str, str]
"""(ok, warning or wrong; what was looked at; what was found)."""


def ledger(folder: Path, *, replayed: bool) -> Iterator[Finding]:
    """Look over the ledger in a gate's folder, with every entry derived anew where that is asked for."""
    from detente.gate.runtime import own_ledger

    place = folder / own_ledger.LEDGER
    try:
        if own_ledger.has_one(folder):
            own_ledger.check(folder)
        elif not place.is_dir():
            yield "ok", "ledger", "none yet: it is made when the gate is first served"
            return
        is_well = True
        for one in _derived(folder, place) if replayed else chain(_audited(place), _clock(place)):
            is_well &= one[0] != "wrong"
            yield one
        if is_well:
            own_ledger.rehearse(folder)  # what was not published yet lies in the journal
    except DetenteError as error:
        yield "wrong", "ledger", str(error)


def _derived(folder: Path, place: Path) -> Iterator[Finding]:
    """Look whether each entry follows from those before it."""
    from detente.gate.runtime.replaying import replay

    derived = replay(place)
    if derived.holds:
        yield "ok", "ledger", f"{derived.size:,} entries, each follows from those before it"
    elif derived.first is not None:
        yield (
            "wrong",
            "ledger",
            f"entry {derived.first.index} does not follow: detente gate replay {quote(str(folder))}",
        )


def _clock(place: Path) -> Iterator[Finding]:
    """Look whether the newest entry lies in the future: then time stands still for the gate."""
    from detente.gate.runtime.opening import clock_behind
    from detente.ledger.formats.checkpoint import parse_checkpoint
    from detente.ledger.formats.entry import parse_entry
    from detente.ledger.store.reader import Reader

    reader = Reader(place)
    size = parse_checkpoint(reader.note().text).size
    try:
        newest = [parse_entry(one).time for one in reader.entries(max(0, size - 1), size)]
    except DetenteError:  # it has been told, as a file of the ledger
        return
    behind = clock_behind(max(newest, default=0), time.time_ns())
    if behind is not None:
        told = f"this machine's is {behind} behind the newest entry: until it has come there, time stands still for the gate"
        yield "wrong", "clock", told


def _audited(place: Path) -> Iterator[Finding]:
    """Look whether the entries are those that were signed, and the tiles those of the entries; of a long ledger only who signed it."""
    from detente.ledger.check.findings import Verdict
    from detente.ledger.check.trust import Trust
    from detente.ledger.check.verify import verify_checkpoint
    from detente.ledger.store.auditing import audit_folder, damaged_bundles
    from detente.ledger.store.folder import Folder as LedgerFolder
    from detente.ledger.store.reader import Reader

    trust = Trust.by_keys(LedgerFolder(place).known_keys())
    checkpoint = verify_checkpoint(bytes(Reader(place).note()), trust).checkpoint
    if checkpoint.size > _MOST_AUDITED:
        found = f"{checkpoint.size:,} entries, the signed checkpoint holds; the entries were not looked at: use --replay"
        yield "warning", "ledger", found
        return
    report = audit_folder(place, trust)
    accusing = [one for one in report.findings if one.verdict.accuses]
    # Nobody withholds anything here: what is not as it was signed is a file to mend, told once, with all entries in it.
    hidden = any(one.verdict is Verdict.WITHHELD for one in accusing)
    damaged = list(damaged_bundles(place, report.checkpoint.size)) if hidden else []
    for one in damaged:
        yield "wrong", "ledger", f"{one}; put the file back from a copy"
    for finding in accusing:
        if not (damaged and finding.verdict is Verdict.WITHHELD):
            yield "wrong", "ledger", str(finding)
    if not accusing:
        yield "ok", "ledger", f"{report.checkpoint.size:,} entries, each is what was signed"
