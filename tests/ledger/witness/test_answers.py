"""Every status code of add-checkpoint, and the order in which they come."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import FormatError, LedgerError
from detente.ledger.formats.keys import cosigned_at, signatures_by
from detente.ledger.formats.note import Note, parse_signature_lines
from detente.ledger.witness.cosigner import Cosigner, known_logs
from detente.ledger.witness.request import LARGEST_REQUEST, encode_request, parse_request
from detente.ledger.witness.state import WitnessState
from tests.ledger.witness.logs import (
    LOG_KEY,
    LOG_KEY_2,
    NOW,
    STRANGER,
    WITNESS_KEY,
    WITNESS_KEY_2,
    MemoryLog,
    cosigner,
    forked,
    numbered,
    secret,
    signed,
)

LOG = MemoryLog(numbered(20))
ROOT = b"r" * 32


@pytest.fixture
def witness(tmp_path):
    return cosigner(tmp_path)


def test_200_the_first_checkpoint_needs_no_proof(witness):
    answer = witness.answer(LOG.request(0, 7))
    assert (answer.status, answer.media) == (200, "text/plain; charset=utf-8")
    note = Note(LOG.note_at(7).text, parse_signature_lines(answer.body.decode()))
    (line,) = signatures_by(note, WITNESS_KEY.public)
    assert cosigned_at(WITNESS_KEY.public.algorithm, line.signature) == NOW


def test_200_every_pair_of_sizes_one_after_the_other(tmp_path):
    for first in range(1, 9):
        for second in range(first, 13):
            folder = tmp_path / f"{first}-{second}"
            folder.mkdir()
            witness = cosigner(folder)
            assert witness.answer(LOG.request(0, first)).status == 200
            assert witness.answer(LOG.request(first, second)).status == 200


def test_200_by_every_key_of_the_witness(tmp_path):
    witness = cosigner(tmp_path, (WITNESS_KEY, WITNESS_KEY_2))
    body = witness.answer(LOG.request(0, 7)).body.decode()
    note = Note(LOG.note_at(7).text, parse_signature_lines(body))
    assert len(note.signatures) == 2
    assert all(signatures_by(note, key.public) for key in (WITNESS_KEY, WITNESS_KEY_2))


def test_200_again_for_the_same_checkpoint(witness):
    witness.answer(LOG.request(0, 7))
    assert witness.answer(LOG.request(7, 7)).status == 200


def test_200_for_the_empty_tree_and_on_from_it(witness):
    assert witness.answer(LOG.request(0, 0)).status == 200
    assert witness.answer(LOG.request(0, 5)).status == 200


def test_200_ignores_signatures_of_unknown_keys(witness):
    note = LOG.note_at(7)
    note = note.signed_also_by([STRANGER.sign(note.text), secret("witness.example/w9").sign(note.text)])
    assert witness.answer(encode_request(0, [], note)).status == 200


def test_200_any_key_of_the_log_will_do(tmp_path):
    witness = cosigner(tmp_path, (WITNESS_KEY,), lambda: NOW, LOG_KEY, LOG_KEY_2)
    assert witness.answer(LOG.request(0, 3)).status == 200
    newer = MemoryLog(LOG.entries, (LOG_KEY_2,))
    assert witness.answer(newer.request(3, 9)).status == 200


GOOD = LOG.request(0, 7)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"old 0\n",
        GOOD.replace(b"old 0", b"old 00"),
        GOOD.replace(b"old 0", b"old -1"),
        GOOD.replace(b"old 0", b"old  0"),
        GOOD.replace(b"old 0", b"Old 0"),
        GOOD.replace(b"old 0\n", b"old 0\r\n"),
        GOOD.replace(b"old 0", b"old 9223372036854775808"),
        GOOD.replace(b"old 0\n", b"old 0\nAAAA\n"),
        GOOD.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 1 + b"not base64\n"),
        GOOD[:-1],
        GOOD.replace("—".encode(), b"-"),
        GOOD + b"\xff\n",
        encode_request(0, [], Note("log.example/one\n7\n", (LOG_KEY.sign("log.example/one\n7\n"),))),
        encode_request(0, [b"h" * 32] * 64, LOG.note_at(7)),
    ],
)
def test_400_what_is_not_in_the_format(witness, body):
    assert witness.answer(body).status == 400


def test_400_an_old_size_beyond_the_checkpoint(witness):
    assert witness.answer(encode_request(8, [], LOG.note_at(7))).status == 400


def test_404_an_origin_nobody_has_told_it_of(witness):
    assert witness.answer(encode_request(0, [], signed(7, ROOT, (STRANGER,)))).status == 404


def test_403_no_signature_by_the_log(witness):
    note = LOG.note_at(7)
    other = Note(note.text, (secret(LOG_KEY.public.name, salt="another").sign(note.text),))
    assert witness.answer(encode_request(0, [], other)).status == 403


def test_403_a_signature_that_does_not_hold(witness):
    note = Note(LOG.note_at(8).text, LOG.note_at(7).signatures)
    assert witness.answer(encode_request(0, [], note)).status == 403


def test_409_tells_the_size_and_nothing_else(witness):
    witness.answer(LOG.request(0, 7))
    answer = witness.answer(LOG.request(5, 9))
    assert (answer.status, answer.body, answer.media) == (409, b"7\n", "text/x.tlog.size")


def test_409_for_a_size_that_was_never_signed(witness):
    answer = witness.answer(LOG.request(5, 9))
    assert (answer.status, answer.body) == (409, b"0\n")


def test_409_two_roots_of_one_size_and_both_are_kept(tmp_path):
    witness = cosigner(tmp_path)
    witness.answer(LOG.request(0, 7))
    other = MemoryLog(forked(7, 3))
    answer = witness.answer(other.request(7, 7))
    assert (answer.status, answer.body) == (409, b"7\n")
    found = WitnessState.open(tmp_path / "state").forks()
    assert found == [(LOG_KEY.public.name, bytes(LOG.note_at(7)), bytes(other.note()))]


def test_422_a_proof_that_does_not_lead_on(witness):
    witness.answer(LOG.request(0, 7))
    assert witness.answer(MemoryLog(forked(9, 3)).request(7, 9)).status == 422
    assert witness.answer(encode_request(7, [], LOG.note_at(9))).status == 422
    assert witness.answer(encode_request(7, [ROOT] * 63, LOG.note_at(9))).status == 422
    assert witness.answer(encode_request(7, [ROOT], LOG.note_at(7))).status == 422
    assert witness.answer(LOG.request(7, 9)).status == 200


def test_422_a_proof_from_nothing(witness):
    assert witness.answer(encode_request(0, [ROOT], LOG.note_at(7))).status == 422


def test_the_order_of_refusals(witness):
    """What fails in several ways is answered by the first."""
    stranger = signed(7, ROOT, (STRANGER,))
    unsigned = Note(LOG.note_at(7).text, (STRANGER.sign(LOG.note_at(7).text),))
    assert witness.answer(encode_request(9, [], stranger)).status == 404  # and 400 for the size
    assert witness.answer(encode_request(9, [], unsigned)).status == 403  # and 400 for the size
    assert witness.answer(encode_request(9, [ROOT], LOG.note_at(7))).status == 400  # and 409
    assert witness.answer(encode_request(5, [ROOT], LOG.note_at(7))).status == 409  # and 422


def test_refusals_change_nothing(witness):
    witness.answer(LOG.request(0, 7))
    for body in (b"", LOG.request(5, 9), encode_request(7, [ROOT], LOG.note_at(9)), LOG.request(0, 20)):
        assert witness.answer(body).status != 200
    assert witness.answer(LOG.request(7, 20)).status == 200


def test_extension_lines_are_not_signed_by_halves(tmp_path):
    note = signed(7, ROOT, (LOG_KEY,), "an extension")
    both = cosigner(tmp_path, (WITNESS_KEY, WITNESS_KEY_2))
    assert both.answer(encode_request(0, [], note)).status == 400
    assert both.answer(LOG.request(0, 7)).status == 200, "nothing was remembered of it"


def test_extension_lines_are_signed_by_ed25519(witness):
    assert witness.answer(encode_request(0, [], signed(7, ROOT, (LOG_KEY,), "an extension"))).status == 200


def test_time_never_goes_back_for_a_log(tmp_path):
    times = iter([NOW, NOW - 500, NOW + 3])
    witness = cosigner(tmp_path, (WITNESS_KEY,), lambda: next(times))
    found = []
    for old, new in ((0, 3), (3, 5), (5, 9)):
        (line,) = parse_signature_lines(witness.answer(LOG.request(old, new)).body.decode())
        found.append(cosigned_at(WITNESS_KEY.public.algorithm, line.signature))
    assert found == [NOW, NOW, NOW + 3]


def test_two_logs_are_two_heads(tmp_path):
    witness = cosigner(tmp_path, (WITNESS_KEY,), lambda: NOW, LOG_KEY, STRANGER)
    other = MemoryLog(numbered(4, " of another log"), (STRANGER,))
    assert witness.answer(LOG.request(0, 7)).status == 200
    assert witness.answer(other.request(0, 4)).status == 200
    assert witness.answer(LOG.request(7, 9)).status == 200


def test_no_witness_without_keys_or_with_those_of_a_log(tmp_path):
    state = WitnessState.create(tmp_path / "s")
    logs = known_logs([LOG_KEY.public])
    for keys in ((), (LOG_KEY,), (WITNESS_KEY, LOG_KEY)):
        with pytest.raises(LedgerError, match="cosignatures"):
            Cosigner(keys, logs, state)
    with pytest.raises(LedgerError, match="no log"):
        Cosigner((WITNESS_KEY,), {}, state)
    with pytest.raises(LedgerError, match="key of a witness"):
        known_logs([WITNESS_KEY.public])


# --- the body -----------------------------------------------------------------------------------


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_body_comes_back_as_it_went(old, proof):
    request = parse_request(encode_request(old, proof, LOG.note_at(7)))
    assert (request.old, list(request.proof), request.note) == (old, proof, LOG.note_at(7))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_body_or_told_not_to_be(data):
    for body in (data, b"old 0\n\n" + data, GOOD[: len(data)] + data, GOOD + data):
        with contextlib.suppress(FormatError):
            parse_request(body)


@pytest.fixture(scope="module")
def at_three(tmp_path_factory):
    witness = cosigner(tmp_path_factory.mktemp("witness"))
    assert witness.answer(LOG.request(0, 3)).status == 200
    return witness


NEXT = LOG.request(3, 7)


@settings(max_examples=300)
@given(st.integers(0, len(NEXT) - 1), st.integers(1, 255))
def test_no_changed_byte_is_signed(at_three, at, by):
    body = bytearray(NEXT)
    body[at] ^= by
    assert at_three.answer(bytes(body)).status in {400, 403, 404, 409, 422}


def test_the_largest_honest_request_fits():
    """64 signatures by ML-DSA-44 under the longest names, and 63 hashes."""
    name = "w" * 255
    text = LOG.note_at(7).text
    line = secret("w", WITNESS_KEY_2.public.algorithm).sign(text, NOW)
    lines = tuple(type(line)(name, index.to_bytes(4), line.signature) for index in range(64))
    body = encode_request(2**63 - 1, [ROOT] * 63, Note(text, lines))
    assert len(body) < LARGEST_REQUEST - 32_000
    assert len(parse_request(body).note.signatures) == 64


def test_a_larger_request_is_not_read():
    body = encode_request(0, [], signed(7, ROOT, (LOG_KEY,), *["x" * 1000] * 270))
    with pytest.raises(FormatError, match="expected at most 262144"):
        parse_request(body)
