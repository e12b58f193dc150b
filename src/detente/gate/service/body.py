"""Bodies as they come in: bounded in size, depth and time before anything looks at what they say."""

import asyncio
import re
from typing import Any, TypeVar

from msgspec import DecodeError, ValidationError, json

from detente.gate.service.problems import Trouble

__all__ = ["DEEPEST", "LARGEST", "decoded", "is_too_deep", "read_body"]

LARGEST = 32 * 1024
"""Bytes of a body."""
DEEPEST = 16
"""How deep arrays and objects may lie in one another."""
_WITHIN = 10.0
"""Seconds in which the whole body must have come."""

_PIECES = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)

Value = TypeVar("Value")


async def read_body(receive: Any, *, largest: int = LARGEST, within: float = _WITHIN) -> bytes:
    """Return the whole body of a request.

    Raises
    ------
    Trouble
        It is larger than allowed, did not come in time, or not to its end.

    """
    message = await _next(receive, within)  # nearly always the only one
    body: bytes = message.get("body", b"")
    if len(body) > largest:
        raise _too_large(largest)
    if not message.get("more_body"):
        return body
    parts, size = [body], len(body)
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    while message.get("more_body"):
        message = await _next(receive, until - loop.time())
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise _too_large(largest)
        parts.append(part)
    return b"".join(parts)


async def _next(receive: Any, within: float) -> Any:
    try:
        async with asyncio.timeout(within):
            message = await receive()
    except TimeoutError:
        raise Trouble("too-slow", f"the body did not come within {_WITHIN:g} s") from None
    if message["type"] == "http.disconnect":
        raise Trouble("malformed-request", "the body did not come to its end")
    return message


def _too_large(largest: int) -> Trouble:
    # What is left of the body is not read: the connection cannot be used again.
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
        return decoder.decode(body)
    except ValidationError as error:
        raise Trouble("malformed-request", _told(str(error))) from None
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Trouble("malformed-request", f"the body is not JSON: {_told(str(error))}") from None


def _told(message: str) -> str:
    """Return a message in the words of this house, without what is needlessly long."""
    return message[:1].lower() + message[1:400]
