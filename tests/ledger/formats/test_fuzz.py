"""Every parser on anything: an answer or the library's own error, in memory that the length of the input bounds."""

import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import check_origin, parse_checkpoint
from detente.ledger.formats.entry import check_source, parse_entry
from detente.ledger.formats.keys import PublicKey, SecretKey, cosigned_at, signatures_by
from detente.ledger.formats.note import check_key_name, parse_note, parse_signature_lines
from detente.ledger.formats.policy import parse_policy
from detente.ledger.formats.proof import parse_proof
from detente.ledger.formats.text import decode_base64, decode_hash, decode_number
from detente.ledger.formats.tiles import decode_bundle, decode_tile, decode_whole_bundle
from detente.ledger.formats.tree import verify_consistency, verify_inclusion
from tests.ledger import ours
from tests.ledger.directory import files
from tests.ledger.examples import CHECKPOINT, ENTRIES, LOG, NOTE, POLICY, PROOF, WITNESS, policy


def as_text(parse):
    """Feed a parser of text what a file or a command line would give it."""
    return lambda data: parse(data.decode("utf-8", "surrogateescape"))


def believe(data):
    note = parse_note(data)
    for key in (LOG.public, WITNESS.public):
        for line in signatures_by(note, key):
            cosigned_at(key.algorithm, line.signature)
    policy().require_quorum(note)
    parse_checkpoint(note.text)


PARSERS = {
    "entry": (parse_entry, ENTRIES[0]),
    "note": (parse_note, NOTE),
    "note, checked": (believe, NOTE),
    "signature lines": (as_text(parse_signature_lines), NOTE.partition(b"\n\n")[2]),
    "checkpoint": (as_text(parse_checkpoint), CHECKPOINT.text.encode()),
    "proof": (parse_proof, PROOF),
    "policy": (parse_policy, POLICY.encode()),
    "policy, met": (lambda data: parse_policy(data).met_by(frozenset({"w1", "w2"})), POLICY.encode()),
    "public key": (as_text(lambda text: str(PublicKey.parse(text))), str(WITNESS.public).encode()),
    "secret key": (as_text(SecretKey.parse), LOG.reveal().encode()),
    "bundle": (lambda data: decode_bundle(data, 13, "it"), files(ENTRIES)["tile/entries/000.p/13"]),
    "whole bundle": (lambda data: decode_whole_bundle(data, "it"), files(ENTRIES)["tile/entries/000.p/13"]),
    "tile": (lambda data: decode_tile(data, 13, "it"), files(ENTRIES)["tile/0/000.p/13"]),
    "base64": (as_text(lambda text: decode_base64(text, "it")), b"QUJD"),
    "hash": (as_text(lambda text: decode_hash(text, "it")), CHECKPOINT.text.split("\n")[2].encode()),
    "number": (as_text(lambda text: decode_number(text, "it")), b"9223372036854775807"),
    "source": (as_text(check_source), b"gate-1"),
    "origin": (as_text(check_origin), b"ledger.example"),
    "name of a key": (as_text(check_key_name), b"ledger.example"),
}
PARSERS |= ours.PARSERS
ROWS = pytest.mark.parametrize("parse, right", PARSERS.values(), ids=PARSERS.keys())
quiet = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.sampled_from(
    [b"", b"\n", b"\n\n", b" ", b"\t", b"\x00", b"+", b"=", b"#", b"0", b"-1", b"9" * 30, b"\xff", b"\xc0\x80", b"\xed\xa0\x80", "— ".encode(), "٣".encode(), "\u2003".encode(), b"\x85", b"extra ", b"index ", b"group g any ", b"quorum ", b"\xff\xff"]
) | st.binary(max_size=6)  # fmt: skip


def own_errors_only(parse, data):
    try:
        parse(data)
    except LedgerError as error:
        message = str(error)
    else:
        return
    # short enough to read, and printable wherever it goes
    assert len(message.encode()) < 1_000


@st.composite
def spoilt(draw, right):
    """Something right with a few stretches cut out, doubled, or replaced."""
    data = right
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 45])))
        middle = draw(st.sampled_from([data[start:end] * 2, data[:end]]) | PIECES)
        data = data[:start] + middle + data[end:]
    return data


@ROWS
def test_what_is_right_is_read(parse, right):
    parse(right)


@ROWS
@quiet
@given(
    data=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass"))
)
@example(data=b"")
@example(data=b"\n\n\n")
@example(data=b"+++")
def test_anything_at_all(parse, right, data):
    own_errors_only(parse, data)


@ROWS
@quiet
@given(data=st.data())
def test_something_nearly_right(parse, right, data):
    own_errors_only(parse, data.draw(spoilt(right)))


@quiet
@given(
    st.integers(-5, 2**64),
    st.integers(-5, 2**64),
    st.lists(st.sampled_from([b"", b"\0" * 32, b"\0" * 33]), max_size=70),
    st.sampled_from([b"", b"\0" * 32]),
)
def test_proofs_of_any_shape(first, second, path, leaf):
    own_errors_only(lambda root: verify_inclusion(leaf, first, second, path, root), b"\1" * 32)
    own_errors_only(lambda root: verify_consistency(first, leaf, second, root, path), b"\1" * 32)


SEEDS = [
    b"\n",
    b" ",
    b"0",
    b"\xff",
    b"\n\n",
    b"\0\0",
    b"\0\1a",
    b"+",
    b"a\n",
    "— a AAAAAAA=\n".encode(),
    b"witness ",
]


@ROWS
def test_memory_is_bounded_by_what_was_read(parse, right):
    size = 300_000
    for seed in SEEDS:
        for lead in (b"", right, right[: len(right) // 2]):
            data = lead + seed * (size // len(seed))
            tracemalloc.start()
            own_errors_only(parse, data)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 20 * len(data), (seed, peak)
