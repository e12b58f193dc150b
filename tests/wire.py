"""Bytes to a server and back, as they are."""

import socket
from contextlib import suppress

__all__ = ["wire"]


def wire(port: int, data: bytes, *, then: bytes = b"") -> bytes:
    """Send bytes; gives everything that comes back until the other side closes.

    A server that closes before it has read all resets the connection; what it said before that has come all the same.
    """
    parts: list[bytes] = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(data)
        if then:
            connection.sendall(then)
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)
