"""`tlog-scales` reads what we write and judges it, and we read and judge what it writes."""

import dataclasses
import importlib.util

import pytest

from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.keys import PublicKey, SecretKey, signatures_by
from detente.ledger.formats.note import parse_note
from detente.ledger.formats.tree import leaf_hash, verify_consistency, verify_inclusion
from detente.ledger.store.reader import Reader
from tests.ledger.examples import LOG, ORIGIN, QUANTUM_LOG
from tests.ledger.interop.conftest import SIGNERS, SIZE

if importlib.util.find_spec("tlog_scales") is None:
    pytest.skip(
        "NO TLOG-SCALES: whether it reads our logs, and we its, is not tried; pip install tlog-scales",
        allow_module_level=True,
    )
if QUANTUM_LOG is None:
    pytest.skip("NO ML-DSA: tlog-scales cannot be loaded without", allow_module_level=True)

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import MLDSA44CosignatureSigner, PlainEd25519Signer, Vkey
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof
from tlog_scales.writer import TilesWriter

INDICES = [0, 255, 256, 65_535, 65_536, 69_888, 69_999]
SIZES = [1, 255, 256, 257, 65_536, 69_999, 70_000]


@pytest.fixture
def theirs(log):
    reader = TilesReader(LocalBackend(log.path))
    reader.get_checkpoint()
    return reader


def test_it_finds_the_same_root_in_our_tiles(log, theirs):
    found = theirs.get_checkpoint()
    assert (found.size, found.root_hash) == (SIZE, log.tree.root())
    assert theirs.calculate_root_hash() == log.tree.root()
    assert [theirs.get_entry(index) for index in INDICES] == [log.entries[index] for index in INDICES]


def test_it_makes_the_same_proofs_and_accepts_ours(log, theirs):
    root = log.tree.root()
    for index in INDICES:
        path = log.reader.inclusion(index, SIZE)
        assert theirs.get_inclusion_proof(index, SIZE).node_hashes == path
        InclusionProof(index, SIZE, path).check(leaf_hash(log.entries[index]), root)
        with pytest.raises(Exception, match=r"."):
            InclusionProof(index ^ 1, SIZE, path).check(leaf_hash(log.entries[index]), root)
    for old in SIZES:
        path = log.reader.consistency(old, SIZE)
        assert theirs.get_consistency_proof(old, SIZE).node_hashes == path
        ConsistencyProof(old, SIZE, path).check(log.tree.root(old), root)


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.public.algorithm.name)
def test_it_checks_our_signatures_of_every_kind(signer):
    text = f"{ORIGIN}\n5\n{'A' * 43}=\n"
    line = signer.sign(text, 1_700_000_000)
    checkpoint = Checkpoint.from_text(f"{text}\n{line}")
    checkpoint.verify(Vkey.from_string(str(signer.public)))
    assert Vkey.from_string(str(signer.public)).serialize() == str(signer.public)
    with pytest.raises(Exception, match=r".*"):
        dataclasses.replace(checkpoint, size=6).verify(Vkey.from_string(str(signer.public)))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A log of theirs, grown in uneven steps, and every checkpoint that it had."""
    path = tmp_path_factory.mktemp("theirs") / "log"
    writer = TilesWriter.create(path, ORIGIN)
    signers = [PlainEd25519Signer(ORIGIN, LOG._seed), MLDSA44CosignatureSigner(ORIGIN, QUANTUM_LOG._seed)]
    notes = []
    for size in (1, 255, 256, 700, 66_000):
        for number in range(writer.size, size):
            writer.add_leaf(b"theirs %d" % number)
        writer.commit(signers)
        notes.append((path / "checkpoint").read_bytes())
    return path, notes


def test_we_read_what_it_writes(written):
    path, notes = written
    reader, heads = Reader(path), []
    for data in notes:
        note = parse_note(data)
        assert bytes(note) == data
        for key in (LOG.public, QUANTUM_LOG.public):
            assert len(signatures_by(note, key)) == 1
        heads.append(parse_checkpoint(note.text))
    newest = heads[-1]
    assert (newest.origin, reader.root(newest.size)) == (ORIGIN, newest.root)
    assert list(reader.entries(0, newest.size)) == [b"theirs %d" % number for number in range(newest.size)]
    for head in heads:
        path = reader.consistency(head.size, newest.size)
        verify_consistency(head.size, head.root, newest.size, newest.root, path)
        path = reader.inclusion(head.size - 1, newest.size)
        leaf = leaf_hash(b"theirs %d" % (head.size - 1))
        verify_inclusion(leaf, head.size - 1, newest.size, path, newest.root)


def test_keys_are_written_alike():
    for ours, theirs in (
        (LOG, PlainEd25519Signer(ORIGIN, LOG._seed)),
        (QUANTUM_LOG, MLDSA44CosignatureSigner(ORIGIN, QUANTUM_LOG._seed)),
    ):
        assert (
            PublicKey.parse(theirs.vkey.serialize()) == ours.public == SecretKey.parse(ours.reveal()).public
        )
