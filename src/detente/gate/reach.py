"""Where a gate is, and why it was not reached: said so that whoever asks knows what to do."""

import re
from urllib.parse import SplitResult, urlsplit

from detente.errors import GateError
from detente.hosting.place import is_loopback

__all__ = ["check_address", "unreached"]

_FORM = "expected http://HOST:PORT or https://HOST:PORT"


def check_address(url: str) -> None:
    """See that an address can be used, and would not send a token over a network unencrypted. Raises GateError."""
    where = f"address of the gate: found {url!r}"
    if re.search(r"\s", url):
        raise GateError(f"{where}, with a space in it, {_FORM}, without any")
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise GateError(f"{where}, {_FORM}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise GateError(f"{where}, {_FORM}, with a port of 1 to 65535")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise GateError(f"{where}, expected https: a token is not sent over a network unencrypted")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def unreached(url: str, why: str) -> GateError:
    """Return what is to be told where no answer came, given what the library said."""
    return GateError(f"{url}: no answer: {why}; {_advice(url, why)}")


def _advice(url: str, why: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in why:
        if re.search("self.signed", why) or "unable to get local issuer" in why:
            return (
                "the system does not know who signed the gate's certificate: name the PEM file of that authority, or of a "
                "self-signed certificate, with --authority FILE (from Python Client(..., authority=FILE))"
            )
        return "the gate's certificate does not hold for this address: see its names and its dates"
    if url.startswith("https:") and ("WRONG_VERSION_NUMBER" in why or "RECORD_LAYER_FAILURE" in why):
        return "what listens there does not speak TLS: is it http://?"
    if url.startswith("http:") and "disconnected without" in why:
        return "what listens there may speak TLS alone: is it https://?"
    return "is `detente gate serve` running there?"
