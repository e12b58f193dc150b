import pytest

from detente.errors import FormatError, ProofError
from detente.ledger.formats.keys import Algorithm
from detente.ledger.formats.policy import parse_policy
from tests.ledger.examples import (
    LOG,
    NOTE,
    OTHER_WITNESS,
    POLICY,
    WITNESS,
    believe_note,
    needs_ml_dsa,
    note,
    policy,
    secret,
)

KEYS = [str(secret(f"w{n}.example", Algorithm.COSIGNATURE_ED25519).public) for n in range(6)]
WITNESSES = "".join(f"witness w{n} {key}\n" for n, key in enumerate(KEYS))


def groups(text):
    return parse_policy((WITNESSES + text).encode())


def met(found, *names):
    return found.met_by(frozenset(names))


def test_everything_in_a_policy_is_read():
    found = policy()
    assert [log.key for log in found.logs] == [LOG.public]
    assert [(w.name, w.key, w.url) for w in found.witnesses] == [
        ("w1", WITNESS.public, ""),
        ("w2", OTHER_WITNESS.public, "https://witness.example/w2"),
    ]
    assert (found.groups["both"].members, found.groups["both"].threshold) == (("w1", "w2"), 2)
    assert found.quorum == "both"


def test_space_tabs_and_comments_mean_nothing():
    spaced = POLICY.replace(" ", " \t  ").replace("\n", " \t\n\n  # a remark, with ünïcode\n#\n \t\n")
    assert parse_policy(spaced.encode()) == policy()
    # other spaces are letters like any others
    with pytest.raises(FormatError, match="line 1"):
        parse_policy("quorum\u2003none\n".encode())


def test_a_quorum_of_none_is_always_met():
    assert met(groups("quorum none\n"))
    assert parse_policy(b"quorum none\n").require_quorum(note()) == ()


def test_a_quorum_may_be_one_witness():
    found = groups("quorum w2\n")
    assert met(found, "w2", "w3")
    assert not met(found, "w1", "w3")
    assert not met(found)


def test_groups_count_their_members():
    found = groups("group x 2 w0 w1 w2\ngroup y any w3 w4\ngroup all-of-it all x y w5\nquorum all-of-it\n")
    assert met(found, "w0", "w2", "w4", "w5")
    assert met(found, "w0", "w1", "w2", "w3", "w4", "w5")
    for missing in (
        {"w0", "w4", "w5"},
        {"w0", "w1", "w5"},
        {"w0", "w1", "w3"},
        {"x", "y", "w5"},
        {"all-of-it"},
    ):
        assert not met(found, *missing)


def test_groups_nest_as_deep_as_a_policy_is_long():
    lines = ["group g0 any w0"] + [f"group g{n} any g{n - 1}" for n in range(1, 4_000)] + ["quorum g3999", ""]
    found = groups("\n".join(lines))
    assert met(found, "w0")
    assert not met(found, "w1")


def test_what_is_strongly_recommended_is_read():
    """32 logs, 32 witnesses, 32 groups; four of each rightly more."""
    logs = "".join(f"log {secret(f'log{n}').public}\n" for n in range(36))
    keys = [secret(f"many{n}", Algorithm.COSIGNATURE_ED25519).public for n in range(36)]
    text = (
        logs
        + "".join(f"witness m{n} {key}\ngroup g{n} 1 m{n}\n" for n, key in enumerate(keys))
        + "quorum g35\n"
    )
    found = parse_policy(text.encode())
    assert (len(found.logs), len(found.witnesses), len(found.groups)) == (36, 36, 36)
    with pytest.raises(FormatError, match="found 4097 lines, expected at most 4096"):
        parse_policy(b"#\n" * 4097)


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "no quorum"),
        ("quorum none", "no newline at the end"),
        ("quorum none\nquorum none\n", "line 8: found a second quorum"),
        ("quorum w9\n", "line 7: quorum: found 'w9'"),
        ("quorum\n", "expected log KEY"),
        ("quorum w1 w2\n", "expected log KEY"),
        ("Quorum none\n", "expected log KEY"),
        ("group g any\n", "expected log KEY"),
        ("group g any g\n", "found 'g', expected a witness or group defined above"),
        ("group g any h\ngroup h any w1\n", "found 'h', expected a witness or group defined above"),
        ("group g any none\n", "found 'none', expected a witness or group defined above"),
        ("group none any w1\n", "name none: it means something else already"),
        ("group w1 any w2\n", "name w1: it means something else already"),
        ("group g any w1\ngroup g any w2\n", "name g: it means something else already"),
        ("group g any w1 w1\n", "w1 is a member of a group already"),
        ("group g any w1\ngroup h any w1\n", "w1 is a member of a group already"),
        ("group g 0 w1\n", "found '0', expected all, any, or a number from 1 to 1"),
        ("group g 2 w1\n", "found '2', expected all, any, or a number from 1 to 1"),
        ("group g -1 w1\n", "found '-1'"),
        ("group g ١ w1\n", "found '١'"),
        ("group g ² w1\n", "found '²'"),
        ("group g All w1\n", "found 'All'"),
        (f"group g {'9' * 5000} w1\n", "expected all, any"),
        (f"witness w1 {LOG.public}\n", "name w1: it means something else already"),
        (f"witness x {LOG.public}\n", "expected one for cosignatures"),
        (f"witness none {WITNESS.public}\n", "name none"),
        (f"witness x {KEYS[0]}\n", "its key stands in the policy already"),
        (f"witness x {WITNESS.public} https://a https://b\n", "expected log KEY"),
        (f"log {WITNESS.public}\n", "expected that of a log"),
        (f"log {LOG.public}\nlog {LOG.public}\n", "its key stands in the policy already"),
        ("log nonsense\n", "expected NAME"),
        ("quorum none\r\n", "control character"),
        ("# \0\nquorum none\n", "line 7: found a control character"),
        ("# \x7f\nquorum none\n", "line 7: found a control character"),
        ("# \x1b[31m\nquorum none\n", "control character"),
    ],
)
def test_what_is_no_policy_is_refused(text, what):
    with pytest.raises(FormatError, match=what):
        groups(text)


def test_the_same_key_under_another_name_is_the_same_key():
    again = secret("other", Algorithm.COSIGNATURE_ED25519)
    twin = type(again)("twin", Algorithm.COSIGNATURE_ED25519, again._seed)
    with pytest.raises(FormatError, match="its key stands in the policy already"):
        parse_policy(f"witness a {again.public}\nwitness b {twin.public}\nquorum none\n".encode())


def test_names_are_bytes_and_messages_can_be_printed():
    kelvin = "witness \u212a " + KEYS[0] + "\nwitness K " + KEYS[1] + "\n"
    found = parse_policy(
        kelvin.encode() + b"witness \xff " + KEYS[2].encode() + b"\ngroup g all K \xff\nquorum g\n"
    )
    assert len({witness.name for witness in found.witnesses}) == 3
    with pytest.raises(ProofError) as caught:
        parse_policy(b"witness \xff " + KEYS[2].encode() + b"\nquorum \xff\n").require_quorum(note())
    str(caught.value).encode()
    for line in (
        b"group \xff 2 w1\n",
        b"group w1 any \xff\n",
        b"quorum \xff\n",
        b"\xff\n",
        b"log \xff+a+b\n",
        b"witness \xff \xff\n",
    ):
        with pytest.raises(FormatError) as caught:
            parse_policy(WITNESSES.encode() + line)
        str(caught.value).encode()


# --- what it takes to believe a checkpoint --------------------------------------------------------


def test_a_quorum_is_made_of_checked_cosignatures():
    found = policy().require_quorum(note())
    assert [(c.witness.name, c.at) for c in found] == [("w1", 1_700_000_100), ("w2", 1_700_000_100)]
    with pytest.raises(ProofError, match="quorum both: found cosignatures by w2, which are not enough"):
        policy().require_quorum(note(signers=(LOG, OTHER_WITNESS)))
    with pytest.raises(ProofError, match="found cosignatures by none"):
        policy().require_quorum(note(signers=(LOG,)))


def test_a_witness_who_signs_twice_is_one_witness():
    with pytest.raises(ProofError, match="not enough"):
        policy().require_quorum(note(signers=(LOG, WITNESS, WITNESS)))


def test_who_is_not_in_the_policy_does_not_count():
    stranger = secret("witness.example/w1", Algorithm.ED25519)  # of the same name
    with pytest.raises(ProofError, match="not enough"):
        policy().require_quorum(note(signers=(LOG, stranger, OTHER_WITNESS)))
    with pytest.raises(ProofError, match="no log of the policy"):
        believe_note(bytes(note(signers=(WITNESS, OTHER_WITNESS))), policy())


@needs_ml_dsa
def test_ml_dsa_keys_serve_logs_and_witnesses():
    key = secret("q.example", Algorithm.COSIGNATURE_ML_DSA_44)
    for line in (f"log {key.public}", f"witness q {key.public}"):
        parse_policy(f"{line}\nquorum none\n".encode())
    found = parse_policy(f"log {LOG.public}\nwitness q {key.public}\nquorum q\n".encode())
    assert believe_note(bytes(note(signers=(LOG, key))), found).size == 13


def test_the_example_is_believed():
    assert believe_note(NOTE, policy()).size == 13
