"""What is in a ledger's folder, whatever happened to it: the tree as it stands, or a clear no.

Nothing here writes. What is whole is taken in, acknowledged or not, because it may have been signed; what is torn was never
acknowledged and is left out; anything else is damage.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from detente.errors import DamageError, FormatError, LedgerError, ProofError
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import parse_entry
from detente.ledger.formats.keys import PublicKey, signatures_by
from detente.ledger.formats.note import parse_note
from detente.ledger.formats.tiles import TILE_WIDTH
from detente.ledger.formats.tree import Frontier, perfect_parts
from detente.ledger.store.folder import Folder
from detente.ledger.store.journal import HEADER_SIZE, Group, read_header, replay
from detente.ledger.store.reader import Reader
from detente.ledger.store.sources import Sources
from detente.ledger.store.tiling import NOT_AS_SIGNED, differing, misfits

__all__ = ["State", "catch_up", "recover"]


@dataclass(slots=True)
class State:
    """A ledger as its writer knows it."""

    tree: Frontier
    sources: Sources
    counted: int
    """Entries that the file of sources covers."""
    waiting: list[bytes] = field(default_factory=list)
    """Entries in the journal that are in no tile yet."""
    leaves: list[bytes] = field(default_factory=list)
    """Their hashes."""
    weight: int = 0
    """Their bytes."""
    clean: bool = True
    """Whether the journal is as it began, or holds nothing but whole, committed groups."""

    def take(self, entries: Sequence[bytes], leaves: Sequence[bytes], grown: Frontier) -> None:
        """Count a group that is durable; its sources are counted by the caller."""
        self.waiting += entries
        self.leaves += leaves
        self.weight += sum(map(len, entries))
        self.tree = grown


def recover(folder: Folder, origin: str, keys: Sequence[PublicKey]) -> State:
    """Read the head, check it against the tiles, and take in what the journal holds beyond.

    Raises
    ------
    DamageError
        Something is not what was written, and entries that were acknowledged hang on it.

    """
    reader = Reader(folder.path)
    head = own_checkpoint(folder.head.read_bytes(), folder.head.name, origin, keys)
    try:
        tree = Frontier(head.size, [reader.node(*part, head.size) for part in perfect_parts(0, head.size)])
    except LedgerError as error:
        raise DamageError(f"{folder.path}: the tiles of the head cannot be read: {error}") from error
    _check_last(folder, reader, head)
    if tree.root() != head.root:
        raise DamageError(
            f"{folder.path}: the tiles do not lead to the root that was signed in {folder.head.name}"
        )
    journal = _journal(folder, head)
    counted, sources = _counted(folder, reader, head.size)
    state = State(tree, sources, counted)
    end = HEADER_SIZE
    for group in replay(journal, HEADER_SIZE, tree, str(folder.journal)):
        _take(state, group)
        end = group.end
    state.clean = len(journal) == HEADER_SIZE or end == len(journal)
    return state


def catch_up(state: State, journal: bytes) -> bool:
    """Take in what others wrote at the end of the journal since; False where it must be read from the beginning."""
    end = 0
    for group in replay(journal, 0, state.tree):
        if group.note is None:
            return False
        _take(state, group)
        end = group.end
    return end == len(journal)


def own_checkpoint(data: bytes, where: str, origin: str, keys: Sequence[PublicKey]) -> Checkpoint:
    """Read a checkpoint of this log that one of its keys has signed. Raises DamageError."""
    try:
        note = parse_note(data)
        known = [key for key in keys if signatures_by(note, key)]
        checkpoint = parse_checkpoint(note.text)
    except (FormatError, ProofError) as error:
        raise DamageError(f"{where}: is not what was written: {error}") from error
    if not known or checkpoint.origin != origin:
        raise DamageError(f"{where}: is not signed by a key of {origin}")
    return checkpoint


def _take(state: State, group: Group) -> None:
    grown = state.tree.copy()
    grown.extend(group.leaves)
    for entry in group.entries:
        state.sources.take(parse_entry(entry))
    state.take(group.entries, group.leaves, grown)


def _journal(folder: Folder, head: Checkpoint) -> bytes:
    try:
        data = folder.journal.read_bytes()
    except FileNotFoundError:
        raise DamageError(f"{folder.journal}: is gone, and with it what was acknowledged last") from None
    base = read_header(data, str(folder.journal))
    if base.size > head.size or (base.size == head.size and base.root != head.root):
        raise DamageError(
            f"{folder.journal}: begins at entry {base.size}, the head is at {head.size}: one of the two is older"
        )
    return data


def _check_last(folder: Folder, reader: Reader, head: Checkpoint) -> None:
    """See that the last bundle, which whoever writes goes on with, holds the entries that were signed."""
    size = head.size
    try:
        wrong = next(differing(reader, size - size % TILE_WIDTH, size), None)
        named = () if wrong is None else misfits(reader, size // TILE_WIDTH, size, head.root)
    except LedgerError as error:
        raise DamageError(f"{folder.path}: the last entries cannot be read: {error}") from error
    if named:
        raise DamageError(f"{' and '.join(str(folder.path / one) for one in named)}: {NOT_AS_SIGNED}")


def _counted(folder: Folder, reader: Reader, size: int) -> tuple[int, Sources]:
    """Return how far sources had counted at `size`, from the shortcut where it is whole and not beyond."""
    sources = Sources()
    with suppress(OSError, FormatError, ValueError):
        kept = Sources.parse(folder.sources.read_bytes())
        sources = kept if kept.size <= size else sources
    counted = sources.size
    try:
        for entry in reader.entries(counted, size):
            sources.take(parse_entry(entry))
    except LedgerError as error:
        raise DamageError(f"{folder.path}: entries below the head cannot be read: {error}") from error
    return counted, sources
