"""One attempt to deliver: bounded in time and in what is read, no redirect followed, nothing about the address told to anybody.

Addresses are secrets, since those of chats are: they appear in no error and in no log, that of the HTTP library included.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from msgspec import Struct

from detente.errors import GateError
from detente.hosting.optional import load

__all__ = ["Answer", "Post"]

_WITHIN_S = 15.0
"""A whole attempt, however slowly the other side answers."""
_STEP_S = 10.0
_LARGEST = 4 * 1024
"""Bytes that are read of an answer, so that its connection can be used again; of a longer one it is not."""
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")

_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)


def _of_others(_: logging.LogRecord) -> bool:
    return not _is_ours.get()


class Answer(Struct, frozen=True):
    """What became of an attempt."""

    why_not: str = ""
    """Empty where it was taken."""
    wait_s: float = 0.0
    """How long the receiver asks to be left alone."""


class Post:
    """Delivers to one address, over one connection. For one event loop.

    Raises
    ------
    GateError
        The authority cannot be used.
    HostingError
        `httpx` is not installed.
    """

    def __init__(self, url: str, *, authority: Path | None = None) -> None:
        self._httpx = load("httpx")
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_of_others)  # adding it twice adds it once
        try:
            verify = ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise GateError(f"{authority}: cannot be used as an authority: {error}") from None
        self._url = url
        self._client: Any = self._httpx.AsyncClient(
            verify=verify,
            timeout=_STEP_S,
            limits=self._httpx.Limits(max_connections=1, keepalive_expiry=60.0),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Make one attempt."""
        token = _is_ours.set(True)
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await self._sent(body, headers)
        except TimeoutError:
            return Answer(f"no answer within {_WITHIN_S:g} s")
        except Exception as error:  # noqa: BLE001 -- whatever a receiver can bring about, it is told again
            return Answer(_kind(error))
        finally:
            _is_ours.reset(token)

    async def _sent(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            left = _LARGEST
            async for part in answer.aiter_raw():
                left -= len(part)
                if left < 0:
                    break
        status: int = answer.status_code
        if 200 <= status < 300:
            return Answer()
        return Answer(f"HTTP {status}", _wait_s(answer.headers.get("retry-after", "")))


def _wait_s(text: str) -> float:
    """Return what a header asks for, in seconds; dates are not taken."""
    with suppress(ValueError):
        return float(int(text)) if text.isascii() and len(text) < 9 else 0.0
    return 0.0


def _kind(error: BaseException) -> str:
    """Return what went wrong without the words of the library, which may have the address in them."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not to be trusted (code {cause.verify_code})"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
