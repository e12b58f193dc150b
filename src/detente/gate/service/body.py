"""Bodies as they come in: bounded in size and depth before anything looks at what they say."""

import asyncio
import re
from contextlib import suppress
from typing import Any, TypeVar

from msgspec import DecodeError, ValidationError, json

from detente.gate.expected import in_words
from detente.gate.letters import stray_byte
from detente.gate.service.problems import Trouble
from detente.gate.twice import key_given_twice, told_twice

__all__ = ["DEEPEST", "LARGEST", "decoded", "is_too_deep", "read_body"]

LARGEST = 32 * 1024
"""Bytes of a body."""
DEEPEST = 16
"""How deep arrays and objects may lie in one another."""

_DISCARDED = 16 * 1024 * 1024
"""Bytes of a body beyond what is allowed that are taken off the wire before the answer, and in how many seconds."""
_DISCARDED_WITHIN_S = 2.0

_PIECES = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)

Value = TypeVar("Value")


async def read_body(receive: Any, *, largest: int = LARGEST) -> bytes:
    """Return the whole body of a request; that it comes in time is the server's to see to (`detente.hosting.server`).

    Raises
    ------
    Trouble
        It is larger than allowed, or did not come to its end.

    """
    message = await receive()  # nearly always the only one
    body: bytes = message.get("body", b"")
    parts, size = [body], len(body)
    while size <= largest and message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        parts.append(part)
    if message["type"] != "http.request":
        raise Trouble("malformed-request", "the body did not come to its end")
    if size > largest:
        if message.get("more_body"):
            await _discard(receive)
        raise _too_large(largest)
    return body if len(parts) == 1 else b"".join(parts)


async def _discard(receive: Any) -> None:
    """Let a body come that is not looked at: a connection closed while its client still writes is reset, and takes our answer with it."""
    left = _DISCARDED
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARDED_WITHIN_S):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                left -= len(message.get("body", b""))


def _too_large(largest: int) -> Trouble:
    # What may still be left of the body is not read: the connection cannot be used again.
    return Trouble("too-large", f"expected at most {largest} bytes", ((b"connection", b"close"),))


def is_too_deep(body: bytes) -> bool:
    """Tell whether arrays and objects lie deeper in one another than is allowed."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for piece in _PIECES.finditer(body):
        sign = body[piece.start()]
        if sign in b"[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif sign in b"]}":
            depth -= 1
    return False


def decoded(body: bytes, decoder: "json.Decoder[Value]") -> Value:
    """Return what a body says.

    Raises
    ------
    Trouble
        It is empty, too deep, no JSON, or not what is expected.

    """
    if not body:
        raise Trouble("malformed-request", "found no body, expected JSON")
    if is_too_deep(body):
        raise Trouble("malformed-request", f"found more than {DEEPEST} levels of arrays and objects")
    try:
        value = decoder.decode(body)
    except ValidationError as error:
        raise Trouble("malformed-request", in_words(decoder.type, str(error))) from None
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _no_json(body, error) from None
    try:
        twice = key_given_twice(body)
    except ValueError as error:  # one reader took it for JSON and another does not: then it is none
        raise _no_json(body, error) from None
    if twice is not None:
        raise Trouble("malformed-request", told_twice(twice))
    return value


def _no_json(body: bytes, error: Exception) -> Trouble:
    stray = stray_byte(body)
    why = in_words(None, str(error)) if stray is None else f"{stray[1]}, at offset {stray[0]}"
    return Trouble("malformed-request", f"the body is not JSON: {why}")
