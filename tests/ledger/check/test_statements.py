"""Statements: what can be made can be written and read back, and there is one spelling of each."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError, ProofError
from detente.ledger.formats.entry import Entry, Kind
from detente.ledger.formats.fields import check_line
from detente.ledger.formats.keys import Algorithm, PublicKey, SecretKey, signatures_by
from detente.ledger.formats.signed_statements import Action, Gap, KeyChange, sign_statement
from detente.ledger.formats.statements import (
    LARGEST_SEGMENT,
    Begin,
    End,
    Erased,
    Heartbeat,
    IndexRoot,
    Sealed,
    parse_statement,
)

ORIGIN = "example.org/ledger"
LOG = SecretKey(ORIGIN, Algorithm.ED25519, bytes(32))
NEXT = SecretKey(ORIGIN, Algorithm.ED25519, bytes(31) + b"\1")

NUMBERS = st.integers(0, 2**63 - 1)
HASHES = st.binary(min_size=32, max_size=32)


def _is_line(text: str) -> bool:
    try:
        check_line(text, "")
    except FormatError:
        return False
    return True


LINES = st.text(min_size=1, max_size=40).filter(_is_line)
WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128)
SEGMENTS = st.tuples(st.integers(0, 2**62), st.integers(1, LARGEST_SEGMENT))
STATEMENTS = st.one_of(
    st.tuples(st.just(Kind.BEGIN), st.builds(Begin, WORDS, LINES)),
    st.tuples(st.just(Kind.HEARTBEAT), st.builds(Heartbeat, NUMBERS)),
    st.tuples(st.just(Kind.END), st.builds(End, NUMBERS)),
    st.tuples(
        st.just(Kind.SEALED),
        st.builds(Sealed, HASHES, NUMBERS, st.sampled_from(["text/plain", "application/ld+json"])),
    ),
    st.tuples(st.just(Kind.ERASED), st.builds(Erased, NUMBERS, HASHES, LINES, LINES)),
    st.tuples(
        st.just(Kind.INDEX),
        st.builds(lambda s, root: IndexRoot(s[0], s[0] + s[1], root), SEGMENTS, HASHES),
    ),
)
GAPS = st.builds(Gap, st.just(ORIGIN), WORDS, st.integers(1, 2**62), st.integers(1, 2**62), LINES)
CHANGES = st.builds(KeyChange, st.just(ORIGIN), st.sampled_from(Action), st.just(NEXT.public), NUMBERS, LINES)

EXAMPLES = {
    Kind.BEGIN: b"session 7f3a\nsoftware gate 0.8\n",
    Kind.HEARTBEAT: b"last 41\n",
    Kind.END: b"last 0\n",
    Kind.SEALED: b"commitment AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nlength 17\ntype text/plain\n",
    Kind.ERASED: b"entry 4\ncommitment AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nreason asked for\nby the operator\n",
    Kind.INDEX: b"from 0\nto 3\nroot AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ncount 3\n",
}


def _read(kind, body):
    return parse_statement(Entry(kind, "gate-1", 1, 0, body))


@given(STATEMENTS)
def test_what_can_be_made_is_written_and_read_back(statement):
    kind, said = statement
    assert _read(kind, bytes(said)) == said


@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_what_is_read_has_one_spelling(kind, data):
    body = bytearray(EXAMPLES[kind])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"\n", b" ", b"0", b"9", b"\xc3"])
        )
        if not body:
            break
    try:
        said = _read(kind, bytes(body))
    except FormatError:
        return
    assert bytes(said) == bytes(body)


@given(st.sampled_from(sorted(EXAMPLES)), st.binary(max_size=200))
def test_anything_else_is_told_and_nothing_breaks(kind, body):
    with contextlib.suppress(FormatError):
        assert bytes(_read(kind, body)) == body


@pytest.mark.parametrize(
    "kind, body",
    [
        (Kind.HEARTBEAT, b"last 041\n"),
        (Kind.HEARTBEAT, b"last 41"),
        (Kind.HEARTBEAT, b"last 41\n\n"),
        (Kind.HEARTBEAT, b"last  41\n"),
        (Kind.HEARTBEAT, b"last 41 \n"),
        (Kind.HEARTBEAT, "last ٤١\n".encode()),
        (Kind.END, b"first 41\n"),
        (Kind.BEGIN, b"software gate\nsession 1\n"),
        (Kind.BEGIN, b"session a b\nsoftware gate\n"),
        (Kind.BEGIN, b"session a\nsoftware  gate\n"),
        (Kind.BEGIN, b"session a\nsoftware gate \n"),
        (Kind.BEGIN, "session a\nsoftware gate\u202e1\n".encode()),
        (Kind.BEGIN, b"session a\nsoftware gate\x1b[2J\n"),
        (Kind.SEALED, EXAMPLES[Kind.SEALED].replace(b"AA=", b"AB=")),
        (Kind.SEALED, EXAMPLES[Kind.SEALED].replace(b"text/plain", b"Text/plain")),
        (Kind.INDEX, EXAMPLES[Kind.INDEX].replace(b"count 3", b"count 2")),
        (Kind.INDEX, EXAMPLES[Kind.INDEX].replace(b"to 3\n", b"to 0\n").replace(b"count 3", b"count 0")),
        (Kind.INDEX, b"from 0\nto 65537\nroot " + b"A" * 43 + b"=\ncount 65537\n"),
    ],
)
def test_other_spellings_are_refused(kind, body):
    with pytest.raises(FormatError):
        _read(kind, body)


def test_what_cannot_be_written_cannot_be_made():
    with pytest.raises(FormatError, match=r"U\+000A"):
        Begin("a", "gate\nsession b")
    with pytest.raises(FormatError, match=r"U\+D800"):
        Begin("a", "gate\ud800")
    with pytest.raises(FormatError, match="heartbeat"):
        Heartbeat(-1)
    with pytest.raises(FormatError, match="witness"):
        KeyChange(ORIGIN, Action.ADD, PublicKey("w", Algorithm.COSIGNATURE_ED25519, bytes(32)), 1, "new")


@given(GAPS)
def test_a_gap_is_written_and_read_back(gap):
    read, note = Gap.parse(sign_statement(gap, [LOG]))
    assert read == gap
    assert len(signatures_by(note, LOG.public)) == 1
    assert gap.last == gap.first + gap.count - 1


@given(CHANGES)
def test_a_change_of_keys_is_written_and_read_back(change):
    read, note = KeyChange.parse(sign_statement(change, [LOG, NEXT]))
    assert read == change
    assert len(signatures_by(note, LOG.public)) == len(signatures_by(note, NEXT.public)) == 1


@given(st.data())
def test_any_changed_byte_of_a_gap_is_caught(data):
    body = bytearray(sign_statement(Gap(ORIGIN, "gate-1", 17, 3, "queue full"), [LOG]))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        _, note = Gap.parse(bytes(body))
        assert not signatures_by(note, LOG.public)
    except (FormatError, ProofError):
        pass


def test_checkpoint_keys_sign_no_statements():
    gap = Gap(ORIGIN, "gate-1", 17, 3, "queue full")
    with pytest.raises(FormatError, match="Ed25519 for notes"):
        sign_statement(gap, [SecretKey("w", Algorithm.COSIGNATURE_ED25519, bytes(32))])
    with pytest.raises(FormatError, match="no key"):
        sign_statement(gap, [])


def test_one_kind_does_not_pass_for_another():
    gap = sign_statement(Gap(ORIGIN, "gate-1", 17, 3, "queue full"), [LOG])
    with pytest.raises(FormatError, match="detente-key/v1"):
        KeyChange.parse(gap)
