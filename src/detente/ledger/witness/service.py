"""A witness over HTTP: two addresses, every answer bounded, and no cosignature after an error.

    POST /add-checkpoint    as c2sp.org/tlog-witness has it; besides, 408 too slow, 413 too large, 429 too often, 500 a failure of ours
    GET  /healthz           200 and `ok`, for whoever watches the process

Who asks is known by address only. Both limits are there because anybody can send a log's published checkpoint again: the limit
of an address is a small part of that of a log, so that one stranger cannot keep a log from its witness.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from detente.errors import DetenteError
from detente.hosting.limit import Limit, network_of
from detente.hosting.optional import load
from detente.ledger.witness.cosigner import Cosigner
from detente.ledger.witness.request import LARGEST_REQUEST
from detente.ledger.witness.respond import Answer, told

__all__ = ["Limits", "witness_app"]

_log = logging.getLogger("detente.witness")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a stranger may ask for."""

    per_address: int = 60
    """Requests a minute; 0 for no limit."""
    per_origin: int = 600
    """Requests a minute with a true signature of one log; 0 for no limit."""
    body_within: float = 10.0
    """Seconds in which the whole body must have come."""


def witness_app(cosigner: Cosigner, limits: Limits = Limits()) -> Any:
    """Return the ASGI application.

    Raises
    ------
    HostingError
        `starlette` is not installed.

    """
    routing, responses, applications = (
        load(f"starlette.{part}") for part in ("routing", "responses", "applications")
    )
    desk = _Desk(cosigner, limits)

    async def add_checkpoint(request: Any) -> Any:
        answer = await desk.serve(request)
        headers = {
            "Cache-Control": "no-store",
            "Content-Type": answer.media,
        }  # as it is, without a charset added
        if answer.status == 429:
            headers["Retry-After"] = answer.body.split(b" ")[-2].decode()
        return responses.Response(answer.body, answer.status, headers)

    async def healthz(_: Any) -> Any:
        return responses.PlainTextResponse("ok\n")

    router = [
        routing.Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
        routing.Route("/healthz", healthz, methods=["GET"]),
    ]
    app = applications.Starlette(routes=router)
    app.router.redirect_slashes = False  # a body sent to a near miss goes nowhere else
    return app


class _Desk:
    """Takes requests in, one coroutine for each; deciding, which waits for the disk, is done in threads."""

    def __init__(self, cosigner: Cosigner, limits: Limits) -> None:
        self._cosigner = cosigner
        self._limits = limits
        self._addresses = Limit(limits.per_address)
        self._origins = Limit(limits.per_origin)

    async def serve(self, request: Any) -> Answer:
        address = request.client.host if request.client else "unknown"
        try:
            answer = await self._answer(request, address)
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is not told to strangers, and nothing is signed after it
            why = str(error) if isinstance(error, DetenteError) else f"{type(error).__name__}: {error}"
            _log.error("%s 500 %s", address, why)
            return told(500, "the witness failed; nothing was signed")
        if answer.status != 200:
            _log.info("%s %d %r", address, answer.status, answer.body[:100].decode(errors="replace").strip())
        return answer

    async def _answer(self, request: Any, address: str) -> Answer:
        wait = self._addresses.take(network_of(address))
        if wait:
            return _too_often(wait)
        try:
            async with asyncio.timeout(self._limits.body_within):
                body = await _body(request)
        except load("starlette.requests").ClientDisconnect:
            return told(400, "the body did not come to its end")
        except TimeoutError:
            return told(408, f"the body did not come within {self._limits.body_within:g} s")
        if body is None:
            return told(413, f"the body is larger than {LARGEST_REQUEST} bytes")
        recognised = await _in_thread(self._cosigner.recognise, body)
        if isinstance(recognised, Answer):
            return recognised
        wait = self._origins.take(recognised.checkpoint.origin)
        if wait:
            return _too_often(wait)
        answer: Answer = await _in_thread(self._cosigner.decide, recognised)
        if answer.status == 200:
            _log.info("%s 200 %s %d", address, recognised.checkpoint.origin, recognised.checkpoint.size)
        return answer


async def _body(request: Any) -> bytes | None:
    """Return the body, or None as soon as it is known to be too large; no more than that is ever held."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_REQUEST:
            return None
        parts.append(part)
    return b"".join(parts)


async def _in_thread(function: Callable[[Any], Any], argument: object) -> Any:
    return await load("starlette.concurrency").run_in_threadpool(function, argument)


def _too_often(wait: float) -> Answer:
    return told(429, f"too many requests: come back in {int(wait) + 1} seconds")
