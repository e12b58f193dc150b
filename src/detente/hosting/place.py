"""Where a service listens, and whether what passes is encrypted."""

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from detente.errors import HostingError

__all__ = ["Place", "is_loopback", "listen"]

_CERTIFICATE = re.compile(rb"^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----", re.MULTILINE)
_KEY = re.compile(rb"^-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----", re.MULTILINE)


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
        _require_usable(place.certificate, place.certificate_key or place.certificate)
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise HostingError(f"{place.host}, port {place.port}: cannot listen there: {error}") from None


def _require_usable(certificate: Path, key: Path) -> None:
    """See that a certificate and its key can be used for TLS, without asking anybody anything. Raises HostingError."""
    for file, begins, what in ((certificate, _CERTIFICATE, "certificate"), (key, _KEY, "private key")):
        if not file.is_file():
            raise HostingError(f"{file}: no such file, expected a PEM file for TLS")
        _require_holds(file, begins, what)

    def no_phrase() -> str:
        raise HostingError(
            f"{key}: cannot be used for TLS: it is encrypted, and nobody is here to type its pass phrase: "
            f"openssl pkey -in {quote(str(key))} -out FILE writes one without, for a file that only the service may read"
        )

    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, no_phrase)
    except OSError as error:  # ssl's own is one, too
        if "KEY_VALUES_MISMATCH" in str(error):
            raise HostingError(f"{key}: cannot be used for TLS: it is not the key of {certificate}") from None
        raise HostingError(f"{certificate}, {key}: cannot be used for TLS: {error}") from None


def _require_holds(file: Path, begins: re.Pattern[bytes], what: str) -> None:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise HostingError(f"{file}: cannot be read: {error.strerror}") from None
    if begins.search(data) is None:
        other = [
            name
            for name, found in (("certificate", _CERTIFICATE), ("private key", _KEY))
            if found.search(data)
        ]
        hint = f"a {other[0]}" if other else "something else"
        raise HostingError(f"{file}: cannot be used for TLS: found {hint} in it, expected a {what}, PEM")
