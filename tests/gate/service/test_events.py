"""Events as they are streamed, and answers that take long: where they go on, and when they end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from detente.gate.service import events, identities
from detente.gate.service.call import Call, Settings
from detente.gate.service.known import Identities
from tests.gate.service.build import (
    action,
    calling,
    everybody,
    held,
    identity,
    token,
)


def events_of(text):
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("id:")]
    return [(int(one[0][4:]), one[1][7:], json.loads(one[2][6:])) for one in blocks]


async def follow(client, count, **headers):
    """Follow events until there are so many; gives the text that was sent."""
    sent, enough = [], asyncio.Event()
    given = {"authorization": f"Bearer {token('audrey')}", "content-length": "0", **headers}
    scope = {
        "type": "http", "method": "GET", "path": "/v1/events", "raw_path": b"/v1/events", "query_string": b"",
        "client": ("127.0.0.1", 5), "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip

    async def receive():
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        text = b"".join(one.get("body", b"") for one in sent).decode()
        if text.count("\nevent: ") >= count:
            enough.set()

    async with asyncio.timeout(30):
        await client.app(scope, receive, send)
    return sent[0], b"".join(one.get("body", b"") for one in sent[1:]).decode()


def test_events_go_on_where_a_client_stopped(ask):
    for number in range(5):
        ask("avalon-shield", "POST", "/v1/actions", action(f"a{number}"))
    start, text = ask.loop.run_until_complete(follow(ask, 3, **{"last-event-id": "1"}))
    assert dict(start["headers"])[b"content-type"] == b"text/event-stream"
    found = events_of(text)
    assert [one[0] for one in found] == [2, 3, 4]
    assert [one[2]["action"]["id"] for one in found] == ["a2", "a3", "a4"]
    assert {one[1] for one in found} == {"decision"}
    assert ask.desk.streams == 0


def test_events_come_as_they_happen(ask):
    async def both():
        following = asyncio.ensure_future(follow(ask, 2))
        while not ask.desk.streams:  # noqa: ASYNC110 -- a count, not an event
            await asyncio.sleep(0)
        await ask.ask("avalon-shield", "POST", "/v1/actions", action("a1"))
        await ask.ask("olga", "POST", "/v1/kill", {"reason": "enough"})
        return await following

    _, text = ask.loop.run_until_complete(both())
    assert [one[1] for one in events_of(text)] == ["decision", "kill"]


def test_events_older_than_memory_are_read_from_the_ledger(ask, monkeypatch):
    monkeypatch.setattr("detente.gate.service.events._READ_AT_ONCE", 2)
    for number in range(7):
        ask("avalon-shield", "POST", "/v1/actions", action(f"a{number}"))
    ask.desk.changes._latest.clear()
    _, text = ask.loop.run_until_complete(follow(ask, 6, **{"last-event-id": "0"}))
    assert [one[0] for one in events_of(text)] == [1, 2, 3, 4, 5, 6]


def test_a_stream_shows_that_it_lives():
    with calling(settings=Settings(heartbeat_s=0.01)) as ask:
        ask("audrey", "GET", "/v1/mode")

        async def both():
            following = asyncio.ensure_future(follow(ask, 1))
            await asyncio.sleep(0.1)
            await ask.ask("avalon-shield", "POST", "/v1/actions", action("a1"))
            return await following

        assert ": alive\n\n" in ask.loop.run_until_complete(both())[1]


class Revocable:
    """Who may speak to a gate, from a file in which audrey and ben stand, at a clock that is moved by hand."""

    def __init__(self, path):
        self.path, self.now = path, datetime(2026, 5, 1, tzinfo=UTC)
        for name, role in (("audrey", "auditor"), ("ben", "approver")):
            identities.add(path, name, (role,), now=self.now, token=token(name))
        given = [one for one in everybody() if one.name not in ("audrey", "ben")]
        self.known = Identities(path, given, clock=lambda: self.now)

    def later(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def revocable(tmp_path):
    return Revocable(tmp_path / identities.FILE)


def revoked(path, name, now):
    identities.revoke(path, name, now=now)


def rotated(path, name, now):
    identities.rotate(path, name, now=now)


def demoted(path, name, now):
    there = identities.read(path)
    identities.write(path, [replace(one, roles=("approver",)) if one.name == name else one for one in there])


@pytest.mark.parametrize("change", [revoked, rotated, demoted])
@pytest.mark.parametrize("something_happens", [True, False])
def test_a_stream_ends_when_its_token_counts_no_more(ask, revocable, monkeypatch, change, something_happens):
    monkeypatch.setattr("detente.gate.service.events._LOOK_EVERY_S", 30.0 if something_happens else 0.01)
    ask.desk.identities = revocable.known

    async def both():
        following = asyncio.ensure_future(follow(ask, 2))
        while not ask.desk.streams:  # noqa: ASYNC110 -- a count, not an event
            await asyncio.sleep(0)
        await ask.ask("avalon-shield", "POST", "/v1/actions", action("a1"))
        change(revocable.path, "audrey", revocable.now)
        revocable.later(seconds=1)
        if something_happens:
            await ask.ask("avalon-shield", "POST", "/v1/actions", action("a2"))
            await ask.ask("avalon-shield", "POST", "/v1/actions", action("a3"))
        async with asyncio.timeout(5):
            return await following

    _, text = ask.loop.run_until_complete(both())
    assert [one[2]["action"]["id"] for one in events_of(text)] == ["a1"]
    assert ask.desk.streams == 0


def test_a_stream_ends_when_its_token_expires(ask, monkeypatch):
    monkeypatch.setattr("detente.gate.service.events._LOOK_EVERY_S", 0.01)
    now = datetime(2026, 5, 1, tzinfo=UTC)
    brief = identity("audrey", ("auditor",), expires=now + timedelta(seconds=5))
    ask.desk.identities = Identities(None, [brief], clock=lambda: now)

    async def both():
        nonlocal now
        following = asyncio.ensure_future(follow(ask, 1))
        await asyncio.sleep(0.05)
        assert not following.done()
        now += timedelta(seconds=5)
        async with asyncio.timeout(5):
            return await following

    assert ask.loop.run_until_complete(both())[1] == "retry: 2000\n\n"


def test_pieces_that_wait_for_a_slow_client_are_not_sent_after_a_revocation(ask, revocable, monkeypatch):
    monkeypatch.setattr("detente.gate.service.events._AT_ONCE", 1)
    ask.desk.identities = revocable.known
    for number in range(4):
        ask("avalon-shield", "POST", "/v1/actions", action(f"a{number}"))

    async def read():
        ask.desk.changes.begin()
        call = Call(revocable.known.whose(token("audrey").encode()), {}, {"after": "0"}, None, {}, "")
        pieces = (await events.stream(ask.desk, call)).pieces
        first = [await anext(pieces), await anext(pieces)]
        revoked(revocable.path, "audrey", revocable.now)
        revocable.later(seconds=1)
        async with asyncio.timeout(5):
            return first, [piece async for piece in pieces]

    first, rest = ask.loop.run_until_complete(read())
    assert b'"a1"' in first[1]
    assert rest == []


def test_a_long_poll_tells_nothing_to_a_token_that_counts_no_more(reviewed, revocable):
    reviewed.desk.identities = revocable.known
    url = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]

    async def both():
        waiting = asyncio.ensure_future(reviewed.ask("ben", "GET", f"{url}?wait=0.1"))
        await asyncio.sleep(0.01)
        revoked(revocable.path, "ben", revocable.now)
        revocable.later(seconds=1)
        return await waiting

    answer = reviewed.loop.run_until_complete(both())
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("bad", ["-1", "x", "1.5", "9" * 30, "١"])
def test_no_id_of_an_event(ask, bad):
    assert ask("audrey", "GET", "/v1/events", last_event_id=bad.encode().decode("latin-1")).status_code == 400


def test_an_id_beyond_the_last_event_is_refused_with_the_last_one(ask):
    assert "there is none yet" in ask("audrey", "GET", "/v1/events?after=0").json()["detail"]
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    last = ask.desk.gate.size - 1
    beyond = ask("audrey", "GET", f"/v1/events?after={last + 1}")
    assert beyond.status_code == 400
    assert beyond.json()["detail"].endswith(f"the last is {last}")
    assert "after: found '-1'" in ask("audrey", "GET", "/v1/events?after=-1").json()["detail"]
    assert (
        "Last-Event-ID: found 'x'" in ask("audrey", "GET", "/v1/events", last_event_id="x").json()["detail"]
    )


def test_streams_are_bounded():
    with calling(settings=Settings(most_streams=0)) as ask:
        assert ask("audrey", "GET", "/v1/events").status_code == 503
