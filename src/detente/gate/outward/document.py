"""Who is told what: `outward.yaml` in a gate's folder.

    webhooks:
      - name: soc
        url: https://soc.example/gate
        secret_file: soc.secret
        events: [hold, mode, kill]
    chat:
      - name: watch
        url_file: watch.url

Addresses come from this file and the files it names, never from a request. Files it names lie beside it, and nobody else may read them.
"""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from detente.errors import PolicyError
from detente.gate.outward import chat
from detente.gate.outward.happenings import ALL, NAMES, TOPICS
from detente.gate.outward.stated import FORM, Chat, Stated, Webhook, read_all
from detente.hosting.place import is_loopback
from detente.model.problems import Fault, nearest_of, shown
from detente.model.problems import Path as Place
from detente.model.source import Source, read
from detente.model.units import DURATION, parse

__all__ = ["FILE", "Receiver", "receivers_in"]

FILE = "outward.yaml"

_SHORTEST_SECRET = 24
_LARGEST = 4096
"""Bytes of a file with a secret."""
_URL = re.compile(
    r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?"
)
"""So plain that no two programs read it differently."""

Made = TypeVar("Made")


class Receiver(Struct, frozen=True, kw_only=True):
    """One who is told."""

    name: str
    url: str
    style: Literal["webhook", "chat"]
    events: frozenset[str]
    give_up_ns: int
    """Age of an entry from which on it is not tried for ever."""
    secret: bytes = b""
    """Of a webhook: with which deliveries are signed."""
    authority: Path | None = None
    """PEM of the authority that signed its certificate, where the system does not know it."""
    show_arguments: bool = False
    """In a chat."""

    def __repr__(self) -> str:
        # Neither the secret nor the address, which for a chat is one.
        return f"Receiver({self.name!r})"


def receivers_in(folder: Path) -> tuple[Receiver, ...]:
    """Return who is told by the gate of a folder; nobody where there is no such document.

    Raises
    ------
    PolicyError
        The document, or a file it names, cannot be used.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    return _Reading(read(path, _OutwardError), folder).receivers()


class _OutwardError(PolicyError):
    """`outward.yaml` cannot be used."""

    noun = "gate"
    form = FORM


class _WrongError(Exception):
    """Something that cannot be used: told with everything else."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.expected)
        self.fault = fault


class _Reading:
    """One document being read: all that is wrong is said, each with its place."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._faults: list[Fault] = []

    def receivers(self) -> tuple[Receiver, ...]:
        found: list[Receiver] = []
        names: set[str] = set()
        for place, stated in read_all(self._source.tree, self._faults):
            if stated.name in names:
                expected = "a name of its own for everybody who is told"
                self._faults.append(Fault((*place, "name"), f"'{stated.name}' a second time", expected))
            names.add(stated.name)
            if isinstance(stated, Webhook):
                found.append(self._webhook(place, stated))
            elif isinstance(stated, Chat):
                found.append(self._chat(place, stated))
        if self._faults:
            raise _OutwardError(self._source.locate(self._faults))
        return tuple(found)

    def _tried(self, make: Callable[[], Made], instead: Made) -> Made:
        """Return what is made; where it is wrong, note that and go on, to find what else is."""
        try:
            return make()
        except _WrongError as error:
            self._faults.append(error.fault)
            return instead

    def _webhook(self, place: Place, stated: Webhook) -> Receiver:
        return self._receiver(
            place, stated, style="webhook",
            secret=self._tried(lambda: self._signing(place, stated), b""),
            url=self._tried(lambda: self._one_url(place, stated), ""),
            events=self._events(place, stated.events, (ALL, *TOPICS, *NAMES)),
        )  # fmt: skip

    def _signing(self, place: Place, stated: Webhook) -> bytes:
        where: Place = (*place, "secret_file")
        secret = self._secret(where, stated.secret_file).encode()
        if len(secret) < _SHORTEST_SECRET:
            expected = f"at least {_SHORTEST_SECRET}: openssl rand -hex 32"
            self._wrong(where, f"{len(secret)} bytes in it", expected)
        return secret

    def _one_url(self, place: Place, stated: Webhook) -> str:
        if (stated.url is None) == (stated.url_file is None):
            found = "none of them" if stated.url is None else "both"
            self._wrong(place, found, "`url` or `url_file`")
        return self._url(place, stated.url, stated.url_file)

    def _chat(self, place: Place, stated: Chat) -> Receiver:
        allowed = (*chat.TOPICS, *(name for name in NAMES if name.partition(".")[0] in chat.TOPICS))
        return self._receiver(
            place, stated, style="chat", show_arguments=stated.show_arguments,
            url=self._tried(lambda: self._url(place, None, stated.url_file), ""), events=self._events(place, stated.events, allowed),
        )  # fmt: skip

    def _receiver(self, place: Place, stated: Stated, **more: Any) -> Receiver:
        authority = None if stated.authority_file is None else self._folder / stated.authority_file
        if authority is not None and not authority.is_file():
            fault = Fault((*place, "authority_file"), "no such file", "a PEM file beside this one")
            self._faults.append(fault)
        give_up = self._tried(lambda: self._give_up(place, stated), 0)
        return Receiver(name=stated.name, authority=authority, give_up_ns=give_up, **more)

    def _give_up(self, place: Place, stated: Stated) -> int:
        try:
            seconds = parse(stated.give_up_after, DURATION)
        except ValueError:
            seconds = -1.0
        if not 0.0 < seconds <= 3660 * 86_400:
            self._wrong(
                (*place, "give_up_after"), shown(stated.give_up_after), "a duration, as `3 d` or `1 h`"
            )
        return round(seconds * 1e9)

    def _events(self, place: Place, stated: tuple[str, ...], allowed: tuple[str, ...]) -> frozenset[str]:
        for number, name in enumerate(stated):
            if name not in allowed:
                near = nearest_of(name, allowed)
                hint = (
                    f"'{near[0]}'"
                    if near
                    else ", ".join(dict.fromkeys(one.partition(".")[0] for one in allowed))
                )
                expected = f"something to be told of, as {hint}"
                self._faults.append(Fault((*place, "events", number), shown(name), expected))
        return frozenset(stated)

    def _url(self, place: Place, stated: str | None, file: str | None) -> str:
        where: Place = (*place, "url" if file is None else "url_file")
        url = stated if stated is not None else self._secret(where, str(file))
        match = _URL.fullmatch(url)
        if match is None or len(url) > 2000:
            # What was found is not shown: it may be a secret with a slip of the pen in it.
            self._wrong(
                where, "", "an address such as https://soc.example/gate, without a name, a password or a #"
            )
        try:
            host = urlsplit(url).hostname or ""
            urlsplit(url).port  # noqa: B018 -- it is checked when it is looked at
        except ValueError:
            self._wrong(where, "", "an address with a port of at most 65535")
        if match[1] == "http" and not is_loopback(host):
            self._wrong(where, "http beyond this machine", "https")
        return url

    def _secret(self, where: Place, name: str) -> str:
        """Return what is in a file that only its owner may read."""
        path = self._folder / name
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                body = file.read(_LARGEST + 1)
        except OSError as error:
            self._wrong(where, f"{path}, which cannot be read ({error.strerror})", "a file beside this one")
        if mode & 0o077:
            self._wrong(where, f"{path} with mode {mode:04o}", self._alone(path))
        try:
            text = body.decode("ascii").strip()
        except UnicodeDecodeError:
            text = ""
        if not text or len(body) > _LARGEST or not text.isprintable():
            self._wrong(where, f"{path} with something else in it", "one line of plain text")
        return text

    def _alone(self, path: Path) -> str:
        """Say how nobody else reads a file; of one that lies elsewhere others may have to, and its mode is not ours to change."""
        if path.resolve().is_relative_to(self._folder.resolve()):
            return f"0600, so that nobody else reads it: chmod 600 {quote(str(path))}"
        return "a file beside this one with mode 0600, so that nobody else reads it"

    def _wrong(self, place: Place, found: str, expected: str) -> NoReturn:
        raise _WrongError(Fault(place, found, expected))
