"""Requests that `detente gate` reads: decided without a server, sent to one, or refused in words."""

import json
import os
import re
import threading

import pytest

from detente.cli.gate.offline import LEAVES
from detente.errors import GateError
from detente.gate.client import Client
from tests.gate.service.build import action, desk, running, token

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


def written(document, name="request.json"):
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(document, file)
    return name


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


def test_a_stream_with_nothing_in_it_or_of_another_form_is_refused(detente, gate, tmp_path):
    (tmp_path / "s.jsonl").write_text("")
    assert "found no requests" in detente("gate", "simulate", "demo", "s.jsonl").stderr
    (tmp_path / "s.jsonl").write_text('{"system": "x"}')
    assert 'expected {"at": TIME, "propose"' in detente("gate", "simulate", "demo", "s.jsonl").stderr


def test_a_condition_that_could_never_match_refuses_the_policy(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace("now.hour >= 6", "now.hours >= 6"))
    done = detente("gate", "check", "demo", written(WIPE))
    assert done.exit_code == 2
    assert "now.hour" in done.stderr
