"""Keys, notes, proofs, policies and entries that are right, and what it takes to believe them."""

from hashlib import sha256

import pytest

from detente.errors import LedgerError, ProofError
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import Kind, encode_entry
from detente.ledger.formats.keys import Algorithm, SecretKey, signatures_by
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.policy import Policy, parse_policy
from detente.ledger.formats.proof import LogProof, parse_proof
from detente.ledger.formats.tree import leaf_hash, verify_inclusion

ORIGIN = "ledger.example/north"


def secret(name, algorithm=Algorithm.ED25519):
    """Return a key that is the same in every run."""
    return SecretKey(name, algorithm, sha256(f"{name} {algorithm}".encode()).digest())


LOG = secret(ORIGIN)
WITNESS = secret("witness.example/w1", Algorithm.COSIGNATURE_ED25519)
OTHER_WITNESS = secret("witness.example/w2", Algorithm.COSIGNATURE_ED25519)

try:
    QUANTUM_LOG = secret(ORIGIN, Algorithm.COSIGNATURE_ML_DSA_44)
except LedgerError:
    QUANTUM_LOG = None
needs_ml_dsa = pytest.mark.skipif(
    QUANTUM_LOG is None,
    reason="NO ML-DSA: the installed cryptography or its OpenSSL lacks it; second signatures are not tried",
)

ENTRIES = [
    encode_entry(Kind.RECORD, "gate-1", n, 1_700_000_000_000_000_000 + n, b"held %d" % n)
    for n in range(1, 14)
]
TREE = Tree(map(leaf_hash, ENTRIES))
CHECKPOINT = Checkpoint(ORIGIN, len(TREE), TREE.root())
POLICY = (
    f"log {LOG.public}\nwitness w1 {WITNESS.public}\nwitness w2 {OTHER_WITNESS.public} https://witness.example/w2\n"
    "group both all w1 w2\nquorum both\n"
)


def note(checkpoint=CHECKPOINT, signers=(LOG, WITNESS, OTHER_WITNESS)):
    return Note(checkpoint.text, tuple(signer.sign(checkpoint.text, 1_700_000_100) for signer in signers))


NOTE = bytes(note())
PROOF = bytes(LogProof(4, tuple(TREE.inclusion(4)), note()))


def believe_note(data: bytes, policy: Policy) -> Checkpoint:
    """Return what a note says once a log of the policy has signed it and its quorum has seen it."""
    found = parse_note(data)
    if not any(signatures_by(found, log.key) for log in policy.logs):
        raise ProofError("no log of the policy has signed")
    policy.require_quorum(found)
    return parse_checkpoint(found.text)


def believe_proof(data: bytes, entry: bytes, policy: Policy) -> int:
    """Return the index at which the entry is in a log of the policy."""
    proof = parse_proof(data)
    head = believe_note(bytes(proof.checkpoint), policy)
    verify_inclusion(leaf_hash(entry), proof.index, head.size, proof.path, head.root)
    return proof.index


def policy() -> Policy:
    return parse_policy(POLICY.encode())
