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


def test_a_payload_is_sealed_opened_and_erased(detente, ledger, tmp_path):
    (tmp_path / "secret.txt").write_text("who it was")
    key = (tmp_path / ledger / "log.vkey").read_text().strip()
    words = ("ledger", "seal", ledger, "secret.txt", "--source", "gate-1", "--type", "text/plain")
    assert detente(*words).stdout == "entry 3 seals 10 bytes; number 4 of gate-1\n"
    assert detente("ledger", "open", ledger, "3").stdout == "who it was"
    done = detente("ledger", "erase", ledger, "3", "--reason", "asked for", "--by", "officer")
    assert done.stdout == "entry 4: the payload of entry 3 is erased\n"
    gone = detente("ledger", "open", ledger, "3")
    assert gone.exit_code == 2
    assert "erased, or withheld" in gone.stderr
    told = json.loads(detente("ledger", "audit", ledger, "--key", key, "--json").stdout)
    assert (told["holds"], told["erased"]) == (True, 1)
    assert b"who it was" not in b"".join(
        one.read_bytes() for one in (tmp_path / ledger).rglob("*") if one.is_file()
    )


def test_all_of_a_source_is_found_with_proof(detente, ledger, tmp_path):
    key = (tmp_path / ledger / "log.vkey").read_text().strip()
    assert detente("ledger", "index", ledger).stdout == "1 index written\n"
    done = detente("ledger", "find", ledger, "--source", "gate-1", "--key", key)
    assert done.exit_code == 0, done.stderr
    assert "found 3; there are no others among entries 0 to 3" in done.stdout
    told = json.loads(
        detente(
            "ledger", "find", ledger, "--source", "gate-1", "--key", key, "--until", "2001-01-01", "--json"
        ).stdout
    )
    assert told == {"complete": True, "entries": []}
    assert (
        "expected one as"
        in detente("ledger", "find", ledger, "--source", "x", "--key", key, "--since", "soon").stderr
    )


def test_what_is_verified_and_what_is_not(detente, ledger, tmp_path):
    key = (tmp_path / ledger / "log.vkey").read_text().strip()
    detente("ledger", "prove", ledger, "1", "--out", "p.tlog-proof", "--entry", "p.entry")
    words = ("ledger", "verify", "p.tlog-proof", "--entry", "p.entry")
    assert detente(*words, "--key", key).stdout.endswith("\nholds\n")
    (tmp_path / "p.entry").write_bytes(b"something else")
    done = detente(*words, "--key", key, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failed"]["step"] == 7
    assert "expected --key VKEY or --policy FILE" in detente(*words).stderr


def test_an_audit_names_what_is_gone(detente, ledger, tmp_path):
    key = (tmp_path / ledger / "log.vkey").read_text().strip()
    receipts = tmp_path / "kept"
    receipts.mkdir()
    detente("ledger", "prove", ledger, "2", "--out", "kept/2.tlog-proof", "--entry", "kept/2.entry")
    audit = ("ledger", "audit", ledger, "--key", key)
    assert "Nothing here breaks a promise." in detente(*audit, "--receipts", "kept").stdout
    bundle = tmp_path / ledger / "tile/entries/000.p/3"
    bundle.write_bytes(bundle.read_bytes().replace(b"two", b"six"))
    done = detente(*audit, "--receipts", "kept")
    assert done.exit_code == 1
    assert "WITHHELD: entry 1: the tree holds its hash" in done.stdout
    bundle.unlink()
    assert "WITHHELD: entry 2" in detente(*audit).stdout


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
