"""What an entry says, in one sentence."""

from detente.ledger.check.keys import KeyHistory
from detente.ledger.formats.entry import Entry, Kind
from detente.ledger.formats.keys import PublicKey
from detente.ledger.formats.note import Note
from detente.ledger.formats.signed_statements import Gap, KeyChange
from detente.ledger.formats.statements import (
    Begin,
    End,
    Erased,
    Heartbeat,
    IndexRoot,
    Sealed,
    parse_statement,
)

__all__ = ["say"]


def say(entry: Entry, index: int, history: KeyHistory) -> str:
    """Return what an entry says.

    Raises
    ------
    FormatError
        Its body is not what its kind requires.
    ProofError
        A gap, or a change of keys, has a false signature of a known key.

    """
    if entry.kind is Kind.GAP:
        gap, note = Gap.parse(entry.body)
        signers = [
            key
            for name in dict.fromkeys((gap.source, history.origin))
            for key in history.signers(note, name, index)
        ]
        said = f"numbers {gap.first} to {gap.last} of {gap.source} were lost: {gap.reason}"
        return f"{said}; {_signed(signers)}"
    if entry.kind is Kind.KEY:
        change, note = KeyChange.parse(entry.body)
        said = f"{change.action} of the key {change.key.name}+{change.key.id.hex()} from size {change.since} on: {change.reason}"
        return f"{said}; {_signed(_signers_of(change, note, history, index))}"
    return _plain(entry)


def _plain(entry: Entry) -> str:
    who = f"{entry.source}, number {entry.number}"
    match parse_statement(entry):
        case Begin() as said:
            return f"{who}: session {said.session} of {said.software} begins"
        case Heartbeat() as said:
            return f"{who}: it lives, and had counted to {said.last}"
        case End() as said:
            return f"{who}: it ends, having counted to {said.last}"
        case Sealed() as said:
            return f"{who}: it seals a payload of {said.length} bytes of {said.media_type}"
        case Erased() as said:
            return f"{who}: the payload of entry {said.entry} was erased by {said.by}: {said.reason}"
        case IndexRoot() as said:
            return f"{who}: an index of entries {said.start} to {said.end - 1}"
        case None:
            return f"{who}: a record of {len(entry.body)} bytes"


def _signers_of(change: KeyChange, note: Note, history: KeyHistory, index: int) -> list[PublicKey]:
    names = dict.fromkeys((history.origin, change.key.name))
    return [key for name in names for key in history.signers(note, name, index)]


def _signed(signers: list[PublicKey]) -> str:
    names = ", ".join(f"{key.name}+{key.id.hex()}" for key in signers)
    return f"signed by {names}" if names else "signed by no key that is known and was in force"
