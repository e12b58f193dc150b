import dataclasses
import struct

import pytest

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.formats import keys
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.keys import Algorithm, PublicKey, SecretKey, cosigned_at, signatures_by
from detente.ledger.formats.note import Note
from detente.ledger.formats.text import encode_base64
from tests.ledger.examples import CHECKPOINT, LOG, ORIGIN, QUANTUM_LOG, WITNESS, needs_ml_dsa, note, secret

# RFC 8032, section 7.1, tests 1 and 2: seed, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "r",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
SIGNERS = [LOG, WITNESS, *([QUANTUM_LOG] if QUANTUM_LOG else [])]


@pytest.mark.parametrize("seed, public, text, signature", RFC_8032)
def test_signatures_are_those_of_the_standard(seed, public, text, signature):
    key = SecretKey("a", Algorithm.ED25519, bytes.fromhex(seed))
    assert key.public.material.hex() == public
    assert key.sign(text).signature.hex() == signature
    key.public.check(text, bytes.fromhex(signature))


@pytest.mark.parametrize("key", SIGNERS, ids=lambda key: key.public.algorithm.name)
def test_keys_are_read_as_they_were_written(key):
    assert PublicKey.parse(str(key.public)) == key.public
    again = SecretKey.parse(key.reveal())
    assert (again.public, again.reveal()) == (key.public, key.reveal())
    again.public.check(CHECKPOINT.text, key.sign(CHECKPOINT.text, 5).signature)
    assert len(key.public.fingerprint) == 64


@pytest.mark.parametrize("key", SIGNERS, ids=lambda key: key.public.algorithm.name)
def test_a_secret_key_does_not_show_itself(key):
    hidden = key.reveal().rpartition("+")[2]
    assert hidden not in repr(key) + str(key)
    assert not hasattr(key, "__dict__")
    broken = [
        key.reveal() + "=",
        key.reveal()[:-4],
        key.reveal() + "AAAA",
        key.reveal().replace(key.public.name, "other"),
    ]
    for text in broken:
        with pytest.raises(FormatError) as caught:
            SecretKey.parse(text)
        assert hidden[:16] not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


VKEY = str(LOG.public)
NAME, ID, MATERIAL = VKEY.split("+", 2)


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "expected NAME"),
        (NAME, "expected NAME"),
        (f"{NAME}+{ID}", "expected NAME"),
        (f"+{ID}+{MATERIAL}", "name of a key"),
        (f"a b+{ID}+{MATERIAL}", "name of a key"),
        (f"other+{ID}+{MATERIAL}", "expected [0-9a-f]{8} for this name and key"),
        (f"{NAME}+{ID.upper()}x+{MATERIAL}", "for this name and key"),
        (f"{NAME}+0{ID}+{MATERIAL}", "for this name and key"),
        (f"{NAME}++{MATERIAL}", "for this name and key"),
        (f"{NAME}+{ID}+", "an algorithm we do not know"),
        (f"{NAME}+{ID}+{MATERIAL}+", "expected base64"),
        (f"{NAME}+{ID}+{encode_base64(bytes([2]) + bytes(32))}", "an algorithm we do not know"),
        (f"{NAME}+{ID}+{encode_base64(bytes([1]) + bytes(31))}", "found 31 bytes, expected 32"),
        (f"{NAME}+{ID}+{encode_base64(bytes([4]) + bytes(33))}", "found 33 bytes, expected 32"),
        (f"{NAME}+{ID}+{encode_base64(bytes([6]) + bytes(32))}", "found 32 bytes, expected 1312"),
    ],
)
def test_what_is_no_key_is_refused(text, what):
    with pytest.raises(FormatError, match=what):
        PublicKey.parse(text)


@pytest.mark.parametrize("key", SIGNERS, ids=lambda key: key.public.algorithm.name)
def test_every_changed_bit_of_a_signature_is_noticed(key):
    line = key.sign(CHECKPOINT.text, 1_700_000_000)
    key.public.check(CHECKPOINT.text, line.signature)
    size = len(line.signature)
    for bit in range(0, 8 * size, 1 if size < 100 else 37):
        changed = (int.from_bytes(line.signature) ^ 1 << bit).to_bytes(size)
        with pytest.raises(ProofError):
            key.public.check(CHECKPOINT.text, changed)
    for changed in (b"", line.signature[:-1], line.signature + b"\0"):
        with pytest.raises(ProofError, match="bytes, expected"):
            key.public.check(CHECKPOINT.text, changed)


@pytest.mark.parametrize("key", SIGNERS, ids=lambda key: key.public.algorithm.name)
@pytest.mark.parametrize("change", [{"origin": "other"}, {"size": 12}, {"root": bytes(32)}])
def test_no_signature_holds_for_another_checkpoint(key, change):
    other = dataclasses.replace(CHECKPOINT, **change)
    with pytest.raises(ProofError, match="does not hold for this text"):
        key.public.check(other.text, key.sign(CHECKPOINT.text).signature)


def test_what_a_key_signs_for_one_purpose_says_nothing_for_another():
    """One seed, one name: log and witness still sign different bytes under different ids."""
    as_log = secret(ORIGIN)
    as_witness = SecretKey(ORIGIN, Algorithm.COSIGNATURE_ED25519, as_log._seed)
    assert as_log.public.material == as_witness.public.material
    assert as_log.public.id != as_witness.public.id
    assert as_log.public.fingerprint == as_witness.public.fingerprint
    bare = as_log.sign(CHECKPOINT.text).signature
    with pytest.raises(ProofError):
        as_witness.public.check(CHECKPOINT.text, bytes(8) + bare)
    stamped = as_witness.sign(CHECKPOINT.text, 0).signature
    with pytest.raises(ProofError):
        as_log.public.check(CHECKPOINT.text, stamped[8:])
    # but a text that spells out what a witness signs is a text like any other: a log must sign checkpoints only
    as_log.public.check(f"cosignature/v1\ntime 0\n{CHECKPOINT.text}", stamped[8:])


def test_a_cosignature_says_when():
    line = WITNESS.sign(CHECKPOINT.text, 1_679_315_147)
    assert cosigned_at(WITNESS.public.algorithm, line.signature) == 1_679_315_147
    assert cosigned_at(LOG.public.algorithm, LOG.sign(CHECKPOINT.text).signature) == 0
    signed = f"cosignature/v1\ntime 1679315147\n{CHECKPOINT.text}"
    PublicKey("w", Algorithm.ED25519, WITNESS.public.material).check(signed, line.signature[8:])


def test_times_beyond_2_63_are_refused():
    line = WITNESS.sign(CHECKPOINT.text, 2**63 - 1)
    WITNESS.public.check(CHECKPOINT.text, line.signature)
    with pytest.raises(ProofError, match=r"expected 0 to 2\^63 - 1"):
        WITNESS.public.check(CHECKPOINT.text, struct.pack(">Q", 2**63) + line.signature[8:])
    for at in (-1, 2**63):
        with pytest.raises(ProofError, match=r"expected 0 to 2\^63 - 1"):
            WITNESS.sign(CHECKPOINT.text, at)


# --- whose signatures count -----------------------------------------------------------------------


def test_unknown_signatures_are_ignored_even_under_a_known_name_or_id():
    line = LOG.sign(CHECKPOINT.text)
    same_name = dataclasses.replace(line, key_id=bytes(4), signature=bytes(64))
    same_id = dataclasses.replace(line, name="someone.example", signature=bytes(64))
    found = Note(CHECKPOINT.text, (same_name, same_id, line))
    assert signatures_by(found, LOG.public) == [line]
    assert signatures_by(Note(CHECKPOINT.text, (same_name, same_id)), LOG.public) == []
    assert signatures_by(found, WITNESS.public) == []


@pytest.mark.parametrize("first", [True, False])
def test_one_false_signature_of_a_known_key_spoils_the_note(first):
    line = LOG.sign(CHECKPOINT.text)
    false = dataclasses.replace(line, signature=bytes(64))
    with pytest.raises(ProofError, match=f"signature by {ORIGIN}: does not hold"):
        signatures_by(Note(CHECKPOINT.text, (false, line) if first else (line, false)), LOG.public)


# --- ML-DSA ---------------------------------------------------------------------------------------


@needs_ml_dsa
def test_ml_dsa_signs_the_origin_the_names_and_the_time():
    line = QUANTUM_LOG.sign(CHECKPOINT.text, 7)
    assert len(line.signature) == 8 + 2420
    later = struct.pack(">Q", 8) + line.signature[8:]
    with pytest.raises(ProofError):
        QUANTUM_LOG.public.check(CHECKPOINT.text, later)
    renamed = PublicKey("other", Algorithm.COSIGNATURE_ML_DSA_44, QUANTUM_LOG.public.material)
    with pytest.raises(ProofError):
        renamed.check(CHECKPOINT.text, line.signature)


@needs_ml_dsa
def test_ml_dsa_signs_no_extensions_and_nothing_but_checkpoints():
    extended = Checkpoint(ORIGIN, 1, bytes(32), ("more",))
    good = QUANTUM_LOG.sign(CHECKPOINT.text).signature
    for ask in (QUANTUM_LOG.sign, lambda text: QUANTUM_LOG.public.check(text, good)):
        with pytest.raises(FormatError, match="do not cover extension lines"):
            ask(extended.text)
        with pytest.raises(FormatError, match="checkpoint"):
            ask("no checkpoint\n")
        with pytest.raises(FormatError, match="found 256 bytes, expected 1 to 255"):
            ask(Checkpoint("o" * 256, 1, bytes(32)).text)
    # Ed25519 covers whatever the text is
    LOG.public.check(extended.text, LOG.sign(extended.text).signature)


@needs_ml_dsa
def test_the_bytes_that_ml_dsa_signs_are_those_of_the_specification():
    message = keys._message(
        Algorithm.COSIGNATURE_ML_DSA_44, "w.example", Checkpoint("o", 3, b"r" * 32).text, 9
    )
    assert message == (
        b"subtree/v1\n\0\x09w.example\0\0\0\0\0\0\0\x09\x01o" + bytes(8) + bytes(7) + b"\x03" + b"r" * 32
    )


def test_without_ml_dsa_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    with pytest.raises(LedgerError, match="install a newer one"):
        SecretKey("a", Algorithm.COSIGNATURE_ML_DSA_44, bytes(32))
    public = PublicKey("a", Algorithm.COSIGNATURE_ML_DSA_44, bytes(1312))
    with pytest.raises(LedgerError, match="install a newer one"):
        public.check(CHECKPOINT.text, bytes(2428))


def test_a_public_key_that_is_no_point_signs_nothing():
    for material in (bytes(32), b"\xff" * 32, b"\1" + bytes(31)):
        for algorithm, size in ((Algorithm.ED25519, 64), (Algorithm.COSIGNATURE_ED25519, 72)):
            key = PublicKey("a", algorithm, material)
            assert PublicKey.parse(str(key)) == key
            with pytest.raises(ProofError):
                key.check(CHECKPOINT.text, b"\1" * size)


def test_seeds_have_32_bytes():
    for size in (0, 31, 33):
        with pytest.raises(FormatError, match=f"found {size} bytes, expected 32"):
            SecretKey("a", Algorithm.ED25519, bytes(size))


def test_the_examples_are_signed_by_all():
    assert len(note().signatures) == 3
