"""Whoever is told is told everything, in order, signed, at least once; and nothing waits for them."""

import hashlib
import hmac
import logging
from dataclasses import replace

import pytest
from msgspec import json

from detente.errors import GateError
from detente.gate.commands import PassTime
from detente.gate.entries import encode
from detente.gate.outward import cursors as cursors_file
from detente.gate.outward import feed as feed_module
from detente.gate.outward.cursors import Cursors
from detente.gate.outward.outward import Outward
from detente.gate.request import Action, KillOrder, Premise, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.build import ACTIONS, START, policy
from tests.gate.outward.receiving import SECRET, SWIFT, chat, listening, soon, webhook
from tests.gate.service.build import REVIEWED


def mild(name):
    return Action(name, "avalon-laptop", "release-host")


def wipe(name, **arguments):
    return Action(name, "avalon-laptop", "wipe-host", arguments=arguments, premise=Premise("borduria", 0.9))


def rules(**changes):
    """People approve a wipe, which takes any argument."""
    actions = [replace(one, other_arguments=True) if one.name == "wipe-host" else one for one in ACTIONS]
    return policy(REVIEWED, actions=tuple(actions), **changes)


@pytest.fixture
def gate():
    with Gate(rules(), clock=lambda: START) as made:
        yield made


def ask(gate, count, first=0):
    for number in range(first, first + count):
        gate.propose("avalon-shield", mild(f"a{number}"))


def test_everything_comes_once_in_order_and_as_it_is_in_the_ledger(gate, tmp_path):
    with listening() as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
        ask(gate, 40)
        soon(lambda: len(ear.came) >= 40)
    assert ear.ids == list(range(40))
    assert [json.encode(event["data"]) for event in ear.events] == [
        json.encode(json.decode(encode(entry))) for _, entry in gate.entries(0)
    ]
    event = ear.events[0]
    assert (event["specversion"], event["type"], event["source"], event["subject"]) == (
        "1.0", "detente.gate.action.allowed", "test", "a0",
    )  # fmt: skip
    assert event["time"] == "2025-11-24T16:00:00.000000Z"
    assert ear.came[0].headers["Content-Type"].startswith("application/cloudevents+json")


def test_the_signature_is_over_time_and_body(gate, tmp_path):
    with listening() as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
        ask(gate, 1)
        soon(lambda: ear.came)
    (came,) = ear.came
    signed = came.headers["Detente-Timestamp"].encode() + b"." + came.body
    expected = "v1=" + hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(came.headers["Detente-Signature"], expected)


def test_only_what_is_asked_for_comes(gate, tmp_path):
    wanted = [webhook("", "hold.opened", "kill", name="a"), webhook("", "mode", name="b")]
    with listening() as one, listening() as other:
        receivers = [webhook(one.url, *wanted[0].events, name="a"), webhook(other.url, "mode", name="b")]
        with Outward(gate, receivers, tmp_path, pace=SWIFT):
            ask(gate, 3)
            gate.propose("avalon-shield", wipe("w1"))
            gate.kill("olga", KillOrder("enough"))
            soon(lambda: len(one.came) >= 2 and other.came)
    assert [event["type"] for event in one.events] == [
        "detente.gate.hold.opened",
        "detente.gate.kill.ordered",
    ]
    # An entry is called the same to everybody; why this one is told to b is beside its name.
    assert [(event["type"], event["brought"]) for event in other.events] == [
        ("detente.gate.kill.ordered", "mode.changed")
    ]


@pytest.mark.parametrize("status", [0, 301, 400, 404, 410, 429, 500, 503])
def test_what_is_not_taken_is_told_again_before_what_comes_after(gate, tmp_path, status):
    with listening(status, status, status) as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
        ask(gate, 2)
        soon(lambda: len(ear.came) >= 5)
    assert ear.ids == [0, 0, 0, 0, 1]


def test_no_redirect_is_followed(gate, tmp_path):
    with (
        listening() as elsewhere,
        listening(307, 302, location=elsewhere.url) as ear,
        Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT),
    ):
        ask(gate, 1)
        soon(lambda: len(ear.came) >= 3)
    assert elsewhere.came == []


def test_a_long_answer_is_not_read_to_its_end_and_does_no_harm(gate, tmp_path):
    with (
        listening(always=200, body=b"x" * 4_000_000) as ear,
        Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT) as told,
    ):
        ask(gate, 3)
        soon(lambda: told.told >= 3)
    assert ear.ids == [0, 1, 2]


def test_who_is_new_is_told_what_happens_from_then_on(gate, tmp_path):
    ask(gate, 5)
    with listening() as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
        ask(gate, 1, first=5)
        soon(lambda: ear.came)
    assert ear.ids == [5]


def test_after_a_restart_nothing_is_left_out(gate, tmp_path):
    with listening(204, 204, 204, always=503) as ear:
        with Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT) as told:
            ask(gate, 10)
            soon(lambda: told.told >= 3 and len(ear.came) > 4)
        ask(gate, 10, first=10)  # nobody is told of these
        ear.always = 204
        with Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT) as told:
            ask(gate, 5, first=20)
            soon(lambda: told.told >= 22)
    assert ear.ids[:3] == [0, 1, 2]
    assert sorted(set(ear.ids)) == list(range(25))
    assert [one for place, one in enumerate(ear.ids) if ear.ids.index(one) == place] == list(range(25))


def test_after_a_crash_what_was_told_may_come_again_and_nothing_is_left_out(gate, tmp_path):
    with listening() as ear:
        with Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
            kept = (tmp_path / cursors_file.FILE).read_bytes()
            ask(gate, 8)
            soon(lambda: len(ear.came) >= 8)
        (tmp_path / cursors_file.FILE).write_bytes(kept)  # as it was before: a crash lost what came after
        with Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
            ask(gate, 1, first=8)
            soon(lambda: len(ear.came) >= 17)
    assert ear.ids == [*range(8), *range(9)]


def test_whoever_has_fallen_behind_is_told_from_the_ledger(gate, tmp_path, monkeypatch):
    monkeypatch.setattr(feed_module, "_KEPT", 4)
    with listening(503, 503, 503) as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT) as told:
        ask(gate, 60)
        soon(lambda: told.told >= 60)
        assert len(told._feed._latest) <= 4
    assert sorted(set(ear.ids)) == list(range(60))


def test_a_dead_receiver_holds_up_neither_the_gate_nor_others(gate, tmp_path):
    with listening() as ear:
        dead = webhook("http://127.0.0.1:9/x", name="dead")
        with Outward(gate, [dead, webhook(ear.url, name="well")], tmp_path, pace=SWIFT) as told:
            ask(gate, 300)
            soon(lambda: told.told >= 300)
            assert len(told._feed._latest) <= feed_module._KEPT
    assert ear.ids == list(range(300))


def test_deciding_wakes_the_readers_once_and_not_for_every_decision(gate, tmp_path, monkeypatch):
    monkeypatch.setattr(feed_module, "_GATHER_S", 3600.0)
    with Outward(gate, [webhook("http://127.0.0.1:9/x")], tmp_path, pace=SWIFT) as told:
        loop, woken = told._loop, []
        plain = loop.call_soon_threadsafe
        monkeypatch.setattr(
            loop, "call_soon_threadsafe", lambda *given: (woken.append(given), plain(*given))[1]
        )
        ask(gate, 200)
        assert len(woken) == 1
        monkeypatch.undo()


def test_what_is_too_old_is_given_up_after_some_tries_and_what_follows_is_told(tmp_path, caplog):
    now = [START]
    with Gate(rules(), clock=lambda: now[0]) as gate, listening(*[500] * 7) as ear:
        with Outward(gate, [webhook(ear.url, give_up_s=10.0)], tmp_path, pace=SWIFT) as told:
            ask(gate, 1)
            soon(lambda: len(ear.came) >= 2)
            assert told.given_up == 0
            now[0] += 11 * 10**9
            ask(gate, 1, first=1)
            soon(lambda: told.told)
        assert told.given_up == 1
    assert ear.ids[:5] == [0] * 5
    assert ear.ids[-1] == 1
    assert "soc: entry 0 given up: HTTP 500" in caplog.text


def test_no_secret_and_no_address_is_in_any_log_or_error(gate, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, logger=name)
    with listening(500, 302, 0, location="https://elsewhere.example/hidden-part") as ear:
        receivers = [webhook(ear.url), chat("http://127.0.0.1:9/hidden-part")]
        with Outward(gate, receivers, tmp_path, pace=SWIFT) as told:
            gate.propose("avalon-shield", wipe("w1"))
            soon(lambda: told.told and any("watch" in one.getMessage() for one in caplog.records))
    text = caplog.text + repr(receivers) + "".join(str(one.args) for one in caplog.records)
    assert "soc: entry 0 was not taken: HTTP 500" in text
    assert "hidden-part" not in text
    assert SECRET.decode() not in text
    assert "v1=" not in text


def test_a_hostile_name_breaks_neither_json_nor_chat(tmp_path):
    name = 'a"b\\ <!channel> `x` &amp;\n\u202e*_[c](http://evil.example)' + "z" * 500
    with (
        Gate(rules(name=name), clock=lambda: START) as gate,
        listening() as hook,
        listening() as room,
        Outward(gate, [webhook(hook.url), chat(room.url)], tmp_path, pace=SWIFT),
    ):
        gate.propose("avalon-shield", wipe("w1"))
        soon(lambda: hook.came and room.came)
    assert hook.events[0]["source"].isascii()
    assert not set(hook.events[0]["source"]) & set('"<> `\\\n')
    text = room.events[0]["text"]
    first = text.split("\n")[0]
    assert first.startswith("*gate* `a\"b\\ &lt;!channel&gt; 'x' &amp;amp;")
    assert first.count("`") == 2
    assert "<" not in text
    assert ">" not in text
    assert "\u202e" not in text


def test_a_chat_is_told_what_is_asked_and_what_became_of_it(gate, tmp_path):
    with listening() as room, Outward(gate, [chat(room.url)], tmp_path, pace=SWIFT):
        ask(gate, 2)
        hold = gate.propose("avalon-shield", wipe("w1", note="s3cret-value")).hold
        digest = gate.state.holds[hold].digest
        for person in ("ben", "cleo"):
            gate.vote(person, hold, Vote(approve=True, reason="seen", digest=digest))
        soon(lambda: len(room.came) >= 2)
    opened, decided = (event["text"] for event in room.events)
    for part in (f"hold `{hold}` opened", "`avalon-shield`", "`wipe-host`", "`degrade`", "`human-on-the-loop`", "Z, else it is denied",
                 f"`detente gate approve {hold} --reason '...'`", "arguments: 1, shown by the gate alone"):  # fmt: skip
        assert part in opened
    assert "s3cret" not in opened
    assert f"hold `{hold}` approved" in decided
    assert "`approved by ben, cleo`" in decided
    assert "http" not in opened
    assert "Detente-Signature" not in room.came[0].headers


def test_arguments_are_shown_where_the_document_says_so(gate, tmp_path):
    with listening() as room, Outward(gate, [chat(room.url, show_arguments=True)], tmp_path, pace=SWIFT):
        gate.propose("avalon-shield", wipe("w1", host="<laptop>" + "`" * 3))
        soon(lambda: room.came)
    assert """`{"host":"&lt;laptop&gt;'''"}`""" in room.events[0]["text"]


def test_a_chat_is_told_when_a_hold_escalates_and_when_it_lapses(tmp_path):
    now = [START]
    with (
        Gate(rules(), clock=lambda: now[0]) as gate,
        listening() as room,
        Outward(gate, [chat(room.url)], tmp_path, pace=SWIFT),
    ):
        hold = gate.propose("avalon-shield", wipe("w1")).hold
        for ends in (400, 800):
            now[0] = START + ends * 10**9
            gate.ask(PassTime())
        soon(lambda: len(room.came) >= 3)
    texts = [event["text"] for event in room.events]
    assert f"hold `{hold}` escalated" in texts[1]
    assert f"detente gate approve {hold}" in texts[1]
    assert f"hold `{hold}` expired*: `nobody decided in time`" in texts[2]


def test_messages_are_bounded(gate, tmp_path):
    with listening() as room, Outward(gate, [chat(room.url, show_arguments=True)], tmp_path, pace=SWIFT):
        gate.propose("avalon-shield", wipe("w1", **{f"x{n}": "<&>" * 100 for n in range(50)}))
        soon(lambda: room.came)
    assert len(room.events[0]["text"]) <= 3600


def test_cursors_that_cannot_be_read_are_refused(tmp_path, gate):
    (tmp_path / cursors_file.FILE).write_text('{"next": {"soc": -1}}')
    with pytest.raises(GateError, match="remove it"):
        Cursors(tmp_path / cursors_file.FILE)


def test_a_disk_that_takes_no_cursor_stops_nobody(gate, tmp_path, monkeypatch, caplog):
    with listening() as ear, Outward(gate, [webhook(ear.url)], tmp_path, pace=SWIFT):
        monkeypatch.setattr(
            "detente.gate.outward.cursors.os.open",
            lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")),
        )
        ask(gate, 3)
        soon(lambda: len(ear.came) >= 3)
    assert "cannot be written: No space left" in caplog.text


def test_an_entry_that_cannot_be_written_does_not_stand_before_others(gate, tmp_path, monkeypatch, caplog):
    with listening() as ear, listening() as other:
        receivers = [webhook(ear.url), chat(other.url)]
        with Outward(gate, receivers, tmp_path, pace=SWIFT) as told:
            monkeypatch.setattr("detente.gate.outward.courier.message", lambda *_, **__: 1 / 0)
            gate.propose("avalon-shield", wipe("w1"))
            soon(lambda: told.given_up)
            monkeypatch.undo()
            gate.propose("avalon-shield", wipe("w2", host="another"))
            soon(lambda: other.came and len(ear.came) >= 2)
    assert "watch: entry 0 given up: it cannot be written" in caplog.text
    assert ear.ids == [0, 1]
