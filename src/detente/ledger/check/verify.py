"""The verifier: an entry and its proof in, a verdict out.

It needs the bytes of the entry, the bytes of the proof (c2sp.org/tlog-proof), and whom to trust. No log, no disk, no clock, no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from detente.errors import LedgerError
from detente.ledger.check.claims import Head, KeptReceipt
from detente.ledger.check.saying import say
from detente.ledger.check.trust import Trust, believed_keys, known_keys, require_signatures
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import Entry, parse_entry
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.policy import Cosignature
from detente.ledger.formats.proof import parse_proof
from detente.ledger.formats.tree import leaf_hash, verify_inclusion

__all__ = ["CheckedHead", "Step", "Verification", "verify_checkpoint", "verify_proof"]


class Step(IntEnum):
    """What is checked, in this order."""

    PARSE = 1
    ORIGIN = 2
    WINDOW = 3
    SIGNATURE = 4
    QUORUM = 5
    LEAF = 6
    INCLUSION = 7
    ENTRY = 8

    @property
    def title(self) -> str:
        """What the step asks."""
        return _TITLES[self]


_TITLES = {
    Step.PARSE: "the proof is in the format of c2sp.org/tlog-proof, and its checkpoint in that of c2sp.org/tlog-checkpoint",
    Step.ORIGIN: "the checkpoint is of a trusted log, and says that one of its keys has signed it",
    Step.WINDOW: "that key could sign when the log had this size",
    Step.SIGNATURE: "its signature holds",
    Step.QUORUM: "enough witnesses have seen the checkpoint",
    Step.LEAF: "the entry has a hash",
    Step.INCLUSION: "the path leads from that hash, at its index, to the root in the checkpoint",
    Step.ENTRY: "the entry is one, and says something",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """How far it came, and what is now known."""

    passed: tuple[tuple[Step, str], ...]
    """Each step that holds, with what it showed."""
    failed: Step | None
    """The step that does not hold; None where all do."""
    why: str
    """Why it does not; empty where all do."""
    index: int = -1
    leaf: bytes = b""
    checkpoint: Checkpoint | None = None
    entry: Entry | None = None

    @property
    def holds(self) -> bool:
        """Whether every step holds."""
        return self.failed is None

    def receipt(self, by: str) -> KeptReceipt:
        """Return this proof as something held against the log, by whom. Raises LedgerError where it does not hold."""
        if self.checkpoint is None or self.entry is None:  # which is known only where all steps hold
            raise LedgerError(
                f"proof: it does not hold, and nothing can be held against the log by it: {self.why}"
            )
        head = Head(self.checkpoint.size, self.checkpoint.root, by)
        return KeptReceipt(self.index, self.entry.source, self.entry.number, self.leaf, head)

    def __str__(self) -> str:
        lines = [f"{step.value}. ok      {step.title}: {note}" for step, note in self.passed]
        if self.failed is not None:
            lines.append(f"{self.failed.value}. FAILED  {self.failed.title}: {self.why}")
        return "\n".join(lines)


def verify_proof(entry: bytes, proof: bytes, trust: Trust) -> Verification:
    """Check that an entry is in a log.

    The steps, each of which needs all before it:

    1. The proof is in the format, and so is its checkpoint.
    2. The checkpoint is of a trusted log, and carries a signature that says it is by one of that log's keys.
    3. One of those keys could sign when the log had that size.
    4. Every signature by such a key holds.
    5. Enough witnesses have seen the checkpoint, by the policy.
    6. The entry, as it was handed in, is hashed.
    7. Its hash, at the index in the proof, leads to the root in the checkpoint.
    8. The entry is in our format; what it says.

    Parameters
    ----------
    entry, proof
        Bytes as they were kept. Either may be anything.
    trust
        Whom to believe.

    """
    passed: list[tuple[Step, str]] = []
    step, index, leaf, checkpoint, parsed = Step.PARSE, -1, b"", None, None
    try:
        # 1. In the format.
        read = parse_proof(proof)
        note, index = read.checkpoint, read.index
        checkpoint = parse_checkpoint(note.text)
        origin, size = checkpoint.origin, checkpoint.size
        passed.append((step, f"index {index}, {len(read.path)} hashes, {len(note.signatures)} signatures"))

        # 2. Of a trusted log, and by one of its keys, as it says.
        step = Step.ORIGIN
        keys = known_keys(note, origin, trust)
        passed.append((step, f"{origin}, {_names(key.id.hex() for key in keys)}"))

        # 3. By a key that could sign then.
        step = Step.WINDOW
        believed, sentences = believed_keys(keys, origin, size, trust)
        passed.append((step, "; ".join(sentences)))

        # 4. The signatures hold: of all known keys, not only of one that is enough.
        step = Step.SIGNATURE
        require_signatures(note, keys)
        passed.append((step, f"of {len(believed)} keys"))

        # 5. Seen by enough witnesses.
        step = Step.QUORUM
        passed.append((step, _seen(trust.policy.require_quorum(note))))

        # 6. The hash of what was handed in, not one from the proof.
        step = Step.LEAF
        leaf = leaf_hash(entry)
        passed.append((step, leaf.hex()))

        # 7. At its place in the tree: the layout follows from index and size.
        step = Step.INCLUSION
        verify_inclusion(leaf, index, size, read.path, checkpoint.root)
        passed.append((step, f"entry {index} of {size}"))

        # 8. What it says.
        step = Step.ENTRY
        parsed = parse_entry(entry)
        passed.append((step, say(parsed, index, trust.histories[origin])))
    except LedgerError as error:
        return Verification(tuple(passed), step, str(error), index, leaf, checkpoint)
    return Verification(tuple(passed), None, "", index, leaf, checkpoint, parsed)


@dataclass(frozen=True, slots=True)
class CheckedHead:
    """A head of a log, signed and seen by those whose word is enough."""

    note: Note
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    sentences: tuple[str, ...]
    """What is to be said of its keys."""

    def held_by(self, by: str) -> Head:
        """Return it as something held against the log."""
        return Head(self.checkpoint.size, self.checkpoint.root, by)


def verify_checkpoint(note: bytes, trust: Trust) -> CheckedHead:
    """Check a signed head alone: steps 1 to 5 of `verify_proof`.

    Raises
    ------
    FormatError
        It is none.
    ProofError
        It is by nobody who is trusted, by a key that could not sign then, a signature is false, or witnesses are missing.

    """
    read = parse_note(note)
    checkpoint = parse_checkpoint(read.text)
    keys = known_keys(read, checkpoint.origin, trust)
    _, sentences = believed_keys(keys, checkpoint.origin, checkpoint.size, trust)
    require_signatures(read, keys)
    return CheckedHead(read, checkpoint, trust.policy.require_quorum(read), tuple(sentences))


def _names(ids: Iterable[str]) -> str:
    return "keys " + ", ".join(ids)


def _seen(cosignatures: tuple[Cosignature, ...]) -> str:
    return "seen by " + ", ".join(x.witness.name for x in cosignatures) if cosignatures else "none asked for"
