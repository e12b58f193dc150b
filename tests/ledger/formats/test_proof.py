import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError, ProofError
from detente.ledger.formats.proof import LogProof, parse_proof
from tests.ledger.examples import ENTRIES, NOTE, PROOF, TREE, believe_proof, note, policy

HEAD, REST = PROOF.split(b"\nindex 4\n")
HASHES, SIGNED = REST.split(b"\n\n", 1)
HASH = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 2**63 - 1), st.lists(HASH, max_size=63), st.none() | st.binary(max_size=50))
def test_a_proof_is_read_as_it_was_written(index, path, extra):
    proof = LogProof(index, tuple(path), note(), extra)
    assert parse_proof(bytes(proof)) == proof
    assert bytes(parse_proof(bytes(proof))) == bytes(proof)


def test_every_entry_is_proved_at_its_own_place_only():
    for index, entry in enumerate(ENTRIES):
        for claimed in range(len(ENTRIES) + 1):
            proof = bytes(LogProof(claimed, tuple(TREE.inclusion(index)), note()))
            if claimed == index:
                assert believe_proof(proof, entry, policy()) == index
            else:
                with pytest.raises(ProofError):
                    believe_proof(proof, entry, policy())
        with pytest.raises(ProofError):
            believe_proof(proof, entry + b".", policy())


@pytest.mark.parametrize(
    "data, what",
    [
        (b"", "no empty line"),
        (HEAD + b"\nindex 4\n" + HASHES, "no empty line"),
        (b"\n\n" + SIGNED, "expected c2sp.org/tlog-proof@v1"),
        (PROOF.replace(b"@v1", b"@v2"), "expected c2sp.org/tlog-proof@v1"),
        (b" " + PROOF, "expected c2sp.org/tlog-proof@v1"),
        (b"\xef\xbb\xbf" + PROOF, "no ASCII"),
        (HEAD + b"\n\n" + SIGNED, "no line with the index"),
        (HEAD + b"\n" + HASHES + b"\n\n" + SIGNED, "no line with the index"),
        (PROOF.replace(b"index 4", b"index 04"), "index of a proof: found '04'"),
        (PROOF.replace(b"index 4", b"index  4"), "index of a proof"),
        (PROOF.replace(b"index 4", b"index 4 "), "index of a proof"),
        (PROOF.replace(b"index 4", b"index +4"), "index of a proof"),
        (PROOF.replace(b"index 4", b"index"), "no line with the index"),
        (PROOF.replace(b"index 4", b"index 9223372036854775808"), "index of a proof"),
        (PROOF.replace(b"index 4", "index ٤".encode()), "no ASCII"),
        (PROOF.replace(b"index 4", b"index 4\nextra QQ=="), "hash of a proof"),
        (PROOF.replace(b"index 4", b"extra QQ==\nextra QQ==\nindex 4"), "no line with the index"),
        (PROOF.replace(b"index 4", b"extra QR==\nindex 4"), "extra data of a proof"),
        (PROOF.replace(b"index 4", b"extra\nindex 4"), "no line with the index"),
        (PROOF.replace(b"index 4", b"index 4\nAAAA"), "hash of a proof: found 3 bytes"),
        (PROOF.replace(b"index 4", b"index 4\r"), "index of a proof"),
        (PROOF.replace(HASHES, HASHES.replace(b"\n", b"\r\n")), "hash of a proof"),
        (
            HEAD + b"\nindex 4\n" + b"\n".join([HASHES.split(b"\n")[0]] * 64) + b"\n\n" + SIGNED,
            "found 64 hashes",
        ),
        (HEAD + b"\nindex 4\n" + HASHES + b"\n\n", "note"),
        (PROOF[:-1], "no newline at the end of the signatures"),
        (PROOF + b"\n", "signature"),
        (b"x" * (1024 * 1024 + 1), "expected at most 1048576"),
    ],
)
def test_what_is_no_proof_is_refused(data, what):
    with pytest.raises(FormatError, match=what):
        parse_proof(data)


def test_a_tree_of_one_entry_needs_no_hashes():
    proof = LogProof(0, (), note())
    assert bytes(proof) == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + NOTE
    assert parse_proof(bytes(proof)) == proof


def test_nothing_extra_is_not_an_empty_extra():
    for extra, line in ((None, b""), (b"", b"extra \n"), (b"x", b"extra eA==\n")):
        proof = LogProof(0, (), note(), extra)
        assert bytes(proof).startswith(b"c2sp.org/tlog-proof@v1\n" + line + b"index")
        assert parse_proof(bytes(proof)).extra == extra
