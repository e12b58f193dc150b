"""Whatever bit is changed, wherever it stands: it is refused, or it makes another value, and what is signed cannot be changed at all."""

import random
from functools import partial
from hashlib import sha256

import pytest

from detente.errors import FormatError, ProofError
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import parse_entry
from detente.ledger.formats.keys import PublicKey, SecretKey
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.note import parse_note
from detente.ledger.formats.policy import parse_policy
from detente.ledger.formats.proof import LogProof, parse_proof
from detente.ledger.formats.tiles import decode_bundle, decode_tile
from detente.ledger.formats.tree import leaf_hash, range_root
from tests.ledger.directory import files
from tests.ledger.examples import (
    CHECKPOINT,
    ENTRIES,
    LOG,
    NOTE,
    POLICY,
    PROOF,
    QUANTUM_LOG,
    TREE,
    believe_note,
    believe_proof,
    needs_ml_dsa,
    note,
    policy,
)

REFUSED = (FormatError, ProofError)


def flips(data: bytes, step: int = 1):
    """Every bit of `data` changed, one at a time; or every `step`-th."""
    for bit in range(0, 8 * len(data), step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def text_of(parse, data: bytes):
    """Parse a text from bytes that may be no text any more."""
    try:
        return parse(data.decode())
    except UnicodeDecodeError as error:
        raise FormatError(str(error)) from None


EXTRA = bytes(LogProof(4, tuple(TREE.inclusion(4)), note(), b"more"))
READERS = [
    ("entry", ENTRIES[0], parse_entry, bytes),
    ("note", NOTE, parse_note, bytes),
    ("proof", PROOF, parse_proof, bytes),
    ("proof with extra data", EXTRA, parse_proof, bytes),
    (
        "bundle",
        files(ENTRIES)["tile/entries/000.p/13"],
        lambda data: tuple(decode_bundle(data, 13, "it")),
        None,
    ),
    ("tile", files(ENTRIES)["tile/0/000.p/13"], lambda data: tuple(decode_tile(data, 13, "it")), b"".join),
    (
        "checkpoint",
        CHECKPOINT.text.encode(),
        partial(text_of, parse_checkpoint),
        lambda found: found.text.encode(),
    ),
    (
        "public key",
        str(LOG.public).encode(),
        partial(text_of, PublicKey.parse),
        lambda found: str(found).encode(),
    ),
    (
        "secret key",
        LOG.reveal().encode(),
        partial(text_of, lambda text: SecretKey.parse(text).reveal()),
        lambda found: found.encode(),
    ),
    ("policy", POLICY.encode(), parse_policy, None),
]


@pytest.mark.parametrize("name, data, read, write", READERS, ids=[row[0] for row in READERS])
def test_every_bit_is_refused_or_makes_another_value(name, data, read, write):
    """Never the same value: there is one spelling of each. And what is read is written again as it was."""
    right = read(data)
    accepted = 0
    for changed in flips(data):
        try:
            found = read(changed)
        except REFUSED:
            continue
        accepted += 1
        assert found != right
        if write:
            assert write(found) == changed
    # a tile is nothing but hashes: only the tree can tell
    assert accepted == 8 * len(data) if name == "tile" else accepted < 8 * len(data)


# Of these, no changed bit is let through at all: each has its own check inside.
@pytest.mark.parametrize(
    "data, read",
    [(row[1], row[2]) for row in READERS if row[0] in {"public key", "secret key"}],
    ids=["public key", "secret key"],
)
def test_a_key_with_a_changed_bit_is_no_key(data, read):
    for changed in flips(data):
        with pytest.raises(REFUSED):
            read(changed)


def test_no_bit_of_a_signed_checkpoint_can_be_changed():
    believe_note(NOTE, policy())
    for changed in flips(NOTE):
        with pytest.raises(REFUSED):
            believe_note(changed, policy())


@needs_ml_dsa
def test_nor_of_one_that_is_signed_by_ml_dsa_too():
    both = parse_policy(f"log {QUANTUM_LOG.public}\nquorum none\n".encode())
    data = bytes(note(signers=(QUANTUM_LOG,)))
    believe_note(data, both)
    for changed in flips(data, step=11):
        with pytest.raises(REFUSED):
            believe_note(changed, both)


def test_a_signature_that_is_not_asked_for_may_be_anything_and_changes_nothing():
    """The last witness is not needed by `any`: a bit of its line is refused, or that line is by someone unknown."""
    one = parse_policy(POLICY.replace("all", "any").encode())
    line = len(NOTE) - NOTE.rfind("— ".encode())
    for changed in flips(NOTE):
        try:
            found = believe_note(changed, one)
        except REFUSED:
            continue
        assert changed[: -2 * line] == NOTE[: -2 * line]
        assert found == CHECKPOINT


def test_no_bit_of_a_proof_can_be_changed():
    assert believe_proof(PROOF, ENTRIES[4], policy()) == 4
    for changed in flips(PROOF):
        with pytest.raises(REFUSED):
            believe_proof(changed, ENTRIES[4], policy())


def test_but_in_its_extra_data_which_nobody_signed():
    start = EXTRA.index(b"extra ") + len(b"extra ")
    end = EXTRA.index(b"\n", start)
    assert believe_proof(EXTRA, ENTRIES[4], policy()) == 4
    let_through = 0
    for changed in flips(EXTRA):
        try:
            believe_proof(changed, ENTRIES[4], policy())
        except REFUSED:
            continue
        assert (changed[:start], changed[end:]) == (EXTRA[:start], EXTRA[end:])
        assert parse_proof(changed).extra != b"more"
        let_through += 1
    assert let_through


def test_no_bit_of_an_entry_can_be_changed_under_its_proof():
    for changed in flips(ENTRIES[4]):
        with pytest.raises(ProofError):
            believe_proof(PROOF, changed, policy())


# --- tiles and bundles: each must be what the root says -------------------------------------------


def stored_root(stored: dict[str, bytes], size: int) -> bytes:
    """Return the root over a small stored log, every tile and bundle of which is held against the ones below it."""
    levels = {}
    for name, data in stored.items():
        level, number = name.split("/")[1:3]
        width = int(name.rpartition("/")[2]) if ".p/" in name else 256
        if level == "entries":
            found = [leaf_hash(entry) for entry in decode_bundle(data, width, name)]
        else:
            found = decode_tile(data, width, name)
        levels.setdefault(level, []).append((int(number.removesuffix(".p")), found))
    hashes = {level: [one for _, part in sorted(parts) for one in part] for level, parts in levels.items()}
    if hashes["entries"] != hashes["0"]:
        raise ProofError("a bundle is not what its tile says")
    tree = Tree(hashes["0"])
    for index, found in enumerate(hashes.get("1", ())):
        if tree.node(8, index) != found:
            raise ProofError("a tile is not what the one above it says")
    return range_root(0, size, tree.node)


def test_no_bit_of_a_small_log_can_be_changed():
    stored = files(ENTRIES)
    assert stored_root(stored, 13) == TREE.root()
    for name, data in stored.items():
        for changed in flips(data):
            try:
                assert stored_root(stored | {name: changed}, 13) != TREE.root()
            except REFUSED:
                continue


def test_nor_of_a_larger_one_of_two_levels():
    entries = [sha256(b"%d" % n).digest()[: n % 33] for n in range(600)]
    stored, root = files(entries), Tree(map(leaf_hash, entries)).root()
    assert sorted(stored)[:4] == ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]
    assert stored_root(stored, 600) == root
    chance = random.Random(600)
    for name, data in stored.items():
        for at in chance.sample(range(8 * len(data)), 40):
            changed = bytearray(data)
            changed[at // 8] ^= 1 << at % 8
            try:
                assert stored_root(stored | {name: bytes(changed)}, 600) != root
            except REFUSED:
                continue
