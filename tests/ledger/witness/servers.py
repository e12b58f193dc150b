"""Witnesses that listen, honest ones and others, each in a thread and at a port of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from detente.hosting.place import Place, listen
from detente.hosting.server import make_server
from detente.ledger.witness.cosigner import Cosigner
from detente.ledger.witness.service import Limits, witness_app

ANYWHERE = Place(port=0)
UNLIMITED = Limits(per_address=0, per_origin=0, body_within=1.0)


@contextmanager
def running(witness: Cosigner, limits: Limits = UNLIMITED, place: Place = ANYWHERE) -> Iterator[int]:
    """Run a witness; gives its port."""
    listening = listen(place)
    server = make_server(witness_app(witness, limits), place)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def pretending(answer: Callable[[Any], None]) -> Iterator[str]:
    """Run something that is no witness; gives its address. `answer` is given the handler once the body was read."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/w"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler: Any, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
