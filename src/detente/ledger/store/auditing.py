"""Auditing a folder: bundles from the disk into `check.audit`, in one pass, going on where an earlier one ended."""

from collections.abc import Callable, Iterator
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.check.audit import Audit, Report
from detente.ledger.check.claims import Claims
from detente.ledger.check.findings import Finding, Verdict
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import verify_checkpoint
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.note import parse_note
from detente.ledger.formats.tiles import TILE_HEIGHT, TILE_WIDTH, bundle_path, tile_path, width_at
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.disk import Disk
from detente.ledger.store.folder import Folder
from detente.ledger.store.journal import HEADER_SIZE
from detente.ledger.store.payloads import Payloads
from detente.ledger.store.reader import Reader
from detente.ledger.store.tiling import root_of_full

__all__ = ["audit_folder", "damaged_bundles"]

_MOST_TOLD = 100
"""Tiles of a kind that are named."""
_MOST_NAMED = 5
"""Entries of a bundle that are named."""
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
    reader, folder = Reader(Path(path)), Folder(Path(path))
    note = reader.note()
    checkpoint = parse_checkpoint(note.text)
    history = trust.histories.get(checkpoint.origin)
    if history is None:
        raise LedgerError(f"{path}: is the log {checkpoint.origin}, and no key of it was given")
    claims = claims or Claims()
    _require_published(folder, checkpoint, claims)
    # A bare mirror has no payloads to look for.
    ours = folder.head.exists() or (folder.path / "payloads").is_dir()
    look = Payloads(folder.path).look if ours else None
    audit = Audit(history, claims.copy(), look)
    if state is not None and state.exists():
        audit = Audit.load(state.read_bytes(), claims.copy(), look)
        if audit.history.origin != checkpoint.origin:
            raise LedgerError(
                f"{state}: is of an audit of {audit.history.origin}, expected one of {checkpoint.origin}"
            )
        progress(min(audit.size, checkpoint.size))
    if audit.size > checkpoint.size:
        verify_checkpoint(bytes(note), trust.knowing(audit.history))
        return _cut_off(audit, checkpoint)
    start = audit.size
    differing = _take(audit, reader, checkpoint.size, state, progress)
    if state is not None:
        Disk().replace_file(state, audit.save())
    verify_checkpoint(bytes(note), trust.knowing(audit.history))
    report = audit.finish(checkpoint)
    if differing and audit.root != checkpoint.root and state is None:
        closer = _look_closely(reader, Audit(history, claims.copy(), look), checkpoint.size)
        return closer.finish(checkpoint)
    report.findings.extend(map(_false_tile, (*differing, *_higher_tiles(reader, start, checkpoint.size))))
    return report


def damaged_bundles(path: Path, size: int) -> Iterator[str]:
    """Yield each file whose entries are not those that the tiles hold, with what is wrong: for whoever keeps the files and can mend them.

    Raises
    ------
    LedgerError
        A tile cannot be read.

    """
    reader = Reader(path)
    for index in range((size + TILE_WIDTH - 1) >> TILE_HEIGHT):
        width, first = width_at(0, index, size), index << TILE_HEIGHT
        where, leaves = bundle_path(index, width), reader.tile(0, index, width)
        try:
            entries = reader.bundle(index, width)
        except LedgerError as error:
            is_there = (path / where).exists()
            said = str(error).removeprefix(f"{path}/") if is_there else f"{where}: found nothing there"
            yield f"{path / said}; entries {first:,} to {first + width - 1:,} belong there"
            continue
        wrong = [first + at for at in range(width) if leaf_hash(entries[at]) != leaves[at]]
        if wrong:
            named = ", ".join(f"{entry:,}" for entry in wrong[:_MOST_NAMED])
            more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
            yield f"{path / where}: not what was signed: entries {named}{more}"


def _require_published(folder: Folder, checkpoint: Checkpoint, claims: Claims) -> None:
    """See that no claim is about entries that are durable here and not published yet: they would look cut off."""
    beyond = max([head.size for head in claims.heads], default=0) > checkpoint.size
    if beyond and folder.journal.exists() and folder.head.exists():
        head = parse_checkpoint(parse_note(folder.head.read_bytes()).text)
        if head.size > checkpoint.size or folder.journal.stat().st_size > HEADER_SIZE:
            raise LedgerError(
                f"{folder.path}: its writer has not published what it took in last; do it first: "
                f"detente ledger publish {folder.path}"
            )


def _cut_off(audit: Audit, checkpoint: Checkpoint) -> Report:
    findings = audit.findings.copy()
    findings.add(
        Finding(
            verdict=Verdict.TRUNCATED,
            sentence=f"{audit.size} entries were audited before, and {checkpoint.size} are shown: the last "
            f"{audit.size - checkpoint.size} are cut off",
            evidence=(f"saved audit of size {audit.size}, root {audit.root.hex()[:16]}",),
        )
    )
    return Report(checkpoint, findings, {}, audit.history, None, 0)


def _take(
    audit: Audit, reader: Reader, size: int, state: Path | None, progress: Callable[[int], None]
) -> list[str]:
    """Take in all entries, and return the tiles beside them that hold other hashes."""
    differing: list[str] = []
    while audit.size < size:
        index, inside = divmod(audit.size, TILE_WIDTH)
        width = width_at(0, index, size)
        try:
            entries = reader.bundle(index, width)
        except LedgerError:  # not there, or no bundle: the tree may still hold the hashes
            hidden: list[bytes | None] = [None] * (width - inside)
            audit.take_against(hidden, reader.tile(0, index, width)[inside:])
        else:
            leaves = audit.take(entries[inside:])
            if len(differing) < _MOST_TOLD and not _is_tile(reader, 0, index, leaves, inside):
                differing.append(tile_path(0, index, width))
        progress(width - inside)
        if state is not None and index % _SAVED_EVERY == _SAVED_EVERY - 1:
            Disk().replace_file(state, audit.save())
    return differing


def _is_tile(reader: Reader, level: int, index: int, hashes: list[bytes], inside: int = 0) -> bool:
    """Tell whether a tile holds these hashes from its place `inside` on."""
    try:
        return reader.tile(level, index, inside + len(hashes))[inside:] == hashes
    except LedgerError:
        return False


def _higher_tiles(reader: Reader, start: int, size: int) -> Iterator[str]:
    """Yield the tiles above level 0, of those that entries from `start` on have a part in, that do not follow from those below."""
    level, told = 1, 0
    while size >> (TILE_HEIGHT * level) and told < _MOST_TOLD:
        first = start >> (TILE_HEIGHT * (level + 1))
        last = (size >> (TILE_HEIGHT * level)) - 1 >> TILE_HEIGHT
        for index in range(first, last + 1):
            width = width_at(level, index, size)
            below = [_root_below(reader, level - 1, (index << TILE_HEIGHT) + place) for place in range(width)]
            hashes = [root for root in below if root is not None]
            if len(hashes) == width and not _is_tile(reader, level, index, hashes):
                told += 1
                yield tile_path(level, index, width)
        level += 1


def _root_below(reader: Reader, level: int, index: int) -> bytes | None:
    try:
        return root_of_full(reader.tile(level, index, TILE_WIDTH))
    except LedgerError:
        return None  # told where its own level is looked at


def _false_tile(where: str) -> Finding:
    return Finding(
        verdict=Verdict.FALSE,
        sentence=f"{where} is not there, or does not hold the hashes of what lies below it: proofs that are made from it fail",
        evidence=(where,),
    )


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
