"""Running a witness: what must be right before it listens, and a server that waits for nobody."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.errors import LedgerError
from detente.ledger.witness.address import is_loopback
from detente.ledger.witness.optional import load

__all__ = ["Place", "listen", "make_server", "serve"]

_HEADERS_WITHIN = 10.0  # seconds without a request that has begun, and the connection is closed
_HANDSHAKE_CHECKS = 7  # after so many, a connection that is no connection yet is asyncio's to close
_LARGEST_HEAD = 16 * 1024  # bytes of request line and headers
_MOST_AT_ONCE = 256  # connections; beyond it 503


@dataclass(frozen=True, slots=True)
class Place:
    """Where a witness listens, and whether what passes is encrypted."""

    host: str = "127.0.0.1"
    port: int = 8460
    """0 for any that is free."""
    certificate: Path | None = None
    """PEM, with the chain."""
    certificate_key: Path | None = None
    """PEM."""
    plain: bool = False
    """Unencrypted beyond this machine, on purpose: where something before it does the encryption."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.certificate_key is None):
            raise LedgerError("TLS: found one of certificate and key, expected both or none")
        if not (self.plain or self.certificate or is_loopback(self.host)):
            raise LedgerError(
                f"{self.host}: listening beyond this machine needs --certificate and --certificate-key, "
                "or --plain where something before the witness does the encryption"
            )

    @property
    def scheme(self) -> str:
        """`https` or `http`."""
        return "https" if self.certificate else "http"


def listen(place: Place) -> socket.socket:
    """See that the certificate can be used, and take the port. Raises LedgerError where either cannot be."""
    if place.certificate is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                place.certificate, place.certificate_key
            )
        except OSError as error:  # ssl's own is one, too
            raise LedgerError(
                f"{place.certificate}, {place.certificate_key}: cannot be used for TLS: {error}"
            ) from None
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, OverflowError) as error:
        raise LedgerError(f"{place.host}, port {place.port}: cannot listen there: {error}") from None


def serve(app: object, place: Place, listening: socket.socket) -> None:
    """Serve until interrupted. Raises as `make_server` does."""
    make_server(app, place).run([listening])


def make_server(app: object, place: Place) -> Any:
    """Return a server of `uvicorn` that is not running yet.

    Raises
    ------
    LedgerError
        `uvicorn` is not installed.

    """
    uvicorn = load("uvicorn")
    config = uvicorn.Config(
        app,
        http=_prompt(load("uvicorn.protocols.http.h11_impl").H11Protocol),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # an address that a client can choose is no address
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.certificate_key,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return uvicorn.Server(config)


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
