"""The verifier: every step fails where it must and nowhere else, and no changed byte gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.check.claims import Head, KeptReceipt
from detente.ledger.check.keys import KeyHistory
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import Step, verify_checkpoint, verify_proof
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.entry import Kind
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.note import Note
from detente.ledger.formats.policy import parse_policy
from detente.ledger.formats.proof import LogProof
from detente.ledger.formats.signed_statements import Action, KeyChange, sign_statement
from detente.ledger.formats.statements import Begin, Erased, IndexRoot, Sealed
from tests.ledger.check.logs import KEY, ORIGIN, OTHER, Log

EAST = SecretKey("east.example", Algorithm.COSIGNATURE_ED25519, bytes(31) + b"\7")
WEST = SecretKey("west.example", Algorithm.COSIGNATURE_ED25519, bytes(31) + b"\x08")
POLICY = f"log {KEY.public}\nwitness east {EAST.public}\nwitness west {WEST.public}\ngroup both all east west\nquorum both\n"
TRUST = Trust.by_policy(parse_policy(POLICY.encode()))
ALONE = Trust.by_keys([KEY.public])


def _log():
    log = Log()
    log.begin("gate-1")
    log.records("gate-1", 6).records("sensor", 4)
    log.heartbeat("sensor")
    log.gap("sensor", 3)
    log.end("gate-1")
    return log


LOG = _log()


def _note(log=LOG, keys=(KEY,), witnesses=(EAST, WEST), origin=ORIGIN, size=None):
    size = len(log.entries) if size is None else size
    text = Checkpoint(origin, size, log.root(size)).text
    return Note(
        text, (*(key.sign(text) for key in keys), *(key.sign(text, 1_700_000_000) for key in witnesses))
    )


def _proof(index, log=LOG, **options):
    note = _note(log, **options)
    path = Tree(log.leaves()).inclusion(index, int(note.text.split("\n")[1]))
    return bytes(LogProof(index, tuple(path), note))


def _steps(verification):
    return [step for step, _ in verification.passed]


@pytest.mark.parametrize("index", range(len(LOG.entries)))
def test_all_steps_hold(index):
    found = verify_proof(LOG.entries[index], _proof(index), TRUST)
    assert found.holds, found.why
    assert _steps(found) == list(Step)
    assert str(found).count("ok") == 8
    assert found.receipt("gate-1").index == index


def test_the_list_is_numbered_in_the_order_of_the_docstring():
    lines = [line.strip() for line in (verify_proof.__doc__ or "").split("\n")]
    assert [line[0] for line in lines if line[:1].isdigit()] == [str(step.value) for step in Step]
    assert str(verify_proof(b"", b"", TRUST)).startswith("1. FAILED")


def test_1_what_is_no_proof():
    for proof in (b"", b"c2sp.org/tlog-proof@v1\n", _proof(3)[:-1], bytes(_note())):
        found = verify_proof(LOG.entries[3], proof, TRUST)
        assert (found.failed, found.passed) == (Step.PARSE, ())


def test_2_a_log_or_key_that_nobody_trusts():
    found = verify_proof(LOG.entries[3], _proof(3, origin="example.org/other"), TRUST)
    assert found.failed is Step.ORIGIN
    assert "example.org/other, which is not trusted; trusted: example.org/ledger" in found.why
    found = verify_proof(LOG.entries[3], _proof(3, keys=[OTHER]), TRUST)
    assert found.failed is Step.ORIGIN
    assert "no signature by a key" in found.why


def test_3_a_key_that_could_not_sign_then():
    history = KeyHistory(ORIGIN, [KEY.public])
    history.take(5, sign_statement(KeyChange(ORIGIN, Action.ADD, OTHER.public, 6, "rotation"), [KEY, OTHER]))
    history.take(6, sign_statement(KeyChange(ORIGIN, Action.RETIRE, KEY.public, 10, "rotation"), [KEY]))
    trust = TRUST.knowing(history)
    found = verify_proof(LOG.entries[3], _proof(3), trust)
    assert found.failed is Step.WINDOW
    assert "was retired from size 10 on" in found.why
    found = verify_proof(LOG.entries[3], _proof(3, size=9), trust)
    assert found.holds
    assert "in its window" in dict(found.passed)[Step.WINDOW]
    assert verify_proof(LOG.entries[3], _proof(3, keys=[OTHER]), trust).holds
    assert verify_proof(LOG.entries[3], _proof(3, keys=[KEY, OTHER]), trust).holds, "one is enough"
    history.take(7, sign_statement(KeyChange(ORIGIN, Action.REVOKE, KEY.public, 9, "stolen"), [OTHER]))
    found = verify_proof(LOG.entries[3], _proof(3, size=9), trust)
    assert found.failed is Step.WINDOW
    assert "revoked from size 9 on" in found.why
    found = verify_proof(LOG.entries[3], _proof(3, size=8), trust)
    assert "was valid at size 8, when this was signed; it is revoked" in dict(found.passed)[Step.WINDOW]


def test_4_a_false_signature():
    note = _note()
    forged = OTHER.sign(note.text)
    lines = (
        note.signatures[0].__class__(KEY.public.name, KEY.public.id, forged.signature),
        *note.signatures[1:],
    )
    proof = bytes(LogProof(3, tuple(Tree(LOG.leaves()).inclusion(3)), Note(note.text, lines)))
    found = verify_proof(LOG.entries[3], proof, TRUST)
    assert found.failed is Step.SIGNATURE
    assert _steps(found) == [Step.PARSE, Step.ORIGIN, Step.WINDOW]


def test_5_too_few_witnesses():
    found = verify_proof(LOG.entries[3], _proof(3, witnesses=[EAST]), TRUST)
    assert found.failed is Step.QUORUM
    assert "cosignatures by east, which are not enough" in found.why
    assert verify_proof(LOG.entries[3], _proof(3, witnesses=[]), ALONE).holds


def test_7_another_entry_index_or_path():
    for entry, proof in (
        (LOG.entries[4], _proof(3)),
        (LOG.entries[3] + b"!", _proof(3)),
        (LOG.entries[3], _proof(3).replace(b"index 3", b"index 4")),
        (LOG.entries[3], _proof(3).replace(b"index 3", b"index 99")),
    ):
        found = verify_proof(entry, proof, TRUST)
        assert found.failed is Step.INCLUSION
        assert found.leaf, "the hash is known by then"


def test_8_what_is_no_entry():
    log = Log()
    log.entries.append(b"something else")
    found = verify_proof(log.entries[0], _proof(0, log), TRUST)
    assert found.failed is Step.ENTRY
    assert _steps(found) == list(Step)[:-1]
    log = Log()
    log.say("gate-1", b"last x\n", Kind.END)
    assert verify_proof(log.entries[0], _proof(0, log), TRUST).failed is Step.ENTRY


@given(st.data())
def test_no_changed_byte_gets_through(data):
    index = data.draw(st.integers(0, len(LOG.entries) - 1))
    entry, proof = bytearray(LOG.entries[index]), bytearray(_proof(index))
    target = data.draw(st.sampled_from([entry, proof]))
    at = data.draw(st.integers(0, len(target) - 1))
    target[at] ^= data.draw(st.integers(1, 255))
    found = verify_proof(bytes(entry), bytes(proof), TRUST)
    assert not found.holds
    with pytest.raises(LedgerError, match="nothing can be held"):
        found.receipt("anyone")


@given(st.binary(max_size=300), st.binary(max_size=600))
def test_anything_may_be_handed_in(entry, proof):
    assert not verify_proof(entry, proof, TRUST).holds


# --- what entries say ---------------------------------------------------------------------------

HASH = bytes(32)


@pytest.mark.parametrize(
    "kind, body, said",
    [
        (Kind.RECORD, b"12345", "gate-1, number 1: a record of 5 bytes"),
        (Kind.BEGIN, Begin("s1", "gate 0.8"), "session s1 of gate 0.8 begins"),
        (Kind.HEARTBEAT, b"last 0\n", "it lives, and had counted to 0"),
        (Kind.END, b"last 0\n", "it ends, having counted to 0"),
        (Kind.SEALED, Sealed(HASH, 7, "text/plain"), "it seals a payload of 7 bytes of text/plain"),
        (
            Kind.ERASED,
            Erased(4, HASH, "asked for", "the owner"),
            "entry 4 was erased by the owner: asked for",
        ),
        (Kind.INDEX, IndexRoot(0, 9, HASH), "an index of entries 0 to 8"),
    ],
)
def test_what_it_says(kind, body, said):
    log = Log()
    log.say("gate-1", bytes(body), kind)
    found = verify_proof(log.entries[0], _proof(0, log), TRUST)
    assert said in dict(found.passed)[Step.ENTRY]


def test_whose_word_a_gap_is():
    log = Log()
    log.gap("gate-1", 3)
    log.gap("gate-1", 3, OTHER)
    log.ledger(sign_statement(KeyChange(ORIGIN, Action.RETIRE, KEY.public, 9, "end"), [KEY]), Kind.KEY)
    told = [dict(verify_proof(log.entries[at], _proof(at, log), TRUST).passed)[Step.ENTRY] for at in range(3)]
    name = f"{ORIGIN}+{KEY.public.id.hex()}"
    assert told[0] == f"numbers 1 to 3 of gate-1 were lost: queue full; signed by {name}"
    assert (
        told[1]
        == "numbers 4 to 6 of gate-1 were lost: queue full; signed by no key that is known and was in force"
    )
    assert told[2] == f"retire of the key {name} from size 9 on: end; signed by {name}"


# --- heads --------------------------------------------------------------------------------------


def test_a_head_alone():
    head = verify_checkpoint(bytes(_note()), TRUST)
    assert head.checkpoint.size == len(LOG.entries)
    assert [x.witness.name for x in head.cosignatures] == ["east", "west"]
    assert head.held_by("me") == Head(len(LOG.entries), LOG.root(), "me")
    assert "was in force" in head.sentences[0]
    with pytest.raises(ProofError, match="not enough"):
        verify_checkpoint(bytes(_note(witnesses=[])), TRUST)
    with pytest.raises(ProofError, match="no signature by a key"):
        verify_checkpoint(bytes(_note(keys=[OTHER])), TRUST)
    with pytest.raises(FormatError):
        verify_checkpoint(b"", TRUST)
    note = bytes(_note(witnesses=[]))
    with pytest.raises(ProofError, match="does not hold"):
        verify_checkpoint(note.replace(b"\n14\n", b"\n13\n"), ALONE)


def test_a_receipt_is_what_the_proof_says():
    found = verify_proof(LOG.entries[8], _proof(8), TRUST)
    head = Head(len(LOG.entries), LOG.root(), "sensor")
    assert found.receipt("sensor") == KeptReceipt(8, "sensor", 2, LOG.leaves()[8], head)
