"""The history of keys: every verdict, and that nobody gets in who was not let in."""

import pytest

from detente.errors import FormatError, ProofError
from detente.ledger.check.keys import KeyHistory, Standing
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.signed_statements import Action, Gap, KeyChange, sign_statement

ORIGIN = "example.org/ledger"


def _key(number, name=ORIGIN, algorithm=Algorithm.ED25519):
    return SecretKey(name, algorithm, bytes(31) + bytes((number,)))


FIRST, SECOND, THIRD, THIEF = map(_key, range(1, 5))
GATE = _key(5, "gate-1")


def _body(action, key, since, *signers, origin=ORIGIN):
    return sign_statement(KeyChange(origin, action, key.public, since, "as planned"), signers)


def _history(*acts):
    """Return a history from the first key and (entry, body) pairs."""
    history = KeyHistory(ORIGIN, [FIRST.public])
    for entry, body in acts:
        history.take(entry, body)
    return history


def _standing(history, key, size):
    return history.judge(key.public, size).standing


ROTATION = (
    (10, _body(Action.ADD, SECOND, 11, FIRST, SECOND)),
    (20, _body(Action.RETIRE, FIRST, 30, SECOND)),
)


def test_a_given_key_is_valid_and_others_are_unknown():
    history = _history()
    assert _standing(history, FIRST, 0) is Standing.VALID
    assert _standing(history, SECOND, 5) is Standing.UNKNOWN
    assert "was not given" in history.judge(SECOND.public, 5).sentence


def test_rotation():
    history = _history(*ROTATION)
    assert _standing(history, SECOND, 10) is Standing.NOT_YET
    assert _standing(history, SECOND, 11) is Standing.VALID
    assert _standing(history, FIRST, 29) is Standing.RETIRED_LATER
    assert _standing(history, FIRST, 30) is Standing.RETIRED_BEFORE
    assert "retired from size 30 on (entry 20)" in history.judge(FIRST.public, 30).sentence
    assert history.named(ORIGIN) == [FIRST.public, SECOND.public]


def test_revocation_reaches_back():
    history = _history(*ROTATION, (40, _body(Action.REVOKE, FIRST, 25, SECOND)))
    assert _standing(history, FIRST, 24) is Standing.REVOKED_LATER
    assert _standing(history, FIRST, 25) is Standing.REVOKED_BEFORE
    assert "valid at size 24" in history.judge(FIRST.public, 24).sentence
    # further back, but never nearer
    with pytest.raises(ProofError, match="revoked already"):
        history.take(41, _body(Action.REVOKE, FIRST, 26, SECOND))
    history.take(41, _body(Action.REVOKE, FIRST, 5, SECOND))
    assert _standing(history, FIRST, 5) is Standing.REVOKED_BEFORE


@pytest.mark.parametrize(
    "standing, accepted",
    [
        (Standing.VALID, True),
        (Standing.RETIRED_LATER, True),
        (Standing.REVOKED_LATER, True),
        (Standing.NOT_YET, False),
        (Standing.RETIRED_BEFORE, False),
        (Standing.REVOKED_BEFORE, False),
        (Standing.UNKNOWN, False),
    ],
)
def test_what_is_believed(standing, accepted):
    assert standing.accepted is accepted


def test_what_a_thief_did_falls_with_the_stolen_key():
    history = _history(
        (10, _body(Action.ADD, SECOND, 11, FIRST, SECOND)),
        (20, _body(Action.ADD, THIEF, 21, FIRST, THIEF)),  # the first key is in other hands by now
        (21, _body(Action.RETIRE, SECOND, 22, FIRST)),
        (22, _body(Action.ADD, THIRD, 23, THIEF, THIRD)),
    )
    assert _standing(history, THIEF, 25) is Standing.VALID
    assert _standing(history, SECOND, 25) is Standing.RETIRED_BEFORE
    history.take(30, _body(Action.REVOKE, FIRST, 15, FIRST))
    assert _standing(history, THIEF, 25) is Standing.UNKNOWN
    assert _standing(history, THIRD, 25) is Standing.UNKNOWN, (
        "brought in by one who was brought in by a thief"
    )
    assert _standing(history, SECOND, 25) is Standing.VALID, "the retirement was the thief's"
    assert "revoked from before it" in history.judge(THIEF.public, 25).sentence
    with pytest.raises(ProofError, match="no key that was in force"):
        history.take(31, _body(Action.RETIRE, SECOND, 40, THIEF))


@pytest.mark.parametrize(
    "body, match",
    [
        (_body(Action.ADD, SECOND, 11, SECOND), "no key that was in force"),
        (_body(Action.ADD, SECOND, 11, FIRST), "new key itself"),
        (_body(Action.ADD, SECOND, 10, FIRST, SECOND), "reaches back"),
        (_body(Action.ADD, SECOND, 11, THIEF, SECOND), "no key that was in force"),
        (_body(Action.ADD, SECOND, 11, FIRST, SECOND, origin="example.org/other"), "meant for the log"),
        (_body(Action.RETIRE, SECOND, 11, FIRST), "never in use"),
        (_body(Action.RETIRE, FIRST, 10, FIRST), "reaches back"),
        (_body(Action.REVOKE, SECOND, 5, FIRST), "never in use"),
        (_body(Action.REVOKE, FIRST, 5, THIEF), "no key that was in force"),
    ],
)
def test_refused(body, match):
    history = _history()
    with pytest.raises(ProofError, match=match):
        history.take(10, body)
    assert history.save() == _history().save(), "nothing has changed"


def test_a_key_comes_once():
    history = _history(*ROTATION)
    with pytest.raises(ProofError, match="comes once"):
        history.take(50, _body(Action.ADD, SECOND, 51, SECOND))
    with pytest.raises(ProofError, match="retired or revoked already"):
        history.take(50, _body(Action.RETIRE, FIRST, 51, SECOND))


def test_a_retired_key_brings_in_nobody():
    history = _history(*ROTATION)
    history.take(29, _body(Action.ADD, THIRD, 40, FIRST, THIRD))
    with pytest.raises(ProofError, match="no key that was in force"):
        history.take(30, _body(Action.ADD, THIEF, 40, FIRST, THIEF))


def test_the_log_lets_in_sources_and_a_source_may_withdraw_its_own_key():
    history = _history((10, _body(Action.ADD, GATE, 11, FIRST, GATE)))
    with pytest.raises(ProofError, match="no key that was in force"):
        history.take(11, _body(Action.ADD, SECOND, 12, GATE, SECOND))
    with pytest.raises(ProofError, match="no key that was in force"):
        history.take(11, _body(Action.REVOKE, FIRST, 5, GATE))
    history.take(12, _body(Action.REVOKE, GATE, 12, GATE))
    assert _standing(history, GATE, 11) is Standing.REVOKED_LATER
    assert history.named("gate-1") == [GATE.public]


def test_a_false_signature_spoils_the_whole():
    forged = _body(Action.ADD, SECOND, 11, FIRST, SECOND).decode()
    forged = forged.replace("as planned", "as plamned")
    with pytest.raises(ProofError, match="does not hold"):
        _history((10, forged.encode()))


def test_signers():
    history = _history(*ROTATION)
    _, note = Gap.parse(sign_statement(Gap(ORIGIN, "gate-1", 3, 1, "queue full"), [FIRST, SECOND]))
    assert history.signers(note, ORIGIN, 15) == [FIRST.public, SECOND.public]
    assert history.signers(note, ORIGIN, 30) == [SECOND.public]


def test_a_key_given_beforehand_gets_its_window_from_the_log():
    history = KeyHistory(ORIGIN, [FIRST.public, SECOND.public])
    assert _standing(history, SECOND, 5) is Standing.VALID
    history.take(*ROTATION[0])
    assert _standing(history, SECOND, 5) is Standing.NOT_YET
    history.take(40, _body(Action.REVOKE, FIRST, 5, SECOND))
    assert _standing(history, SECOND, 12) is Standing.VALID, "it was given, whoever else brought it in"


def test_a_key_for_checkpoints_only_comes_by_the_word_of_the_log():
    second = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa") and _key(
        6, algorithm=Algorithm.COSIGNATURE_ML_DSA_44
    )
    acts = (10, _body(Action.ADD, second, 11, FIRST)), (40, _body(Action.REVOKE, FIRST, 5, FIRST))
    history = _history(acts[0])
    assert _standing(history, second, 11) is Standing.VALID
    history.take(*acts[1])
    assert _standing(history, second, 11) is Standing.UNKNOWN
    given = KeyHistory(ORIGIN, [FIRST.public, second.public])
    given.take(*acts[0])
    given.take(*acts[1])
    assert _standing(given, second, 11) is Standing.VALID


def test_saved_and_loaded():
    history = _history(*ROTATION, (40, _body(Action.REVOKE, FIRST, 25, SECOND)))
    again = KeyHistory.load(history.save())
    assert again.save() == history.save()
    for key in (FIRST, SECOND, THIRD):
        for size in range(50):
            assert again.judge(key.public, size) == history.judge(key.public, size)


def test_what_is_no_change_of_keys():
    with pytest.raises(FormatError):
        _history((10, b"action add\n"))
