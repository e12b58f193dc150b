"""Attacks: on who decides, on what is decided, on how it is asked, and on the wire."""

import json
import random
import socket
import time
from copy import deepcopy
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Vote,
)
from detente.gate.service import serve
from detente.gate.service.body import DEEPEST, LARGEST, is_too_deep
from detente.gate.service.call import Settings
from detente.gate.service.operations import OPERATIONS
from detente.gate.service.rates import Rate
from detente.hosting.server import Bounds
from tests.gate.build import RIVAL, SHIELD
from tests.gate.service.build import REVIEWED, action, calling, desk, held, policy, running, token, vote
from tests.wire import wire

# --- on who decides -----------------------------------------------------------------------------


def opened(ask, **changes):
    told = ask("avalon-shield", "POST", "/v1/actions", held(**changes)).json()
    return told["hold"]["url"], ask("audrey", "GET", told["hold"]["url"]).json()


def allowed(ask, **changes):
    return ask("avalon-shield", "POST", "/v1/actions", held(**changes)).json()["effect"] == "allow"


@pytest.mark.parametrize("who", ["avalon-shield", "borduria-shield", "pep", "olga", "audrey", "ana", "dora"])
def test_nobody_approves_who_may_not(reviewed, who):
    """The system itself, another, an enforcement point, an operator, an auditor, who runs the system, and the next group too early."""
    url, seen = opened(reviewed)
    assert reviewed(who, "POST", f"{url}/votes", vote(seen)).status_code in {403, 404}
    reviewed("ben", "POST", f"{url}/votes", vote(seen))
    assert not allowed(reviewed)


@pytest.mark.parametrize(
    "extra", [{"by": "cleo"}, {"person": "cleo"}, {"voter": "cleo"}, {"system": "x"}, {"roles": ["approver"]}]
)
def test_a_vote_says_nothing_of_who_votes(reviewed, extra):
    url, seen = opened(reviewed)
    answer = reviewed("ben", "POST", f"{url}/votes", vote(seen) | extra)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "header",
    ["x-forwarded-user", "x-remote-user", "x-user", "x-original-url", "x-http-method-override", "from"],
)
def test_headers_say_nothing_of_who_votes(reviewed, header):
    url, seen = opened(reviewed)
    reviewed("ben", "POST", f"{url}/votes", vote(seen), **{header: "cleo"})
    reviewed("ben", "POST", f"{url}/votes", vote(seen), **{header: "cleo"})
    after = reviewed("audrey", "GET", url).json()
    assert [one["person"] for one in after["ballots"]] == ["ben"]
    assert after["status"] == "pending"


def test_one_person_is_one_vote_however_often(reviewed):
    url, seen = opened(reviewed)
    for reason in ("looked at it", "looked at it", "again"):
        reviewed("ben", "POST", f"{url}/votes", vote(seen) | {"reason": reason})
    assert reviewed("audrey", "GET", url).json()["approvals"] == 1
    assert not allowed(reviewed)


def test_an_approval_is_not_for_another_action(reviewed):
    url, seen = opened(reviewed)
    for who in ("ben", "cleo"):
        reviewed(who, "POST", f"{url}/votes", vote(seen))
    assert not allowed(reviewed, name="w2")  # another id: another hold
    assert not allowed(reviewed, target="avalon-turbine")
    assert not allowed(reviewed, premise={"blames": "borduria", "confidence": 0.99})
    assert allowed(reviewed)
    assert reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["repeated"]


def test_a_vote_on_one_hold_is_not_one_on_another(reviewed):
    _, first = opened(reviewed)
    url, _ = opened(reviewed, name="w2", target="avalon-turbine", action="strike-back")
    assert reviewed("ben", "POST", f"{url}/votes", vote(first)).status_code == 409


@pytest.mark.parametrize("part", ["digest", "approve", "reason"])
def test_altered_votes(reviewed, part):
    url, seen = opened(reviewed)
    bad = {"digest": seen["digest"][:-1] + "g", "approve": "yes", "reason": ""}[part]
    assert reviewed("ben", "POST", f"{url}/votes", vote(seen) | {part: bad}).status_code in {400, 409}
    assert reviewed("audrey", "GET", url).json().get("ballots", []) == []


def test_a_system_cannot_take_anothers_id(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    answer = ask("borduria-shield", "POST", "/v1/actions", action("a1")).json()
    assert answer["effect"] == "deny"
    assert ask("audrey", "GET", "/v1/actions/a1").json()["decision"]["system"] == "avalon-shield"


# --- on how it is asked -------------------------------------------------------------------------

NESTED = [
    b"[" * 50_000,
    b'{"a":' * 6_000,
    b'{"id":"a","target":"t","arguments":' + b'{"x":[' * 60 + b"1" + b"]}" * 60 + b"}",
]


@pytest.mark.parametrize("raw", NESTED, ids=["lists", "objects", "closed"])
def test_deep_bodies(ask, raw):
    answer = ask("avalon-shield", "POST", "/v1/actions", raw=raw[:LARGEST])
    assert (answer.status_code, "levels" in answer.json()["detail"]) == (400, True)


@given(
    st.recursive(
        st.none() | st.text(alphabet='[]{}"\\,: a', max_size=12),
        lambda one: (
            st.lists(one, max_size=3)
            | st.dictionaries(st.text(alphabet='[{"\\', max_size=3), one, max_size=3)
        ),
        max_leaves=40,
    )
)
def test_depth_is_counted_outside_texts_alone(value):
    def depth(one):
        children = one.values() if isinstance(one, dict) else one if isinstance(one, list) else None
        return 0 if children is None else 1 + max(map(depth, children), default=0)

    assert is_too_deep(json.dumps(value).encode()) == (depth(value) > DEEPEST)


def test_large_bodies(ask):
    fits = json.dumps(action(arguments={"x": "y" * (LARGEST - 200)})).encode()
    assert len(fits) <= LARGEST
    assert ask("avalon-shield", "POST", "/v1/actions", raw=fits).status_code == 200
    answer = ask("avalon-shield", "POST", "/v1/actions", raw=fits + b" " * LARGEST)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


PATHS = [
    "/v1//actions", "//v1/actions", "/v1/actions/", "/v1/./mode", "/v1/../v1/mode", "/v1/mode/.", "/v1/mode.", "/v1/mode..",
    "/v1%2Fmode", "/v1%2fkill", "/%76%31/mode", "/v1/mode%00", "/v1/mode%0d%0aX:1", "/v1/mode;a=b", "/v1\\mode", "/v1/mode%5c",
    "/v1/holds/..%2Fkill", "/v1/holds/%2e%2e/kill", "/v1/mode%20", "/v1/mode\x80", "/V1/mode", "*", "", "/", "http://gate/v1/mode",
    "/v1/holds/" + "x" * 600, "/.well-known/../v1/mode", "/v1/m%C3%B6de", "/v1/holds/a%252fb",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_path_tricks(ask, method, path):
    answer = ask("olga", method, path, {"reason": "a trick"} if method == "POST" else None)
    assert answer.status_code in {400, 404}, answer.text
    assert ask.desk.gate.size == 0
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "G ET", "X"]
)
def test_other_methods(ask, method):
    answer = ask("olga", method, "/v1/kill")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_an_id_with_slashes_goes_into_the_query(ask):
    for name in ("a/b", "a/../b", "a//b", "a.", "host:1@x"):
        ask("avalon-shield", "POST", "/v1/actions", action(name))
        found = ask("avalon-shield", "GET", f"/v1/actions?id={name.replace('/', '%2F')}")
        assert found.json()["action"]["id"] == name
    assert ask("avalon-shield", "GET", "/v1/actions/host%3A1%40x").json()["action"]["id"] == "host:1@x"


@pytest.mark.parametrize(
    "query",
    ["?x=1", "?id=1&id=2", "?wait=1", "?id", "?&&&", "?id=%ff", "?" + "&".join(f"a{n}=1" for n in range(99))],
)
def test_query_tricks(ask, query):
    assert ask("audrey", "GET", f"/v1/actions{query}").status_code == 400


def test_a_query_where_none_belongs(ask):
    assert ask("avalon-shield", "POST", "/v1/actions?system=borduria-shield", action()).status_code == 400


def test_a_body_where_none_belongs(ask):
    assert ask("audrey", "GET", "/v1/mode", {"a": 1}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"}, {"content_type": "application/json-patch+json"}, {"content_encoding": "gzip"},
        {"content_type": "application/x-www-form-urlencoded"}, {"content_type": ""},
    ],
)  # fmt: skip
def test_bodies_that_are_called_something_else(ask, headers):
    assert ask("avalon-shield", "POST", "/v1/actions", action(), **headers).status_code == 415


@pytest.mark.parametrize("value", ["a\nb", "a b", "x" * 129, "\x7f", "\xe9", ""])
def test_request_ids_that_could_break_a_header(ask, value):
    answer = ask("audrey", "GET", "/v1/mode", x_request_id=value)
    assert answer.status_code == 400
    assert "x-request-id" not in answer.headers


def test_no_secret_is_told_or_logged(ask, caplog):
    caplog.set_level(0)
    for who, path in (("ben", "/v1/kill"), ("avalon-shield", "/v1/nowhere"), ("olga", "/v1/holds/h9")):
        answer = ask(who, "POST", path, {"reason": 1})
        assert "dtt_" not in answer.text
    ask("avalon-shield", "POST", "/v1/actions", action(arguments={"note": token("avalon-shield")[:10]}))
    assert "dtt_" not in caplog.text
    for _, entry in ask.desk.gate.entries(0):
        assert token("avalon-shield") not in str(entry)


# --- ten thousand malformed requests ------------------------------------------------------------

VALUES = [
    None, True, 0, -1, 1e308, 2**63, 2**64, 2**2000, "", "a", "\x00", "\ud800", "a" * 3000, [], {}, [[]], {"a": {}}, "2026-01-01T00:00:00Z",
    "2026-13-01", float("inf"), -0.0, {"approve": True}, ["a"] * 100, "../../etc/passwd", "{{7*7}}", "' OR 1=1 --", "%s%s%s",
]  # fmt: skip


def mutated(chance, body):
    """A body with something wrong, or by luck not."""
    if chance.random() < 0.1:
        raw = bytearray(json.dumps(body).encode())
        for _ in range(chance.randint(1, 5)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw[: chance.randint(0, len(raw))] if chance.random() < 0.5 else raw)
    body = json.loads(json.dumps(body))
    for _ in range(chance.randint(1, 3)):
        where = body
        while chance.random() < 0.4 and isinstance(where, dict):
            inner = [one for one in where.values() if isinstance(one, dict)]
            if not inner:
                break
            where = chance.choice(inner)
        key = chance.choice([*where, "id", "extra"])
        if chance.random() < 0.2:
            where.pop(key, None)
        else:
            where[key] = deepcopy(chance.choice(VALUES))
    return json.dumps(body).encode("utf-8", "surrogatepass")


BODIES = [
    action("f1", premise={"blames": "x", "confidence": 0.5, "evidence": ["e"]}, in_response_to=["i"], requested_at="2026-01-01T00:00:00Z"),
    {"id": "i1", "at_system": "avalon-laptop", "rung": "probe", "caused_by": [], "author": "borduria", "confidence": 0.5},
    {"incident": "i1", "author": None, "confidence": 0.4, "evidence": []},
    {"action": "f1", "status": "done", "note": "", "finished_at": "2026-01-01T00:00:00Z"},
    {"action": "f1", "agrees": True, "reason": "x"},
    {"approve": True, "reason": "x", "digest": "0" * 64},
    {"mode": "guarded", "reason": "x", "scope": "actor:avalon"},
    {"reason": "x", "scope": "overall"},
    {"system": "avalon-shield", "action": "isolate-host", "phase": "shadow", "reason": "x"},
    {"subject": {"type": "s", "id": "avalon-shield"}, "action": {"name": "wipe-host", "properties": {}}, "resource": {"type": "h", "id": "avalon-laptop", "properties": {}}, "context": {"premise": {}, "approval": {"id": "x"}, "arguments": {}, "action_id": "z"}, "evaluations": [{}], "options": {}, "denial": {"evaluation_id": "e1", "expires_at": "x"}},
]  # fmt: skip


def test_ten_thousand_malformed_requests():
    """None is a 500, and every answer that is no success is a problem. Seed 11."""
    chance = random.Random(11)
    decides = policy(REVIEWED, systems=(replace(SHIELD, per_minute=1e9, burst=10**9), RIVAL))
    speak_for = {
        "system": ["avalon-shield", "pep"],
        "approver": ["ben"],
        "operator": ["olga"],
        "auditor": ["audrey"],
    }
    bodies = dict(
        zip(
            [Action, Incident, Attribution, Outcome, Judgement, Vote, ModeOrder, KillOrder, PhaseOrder],
            BODIES,
            strict=False,
        )
    )
    posts = [one for one in OPERATIONS if one.takes is not None]
    seen: dict[int, int] = {}
    with calling(decides=decides, settings=Settings(people=Rate(1e9, 10**9), access_requests=True)) as ask:
        for _ in range(10_000):
            operation = chance.choice(posts)
            path = operation.path.replace("{id}", chance.choice(["h1", "h2", "x", "arq_h1_" + "0" * 32]))
            roles = operation.roles if chance.random() < 0.9 else tuple(speak_for)
            body = bodies.get(operation.takes, BODIES[-1]) if chance.random() < 0.9 else chance.choice(BODIES)
            who = chance.choice(speak_for[chance.choice(roles)])
            answer = ask(who, "POST", path, raw=mutated(chance, body))
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (path, answer.text)
            if answer.status_code >= 300:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["status"] == answer.status_code
    least = {400: 3000, 403: 500, 404: 50, 200: 500, 202: 5}
    assert all(seen.get(status, 0) > count for status, count in least.items()), seen


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes(raw):
    with calling() as ask:
        answer = ask("avalon-shield", "POST", "/v1/actions", raw=raw)
        assert answer.status_code in {400, 415}


# --- on the wire --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port():
    with running(desk()) as listening:
        yield listening


def head(path=b"/v1/actions", *more, method=b"POST"):
    lines = [b"%s %s HTTP/1.1" % (method, path), b"Host: gate", b"Connection: close", *more]
    return b"\r\n".join(lines) + b"\r\n"


AUTH = b"Authorization: Bearer " + token("avalon-shield").encode()
TYPE = b"Content-Type: application/json"
BODY = json.dumps(action("wire")).encode()


def test_a_real_request(port):
    answer = wire(
        port, head(b"/v1/actions", AUTH, TYPE, b"Content-Length: %d" % len(BODY)) + b"\r\n", then=BODY
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"effect":"allow"' in answer
    assert b"server:" not in answer.lower()


def test_a_head_has_no_body(port):
    answer = wire(port, head(b"/v1/mode", AUTH, method=b"HEAD") + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


def test_requests_in_one_go(port):
    one = head(b"/v1/mode", AUTH, method=b"GET").replace(b"Connection: close\r\n", b"") + b"\r\n"
    last = head(b"/v1/mode", AUTH, method=b"GET") + b"\r\n"
    assert wire(port, one * 3 + last).count(b"HTTP/1.1 200 ") == 4


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (head(b"/v1/actions", AUTH, TYPE, b"Content-Length: -1") + b"\r\n", 400),
        (head(b"/v1/actions", AUTH, TYPE, b"Content-Length: 5", b"Content-Length: 6") + b"\r\n", 400),
        (head(b"/v1/actions", AUTH, TYPE, b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"\r\n0\r\n\r\n", 400),
        (head(b"/v1/mode", AUTH, AUTH, method=b"GET") + b"\r\n", 400),
        (head(b"/v1/mode", AUTH, b"Host: other", method=b"GET") + b"\r\n", 400),
        (head(b"/v1/actions", AUTH, TYPE, b"Transfer-Encoding: gzip, chunked") + b"\r\n0\r\n\r\n", 400),
        (head(b"/v1/mode", AUTH, b"X: a\x00b", method=b"GET") + b"\r\n", 400),
        (head(b"/v1/mode", AUTH, b"X: " + b"x" * 9_000, method=b"GET") + b"\r\n", 431),
        (head(b"/v1/mode", AUTH, *[b"X: x"] * 60, method=b"GET") + b"\r\n", 431),
        (head(b"/v1/" + b"x" * 9_000, AUTH, method=b"GET") + b"\r\n", 431),
        (head(b"/v1/mode", AUTH, b"X: " + b"x" * 60_000, method=b"GET"), 431),
        (b"CONNECT gate:443 HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n", 400),
        (b"GET http://elsewhere.example/v1/mode HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n", 401),
        (b"GET /v1/mode HTTP/9.9\r\nHost: gate\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_nonsense_on_the_wire(port, raw, status):
    answer = wire(port, raw)
    assert int(answer[9:12]) == status, answer
    assert b"application/problem+json" in answer


def test_a_body_that_never_ends_is_cut_off(port):
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    answer = wire(
        port, head(b"/v1/actions", AUTH, TYPE, b"Transfer-Encoding: chunked") + b"\r\n", then=chunk * 3
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_who_sends_ten_megabytes_can_read_why_not(port):
    headers = {"Authorization": f"Bearer {token('avalon-shield')}", "Content-Type": "application/json"}
    for _ in range(3):  # whether a reset overtakes the answer is chance
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/v1/actions", b"[" + b" " * 10_000_000 + b"]", headers)
        answer = connection.getresponse()
        assert answer.status == 413
        assert "at most 32768 bytes" in json.loads(answer.read())["detail"]
        connection.close()


def test_a_large_body_that_stays_away_is_not_waited_for_long(port, monkeypatch):
    monkeypatch.setattr("detente.gate.service.body._DISCARDED_WITHIN_S", 0.1)
    since = time.monotonic()
    answer = wire(
        port, head(b"/v1/actions", AUTH, TYPE, b"Content-Length: 10000000") + b"\r\n" + b"x" * 40_000
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - since < 5


def test_slow_bodies_and_heads_are_not_waited_for(monkeypatch):
    monkeypatch.setattr("detente.hosting.server._HEADERS_WITHIN", 0.2)
    monkeypatch.setattr(serve, "_BOUNDS", Bounds(body_within=0.2))
    served = desk()
    with running(served) as listening:
        slow = head(b"/v1/actions", AUTH, TYPE, b"Content-Length: 500") + b'\r\n{"id'
        assert wire(listening, slow).startswith(b"HTTP/1.1 408 ")
        assert wire(listening, b"POST /v1/act") == b""
        assert wire(listening, b"") == b""
        fine = head(b"/v1/mode", AUTH, method=b"GET") + b"\r\n"
        assert wire(listening, fine).startswith(b"HTTP/1.1 200 ")
    assert served.gate.size == 0


def test_connections_are_bounded(monkeypatch):
    monkeypatch.setattr(serve, "_BOUNDS", Bounds(most_at_once=2))
    with running(desk()) as listening:
        idle = [socket.create_connection(("127.0.0.1", listening)) for _ in range(2)]
        for one in idle:  # both are connections by now: they have been answered
            one.sendall(
                head(b"/v1/mode", AUTH, method=b"GET").replace(b"Connection: close\r\n", b"") + b"\r\n"
            )
            assert one.recv(20).startswith(b"HTTP/1.1 200 ")
        assert wire(listening, b"").startswith(b"HTTP/1.1 503 ")
        for one in idle:
            one.close()


def test_who_says_nothing_keeps_nobody_from_being_heard(monkeypatch):
    monkeypatch.setattr(serve, "_BOUNDS", Bounds(most_at_once=3))
    with running(desk()) as listening:
        silent = [socket.create_connection(("127.0.0.1", listening), timeout=20) for _ in range(8)]
        for one in silent[3:6]:
            one.sendall(b"POST /v1/kill HTTP/1.1\r\nHost: x\r\n")
        told = wire(listening, head(b"/v1/mode", AUTH, method=b"GET") + b"\r\n")
        assert told.startswith(b"HTTP/1.1 200 ")
        assert silent[0].recv(20).startswith(b"HTTP/1.1 503 ")
        for one in silent:
            one.close()


def test_a_stranger_keeps_no_connection():
    asked = head(b"/v1/mode", method=b"GET").replace(b"Connection: close\r\n", b"") + b"\r\n"
    with running(desk()) as listening:
        told = wire(listening, asked)  # ends when the other side closes
    assert told.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in told


def test_who_goes_away_is_no_failure_of_ours(caplog):
    with running(desk()) as listening:
        for cut in range(0, 200, 20):
            with socket.create_connection(("127.0.0.1", listening)) as connection:
                whole = head(b"/v1/actions", AUTH, TYPE, b"Content-Length: %d" % len(BODY)) + b"\r\n" + BODY
                connection.sendall(whole[: len(whole) - cut])
        fine = head(b"/v1/mode", AUTH, method=b"GET") + b"\r\n"
        assert wire(listening, fine).startswith(b"HTTP/1.1 200 ")
    assert "failed" not in caplog.text


def test_a_stream_of_events_ends_with_the_server():
    events = b"Authorization: Bearer " + token("audrey").encode()
    with running(desk()) as listening:
        connection = socket.create_connection(("127.0.0.1", listening), timeout=20)
        connection.sendall(head(b"/v1/events", events, method=b"GET") + b"\r\n")
        assert b"200 OK" in connection.recv(4096)
    connection.settimeout(20)
    while connection.recv(4096):
        pass
    connection.close()
