"""`detente ledger`, as the shell sees it."""

import json
import shutil
import signal
import subprocess
import sys
import time

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


def test_an_answer_travels_alone(detente, ledger, tmp_path):
    key = (tmp_path / ledger / "log.vkey").read_text().strip()
    detente("ledger", "index", ledger)
    done = detente("ledger", "find", ledger, "--source", "gate-1", "--key", key, "--out", "all.answer")
    assert done.exit_code == 0, done.stderr
    shutil.rmtree(tmp_path / ledger)
    done = detente("ledger", "check-answer", "all.answer", "--key", key)
    assert done.exit_code == 0, done.stderr
    assert "found 3; there are no others among entries 0 to 3" in done.stdout
    data = (tmp_path / "all.answer").read_bytes()
    (tmp_path / "bad.answer").write_bytes(data.replace(b"tail 1", b"tail 2"))
    assert detente("ledger", "check-answer", "bad.answer", "--key", key).exit_code == 2
    tail = data.index(b"tail 1")
    (tmp_path / "bad.answer").write_bytes(data[:tail] + data[tail:].replace(b"entry Z", b"entry Y"))
    done = detente("ledger", "check-answer", "bad.answer", "--key", key, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["holds"] is False


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
        (("append", "evidence", "big.txt", "--source", "a"), "that one may have"),
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


def _key(tmp_path, ledger):
    return (tmp_path / ledger / "log.vkey").read_text().splitlines()[0]


def test_a_head_that_contradicts_the_log_is_told_whatever_its_size(detente, ledger, tmp_path):
    shutil.copytree(tmp_path / ledger, tmp_path / "other")
    for name, said in ((ledger, "a"), ("other", "b")):
        (tmp_path / "more.txt").write_text(f"{said}\n" * 3)
        detente("ledger", "append", name, "more.txt", "--source", "s", "--lines")
    shutil.copy(tmp_path / "other" / "checkpoint", tmp_path / "kept")
    (tmp_path / "more.txt").write_text("longer\n")
    detente("ledger", "append", ledger, "more.txt", "--source", "s")
    done = detente("ledger", "audit", ledger, "--key", _key(tmp_path, ledger), "--head", "kept")
    assert done.exit_code == 1
    assert "DELETED: the log signed a head of size 6 that kept holds" in done.stdout


def test_a_saved_audit_notices_a_shorter_log_and_another(detente, ledger, tmp_path):
    shutil.copytree(tmp_path / ledger, tmp_path / "older")
    (tmp_path / "more.txt").write_text("four")
    detente("ledger", "append", ledger, "more.txt", "--source", "s")
    key = _key(tmp_path, ledger)
    assert detente("ledger", "audit", ledger, "--key", key, "--state", "s").exit_code == 0
    done = detente("ledger", "audit", "older", "--key", key, "--state", "s")
    assert done.exit_code == 1
    assert "TRUNCATED TAIL: 4 entries were audited before, and 3 are shown" in done.stdout
    detente("ledger", "init", "third", "example.org/third")
    done = detente("ledger", "audit", "third", "--key", _key(tmp_path, "third"), "--state", "s")
    assert done.exit_code == 2
    assert "is of an audit of example.org/tried" in done.stderr
    assert (
        "expected the name of a file"
        in detente("ledger", "audit", ledger, "--key", key, "--state", ".").stderr
    )


def test_tiles_that_are_not_what_lies_below_are_told(detente, ledger, tmp_path):
    (tmp_path / "many.txt").write_text("x\n" * 600)
    detente("ledger", "append", ledger, "many.txt", "--source", "s", "--lines")
    words = ("ledger", "audit", ledger, "--key", _key(tmp_path, ledger))
    assert detente(*words).exit_code == 0
    for where in ("tile/0/001", "tile/1/000.p/2"):
        tile = tmp_path / ledger / where
        kept = tile.read_bytes()
        tile.write_bytes(bytes(1) + kept[1:])
        done = detente(*words)
        assert done.exit_code == 1
        assert f"FALSE STATEMENT: {where} is not there" in done.stdout
        tile.write_bytes(kept)


def test_payloads_that_are_gone_with_their_folder_are_missed(detente, ledger, tmp_path):
    (tmp_path / "secret.txt").write_text("who it was")
    detente("ledger", "seal", ledger, "secret.txt", "--source", "gate-1")
    shutil.rmtree(tmp_path / ledger / "payloads")
    done = detente("ledger", "audit", ledger, "--key", _key(tmp_path, ledger))
    assert done.exit_code == 1
    assert "WITHHELD: the payload of entry 3" in done.stdout
    again = detente("ledger", "erase", ledger, "3", "--reason", "r", "--by", "b")
    assert again.exit_code == 2


def test_what_is_not_published_yet_is_not_called_cut_off(detente, ledger, tmp_path):
    script = (
        "import os, sys\nfrom detente.ledger import Ledger\n"
        "proof = Ledger(sys.argv[1], publish_every=None).append('z', b'x').proof()\n"
        "open('kept/z.tlog-proof', 'wb').write(bytes(proof)); os._exit(9)\n"
    )
    (tmp_path / "kept").mkdir()
    subprocess.run([sys.executable, "-c", script, ledger], cwd=tmp_path, check=False)
    words = ("ledger", "audit", ledger, "--key", _key(tmp_path, ledger), "--head", "kept/z.note")
    proof = parse_proof((tmp_path / "kept/z.tlog-proof").read_bytes())
    (tmp_path / "kept/z.note").write_bytes(bytes(proof.checkpoint))
    done = detente(*words)
    assert done.exit_code == 2
    assert "detente ledger publish" in done.stderr
    assert detente("ledger", "publish", ledger).stdout == f"{ledger}: 4 entries are published\n"
    assert detente(*words).exit_code == 0


def test_a_slow_pipe_is_written_as_it_comes(tmp_path, ledger):
    writer = subprocess.Popen(
        [sys.executable, "-m", "detente", "ledger", "append", ledger, "--source", "pipe", "--lines"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    writer.stdin.write("early\nbird\nhal")
    writer.stdin.flush()
    deadline = time.monotonic() + 30
    # In the journal it stands before it is acknowledged; in tiles only afterwards.
    while b"bird" not in _bundles(tmp_path / ledger) and time.monotonic() < deadline:
        time.sleep(0.02)
    writer.send_signal(signal.SIGTERM)
    _, told = writer.communicate(timeout=30)
    assert "2 entries are in the ledger" in told
    assert writer.returncode == 130
    assert b"bird" in _bundles(tmp_path / ledger)


def _bundles(path):
    return b"".join(one.read_bytes() for one in (path / "tile/entries").rglob("*") if one.is_file())


def test_nothing_is_written_where_the_receipt_cannot_be(detente, ledger, tmp_path):
    for receipt, message in (("said.txt", "nothing was done"), ("no/where", "found no directory")):
        done = detente("ledger", "append", ledger, "said.txt", "--source", "g", "--receipt", receipt)
        assert message in done.stderr
    (tmp_path / "empty").write_bytes(b"")
    assert "nothing to write" in detente("ledger", "append", ledger, "empty", "--source", "g").stderr
    assert json.loads(detente("ledger", "show", ledger, "--json").stdout)["checkpoint"]["size"] == 3


def test_a_revocation_that_makes_no_sense_is_refused(detente, ledger, tmp_path):
    first = _key(tmp_path, ledger)
    detente("ledger", "init", "third", "example.org/third")
    detente("ledger", "keys", "rotate", ledger, "--reason", "yearly")
    revoke = ("ledger", "keys", "revoke", ledger)
    for key, since, message in (
        (_key(tmp_path, "third"), "1", "never in use"),
        (first, "5000", "expected at most 5"),
        (first, "2", "nobody would believe any more"),
    ):
        done = detente(*revoke, key, "--since", since, "--reason", "r")
        assert done.exit_code == 2
        assert message in done.stderr
    assert detente(*revoke, first, "--since", "5", "--reason", "r").exit_code == 0
    assert "revoked already" in detente(*revoke, first, "--since", "5", "--reason", "r").stderr
    assert detente("ledger", "audit", ledger, "--key", first).exit_code == 0
