"""`detente gate`, as the shell sees it; what needs a running service is in the README's walk, which tests run."""

import errno
import json
import os
import re
import shutil
import threading
import time

import pytest

from detente.cli.gate.offline import LEAVES
from detente.cli.gate.saying import say
from detente.errors import GateError, LedgerError
from detente.gate.client import Client
from detente.gate.request import Action
from detente.gate.runtime.gate import Gate
from detente.ledger.store.folder import read_secret
from tests.gate.service.build import action, desk, running, token
from tests.ledger.store.disks import QuickDisk

WIPE = {
    "system": "avalon-shield",
    "action": {
        "id": "w1",
        "target": "avalon-laptop-17",
        "action": "wipe-host",
        "arguments": {"reason": "ransomware"},
        "premise": {"blames": "borduria", "confidence": 0.5},
    },
}
NINE = "2026-11-27T09:00:00Z"


@pytest.fixture
def gate(detente, tmp_path, monkeypatch):
    """A new gate in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("DETENTE_TOKEN", raising=False)
    done = detente("gate", "init", "demo")
    assert done.exit_code == 0, done.stderr
    return done


def written(document, name="request.json"):
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(document, file)
    return name


def test_init_shows_every_token_once_and_keeps_none(gate, tmp_path):
    tokens = dict(line.removeprefix("export ").split("=") for line in gate.stdout.splitlines())
    assert set(tokens) >= {"TOKEN_AVALON_SHIELD", "TOKEN_BEN", "TOKEN_CHIEF", "TOKEN_AUDITOR"}
    kept = (tmp_path / "demo" / "identities.json").read_text()
    assert not any(token in kept for token in tokens.values())
    assert (tmp_path / "demo" / "identities.json").stat().st_mode & 0o777 == 0o600


def test_what_is_to_be_typed_next_can_be_pasted(detente, gate, tmp_path):
    done = detente("gate", "init", "my gate")
    assert done.stderr.endswith("Next: detente gate serve 'my gate'\n")
    assert "with: detente gate init 'my other gate'" in detente("gate", "lint", "my other gate").stderr
    known = tmp_path / "my gate" / "identities.json"
    known.write_text('{"identities": [], "version": 1}')
    told = " ".join(detente("gate", "doctor", "my gate").stdout.split())
    assert "nobody: detente gate identity add 'my gate' NAME" in told
    known.chmod(0o640)
    told = " ".join(detente("gate", "doctor", "my gate").stdout.split())
    assert "chmod 600 'my gate/identities.json'" in told


@pytest.mark.parametrize("is_there", [False, True])
def test_where_init_fails_nothing_is_left(detente, tmp_path, monkeypatch, is_there):
    monkeypatch.chdir(tmp_path)
    if is_there:
        (tmp_path / "demo").mkdir()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        done = detente("gate", "init", "demo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written: No space left on device" in done.stderr
    assert [str(one) for one in tmp_path.rglob("*")] == [str(tmp_path / "demo")] * is_there
    assert detente("gate", "init", "demo").exit_code == 0


def test_init_writes_over_nothing(detente, gate):
    done = detente("gate", "init", "demo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "found something in it, expected a folder that is empty" in done.stderr


def test_a_request_is_decided_without_a_server(detente, gate):
    done = detente("gate", "check", "demo", written(WIPE), "--now", NINE, "--exit-code")
    assert done.exit_code == LEAVES["hold"]
    assert done.stdout.startswith("HOLD  w1, proposed by avalon-shield\n")
    assert "confidence 0.5, and degrade asks for 0.8" in done.stdout
    assert "otherwise: a confidence of at least 0.8" in done.stdout


def test_another_portfolio_answers_otherwise(detente, gate):
    done = detente("gate", "check", "demo", written(WIPE), "--portfolio", "none", "--json")
    decision = json.loads(done.stdout)
    assert [one["rule"] for one in decision["reasons"] if one["effect"] == "hold"] == ["reversibility"]


def test_conditions_know_the_time(detente, gate):
    isolate = WIPE | {
        "action": {"id": "m", "target": "avalon-mail", "action": "isolate-host", "arguments": {"reason": "scan"},
                   "premise": {"blames": "borduria", "confidence": 0.9}}
    }  # fmt: skip
    by_day = detente("gate", "check", "demo", written(isolate), "--now", NINE, "--exit-code")
    by_night = detente(
        "gate", "check", "demo", written(isolate), "--now", "2026-11-27T23:00:00Z", "--exit-code"
    )
    assert (by_day.exit_code, by_night.exit_code) == (LEAVES["deny"], LEAVES["allow"])
    assert "conditions.no-mail-by-day" in by_day.stdout


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"id": "x"}, "found an action without its system"),
        ({"system": "s", "action": {"id": "x"}}, "request.json: object missing required field `target` - at "),
        ({"system": "s", "action": {"id": "-", "target": "t"}}, "expected a letter or a digit, then letters, digits and . _ : @ / -, 128 at most - at `$.action.id`; expected an action"),
        ({"system": "s", "action": {"id": "x", "target": "t", "colour": 1}}, "unknown field `colour`"),
        (
            {"system": "s", "action": {"id": "x", "target": "t", "premise": {"confidence": 1.5}}},
            "$.action.premise",
        ),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_refused_in_words(detente, gate, document, said):
    done = detente("gate", "check", "demo", written(document))
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_stream_whose_ids_are_none_is_refused_in_words(detente, gate, tmp_path):
    line = {"at": NINE, "propose": WIPE | {"action": WIPE["action"] | {"id": "w 1"}}}
    (tmp_path / "s.jsonl").write_text(json.dumps(line))
    told = detente("gate", "simulate", "demo", "s.jsonl").stderr
    assert (
        "s.jsonl:1: expected a letter or a digit, then letters, digits and . _ : @ / -, 128 at most" in told
    )


def test_a_folder_that_is_no_gate_is_told_how_to_become_one(detente, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = detente("gate", "lint", ".")
    assert done.exit_code == 2
    assert "detente gate init ." in done.stderr


def test_the_example_has_nothing_to_lint_and_a_mistake_is_found(detente, gate, tmp_path):
    assert detente("gate", "lint", "demo").exit_code == 0
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace("on_halt: allow ", "on_halt: deny "))
    done = detente("gate", "lint", "demo")
    assert done.exit_code == 1
    assert "actions.release-host.on_halt: it undoes isolate-host, and a halt stops it" in done.stdout


def test_a_condition_that_could_never_match_refuses_the_policy(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace("now.hour >= 6", "now.hours >= 6"))
    done = detente("gate", "check", "demo", written(WIPE))
    assert done.exit_code == 2
    assert "now.hour" in done.stderr


def test_a_stream_is_answered_by_several_portfolios(detente, gate, tmp_path):
    lines = [
        {"at": f"2026-11-27T20:00:0{n}Z", "propose": WIPE | {"action": WIPE["action"] | {"id": f"w{n}"}}}
        for n in range(3)
    ]
    (tmp_path / "s.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    done = detente(
        "gate", "simulate", "demo", "s.jsonl", "--portfolio", "demo/portfolio.yaml", "--portfolio", "none"
    )
    assert done.exit_code == 0, done.stderr
    assert "demo" in done.stdout
    assert "none: what objected\n  reversibility: 3 x hold" in done.stdout


def test_tokens_are_added_rotated_and_revoked(detente, gate):
    added = detente("gate", "identity", "add", "demo", "frank", "--role", "operator", "--days", "30")
    assert added.stdout.startswith("dtt_")
    rotated = detente("gate", "identity", "rotate", "demo", "frank")
    assert rotated.stdout != added.stdout
    until = added.stderr.partition("it counts until ")[2]
    assert until
    assert rotated.stderr.endswith(until)
    ever = detente("gate", "identity", "rotate", "demo", "frank", "--for-ever")
    assert ever.stderr.endswith("it counts for ever, until it is revoked\n")
    both = detente("gate", "identity", "rotate", "demo", "frank", "--for-ever", "--days", "3")
    assert "--for-ever: found --days besides" in both.stderr
    assert detente("gate", "identity", "revoke", "demo", "frank").exit_code == 0
    assert "frank: operator, counts no more" in detente("gate", "identity", "list", "demo").stdout
    refused = detente("gate", "identity", "rotate", "demo", "frank")
    assert refused.exit_code == 2
    assert "frank: was revoked on" in refused.stderr
    assert detente("gate", "identity", "rotate", "demo", "frank", "--restore").exit_code == 0
    strange = detente("gate", "identity", "add", "demo", "gina", "--role", "king")
    assert strange.exit_code == 2
    assert "expected one of system, approver, operator, auditor" in strange.stderr
    again = detente("gate", "identity", "add", "demo", "frank", "--role", "operator")
    assert "`detente gate identity rotate demo frank`" in " ".join(again.stderr.split())
    assert (
        detente("gate", "identity", "add", "demo", "gina", "--role", "operator", "--days", "36501").exit_code
        == 2
    )


@pytest.mark.parametrize("name", ["Chief", "Ben", "Avalon-Shield"])
def test_nobody_has_two_names(detente, gate, name):
    done = detente("gate", "identity", "add", "demo", name, "--role", "operator")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{name}: found '{name.lower()}'" in done.stderr


def test_an_approver_of_no_group_is_told_to_whoever_adds_them_and_by_the_doctor(detente, gate):
    told = detente("gate", "identity", "add", "demo", "gina", "--role", "approver").stderr
    assert "warning: gina is in no group of the charter, and can decide nothing until they are in one" in told
    assert (
        "gina has a token as an approver, is in no group of the charter"
        in detente("gate", "doctor", "demo").stdout
    )
    assert "warning" not in detente("gate", "identity", "add", "demo", "otto", "--role", "auditor").stderr


@pytest.mark.parametrize("name", ["nope", "empty"])
def test_what_is_no_ledger_is_not_replayed(detente, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    done = detente("gate", "replay", name)
    assert done.exit_code == 2
    assert done.stderr.count(name) == 1
    assert "expected the folder of a gate that has recorded, or its ledger" in " ".join(done.stderr.split())


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


def test_check_knows_who_is_told_by_its_name(detente, gate, tmp_path):
    outward = tmp_path / "demo" / "outward.yaml"
    (tmp_path / "demo" / "watch.url").write_text("https://chat.example/x")
    (tmp_path / "demo" / "watch.url").chmod(0o600)
    outward.write_text("chat: [{name: watch, url_file: watch.url}]\n")
    assert detente("check", "demo/outward.yaml").stdout == "ok: demo/outward.yaml: tells watch\n"
    assert json.loads(detente("check", "demo/outward.yaml", "--json").stdout)["ok"]
    outward.write_text("chat: [{name: watch, url_file: none.url}]\n")
    wrong = detente("check", "demo/outward.yaml")
    assert wrong.exit_code == 2
    assert "chat[0].url_file: found" in " ".join(wrong.stderr.split())
    told = json.loads(detente("check", "demo/outward.yaml", "--json").stdout)
    assert (told["ok"], told["problems"][0]["path"]) == (False, "chat[0].url_file")
    assert "no such file" in detente("check", "none/outward.yaml").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "demo", "--port", "99999"), "--port: found 99999, expected 0 to 65535"),
        (("identity", "rotate", "demo", "ben", "--days", "0"), "--days: found 0, expected 1 to 36500"),
    ],
)
def test_a_number_beyond_its_bounds_is_told_with_them(detente, gate, words, said):
    done = detente("gate", *words)
    assert done.exit_code == 2
    assert done.stderr == f"detente: {said}\n"
    assert "expected" not in detente("gate", *words[:-1], "x").stderr  # no number: told by what reads options


def test_where_clients_find_it_is_an_address(detente, gate):
    done = detente("gate", "serve", "demo", "--public-url", "foo")
    assert done.exit_code == 2
    assert "--public-url: found 'foo', expected https://HOST" in done.stderr


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


def test_asking_without_a_token_or_a_server_is_told(detente, gate, monkeypatch):
    assert "DETENTE_TOKEN" in detente("gate", "holds").stderr
    monkeypatch.setenv("DETENTE_TOKEN", "dtt_x")
    done = detente("gate", "holds", "--gate", "http://127.0.0.1:9")
    assert done.exit_code == 2
    assert "is `detente gate serve` running there?" in done.stderr
    assert "unencrypted" in detente("gate", "holds", "--gate", "http://gate.example").stderr


def test_an_action_that_bears_the_id_of_an_evaluation_is_explained_where_it_is_meant(detente, monkeypatch):
    with running(desk()) as port:
        monkeypatch.setenv("DETENTE_TOKEN", token("avalon-shield"))
        monkeypatch.setenv("DETENTE_GATE", f"http://127.0.0.1:{port}")
        with Client(f"http://127.0.0.1:{port}", token("avalon-shield")) as client:
            for name in ("a1", "e1"):
                client.post("/v1/actions", action(name))
        told = [
            json.loads(detente("gate", "explain", "e1", "--json", *more).stdout)["action"]["id"]
            for more in ((), ("--action",))
        ]
    assert told == ["a1", "e1"]


class _Refusing:
    """A client of a gate that refuses what is called bad."""

    def __init__(self):
        self.sent = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def post(self, path, body):
        if body["id"] == "bad":
            raise GateError("HTTP 400: at_system: found nothing")
        self.sent.append((path, body["id"]))
        return {"changed": []}


class _Holding(_Refusing):
    """A client of a gate that shows a system what it asked for."""

    def get(self, path):
        mine = {"id": "h21", "status": "pending", "action": "a7", "also": ["a8"], "approvals": 0, "quorum": 2}
        return {"holds": [{**mine, "deadline": "2026-11-27T09:00:00Z", "lapse": "deny"}]}


def test_a_system_is_told_which_of_its_actions_a_hold_is_for(detente, monkeypatch):
    monkeypatch.setattr("detente.cli.gate.people.connected", lambda *_: _Holding())
    told = detente("gate", "holds").stdout
    assert "PENDING  h21: 0 of 2 approve\n  for the action a7, a8\n" in told
    assert "  until 2026-11-27 09:00:00.000Z, then: deny\n" in told


def test_times_look_alike_whoever_tells_them(detente, monkeypatch):
    with running(desk()) as port:
        monkeypatch.setenv("DETENTE_TOKEN", token("olga"))
        monkeypatch.setenv("DETENTE_GATE", f"http://127.0.0.1:{port}")
        detente("gate", "kill", "--reason", "enough")
        moved = ("avalon-shield", "isolate-host", "supervised", "--reason", "for now")
        shown = [detente("gate", *words).stdout for words in (("mode",), ("phase", *moved))]
    assert all(re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z", one) for one in shown), shown


@pytest.mark.parametrize(("command", "noted"), [("report", "noted"), ("propose", "answered")])
def test_of_many_lines_the_one_that_is_refused_is_named_and_what_was_taken_is_counted(
    detente, tmp_path, monkeypatch, command, noted
):
    client = _Refusing()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("detente.cli.gate.proposing.connected", lambda *_: client)
    (tmp_path / "many.jsonl").write_text('{"id": "a"}\n\n{"id": "b"}\n{"id": "bad"}\n{"id": "c"}\n')
    done = detente("gate", command, "many.jsonl")
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert f"many.jsonl:4: HTTP 400: at_system: found nothing; before it 2 of 4 were {noted}" in told
    assert [name for _, name in client.sent] == ["a", "b"]


def test_of_many_lines_none_is_sent_where_one_is_no_json(detente, tmp_path, monkeypatch):
    client = _Refusing()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("detente.cli.gate.proposing.connected", lambda *_: client)
    (tmp_path / "many.jsonl").write_text('{"id": "a"}\n{"id":\n')
    done = detente("gate", "report", "many.jsonl")
    assert "many.jsonl:2: input data was truncated; expected one JSON object; nothing was sent" in done.stderr
    assert client.sent == []


@pytest.mark.parametrize(
    "words", [("propose", "bad.bin"), ("report", "bad.bin"), ("check", "demo", "bad.bin"), ("simulate", "demo", "bad.bin")]
)  # fmt: skip
@pytest.mark.parametrize(
    "body", [b'\n{"id": "\xff"}', b"\n\xff\xfe{}", b'\n{"id": "a", "note": "\xff", "x": {}}\n{}']
)
def test_a_byte_that_is_not_utf_8_is_told_with_its_line(detente, gate, tmp_path, monkeypatch, words, body):
    client = _Refusing()
    monkeypatch.setattr("detente.cli.gate.proposing.connected", lambda *_: client)
    (tmp_path / "bad.bin").write_bytes(body)
    done = detente("gate", *words)
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "bad.bin:2: found the byte 0xff, which is not UTF-8; expected " in told
    assert ("; nothing was sent" in told) == (words[0] in {"propose", "report"})
    assert client.sent == []


@pytest.mark.parametrize(
    "words", [("gate", "propose", "pipe"), ("gate", "check", "demo", "pipe"), ("gate", "simulate", "demo", "pipe"), ("check", "pipe")]
)  # fmt: skip
def test_nobody_waits_for_who_writes_to_a_named_pipe(detente, gate, tmp_path, words):
    os.mkfifo(tmp_path / "pipe")
    writing = os.open(tmp_path / "pipe", os.O_RDWR)  # so that a reader does not wait for ever
    os.write(writing, b"{}")
    threading.Timer(2.0, os.close, (writing,)).start()
    done = detente(*words)
    assert done.exit_code == 2
    assert "pipe: found a named pipe, expected a" in " ".join(done.stderr.split())


def test_a_pipe_of_the_shell_is_read(detente, gate):
    reading, writing = os.pipe()
    os.write(writing, json.dumps(WIPE).encode())
    os.close(writing)
    done = detente("gate", "check", "demo", f"/dev/fd/{reading}", "--now", NINE)
    os.close(reading)
    assert done.stdout.startswith("HOLD  w1")


TWICE = '{"id": "b", "arguments": {"x": 1, "x": 2}}\n'


@pytest.mark.parametrize("command", ["report", "propose"])
@pytest.mark.parametrize(("before", "where"), [("", "twice.jsonl"), ('{"id": "a"}\n\n', "twice.jsonl:3")])
def test_a_key_given_twice_is_refused_before_anything_is_sent(
    detente, tmp_path, monkeypatch, command, before, where
):
    client = _Refusing()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("detente.cli.gate.proposing.connected", lambda *_: client)
    (tmp_path / "twice.jsonl").write_text(before + TWICE)
    done = detente("gate", command, "twice.jsonl")
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert f"{where}: found the key 'x' a second time in one object" in told
    assert "nothing was sent" in told
    assert client.sent == []


def test_a_request_with_a_key_given_twice_is_not_checked(detente, gate, tmp_path):
    (tmp_path / "twice.json").write_text('{"id": "a", "id": "b", "target": "x", "action": "y"}')
    done = detente("gate", "check", "demo", "twice.json", "--system", "avalon-shield")
    assert done.exit_code == 2
    assert "found the key 'id' a second time in one object" in " ".join(done.stderr.split())


def test_a_stream_with_a_key_given_twice_is_refused(detente, gate, tmp_path):
    line = '{"at": "2026-11-27T09:00:00Z", "at": "2026-11-27T10:00:00Z", "mode": {}}'.replace("{}", "null")
    (tmp_path / "twice.jsonl").write_text("\n" + line)
    done = detente("gate", "simulate", "demo", "twice.jsonl")
    assert done.exit_code == 2
    assert "twice.jsonl:2: found the key 'at' a second time in one object" in " ".join(done.stderr.split())


@pytest.mark.parametrize("body", ["", "\n\n"])
def test_no_action_is_not_an_allowed_one(detente, gate, monkeypatch, tmp_path, body):
    monkeypatch.setenv("DETENTE_TOKEN", "dtt_x")
    (tmp_path / "none.json").write_text(body)
    done = detente("gate", "propose", "none.json", "--exit-code")
    assert done.exit_code == 2
    assert "found no action" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("propose", "deep.json"), ("check", "demo", "deep.json", "--system", "x"), ("report", "deep.json")],
)
def test_what_is_nested_too_deeply_is_told_in_words(detente, gate, monkeypatch, tmp_path, words):
    monkeypatch.setenv("DETENTE_TOKEN", "dtt_x")
    (tmp_path / "deep.json").write_text("[" * 15_000)
    done = detente("gate", *words)
    assert done.exit_code == 2
    assert "nested too deeply" in done.stderr


def test_no_terminal_obeys_what_others_wrote(capsys):
    say(["  ben: for: ok\x1b[31m\x1b]0;owned\x07\nAPPROVED  h1", "exactly: \u202etxt"])
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "\\nAPPROVED  h1" in shown
    assert "\\u202etxt" in shown


def test_a_stream_with_nothing_in_it_or_of_another_form_is_refused(detente, gate, tmp_path):
    (tmp_path / "s.jsonl").write_text("")
    assert "found no requests" in detente("gate", "simulate", "demo", "s.jsonl").stderr
    (tmp_path / "s.jsonl").write_text('{"system": "x"}')
    assert 'expected {"at": TIME, "propose"' in detente("gate", "simulate", "demo", "s.jsonl").stderr


def test_a_misspelt_kind_in_a_condition_is_refused(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(
        charter.read_text().replace('target.name == "avalon-mail"', 'action.name == "isolate-hots"')
    )
    told = detente("gate", "lint", "demo").stderr
    assert "isolate-host" in told
    assert told == detente("check", "demo/charter.yaml").stderr
    assert told.startswith("demo/charter.yaml:")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('target.name == "avalon-mial"', "avalon-mail"),
        ('system.owner == "avalom"', "avalon"),
        ('target.compartment == "avalon-ti"', "avalon-it"),
    ],
)
def test_a_misspelt_name_in_a_condition_is_refused(detente, gate, tmp_path, wrong, right):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace('target.name == "avalon-mail"', wrong))
    done = detente("check", "demo/charter.yaml")
    assert done.exit_code == 2
    assert f"did you mean {right!r}" in " ".join(done.stderr.split())


def test_check_reads_conditions_too_and_says_where(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    assert detente("check", "demo/charter.yaml").stderr == ""
    charter.write_text(charter.read_text().replace("target.name ==", "target.nmae =="))
    done = detente("check", "demo/charter.yaml")
    assert done.exit_code == 2
    line = next(n for n, text in enumerate(charter.read_text().splitlines(), 1) if "target.nmae" in text)
    assert f"demo/charter.yaml:{line}:" in done.stderr
    assert "conditions.no-mail-by-day.when: found the unknown name 'target.nmae'" in done.stderr
    assert json.loads(detente("check", "demo/charter.yaml", "--json").stdout)["ok"] is False
