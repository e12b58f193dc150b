"""Where notices go: `service.yaml` in a gate's folder.

    webhooks:
      soc:     {url: https://soc.example/hooks/gate, secret: soc.secret, events: [hold, mode, kill]}
      channel: {url: https://chat.example/services/T0/B0/x, style: slack, events: [hold]}

Addresses come from this file alone, never from a request. Beyond this machine they are encrypted. `secret` names a file beside this
one, mode 0600, with at least 24 bytes: with it each delivery is signed.
"""

import stat
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detente.errors import GateError
from detente.hosting.place import is_loopback

__all__ = ["FILE", "Hook", "hooks_in"]

FILE = "service.yaml"

Topic = Literal["hold", "mode", "phase", "kill", "deny", "policy"]

_SHORTEST_SECRET = 24


class _Stated(Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    events: Annotated[tuple[Topic, ...], Meta(min_length=1)]
    style: Literal["cloudevents", "slack"] = "cloudevents"
    secret: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    webhooks: dict[str, _Stated] = {}


class Hook(Struct, frozen=True):
    """One place that is told."""

    name: str
    url: str
    topics: frozenset[str]
    style: Literal["cloudevents", "slack"]
    secret: bytes = b""
    """Empty: not signed."""

    def __repr__(self) -> str:
        # Neither the secret nor the address, which for some chats is one.
        return f"Hook({self.name!r})"


def hooks_in(folder: Path) -> tuple[Hook, ...]:
    """Return the hooks of a gate's folder; none where there is no such file.

    Raises
    ------
    GateError
        The file cannot be read, says something else, or names an address or a secret that cannot be used.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise GateError(f"{path}: cannot be read: {error}") from None
    try:
        stated: Any = YAML(typ="safe", pure=True).load(text)
        document = convert({} if stated is None else stated, _Document)
    except (YAMLError, ValidationError, RecursionError) as error:
        raise GateError(f"{path}: {error}") from None
    return tuple(_hook(path, name, one) for name, one in document.webhooks.items())


def _hook(path: Path, name: str, stated: _Stated) -> Hook:
    where = f"{path}: webhooks.{name}"
    try:
        parts = urlsplit(stated.url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise GateError(f"{where}.url: {error}") from None
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc or parts.fragment:
        raise GateError(f"{where}.url: expected an address such as https://soc.example/hooks/gate")
    if parts.scheme == "http" and not is_loopback(host):
        raise GateError(f"{where}.url: found http beyond this machine, expected https")
    if stated.style == "cloudevents" and stated.secret is None:
        raise GateError(
            f"{where}.secret: expected the name of a file: what is not signed can be made up by anybody"
        )
    secret = b"" if stated.secret is None else _secret(path.parent / stated.secret, where)
    return Hook(name, stated.url, frozenset(stated.events), stated.style, secret)


def _secret(path: Path, where: str) -> bytes:
    try:
        secret, mode = path.read_bytes().strip(), stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise GateError(f"{where}.secret: {path}: {error.strerror}") from None
    if mode & 0o077:
        raise GateError(f"{where}.secret: {path}: found mode {mode:04o}, expected 0600")
    if len(secret) < _SHORTEST_SECRET:
        raise GateError(f"{where}.secret: {path}: expected at least {_SHORTEST_SECRET} bytes")
    return secret
