"""`detente ledger`, as the shell sees it."""

import json

import pytest

from detente.ledger.formats.proof import parse_proof


@pytest.fixture
def ledger(detente, tmp_path, monkeypatch):
    """A ledger in the folder where commands run, with three entries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert detente("ledger", "init", "evidence", "example.org/tried").exit_code == 0
    (tmp_path / "said.txt").write_text("one\ntwo\n\x1b[31mthree\n")
    done = detente("ledger", "append", "evidence", "said.txt", "--source", "gate-1", "--lines")
    assert done.stdout == "3 entries, 0 to 2; the last is number 3 of gate-1\n", done.stderr
    return "evidence"


def test_what_was_said_is_shown_and_obeyed_by_no_terminal(detente, ledger):
    done = detente("ledger", "show", ledger, "--last", "2")
    assert done.stdout.startswith("example.org/tried: 3 entries, root ")
    assert "record  gate-1 2" in done.stdout
    assert r"\u001b[31mthree" in done.stdout
    assert "\x1b" not in done.stdout
    assert "one" not in done.stdout


def test_raw_bytes_and_json(detente, ledger):
    assert detente("ledger", "show", ledger, "0", "--raw").stdout == "one"
    entries = json.loads(detente("ledger", "show", ledger, "--json").stdout)["entries"]
    assert [(row["index"], row["number"], row["body"]["text"]) for row in entries][:2] == [
        (0, 1, "one"),
        (1, 2, "two"),
    ]


def test_a_proof_and_its_entry_are_written_once(detente, ledger, tmp_path):
    words = ("ledger", "prove", ledger, "1", "--out", "one.tlog-proof", "--entry", "one.entry")
    assert detente(*words).exit_code == 0
    assert parse_proof((tmp_path / "one.tlog-proof").read_bytes()).index == 1
    assert (tmp_path / "one.entry").read_bytes().endswith(b"\ntwo")
    again = detente(*words)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_receipts_are_proofs(detente, ledger, tmp_path):
    (tmp_path / "more.txt").write_text("four")
    done = detente(
        "ledger", "append", ledger, "more.txt", "--source", "gate-1", "--receipt", "r.tlog-proof", "--json"
    )
    told = json.loads(done.stdout)
    assert told["last"]["index"] == 3
    assert (tmp_path / "r.tlog-proof").read_text() == told["last"]["proof"]


def test_keys_change_and_are_told(detente, ledger):
    first = json.loads(detente("ledger", "keys", "show", ledger, "--json").stdout)
    assert [row["standing"] for row in first] == ["valid"]
    assert detente("ledger", "keys", "rotate", ledger, "--reason", "yearly").exit_code == 0
    done = detente(
        "ledger", "keys", "revoke", ledger, first[0]["key"], "--since", "5", "--reason", "left on a train"
    )
    assert done.stdout == "entry 5: revoked from size 5 on\n"
    rows = json.loads(detente("ledger", "keys", "show", ledger, "--json").stdout)
    assert [row["standing"] for row in rows] == ["revoked before this was signed", "valid"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("init", "evidence", "example.org/x"), "found something there"),
        (("init", "other", "with space"), "origin: found 'with space'"),
        (("append", "evidence", "said.txt", "--source", "a b"), "source: found 'a b'"),
        (("append", "evidence", "none.txt", "--source", "a"), "none.txt: cannot be read"),
        (("append", "nowhere", "said.txt", "--source", "a"), "found no ledger there"),
        (("append", "evidence", "big.txt", "--source", "a"), "expected at most"),
        (("show", "evidence", "3"), "has 3 entries, counted from 0"),
        (("show", "evidence", "--raw"), "expected the index"),
        (("show", "nowhere"), "found no published checkpoint"),
        (("prove", "evidence", "3"), "counted from 0"),
        (("keys", "show", "nowhere"), "found no published checkpoint"),
        (("keys", "show", "evidence", "--key", "x"), "expected NAME+ID+BASE64"),
        (("keys", "revoke", "evidence", "x", "--since", "1", "--reason", "r"), "expected NAME+ID+BASE64"),
    ],
)
def test_bad_input_is_told(detente, ledger, tmp_path, words, message):
    (tmp_path / "big.txt").write_bytes(bytes(70_000))
    done = detente("ledger", *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
