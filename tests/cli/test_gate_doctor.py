"""`detente gate doctor`: what it finds, and what it does not take for something else."""

import json
import shutil
import time

import pytest

from detente.errors import GateError, LedgerError
from detente.gate.request import Action
from detente.gate.runtime.gate import Gate
from detente.ledger.store.folder import read_secret
from tests.ledger.store.disks import QuickDisk


def test_the_doctor_tells_each_mistake_of_a_charter_once(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text() + "\nstrange: 1\nstranger: 2\n")
    done = detente("gate", "doctor", "demo", "--json")
    found = json.loads(done.stdout)["findings"]
    wrong = [one for one in found if one["verdict"] == "wrong"]
    assert [one["what"] for one in wrong] == ["policy", "policy"]
    assert "'stranger'" in wrong[1]["found"]
    assert "\\n" not in detente("gate", "doctor", "demo").stdout
    assert any(one["what"] == "identities" and one["verdict"] == "ok" for one in found)


@pytest.mark.parametrize(("folder", "what"), [("demo/charter.yaml", "a file"), ("none", "nothing there")])
def test_the_doctor_looks_over_folders_alone(detente, gate, folder, what):
    done = detente("gate", "doctor", folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{folder}: found {what}, expected the folder of a gate" in done.stderr


def test_the_doctor_finds_a_person_without_a_token(detente, gate):
    assert detente("gate", "doctor", "demo").exit_code == 0
    detente("gate", "identity", "revoke", "demo", "ben")
    assert (
        "ben approves by the charter, and has no token that lets them"
        in detente("gate", "doctor", "demo").stdout
    )


def test_the_doctor_looks_at_who_is_told(detente, gate, tmp_path):
    outward = tmp_path / "demo" / "outward.yaml"
    outward.write_text(
        "webhooks:\n  - {name: soc, url: 'https://soc.example', secret_file: soc.secret, events: [all]}\n"
    )
    missing = detente("gate", "doctor", "demo")
    assert missing.exit_code == 1
    assert "WRONG     outward: " in missing.stdout
    secret = tmp_path / "demo" / "soc.secret"
    secret.write_text("x" * 32)
    secret.chmod(0o600)
    assert "OK        outward: tells soc" in detente("gate", "doctor", "demo").stdout


@pytest.fixture
def served(gate, tmp_path):
    """The new gate after it has decided something."""
    with Gate.open(tmp_path / "demo", disk=QuickDisk(), publish_every=None) as opened:
        opened.propose("avalon-shield", Action("a1", "avalon-laptop-17", "release-host"))
    return tmp_path / "demo"


def test_the_doctor_finds_a_ledger_that_was_edited(detente, served, monkeypatch):
    done = detente("gate", "doctor", "demo")
    assert done.exit_code == 0
    assert "entries, each is what was signed" in done.stdout
    [bundle] = [one for one in (served / "ledger" / "tile" / "entries").rglob("*") if one.is_file()]
    data = bundle.read_bytes()
    assert b"avalon-laptop-17" in data
    bundle.write_bytes(data.replace(b"avalon-laptop-17", b"avalon-laptop-71", 1))
    edited = detente("gate", "doctor", "demo")
    assert edited.exit_code == 1
    told = " ".join(edited.stdout.split())
    assert f"WRONG ledger: demo/{bundle.relative_to(served)}: not what was signed: entries 1; put" in told
    assert edited.stdout.count("WRONG") == 1
    assert "is not what was signed" in detente("gate", "replay", "demo").stderr
    monkeypatch.setattr("detente.cli.gate.ledger_looked._MOST_AUDITED", 1)
    assert "the entries were not looked at" in detente("gate", "doctor", "demo").stdout


def test_the_doctor_finds_a_tile_that_was_edited(detente, served):
    [tile] = [one for one in (served / "ledger" / "tile" / "0").rglob("*") if one.is_file()]
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    edited = detente("gate", "doctor", "demo")
    assert edited.exit_code == 1
    assert "WRONG     ledger: false statement: tile/0/" in edited.stdout


@pytest.mark.parametrize(("keep", "why"), [(None, "found nothing there"), (50, "found 50 bytes")])
def test_the_doctor_names_a_damaged_file_once_and_not_its_entries(detente, served, keep, why):
    [bundle] = [one for one in (served / "ledger" / "tile" / "entries").rglob("*") if one.is_file()]
    data = bundle.read_bytes()
    bundle.unlink()
    if keep is not None:
        bundle.write_bytes(data[:keep])
    done = detente("gate", "doctor", "demo")
    assert done.exit_code == 1
    assert done.stdout.count("WRONG") == 1
    told = " ".join(done.stdout.split())
    assert f"demo/{bundle.relative_to(served)}: {why}" in told
    assert "belong there; put the file back from a copy" in told
    assert "withheld" not in told


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("ledger/journal", b"", "ledger/journal: its beginning is not what was written"),
        ("ledger/journal", b"detente", "ledger/journal: its beginning is not what was written"),
        ("service.secret", b"short", "service.secret: found 5 bytes, expected 32"),
        ("gate.lock", None, "gate.lock: found a folder, expected a file"),
        ("gate.sqlite", None, "gate.sqlite: found a folder, expected a file"),
    ],
)
def test_the_doctor_finds_what_keeps_a_gate_from_being_served(detente, served, name, body, why):
    path = served / name
    path.unlink(missing_ok=True)
    path.mkdir() if body is None else path.write_bytes(body)
    done = detente("gate", "doctor", "demo")
    assert done.exit_code == 1
    assert done.stdout.count("WRONG") == 1
    assert f"demo/{why}" in " ".join(done.stdout.split())


def test_the_doctor_writes_nothing(detente, served):
    before = {path: path.read_bytes() for path in served.rglob("*") if path.is_file()}
    assert detente("gate", "doctor", "demo").exit_code == 0
    assert {path: path.read_bytes() for path in served.rglob("*") if path.is_file()} == before


def test_the_doctor_sees_that_the_clock_is_behind(detente, served, monkeypatch):
    assert detente("gate", "doctor", "demo").exit_code == 0
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 3 * 86_400_000_000_000)
    found = detente("gate", "doctor", "demo")
    assert found.exit_code == 1
    assert "3 days, 0:00:" in found.stdout or "2 days, 23:59:" in found.stdout


def test_the_doctor_misses_a_ledger_that_is_gone(detente, served):
    shutil.rmtree(served / "ledger")
    done = detente("gate", "doctor", "demo")
    assert done.exit_code == 1
    assert "what was acknowledged is gone" in done.stdout


@pytest.mark.parametrize("name", ["head", "journal", "log.vkey", "keys/log.key"])
def test_a_single_file_that_is_missing_is_named_and_not_taken_for_the_whole_ledger(detente, served, name):
    (served / "ledger" / name).unlink()
    done = detente("gate", "doctor", "demo")
    assert done.exit_code == 1
    assert f"ledger/{name}: found nothing there" in done.stdout
    assert "put it back from a copy" in " ".join(done.stdout.split())
    with pytest.raises(GateError, match="the rest of which is there: put it back") as raised:
        Gate.open(served, disk=QuickDisk(), publish_every=None)
    assert "begin anew" not in str(raised.value)


def test_a_secret_key_that_is_missing_is_told_without_a_number(tmp_path):
    with pytest.raises(LedgerError, match="no key can be read there: there is no such file") as raised:
        read_secret(tmp_path / "log.key")
    assert "Errno" not in str(raised.value)
