"""Serving a gate until it is told to stop: listens, encrypts, and lets go of whoever still follows when it ends."""

import asyncio
import gc
import os
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from detente.errors import GateError
from detente.gate.service.app import gate_app
from detente.gate.service.call import Desk
from detente.gate.service.problems import Trouble, reply_of
from detente.hosting.place import Place
from detente.hosting.server import Bounds, end_orderly, make_server, new_loop

__all__ = ["EVERYWHERE", "SECRET", "check_secret", "gate_server", "serve_gate", "service_secret"]

SECRET = "service.secret"  # noqa: S105 -- the name of a file
"""In the folder of a gate: 32 random bytes, mode 0600, from which task handles are made."""

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 -- looked for, not listened at
"""Hosts that are every address there is."""

_BOUNDS = Bounds(largest_head=8 * 1024, most_headers=48, most_at_once=512, keep_alive=30)


def service_secret(folder: Path) -> bytes:
    """Return the secret of a gate's folder, made on the first time. Raises GateError where it cannot be."""
    path = folder / SECRET
    try:
        with suppress(FileExistsError), os.fdopen(_new(path), "wb") as file:
            file.write(secrets.token_bytes(32))
        secret = path.read_bytes()
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from None
    _require_whole(path, secret)
    return secret


def check_secret(folder: Path) -> None:
    """See that the secret of a gate's folder can be used, if there is one. Raises GateError."""
    path = folder / SECRET
    try:
        _require_whole(path, path.read_bytes())
    except FileNotFoundError:
        return
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from None


def _require_whole(path: Path, secret: bytes) -> None:
    if len(secret) != 32:
        raise GateError(f"{path}: found {len(secret)} bytes, expected 32; remove it, and a new one is made")


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def gate_server(desk: Desk, place: Place) -> Any:
    """Return a server that is not running yet. Raises HostingError where a package is missing."""
    server = make_server(gate_app(desk), place, bounds=_BOUNDS, swift=True, refusal=_refusal)
    shutdown = server.shutdown

    async def ends(sockets: list[socket.socket] | None = None) -> None:
        desk.changes.close()  # who follows events or waits for people is let go; nothing else is cut short
        await shutdown(sockets)

    server.shutdown = ends
    end_orderly(server)
    return server


def _refusal(status: int) -> tuple[bytes, bytes]:
    kind = {400: "malformed-request", 408: "too-slow", 431: "headers-too-large", 503: "unavailable"}[status]
    reply = reply_of(Trouble(kind))
    return reply.media, reply.body


def serve_gate(desk: Desk, place: Place, listening: socket.socket) -> None:
    """Serve until interrupted, by Ctrl-C or by SIGTERM."""
    if not desk.settings.public_url:
        desk.settings = replace(desk.settings, public_url=_own_address(place, listening))
    server = gate_server(desk, place)
    # The thread that records hands over to this one, and back, for every group: neither is to wait 5 ms for its turn.
    sys.setswitchinterval(0.001)
    _settle_garbage()

    async def main() -> None:
        desk.changes.begin()
        await server.serve(sockets=[listening])

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


def _settle_garbage() -> None:
    """Keep the collector of cycles from looking again and again at what stays: decisions make no cycles, and wait for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 10, 1_000)


def _own_address(place: Place, listening: socket.socket) -> str:
    """Return where the service is found as far as it can know; nothing where it listens at every address there is."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    if host in ("[::]", *EVERYWHERE):
        return ""
    return f"{place.scheme}://{host}:{listening.getsockname()[1]}"
