"""A gate in memory, served: identities, calls in process and over real connections."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from detente.gate.policy import Policy
from detente.gate.runtime.gate import Gate
from detente.gate.service.app import desk_of, gate_app
from detente.gate.service.call import Desk, Settings
from detente.gate.service.identities import Identity, Role, fingerprint
from detente.gate.service.known import Identities
from detente.gate.service.serve import gate_server
from detente.hosting.place import Place, listen
from detente.hosting.server import new_loop
from tests.gate.build import START, policy

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = bytes(range(32))
ANYWHERE = Place(port=0)
REVIEWED = {
    "human-on-the-loop": {
        "from": "degrade",
        "reviewers": 3,
        "review": {"median": "15 min", "spread": 0.6},
        "approves_right": 0.9,
        "approves_wrong": 0.2,
        "timeout": "1 h",
    }
}
"""Safeguards: from degrade up people approve."""

ROLES: dict[str, tuple[Role, ...]] = {
    "avalon-shield": ("system",),
    "borduria-shield": ("system",),
    "ana": ("approver", "operator"),
    "ben": ("approver",),
    "cleo": ("approver",),
    "dora": ("approver",),
    "olga": ("operator",),
    "otto": ("operator",),
    "audrey": ("auditor",),
    "pep": ("system",),
}


def token(name: str) -> str:
    """The token of somebody: of the right form, and for tests alone."""
    return "dtt_" + f"{name}-".ljust(43, "0")


def identity(name: str, roles: tuple[Role, ...], **more: Any) -> Identity:
    return Identity(name=name, roles=roles, sha256=fingerprint(token(name)), created=CREATED, **more)


def everybody() -> list[Identity]:
    return [identity(name, roles, asks_for=("*",) if name == "pep" else ()) for name, roles in ROLES.items()]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def desk(
    decides: Policy | None = None, settings: Settings | None = None, clock: Any = None, **changes: Any
) -> Desk:
    """A gate in memory with its identities."""
    gate = Gate(decides or policy(**changes), clock=clock or Clock())
    return desk_of(gate, Identities(None, everybody()), settings, secret=SECRET)


class Client:
    """Calls in process: through the whole application, without a connection."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.app = desk, gate_app(desk)
        self.loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.desk.changes.close()
        self.loop.close()
        self.desk.gate.close()  # type: ignore[attr-defined]

    def __call__(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        return self.loop.run_until_complete(self.ask(who, method, path, body, raw=raw, **headers))

    async def ask(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            given.setdefault("authorization", f"Bearer {token(who)}")
        if content and "content-type" not in given:
            given["content-type"] = "application/json"
        given.setdefault("content-length", str(len(content)))
        target, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": target, "raw_path": target.encode("latin-1"),
            "query_string": query.encode("latin-1"), "client": ("127.0.0.1", 5),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        }  # fmt: skip
        sent: list[Any] = []

        coming = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Any:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        body_sent = b"".join(one.get("body", b"") for one in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=body_sent)


@contextmanager
def calling(**options: Any) -> Iterator[Client]:
    client = Client(desk(**options))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def running(served: Desk, place: Place = ANYWHERE) -> Iterator[int]:
    """Run a service in a thread; gives its port. Its gate is closed with it."""
    listening = listen(place)
    server = gate_server(served, place)

    def run() -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(server.serve(sockets=[listening]))

    thread = threading.Thread(target=run)
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        served.gate.close()  # type: ignore[attr-defined]


def action(name: str = "a1", **changes: Any) -> dict[str, Any]:
    """A mild action that nothing is against."""
    return {"id": name, "target": "avalon-laptop", "action": "release-host", **changes}


def held(name: str = "w1", **changes: Any) -> dict[str, Any]:
    """An action that people must approve, under REVIEWED."""
    premise = {"blames": "borduria", "confidence": 0.9}
    return {"id": name, "target": "avalon-laptop", "action": "wipe-host", "premise": premise, **changes}


def vote(hold: dict[str, Any], *, approve: bool = True) -> dict[str, Any]:
    return {"approve": approve, "reason": "looked at it", "digest": hold["digest"]}
