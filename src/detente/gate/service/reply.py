"""An answer on its way out, and the headers that every answer bears."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

__all__ = ["ALWAYS", "EVENTS", "JSON", "PROBLEM", "Header", "Reply", "send_reply"]

Header = tuple[bytes, bytes]
Send = Any

JSON = b"application/json"
PROBLEM = b"application/problem+json"
EVENTS = b"text/event-stream"

ALWAYS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
"""Nothing here is to be kept by a cache, guessed at, framed or run. No CORS header: no page of another origin may read it."""


class Reply(Struct, frozen=True):
    """An answer."""

    status: int
    body: bytes = b""
    media: bytes = JSON
    headers: tuple[Header, ...] = ()


async def send_reply(send: Send, reply: Reply, besides: Sequence[Header] = ()) -> None:
    """Send an answer whole."""
    headers = [
        (b"content-type", reply.media),
        (b"content-length", str(len(reply.body)).encode()),
        *ALWAYS,
        *reply.headers,
        *besides,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
