"""Auditing a folder: bundles from the disk into `check.audit`, in one pass, going on where an earlier one ended."""

from collections.abc import Callable
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.check.audit import Audit, Report
from detente.ledger.check.claims import Claims
from detente.ledger.check.findings import Verdict
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import verify_checkpoint
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.tiles import TILE_HEIGHT, TILE_WIDTH, width_at
from detente.ledger.store.disk import Disk
from detente.ledger.store.payloads import Payloads
from detente.ledger.store.reader import Reader

__all__ = ["audit_folder"]

_SAVED_EVERY = 4096
"""Bundles, about a million entries, after which the state is kept."""


def audit_folder(
    path: str | Path,
    trust: Trust,
    *,
    claims: Claims | None = None,
    state: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Audit what a ledger's folder shows, and return the verdict.

    Parameters
    ----------
    path
        The folder, or any other in the form of tlog-tiles.
    trust
        Whom to believe; of the log at least its first key.
    claims
        What others hold of it, checked.
    state
        A file that keeps how far the audit came, so that the next one goes on from there; of one that is interrupted,
        up to the last million entries.
    progress
        Is told how many entries were taken in.

    Raises
    ------
    LedgerError
        Nothing can be read, or the log is not one that is trusted.
    FormatError, ProofError
        The head is none, or is not signed and seen as it must be.

    """
    reader = Reader(Path(path))
    note = reader.note()
    checkpoint = parse_checkpoint(note.text)
    history = trust.histories.get(checkpoint.origin)
    if history is None:
        raise LedgerError(f"{path}: is the log {checkpoint.origin}, and no key of it was given")
    look = Payloads(Path(path)).look if (Path(path) / "payloads").is_dir() else None
    audit = Audit(history, claims, look)
    if state is not None and state.exists():
        audit = Audit.load(state.read_bytes(), claims, look)
        if audit.size > checkpoint.size:
            raise LedgerError(
                f"{path}: shows {checkpoint.size} entries, and {audit.size} were audited before ({state}): its tail is cut off"
            )
        progress(audit.size)
    _take(audit, reader, checkpoint.size, state, progress)
    if state is not None:
        Disk().replace_file(state, audit.save())
    verify_checkpoint(bytes(note), trust.knowing(audit.history))
    report = audit.finish(checkpoint)
    if Verdict.DELETED in report.findings.counts and state is None:
        return _look_closely(reader, Audit(history, claims, look), checkpoint.size).finish(checkpoint)
    return report


def _take(
    audit: Audit, reader: Reader, size: int, state: Path | None, progress: Callable[[int], None]
) -> None:
    while audit.size < size:
        index, inside = divmod(audit.size, TILE_WIDTH)
        width = width_at(0, index, size)
        try:
            entries = reader.bundle(index, width)
        except LedgerError:  # not there, or no bundle: the tree may still hold the hashes
            hidden: list[bytes | None] = [None] * (width - inside)
            audit.take_against(hidden, reader.tile(0, index, width)[inside:])
        else:
            audit.take(entries[inside:])
        progress(width - inside)
        if state is not None and index % _SAVED_EVERY == _SAVED_EVERY - 1:
            Disk().replace_file(state, audit.save())


def _look_closely(reader: Reader, audit: Audit, size: int) -> Audit:
    """Hold every entry against the tile beside it, so that what was changed gets its name."""
    for index in range((size + TILE_WIDTH - 1) >> TILE_HEIGHT):
        width = width_at(0, index, size)
        try:
            entries: list[bytes | None] = [*reader.bundle(index, width)]
        except LedgerError:
            entries = [None] * width
        audit.take_against(entries, reader.tile(0, index, width))
    return audit
