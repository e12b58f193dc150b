"""Payloads outside the log: what a commitment holds fast, and what an audit says where they are not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError, ProofError
from detente.ledger.check.findings import Findings, Verdict
from detente.ledger.check.payloads import Payloads, Presence
from detente.ledger.formats.entry import Entry, Kind
from detente.ledger.formats.payload import commit, encode_payload, open_payload
from detente.ledger.formats.statements import Erased, Sealed

SALT = bytes(range(32))


@given(st.binary(max_size=300), st.data())
def test_a_commitment_holds_payload_and_salt_fast(payload, data):
    sealed = Sealed(commit(SALT, payload), len(payload), "text/plain")
    kept = encode_payload(SALT, payload)
    assert open_payload(kept, sealed) == payload
    changed = bytearray(kept)
    changed[data.draw(st.integers(0, len(kept) - 1))] ^= data.draw(st.integers(1, 255))
    for other in (bytes(changed), kept[:-1], kept + b"\0"):
        with pytest.raises(ProofError):
            open_payload(other, sealed)


def test_the_commitment_is_plain_hmac():
    # RFC 4231 has no vector with a key of 32 bytes; made by: printf yes | openssl dgst -sha256 -mac HMAC -macopt hexkey:00..1f
    assert commit(SALT, b"yes").hex() == OPENSSL


OPENSSL = "8d8f52f0e69d5d5b1ff718aacb5b8871dc9b11e797b3e9cd3ac27d5543b19013"


def test_the_length_is_part_of_what_is_sealed():
    with pytest.raises(ProofError, match="of payload"):
        open_payload(encode_payload(SALT, b"yes"), Sealed(commit(SALT, b"yes"), 4, "text/plain"))


def test_salts_have_one_length():
    for salt in (SALT[:-1], SALT + b"\0"):
        with pytest.raises(FormatError, match="32"):
            commit(salt, b"yes")


# --- in an audit --------------------------------------------------------------------------------

SEALED = Sealed(bytes(32), 3, "text/plain")


def _entry(kind, body, number=1):
    return Entry(kind, "gate-1", number, 1, bytes(body))


def _audit(entries, there=None):
    findings = Findings()
    look = None if there is None else lambda *_: there
    payloads = Payloads(findings, look)
    for index, entry in entries:
        payloads.take(index, entry)
        saved = payloads.save()
        payloads = Payloads(findings, look)
        payloads.load(saved)
    findings.extend(payloads.finish())
    return [(x.verdict, x.sentence) for x in findings], payloads.erased


SEAL = (4, _entry(Kind.SEALED, SEALED, 7))
ERASE = (9, _entry(Kind.ERASED, Erased(4, bytes(32), "asked for", "the operator")))


def test_present():
    assert _audit([SEAL], Presence.PRESENT) == ([], 0)
    assert _audit([SEAL]) == ([], 0)


def test_erased():
    assert _audit([SEAL, ERASE], Presence.ABSENT) == ([], 1)
    assert _audit([SEAL, ERASE, ERASE], Presence.ABSENT) == ([], 1), "saying so again does no harm"
    assert _audit([SEAL, ERASE]) == ([], 0)


def test_withheld():
    ((verdict, sentence),), _ = _audit([SEAL], Presence.ABSENT)
    assert verdict is Verdict.WITHHELD
    assert sentence == "the payload of entry 4, number 7 of gate-1, is not shown, and no erasure says why"


def test_changed():
    ((verdict, sentence),), _ = _audit([SEAL], Presence.FALSE)
    assert verdict is Verdict.DELETED
    assert "something else is in its place" in sentence


def test_erased_in_word_only():
    found, _ = _audit([SEAL, ERASE], Presence.PRESENT)
    assert [x for x, _ in found] == [Verdict.FALSE]
    assert "still there" in found[0][1]


@pytest.mark.parametrize(
    "erased, match",
    [
        (Erased(4, bytes(31) + b"\1", "asked for", "x"), "another payload"),
        (Erased(9, bytes(32), "asked for", "x"), "comes after"),
        (b"entry 4\n", "expected 4"),
    ],
)
def test_an_erasure_that_explains_nothing(erased, match):
    found, _ = _audit([SEAL, (9, _entry(Kind.ERASED, erased))], Presence.ABSENT)
    assert [x for x, _ in found] == [Verdict.FALSE, Verdict.WITHHELD]
    assert match in found[0][1]


def test_an_erasure_of_another_entry():
    found, _ = _audit(
        [SEAL, (9, _entry(Kind.ERASED, Erased(3, bytes(32), "asked for", "x")))], Presence.ABSENT
    )
    assert [x for x, _ in found] == [Verdict.WITHHELD]
