"""The witness over HTTP: strangers, slow ones, large ones, and its own failures."""

import asyncio
import random
import socket

import httpx
import pytest

from detente.errors import HostingError, LedgerError
from detente.hosting.limit import Limit, network_of
from detente.hosting.place import Place, listen
from detente.ledger.formats.note import Note
from detente.ledger.witness.request import LARGEST_REQUEST, encode_request
from detente.ledger.witness.service import Limits, witness_app
from tests.ledger.witness.logs import MemoryLog, cosigner, numbered
from tests.ledger.witness.servers import UNLIMITED, running
from tests.wire import wire

LOG = MemoryLog(numbered(20))


@pytest.fixture
def witness(tmp_path):
    return cosigner(tmp_path)


def ask(witness, *requests, limits=UNLIMITED, address="192.0.2.7"):
    """Send (method, path, body) without a network; gives the answers."""

    async def send():
        transport = httpx.ASGITransport(witness_app(witness, limits), client=(address, 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://w.example") as client:
            return [
                await client.request(method, path, content=body, headers={"X-Forwarded-For": f"192.0.2.{at}"})
                for at, (method, path, body) in enumerate(requests)
            ]

    return asyncio.run(send())


def post(body):
    return "POST", "/add-checkpoint", body


def test_answers_go_out_as_they_are(witness):
    good, conflict, bad = ask(witness, post(LOG.request(0, 7)), post(LOG.request(0, 9)), post(b"x"))
    assert (good.status_code, good.text[:2]) == (200, "— ")
    assert (conflict.status_code, conflict.content) == (409, b"7\n")
    assert conflict.headers["Content-Type"] == "text/x.tlog.size"
    assert (bad.status_code, bad.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert {answer.headers["Cache-Control"] for answer in (good, conflict, bad)} == {"no-store"}


def test_a_thousand_random_bodies_and_no_failure(witness):
    chance = random.Random(7)
    whole = LOG.request(0, 7)
    bodies = []
    for _ in range(500):
        bodies.append(chance.randbytes(chance.choice((0, 1, 40, 400, 4000))))
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            changed[chance.randrange(len(changed))] ^= chance.randrange(1, 256)
        bodies.append(bytes(changed))
    statuses = {answer.status_code for answer in ask(witness, *map(post, bodies))}
    assert statuses <= {400, 403, 404, 409, 422}
    assert {400, 403} <= statuses


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_no_other_method(witness, method):
    (answer,) = ask(witness, (method, "/add-checkpoint", b""))
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/add-checkpoint/",
        "//add-checkpoint",
        "/x/../add-checkpoint/x",
        "/add-checkpoint%00",
        "/add-checkpoint;x",
        "/ADD-CHECKPOINT",
        "/state",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_no_other_path_and_no_redirect(witness, path):
    for method in ("POST", "GET"):
        (answer,) = ask(witness, (method, path, LOG.request(0, 7)))
        assert answer.status_code == 404
        assert "Location" not in answer.headers


def test_health_is_for_looking_only(witness):
    assert [
        answer.status_code for answer in ask(witness, ("GET", "/healthz", b""), ("POST", "/healthz", b""))
    ] == [200, 405]


def test_a_failure_of_ours_signs_nothing_and_tells_nothing(witness, monkeypatch, caplog):
    def fails(*_):
        raise RuntimeError("a secret place on the disk")

    monkeypatch.setattr(witness._state, "advance", fails)
    (answer,) = ask(witness, post(LOG.request(0, 7)))
    assert (answer.status_code, answer.text) == (500, "the witness failed; nothing was signed\n")
    assert "a secret place" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_failure_after_signing_gives_no_signature_away(witness, monkeypatch):
    real = witness._state.advance

    def fails(*arguments):
        real(*arguments)
        raise LedgerError("the disk went away")

    monkeypatch.setattr(witness._state, "advance", fails)
    (answer,) = ask(witness, post(LOG.request(0, 7)))
    assert (answer.status_code, "—" in answer.text) == (500, False)


def test_a_body_that_is_too_large(witness):
    (answer,) = ask(witness, post(b"x" * (LARGEST_REQUEST + 1)))
    assert answer.status_code == 413
    (answer,) = ask(witness, post(b"x" * LARGEST_REQUEST))
    assert answer.status_code == 400


# --- how often ----------------------------------------------------------------------------------


def test_an_address_is_held_back_whatever_it_says_it_is(witness):
    answers = ask(witness, *[post(b"x")] * 4, limits=Limits(per_address=3))
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_log_is_held_back_by_true_signatures_only(witness):
    limits = Limits(per_address=0, per_origin=2)
    forged = encode_request(0, [], Note(LOG.note_at(7).text, LOG.note_at(8).signatures))
    answers = ask(witness, *[post(forged)] * 5, *[post(LOG.request(0, 7))] * 3, limits=limits)
    assert [answer.status_code for answer in answers[5:]] == [200, 409, 429]


def test_tokens_come_back():
    now = [0.0]
    limit = Limit(60, lambda: now[0])
    assert [limit.take("a") for _ in range(60)] == [0.0] * 60
    assert limit.take("a") == pytest.approx(1.0)
    assert limit.take("b") == 0
    now[0] = 1.0
    assert limit.take("a") == 0
    now[0] = 1e6
    assert [limit.take("a") == 0 for _ in range(61)] == [True] * 60 + [False]


def test_buckets_are_bounded(monkeypatch):
    monkeypatch.setattr("detente.hosting.limit._MOST_BUCKETS", 10)
    limit = Limit(1)
    for name in range(100):
        limit.take(str(name))
    assert len(limit._buckets) == 10


@pytest.mark.parametrize(
    "address, network",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_who_counts_as_one(address, network):
    assert network_of(address) == network


# --- on the wire --------------------------------------------------------------------------------


HEAD = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n"


def test_a_real_request_over_a_real_connection(witness):
    body = LOG.request(0, 7)
    with running(witness) as port:
        answer = wire(port, HEAD + b"Content-Length: %d\r\n\r\n" % len(body), then=body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"server:" not in answer.lower()


def test_a_slow_body_is_not_waited_for(witness):
    with running(witness) as port:
        answer = wire(port, HEAD + b"Content-Length: 500\r\n\r\nold 0\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_who_goes_away_is_no_failure_of_ours(witness, caplog):
    with running(witness) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(HEAD + b"Content-Length: 500\r\n\r\nold 0\n")
        assert wire(port, b"GET /healthz HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").endswith(b"ok\n")
    assert " 500 " not in caplog.text


def test_a_body_without_end_is_cut_off(witness):
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with running(witness) as port:
        answer = wire(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", then=chunk * 5)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_slow_headers_are_not_waited_for(witness, monkeypatch):
    monkeypatch.setattr("detente.hosting.server._HEADERS_WITHIN", 0.2)
    with running(witness) as port:
        assert wire(port, b"POST /add-checkpoint HT") == b""


def test_headers_are_bounded(witness):
    with running(witness) as port:
        answer = wire(port, HEAD + b"X: " + b"x" * 40_000)
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST http://elsewhere.example/add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n",
        b"CONNECT w:443 HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n",
        b"POST /add-checkpoint HTTP/9.9\r\nHost: w\r\nConnection: close\r\n\r\n",
    ],
)
def test_no_nonsense_on_the_wire_is_a_failure(witness, head):
    with running(witness) as port:
        assert wire(port, head)[9:12] in {b"400", b"404", b"405", b"411", b"505"}


# --- where it listens ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "witness.example"])  # noqa: S104 -- refused
def test_beyond_this_machine_only_encrypted_or_knowingly(host):
    with pytest.raises(HostingError, match="--plain"):
        Place(host)
    assert Place(host, plain=True).scheme == "http"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_this_machine_plain_is_fine(host):
    assert Place(host).scheme == "http"


def test_half_a_certificate_is_none(tmp_path):
    with pytest.raises(HostingError, match="one of certificate and key"):
        Place(certificate=tmp_path / "c.pem")


def test_a_certificate_that_is_none(witness, tmp_path):
    (tmp_path / "c.pem").write_text("no certificate")
    place = Place(port=0, certificate=tmp_path / "c.pem", certificate_key=tmp_path / "c.pem")
    with pytest.raises(HostingError, match="cannot be used for TLS"):
        listen(place)


def test_a_port_that_is_taken():
    with listen(Place(port=0)) as first, pytest.raises(HostingError, match="cannot listen"):
        listen(Place(port=first.getsockname()[1]))
