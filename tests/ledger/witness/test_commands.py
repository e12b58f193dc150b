"""The commands `detente ledger witness` and `detente ledger monitor`, as people type them."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from detente.cli.main import app
from detente.ledger.store.create import create
from detente.ledger.store.ledger import Ledger


@pytest.fixture
def detente(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["detente", *words])
        return CliRunner().invoke(app, ["ledger", *words], prog_name="detente")

    return run


@pytest.fixture
def log(tmp_path):
    """A ledger with three entries in ./log, and ./other, the same with another third; gives the log's key."""
    import shutil

    folder = create(tmp_path / "log", "log.example/one")
    with Ledger(folder.path, publish_every=None) as ledger:
        for _ in range(2):
            ledger.append("gate", b"halted")
    shutil.copytree(tmp_path / "log", tmp_path / "other")
    for name in ("log", "other"):
        with Ledger(tmp_path / name, publish_every=None) as ledger:
            ledger.append("gate", name.encode())
    return str(folder.known_keys()[0])


@pytest.fixture
def serving(detente, log, tmp_path):
    """A witness of the log as a process of its own; gives how to start it, and its public key."""
    key = detente("witness", "key", "w.key", "witness.example/w1").stdout.strip()
    processes = []

    def start(*words):
        command = [sys.executable, "-m", "detente", "ledger", "witness", "serve", "--key", "w.key"]
        command += ["--state", "w.state", "--log", log, "--port", "0", *words]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        told = ""
        while "listening at" not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
        url = re.search(r"listening at (\S+)", told)[1]
        (tmp_path / "policy").write_text(f"witness w1 {key} {url}\nquorum w1\n")
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_witness_is_asked_killed_and_asked_again(detente, serving, tmp_path):
    process = serving("--new")
    done = detente("witness", "ask", "log", "--policy", "policy", "--out", "cosigned")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "cosigned: log.example/one at size 3, with 1 new signatures\n"
    assert "witness.example/w1" in (tmp_path / "cosigned").read_text()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    serving()
    forked = detente("witness", "ask", "other", "--policy", "policy", "--out", "never")
    assert forked.exit_code == 1
    assert "has signed another root of size 3" in forked.stderr
    assert not (tmp_path / "never").exists()
    assert detente("witness", "forks", "w.state").stdout == "log.example/one\n"
    evidence = detente("witness", "forks", "w.state", "log.example/one")
    (tmp_path / "evidence").write_bytes(evidence.stdout_bytes)


def test_evidence_of_a_witness_holds_for_a_third_person(detente, serving, log, tmp_path):
    serving("--new")
    detente("witness", "ask", "log", "--policy", "policy", "--out", "cosigned")
    detente("witness", "ask", "other", "--policy", "policy", "--out", "never")
    (tmp_path / "evidence").write_bytes(
        detente("witness", "forks", "w.state", "log.example/one").stdout_bytes
    )
    checked = detente("monitor", "--check", "evidence", "--log", log)
    assert (checked.exit_code, checked.stdout[:37]) == (0, "fork: log.example/one signed 3 entrie")
    assert detente("witness", "forks", "w.state", "log.example/two").exit_code == 2


def test_no_witness_without_its_state(detente, log):
    detente("witness", "key", "w.key", "witness.example/w1")
    done = detente("witness", "serve", "--key", "w.key", "--state", "lost", "--log", log, "--port", "0")
    assert done.exit_code == 2
    assert "can be deceived" in done.stderr


@pytest.mark.parametrize(
    "words, why",
    [
        (["--log", "nonsense"], "public key: found 'nonsense'"),
        ([], "found no log to watch"),
        (["--host", "192.0.2.7"], "--plain"),
        (["--certificate", "c.pem"], "one of certificate and key"),
        (["--logs", "nowhere"], "nowhere: cannot be read"),
        (["--key", "open.key"], "chmod 600"),
        (["--key", "nowhere.key"], "no key can be read there"),
        (["--key", "log/keys/log.key"], "cosignatures"),
    ],
)
def test_what_a_witness_refuses_to_start_with(detente, log, tmp_path, words, why):
    detente("witness", "key", "w.key", "witness.example/w1")
    detente("witness", "key", "open.key", "witness.example/w1")
    (tmp_path / "open.key").chmod(0o644)
    if "--log" not in words and words and "--logs" not in words:
        words = [*words, "--log", log]
    done = detente("witness", "serve", "--key", "w.key", "--state", "s", "--new", "--port", "0", *words)
    assert done.exit_code == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "s").exists(), "what cannot work leaves no state behind"


def test_a_key_is_never_written_over(detente, tmp_path):
    first = detente("witness", "key", "w.key", "witness.example/w1", "--ml-dsa")
    assert first.stdout.startswith("witness.example/w1+")
    assert (tmp_path / "w.key").stat().st_mode & 0o777 == 0o600
    assert detente("witness", "key", "w.key", "witness.example/w1").exit_code == 2


# --- monitor ------------------------------------------------------------------------------------


def test_a_fork_is_written_down_and_checked(detente, log, tmp_path):
    done = detente("monitor", "log", "other", "--log", log, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["verdict"] == "fork"
    assert "entry 2 differs" in told["why"]
    checked = detente("monitor", "--check", told["evidence"], "--log", log)
    assert checked.exit_code == 0
    assert "Entry 2 is not the same in both." in checked.stdout
    again = detente("monitor", "other", "log", "--log", log)
    assert again.stdout.startswith("fork: ")


def test_what_is_no_evidence(detente, log, tmp_path):
    (tmp_path / "notes").write_bytes((tmp_path / "log" / "checkpoint").read_bytes())
    done = detente("monitor", "--check", "notes", "--log", log)
    assert (done.exit_code, done.stdout[:13]) == (1, "no evidence: ")


def test_one_log_day_by_day(detente, log, tmp_path):
    words = ("monitor", "log", "--log", log, "--seen", "seen")
    assert detente(*words).stdout == "first: 3 entries: kept from now on\n"
    with Ledger(tmp_path / "log") as ledger:
        ledger.append("gate", b"resumed")
    assert detente(*words).stdout == "grown: 4 entries continue 3\n"
    assert detente(*words).exit_code == 0
    done = detente("monitor", "other", "--log", log, "--seen", "seen")
    assert done.exit_code == 1
    assert done.stdout.startswith("truncated: signed for 3 entries, 4 were signed before: 1 are cut off")
    assert detente(*words, "--max-age", "0").stdout[:5] in {"same:", "stale"}


@pytest.mark.parametrize(
    "words, why",
    [
        (["log"], "--log: expected the public key"),
        (["log", "--log", "KEY"], "one view and --seen"),
        (["log", "other", "--seen", "s", "--log", "KEY"], "one view and --seen"),
        (["log", "other", "--max-age", "1", "--log", "KEY"], "--max-age"),
        (["nowhere", "other", "--log", "KEY"], "found no folder"),
        (["http://log.example", "other", "--log", "KEY"], "https://"),
        (["--check", "nowhere", "--log", "KEY"], "cannot be read"),
        (["log", "other", "--log", "KEY", "--evidence", "nowhere"], "cannot be written"),
    ],
)
def test_what_a_monitor_cannot_do(detente, log, words, why):
    done = detente("monitor", *[log if word == "KEY" else word for word in words])
    assert done.exit_code == 2
    assert why in done.stderr
