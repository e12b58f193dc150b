"""Somebody who is told: an HTTP server on this machine that keeps what comes, and answers as it is told to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import json

from detente.gate.outward.courier import Pace
from detente.gate.outward.document import Receiver

__all__ = ["SECRET", "SWIFT", "Came", "Ear", "chat", "listening", "soon", "webhook"]

SECRET = b"0123456789abcdef0123456789abcdef"
SWIFT = Pace(first_s=0.002, longest_s=0.02)


@dataclass(frozen=True)
class Came:
    """One request."""

    headers: Message
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.decode(self.body)
        return found


@dataclass
class Ear:
    """What came, and what is answered."""

    url: str = ""
    came: list[Came] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses in turn; then 204. 0: the connection is cut without an answer."""
    location: str = ""
    always: int = 204
    body: bytes = b""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [one.event for one in self.came]

    @property
    def ids(self) -> list[int]:
        return [int(one["id"]) for one in self.events]


@contextmanager
def listening(*answers: int, always: int = 204, location: str = "", body: bytes = b"") -> Iterator[Ear]:
    ear = Ear(answers=list(answers), always=always, location=location, body=body)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            received = self.rfile.read(int(self.headers["Content-Length"]))
            status = ear.answers.pop(0) if ear.answers else ear.always
            ear.came.append(Came(self.headers, received))
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            if ear.location:
                self.send_header("Location", ear.location)
            self.send_header("Content-Length", str(len(ear.body)))
            self.end_headers()
            if ear.body:
                self.wfile.write(ear.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # who is told hangs up when it has heard enough

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_port}/T0/B0/hidden-part"
    try:
        yield ear
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def soon(holds: Callable[[], Any]) -> None:
    """Wait for something that other threads bring about; a minute is no assertion about time, but for a hang."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.002)


def webhook(url: str, *events: str, name: str = "soc", give_up_s: float = 3600.0) -> Receiver:
    return Receiver(
        name=name, url=url, style="webhook", events=frozenset(events or ("all",)), secret=SECRET,
        give_up_ns=round(give_up_s * 1e9),
    )  # fmt: skip


def chat(url: str, *events: str, name: str = "watch", show_arguments: bool = False) -> Receiver:
    return Receiver(
        name=name, url=url, style="chat", events=frozenset(events or ("hold",)), give_up_ns=3600 * 10**9,
        show_arguments=show_arguments,
    )  # fmt: skip
