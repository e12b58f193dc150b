"""Where a service listens, and whether what passes is encrypted."""

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from detente.errors import HostingError

__all__ = ["Place", "is_loopback", "listen"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service listens, and whether what passes is encrypted."""

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
            raise HostingError("TLS: found one of certificate and key, expected both or none")
        if not (self.plain or self.certificate or is_loopback(self.host)):
            raise HostingError(
                f"{self.host}: listening beyond this machine needs --certificate and --certificate-key, "
                "or --plain where something before the service does the encryption"
            )

    @property
    def scheme(self) -> str:
        """`https` or `http`."""
        return "https" if self.certificate else "http"


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(place: Place) -> socket.socket:
    """See that the certificate can be used, and take the port. Raises HostingError where either cannot be."""
    if place.certificate is not None:
        for file in (place.certificate, place.certificate_key):
            if file is not None and not file.is_file():
                raise HostingError(f"{file}: no such file, expected a PEM file for TLS")
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                place.certificate, place.certificate_key
            )
        except OSError as error:  # ssl's own is one, too
            raise HostingError(
                f"{place.certificate}, {place.certificate_key}: cannot be used for TLS: {error}"
            ) from None
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise HostingError(f"{place.host}, port {place.port}: cannot listen there: {error}") from None
