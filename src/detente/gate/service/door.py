"""The door: what every request passes, in this order, before anything reads what it says.

1. the path means the same to everybody
2. one token, that counts                        401 otherwise: no anonymous call of any kind, health and metadata included
3. the identity has requests left                orders to stop everything are counted by themselves
4. there is such an operation                    what exists is not told to strangers
5. the identity may ask it
6. the body is JSON by its name, and comes whole, in time and small enough
7. what it says is what is expected

A proposed action, nearly all that ever comes, goes through the same steps without a router.
"""

import asyncio
import re
import secrets
from typing import Any, cast

from msgspec import json

from detente.errors import DetenteError, GateError
from detente.gate.commands import Propose
from detente.gate.decision import Decision
from detente.gate.request import Action
from detente.gate.service.actions import retry_after
from detente.gate.service.body import decoded, read_body
from detente.gate.service.call import Desk, log
from detente.gate.service.identities import Identity
from detente.gate.service.paths import plain_path
from detente.gate.service.problems import CHALLENGE, Trouble, reply_of, told
from detente.gate.service.reply import ALWAYS, JSON, Header, Reply, send_reply
from detente.gate.service.stream import HEADERS, Stream
from detente.gate.service.views import decision_view
from detente.hosting.limit import Limit, network_of
from detente.hosting.server import CYCLE, answer_whole

__all__ = ["Admitted", "Door", "check_media"]

_ACTIONS = b"/v1/actions"
_KILL = "/v1/kill"
_TOKEN = re.compile(rb"[Bb]earer ([A-Za-z0-9_-]{20,128})")
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_WHOLE = b"".join(
    (
        b"HTTP/1.1 200 OK\r\n",
        *(b"%b: %b\r\n" % header for header in ((b"content-type", JSON), *ALWAYS)),
        b"content-length: ",
    )
)
"""Of nearly every answer: all but how long it is."""
_CLOSE: Header = (b"connection", b"close")
"""Strangers keep no connection: there are so many, and they are for those who have a token."""
_STRANGERS_A_MINUTE = 120
"""Requests without a token that counts, from one address: beyond it they are not even looked at."""


class Admitted:
    """A request that was let in, so far: whose it is, and how it is to be answered."""

    __slots__ = ("besides", "headers", "path", "request_id", "who")

    def __init__(self) -> None:
        self.path = ""
        self.headers: dict[bytes, bytes] = {}
        self.request_id = ""
        self.besides: tuple[Header, ...] = ()
        self.who: Identity | None = None


class Door:
    """The ASGI application.

    Parameters
    ----------
    desk
        What handlers share.
    inside
        Answers what is not a proposed action: given the scope, the request as admitted, and `receive`.
    """

    def __init__(self, desk: Desk, inside: Any) -> None:
        self._desk, self._inside = desk, inside
        self._strangers = Limit(_STRANGERS_A_MINUTE)
        self._decoder = json.Decoder(Action)
        self._encode = json.Encoder().encode

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        admitted = Admitted()
        try:
            self._admit(scope, admitted)
            if scope["raw_path"] == _ACTIONS and scope["method"] == "POST":
                reply: Reply | Stream = await self._propose(scope, admitted, receive)
            else:
                reply = await self._inside(scope, admitted, receive)
        except Trouble as trouble:
            reply = reply_of(trouble, admitted.request_id)
        except GateError as error:
            reply = reply_of(told(error, is_operator=_is_operator(admitted.who)), admitted.request_id)
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is not told to whoever asked
            reply = self._failed(error, admitted)
        if isinstance(reply, Stream):
            await self._send_pieces(reply, admitted, receive, send)
            return
        self._desk.metrics.statuses[reply.status] += 1
        cycle = scope.get(CYCLE)
        is_plain = reply.status == 200 and reply.media is JSON and not (reply.headers or admitted.besides)
        if cycle is not None and is_plain and scope["method"] != "HEAD":
            answer_whole(cycle, _WHOLE, reply.body)
        else:
            await send_reply(send, reply, admitted.besides)

    def _failed(self, error: Exception, admitted: Admitted) -> Reply:
        number = admitted.request_id or secrets.token_hex(8)
        why = str(error) if isinstance(error, DetenteError) else f"{type(error).__name__}: {error}"
        log.error("%s: request %s failed: %s", admitted.who.name if admitted.who else "-", number, why)
        return reply_of(Trouble("failure", "it is in the gate's log under the instance given here"), number)

    # --- steps 1 to 3 ---------------------------------------------------------------------------

    def _admit(self, scope: Any, admitted: Admitted) -> None:
        raw = scope["raw_path"]
        headers = admitted.headers
        for name, value in scope["headers"]:
            if name in headers and name in _ONCE:
                raise Trouble("malformed-request", f"header {name.decode('latin-1')}: found twice")
            headers[name] = value
        request_id = headers.get(b"x-request-id")
        if request_id is not None:
            if not _REQUEST_ID.fullmatch(request_id):
                raise Trouble("malformed-request", "X-Request-ID: expected 1 to 128 visible ASCII characters")
            admitted.request_id = request_id.decode()
            admitted.besides = ((b"x-request-id", request_id),)
        admitted.path = "/v1/actions" if raw == _ACTIONS else plain_path(raw)
        authorization = headers.get(b"authorization")
        found = None if authorization is None else _TOKEN.fullmatch(authorization)
        who = None if found is None else self._desk.identities.whose(found[1])
        if who is None:
            raise self._stranger(scope)
        admitted.who = who
        # Whoever looks as often as they may, as a dashboard does, must still be able to stop everything.
        self._desk.charge(who, stops=admitted.path == _KILL and scope["method"] == "POST")

    def _stranger(self, scope: Any) -> Trouble:
        client = scope.get("client")
        wait = self._strangers.take(network_of(client[0] if client else "unknown"))
        if wait:
            seconds = str(int(wait) + 1).encode()
            return Trouble(
                "too-many-requests", "too many without a token", ((b"retry-after", seconds), _CLOSE)
            )
        return Trouble("unauthenticated", "expected Authorization: Bearer TOKEN", (CHALLENGE, _CLOSE))

    # --- a proposed action ----------------------------------------------------------------------

    async def _propose(self, scope: Any, admitted: Admitted, receive: Any) -> Reply:
        desk = self._desk
        who = cast("Identity", admitted.who)
        if "system" not in who.roles:
            raise Trouble("forbidden", "only a system proposes actions")
        if scope["query_string"]:
            raise Trouble("malformed-request", "found a query, expected none")
        check_media(admitted.headers)
        clock = asyncio.get_running_loop().time
        since = clock()
        body = await read_body(receive)
        action = decoded(body, self._decoder)
        desk.place(who.name, action.id, admitted.headers)
        decision = cast("Decision", await desk.gate.asked(Propose(who.name, action)))
        desk.metrics.decided(decision, clock() - since)
        return Reply(200, self._encode(decision_view(decision)), JSON, retry_after(decision))

    # --- pieces ---------------------------------------------------------------------------------

    async def _send_pieces(self, stream: Stream, admitted: Admitted, receive: Any, send: Any) -> None:
        """Send pieces as they come, until there are no more or nobody is there to take them."""
        self._desk.metrics.statuses[200] += 1
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *admitted.besides]})
        pump = asyncio.ensure_future(_pump(stream, send))
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pump.cancel()
            gone.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)


def _is_operator(who: Identity | None) -> bool:
    return who is not None and "operator" in who.roles


_ONCE = frozenset(
    {b"authorization", b"content-length", b"content-type", b"host", b"transfer-encoding", b"x-request-id"}
)
"""Headers of which there may be one: which of two was meant is not for us to guess."""


def check_media(headers: dict[bytes, bytes], *, is_lenient: bool = False) -> None:
    """See that a body is JSON by its name. Raises Trouble."""
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != JSON:
        kind = "malformed-request" if is_lenient else "unsupported-media-type"
        raise Trouble(kind, "Content-Type: expected application/json")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Trouble("unsupported-media-type", "Content-Encoding: expected none")


async def _pump(stream: Stream, send: Any) -> None:
    try:
        async for piece in stream.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        await stream.pieces.aclose()


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
