"""The application: the table of operations behind the door."""

import re
from typing import Any, cast

from msgspec import json

from detente.gate.service.body import decoded, read_body
from detente.gate.service.call import Call, Desk, Settings
from detente.gate.service.changes import Changes
from detente.gate.service.door import Admitted, Door, check_media
from detente.gate.service.identities import Identity
from detente.gate.service.known import Identities
from detente.gate.service.metrics import Metrics
from detente.gate.service.openapi import description
from detente.gate.service.operations import OPERATIONS, Operation
from detente.gate.service.paths import query_of
from detente.gate.service.port import Gate
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Reply
from detente.gate.service.stream import Stream
from detente.hosting.optional import load

__all__ = ["desk_of", "gate_app"]


def desk_of(gate: Gate, identities: Identities, settings: Settings | None = None, *, secret: bytes) -> Desk:
    """Return what the handlers of a service share.

    Parameters
    ----------
    secret
        32 bytes that stay the same as long as handles are to be understood: from them task handles are made.
    """
    return Desk(
        gate=gate, identities=identities, settings=settings or Settings(), changes=Changes(gate),
        metrics=Metrics(), secret=secret,
    )  # fmt: skip


def gate_app(desk: Desk) -> Any:
    """Return the ASGI application.

    Raises
    ------
    HostingError
        `starlette` is not installed.
    """
    return Door(desk, _Inside(desk))


class _Inside:
    """Steps 4 to 7 of the door, for whatever is in the table."""

    def __init__(self, desk: Desk) -> None:
        compile_path = load("starlette.routing").compile_path
        self._desk = desk
        self._table: list[tuple[re.Pattern[str], _Asked]] = [
            (compile_path(one.path)[0], _Asked(one)) for one in OPERATIONS
        ]

    async def __call__(self, scope: Any, admitted: Admitted, receive: Any) -> Reply | Stream:
        self._desk.changes.begin()
        who = cast("Identity", admitted.who)
        if admitted.path == "/openapi.json":
            return self._description(scope["method"])
        asked, parameters = self._find(scope["method"], admitted.path)
        operation = asked.operation
        if not set(operation.roles) & set(who.roles):
            raise Trouble("forbidden", f"expected one of the roles {', '.join(operation.roles)}")
        if operation.is_switched and not self._desk.settings.access_requests:
            raise Trouble("not-found", "access requests (AuthZEN draft 1) are not switched on here")
        body = await asked.body(admitted, receive)
        call = Call(
            who, parameters, query_of(scope["query_string"], asked.query), body, admitted.headers,
            admitted.request_id,
        )  # fmt: skip
        reply = await operation.handler(self._desk, call)
        if scope["method"] == "HEAD" and isinstance(reply, Stream):
            return Reply(200, media=b"text/event-stream")
        return reply

    def _find(self, method: str, path: str) -> tuple["_Asked", dict[str, str]]:
        allowed: list[str] = []
        for pattern, asked in self._table:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if asked.operation.method == ("GET" if method == "HEAD" else method):
                return asked, found.groupdict()
            allowed.append(asked.operation.method)
        if allowed:
            header = (b"allow", ", ".join(sorted(set(allowed))).encode())
            raise Trouble("method-not-allowed", f"expected {' or '.join(sorted(set(allowed)))}", (header,))
        raise Trouble("not-found", "found nothing at this path; /openapi.json lists all that is served")

    def _description(self, method: str) -> Reply:
        if method not in ("GET", "HEAD"):
            raise Trouble("method-not-allowed", "expected GET", ((b"allow", b"GET"),))
        documents = self._desk.documents
        if "openapi" not in documents:
            documents["openapi"] = json.encode(description(self._desk.settings.public_url))
        return Reply(200, documents["openapi"])


class _Asked:
    """An operation, and how its body and query are read."""

    __slots__ = ("_decoder", "operation", "query")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.query = frozenset(name for name, _ in operation.query)
        self._decoder: json.Decoder[Any] | None = (
            None if operation.takes is None else json.Decoder(operation.takes)
        )

    async def body(self, admitted: Admitted, receive: Any) -> Any:
        if self._decoder is None:
            return await self._no_body(admitted)
        check_media(admitted.headers, is_lenient=self.operation.is_lenient)
        body = await read_body(receive, largest=self.operation.largest)
        return decoded(body, self._decoder)

    async def _no_body(self, admitted: Admitted) -> None:
        length = admitted.headers.get(b"content-length", b"0")
        if not re.fullmatch(rb"0+", length) or b"transfer-encoding" in admitted.headers:
            raise Trouble("malformed-request", "found a body, expected none", ((b"connection", b"close"),))
