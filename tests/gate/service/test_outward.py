"""What a gate tells by itself: to whom, signed how, and what happens when nobody listens."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from detente.errors import GateError
from detente.gate.service.outward.delivery import Delivery
from detente.gate.service.outward.hooks import FILE, Hook, hooks_in
from detente.gate.service.outward.notices import notices_of
from tests.gate.service.build import REVIEWED, action, calling, held, policy, vote

SECRET = b"0123456789abcdef0123456789abcdef"


@contextmanager
def receiving(*statuses, location=""):
    """Somebody who takes deliveries, and answers with these statuses in turn; gives the address and what came."""
    came, left = [], list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, dict(self.headers), body))
            self.send_response(left.pop(0) if left else 204)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def entries():
    """A hold, two votes, a denial and a kill, as a gate records them."""
    with calling(decides=policy(REVIEWED)) as ask:
        told = ask("avalon-shield", "POST", "/v1/actions", held()).json()
        seen = ask("ben", "GET", told["hold"]["url"]).json()
        for who in ("ben", "cleo"):
            ask(who, "POST", f"{told['hold']['url']}/votes", vote(seen))
        ask("avalon-shield", "POST", "/v1/actions", action("d1", target="nowhere"))
        ask("olga", "POST", "/v1/kill", {"reason": "<enough> & more"})
        return list(ask.desk.gate.entries(0))


def deliver(delivery, group, until):
    async def main():
        delivery.take(group)
        running = asyncio.ensure_future(delivery.run())
        async with asyncio.timeout(20):
            while not until():  # noqa: ASYNC110 -- another thread's doing
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_what_is_worth_telling():
    found = [(one.topic, one.what) for index, entry in entries() for one in notices_of(index, entry)]
    assert found == [
        ("hold", "hold.opened"), ("hold", "hold.changed"), ("deny", "decision.denied"), ("kill", "kill.ordered"),
        ("mode", "mode.changed"),
    ]  # fmt: skip


def test_a_delivery_is_signed_over_its_body_and_time():
    with receiving() as (url, came):
        hook = Hook("soc", url, frozenset({"hold", "kill"}), "cloudevents", SECRET)
        delivery = Delivery([hook], "https://gate.example", wall=lambda: 1_800_000_000.7)
        deliver(delivery, entries(), lambda: len(came) == 3)
    _, headers, body = came[0]
    signed = f"{headers['webhook-id']}.1800000000.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    event = json.loads(body)
    assert event["specversion"] == "1.0"
    assert (event["type"], event["source"]) == ("dev.detente.gate.hold.opened", "https://gate.example")
    assert event["id"] == headers["webhook-id"] == "0.0"
    assert event["data"]["system"] == "avalon-shield"
    assert [json.loads(one[2])["type"].rpartition("gate.")[2] for one in came] == [
        "hold.opened", "hold.changed", "kill.ordered",
    ]  # fmt: skip


def test_slack_gets_text_in_which_nothing_is_a_link():
    with receiving() as (url, came):
        hook = Hook("chat", url, frozenset({"kill"}), "slack")
        deliver(Delivery([hook], "https://gate.example"), entries(), lambda: came)
    _, headers, body = came[0]
    assert "&lt;enough&gt; &amp; more" in json.loads(body)["text"]
    assert "webhook-signature" not in headers
    assert len(json.loads(body)["blocks"]) == 2


def test_what_fails_is_tried_again_and_then_given_up(caplog):
    with receiving(503, 429, 204, 500, 500, 500, 500, 500, 500, 500, 500) as (url, came):
        hook = Hook("soc", url, frozenset({"hold"}), "cloudevents", SECRET)
        delivery = Delivery([hook], "g", first_s=0.001)
        deliver(delivery, entries(), lambda: delivery.given_up)
    assert (delivery.delivered, delivery.given_up, len(came)) == (1, 1, 11)
    assert len({one[1]["webhook-id"] for one in came[:3]}) == 1
    assert "hook soc" in caplog.text
    assert url not in caplog.text


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410])
def test_no_redirect_is_followed_and_no_refusal_is_tried_again(status):
    with receiving(204) as (elsewhere, reached), receiving(status, 204, location=elsewhere) as (url, came):
        hook = Hook("soc", url, frozenset({"kill"}), "cloudevents", SECRET)
        delivery = Delivery([hook], "g", first_s=0.001)
        deliver(delivery, entries(), lambda: delivery.given_up)
    assert (len(came), len(reached)) == (1, 0)


def test_nobody_listens_and_nothing_waits(monkeypatch):
    monkeypatch.setattr("detente.gate.service.outward.delivery._MOST", 3)
    hook = Hook(
        "soc", "http://127.0.0.1:9/x", frozenset({"hold", "kill", "mode", "deny"}), "cloudevents", SECRET
    )
    delivery = Delivery([hook], "g")
    delivery.take(entries() * 4)
    assert delivery.dropped == 4 * 5 - 3


# --- service.yaml -------------------------------------------------------------------------------


def write(folder, text, *, secret=SECRET, mode=0o600):
    (folder / FILE).write_text(text)
    (folder / "soc.secret").write_bytes(secret)
    (folder / "soc.secret").chmod(mode)
    return hooks_in(folder)


GOOD = "webhooks: {soc: {url: 'https://soc.example/h', secret: soc.secret, events: [hold, kill]}}"


def test_hooks_of_a_folder(tmp_path):
    assert hooks_in(tmp_path) == ()
    (hook,) = write(tmp_path, GOOD)
    assert (hook.name, hook.url, hook.secret) == ("soc", "https://soc.example/h", SECRET)
    assert "soc.example" not in repr(hook)
    assert "0123" not in repr(hook)


@pytest.mark.parametrize(
    "text, options, why",
    [
        (GOOD.replace("https", "http"), {}, "expected https"),
        (GOOD.replace("https", "file"), {}, "expected an address"),
        (GOOD.replace("soc.example", "u:p@soc.example"), {}, "expected an address"),
        (GOOD.replace("soc.example", "soc.example:x"), {}, "url"),
        (GOOD.replace("secret: soc.secret, ", ""), {}, "made up by anybody"),
        (GOOD.replace("soc.secret", "none.secret"), {}, "No such file"),
        (GOOD.replace("[hold, kill]", "[]"), {}, "length"),
        (GOOD.replace("kill", "everything"), {}, "everything"),
        (GOOD.replace("events", "topics"), {}, "topics"),
        (GOOD, {"mode": 0o644}, "0600"),
        (GOOD, {"secret": b"short"}, "24 bytes"),
        ("webhooks: [", {}, "service.yaml"),
        ("[]", {}, "service.yaml"),
    ],
)
def test_hooks_that_cannot_be_used(tmp_path, text, options, why):
    with pytest.raises(GateError, match=why):
        write(tmp_path, text, **options)
