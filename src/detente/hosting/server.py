"""A server that waits for nobody: what has not come in time, or is larger than it should be, is cut off.

Two ways to speak HTTP. The patient one (h11) is written in Python and strict to the letter. The swift one (httptools, which is
llhttp, and uvloop) does three times as much with the same processor; its bounds on heads are ours, below.
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from detente.hosting.optional import load
from detente.hosting.place import Place

__all__ = ["CYCLE", "Bounds", "answer_whole", "end_orderly", "make_server", "new_loop", "serve"]

CYCLE = "detente.cycle"
"""In the scope of the swift server's requests: what `answer_whole` answers."""

_HEADERS_WITHIN = 10.0  # seconds without a request that has begun, and the connection is closed
_HANDSHAKE_CHECKS = 7  # after so many, a connection that is no connection yet is asyncio's to close


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a connection may ask for."""

    largest_head: int = 16 * 1024
    """Bytes of request line and headers."""
    most_headers: int = 64
    """Of the swift server; the patient one has its own."""
    most_at_once: int = 256
    """Connections; beyond it the oldest that has not asked for anything is told 503: of the patient server, whoever comes last."""
    keep_alive: int = 5
    """Seconds that a connection may be idle."""
    body_within: float = 10.0
    """Of the swift server: seconds in which a whole body must have come."""


def serve(app: object, place: Place, listening: socket.socket) -> None:
    """Serve until interrupted. Raises as `make_server` does."""
    make_server(app, place).run([listening])


def make_server(
    app: object,
    place: Place,
    *,
    bounds: Bounds = Bounds(),
    swift: bool = False,
    refusal: Callable[[int], tuple[bytes, bytes]] | None = None,
) -> Any:
    """Return a server of `uvicorn` that is not running yet.

    Parameters
    ----------
    swift
        By httptools, on whatever loop it is run; needs that package.
    refusal
        Of the swift server: the media type and the body of an answer that only consists of a status.

    Raises
    ------
    HostingError
        `uvicorn` is not installed, or `httptools` where it is asked for.

    """
    uvicorn = load("uvicorn")
    if swift:
        protocol = _swift(load("uvicorn.protocols.http.httptools_impl"), bounds, refusal or _words)
    else:
        protocol = load("uvicorn.protocols.http.h11_impl").H11Protocol
    config = uvicorn.Config(
        app,
        http=_prompt(protocol),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # an address that a client can choose is no address
        limit_concurrency=None if swift else bounds.most_at_once,
        timeout_keep_alive=bounds.keep_alive,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=bounds.largest_head,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.certificate_key,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return uvicorn.Server(config)


def end_orderly(server: Any) -> None:
    """Let a server that is told to stop, by Ctrl-C or by SIGTERM, return to whoever runs it.

    By itself it raises the signal once more when it has ended, and SIGTERM then ends the process before anything else is put away.
    """

    @contextmanager
    def heeded() -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():  # signals come to that one alone
            yield
            return
        before = {one: signal.signal(one, server.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    server.capture_signals = heeded


def answer_whole(cycle: Any, head: bytes, body: bytes) -> None:
    """Answer a request of the swift server in one piece: the third of its work that is checking headers, again and again, is left out.

    Parameters
    ----------
    head
        The status line and headers, correct and in lower case, up to and with `content-length: `.
    """
    if cycle.disconnected:
        return
    end = b"\r\n\r\n" if cycle.keep_alive else b"\r\nconnection: close\r\n\r\n"
    cycle.transport.write(b"%b%d%b%b" % (head, len(body), end, body))
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop, of uvloop where that is installed."""
    try:
        loop: asyncio.AbstractEventLoop = load("uvloop").new_event_loop()
    except Exception:  # noqa: BLE001 -- absent, or not for this machine: the standard loop does the same, slower
        return asyncio.new_event_loop()
    return loop


def _words(status: int) -> tuple[bytes, bytes]:
    return b"text/plain; charset=utf-8", _REASONS[status]


_REASONS = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


def _swift(impl: Any, bounds: Bounds, refusal: Callable[[int], tuple[bytes, bytes]]) -> Any:
    """Return uvicorn's protocol on httptools, with bounds on what comes before a body."""
    silent: dict[Any, None] = {}  # connections that have not sent a whole head yet, the oldest first

    class Swift(impl.HttpToolsProtocol):  # type: ignore[misc]
        is_in_head = True
        unread = 0  # bytes of a head that has not come to its end, which the parser keeps
        head = 0  # bytes of it that were parsed
        count = 0
        slow: Any = None  # the timer of a body that did not come together with its head

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            silent[self] = None
            if len(self.connections) > bounds.most_at_once:
                # Whoever opens connections and says nothing must not keep others from being heard.
                oldest = next(iter(silent))
                oldest.refuse(503)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            super().data_received(data)
            if self.is_in_head:
                self.unread += len(data)
                if self.unread > bounds.largest_head:
                    self.refuse(431)
            elif self.slow is None and self.cycle is not None and self.cycle.more_body:
                self.slow = self.loop.call_later(bounds.body_within, self.too_slow)

        def on_message_begin(self) -> None:
            self.is_in_head, self.unread, self.head, self.count = True, 0, 0, 0
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self.head += len(url)
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self.head += len(name) + len(value) + 4
            self.count += 1
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self.is_in_head = False
            silent.pop(self, None)
            if self.head > bounds.largest_head or self.count > bounds.most_headers:
                self.refuse(431)
            if not self.transport.is_closing():
                super().on_headers_complete()
                self.scope[CYCLE] = self.cycle

        def on_body(self, body: bytes) -> None:
            if not self.transport.is_closing():
                super().on_body(body)

        def on_message_complete(self) -> None:
            self.in_time()
            if not self.transport.is_closing():
                super().on_message_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self.in_time()
            silent.pop(self, None)
            super().connection_lost(exc)

        def in_time(self) -> None:
            if self.slow is not None:
                self.slow.cancel()
                self.slow = None

        def too_slow(self) -> None:
            self.slow = None
            self.cycle.disconnected = True  # whoever reads the body is told that no more of it comes
            self.refuse(408)
            self.cycle.message_event.set()

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- the server's words are not ours
            self.refuse(400)

        def refuse(self, status: int) -> None:
            """Answer with a status, and close."""
            silent.pop(self, None)
            if self.transport.is_closing():
                return
            if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
                media, body = refusal(status)
                self.transport.write(
                    b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\ncache-control: no-store\r\n"
                    b"connection: close\r\n\r\n%s" % (status, _REASONS[status], media, len(body), body)
                )
            self.transport.close()

    return Swift


def _prompt(protocol_class: Any) -> Callable[..., Any]:
    """Return what makes the server's connections, and closes those on which no request begins in time.

    The server itself waits for ever for headers that come a byte at a time.
    """

    def made(**options: Any) -> Any:
        protocol = protocol_class(**options)
        loop = asyncio.get_running_loop()

        def look(seen: Any, checks: int) -> None:
            transport, cycle = protocol.transport, protocol.cycle
            if transport is None:
                if checks < _HANDSHAKE_CHECKS:
                    loop.call_later(_HEADERS_WITHIN, look, None, checks + 1)
                return
            if transport.is_closing():
                return
            if cycle is seen and (cycle is None or cycle.response_complete):
                transport.abort()
                return
            loop.call_later(_HEADERS_WITHIN, look, cycle, checks + 1)

        loop.call_later(_HEADERS_WITHIN, look, None, 0)
        return protocol

    return made
