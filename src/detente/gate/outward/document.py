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
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert

from detente.errors import PolicyError
from detente.gate.outward import chat
from detente.gate.outward.happenings import ALL, NAMES, TOPICS
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
_MOST = 32
_URL = re.compile(
    r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?"
)
"""So plain that no two programs read it differently."""
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
File = Annotated[str, Meta(min_length=1, max_length=200)]
Events = Annotated[tuple[str, ...], Meta(min_length=1, max_length=64)]


class _Stated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    give_up_after: str = "3 d"
    authority_file: File | None = None


class _Webhook(_Stated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str | None = None
    url_file: File | None = None
    secret_file: File
    events: Events


class _Chat(_Stated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url_file: File
    events: Events = ("hold",)
    show_arguments: bool = False


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    webhooks: Annotated[tuple[_Webhook, ...], Meta(max_length=_MOST)] = ()
    chat: Annotated[tuple[_Chat, ...], Meta(max_length=_MOST)] = ()


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
    return _Reading(read(path, PolicyError), folder).receivers()


class _Reading:
    """One document being read: what is wrong is said with its place."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source, self._folder = source, folder

    def receivers(self) -> tuple[Receiver, ...]:
        document = self._document()
        found = (
            *(self._webhook(("webhooks", number), one) for number, one in enumerate(document.webhooks)),
            *(self._chat(("chat", number), one) for number, one in enumerate(document.chat)),
        )
        names = [one.name for one in found]
        for number, name in enumerate(names):
            if name in names[:number]:
                place: Place = ("webhooks", number, "name")
                if number >= len(document.webhooks):
                    place = ("chat", number - len(document.webhooks), "name")
                self._wrong(place, f"'{name}' a second time", "a name of its own for everybody who is told")
        return found

    def _document(self) -> _Document:
        tree = self._source.tree
        if not isinstance(tree, dict):
            self._wrong((), shown(tree), "a mapping with `webhooks:` and `chat:`")
        try:
            return convert(tree, _Document)
        except ValidationError as error:
            words, _, where = str(error).partition(" - at `$")
            self._wrong(_path(where.removesuffix("`")), "", f"something else: {words[:1].lower()}{words[1:]}")

    def _webhook(self, place: Place, stated: _Webhook) -> Receiver:
        if (stated.url is None) == (stated.url_file is None):
            found = "none of them" if stated.url is None else "both"
            self._wrong(place, found, "`url` or `url_file`")
        secret = self._secret((*place, "secret_file"), stated.secret_file).encode()
        if len(secret) < _SHORTEST_SECRET:
            self._wrong(
                (*place, "secret_file"),
                f"{len(secret)} bytes in it",
                f"at least {_SHORTEST_SECRET}: openssl rand -hex 32",
            )
        return self._receiver(
            place, stated, style="webhook", secret=secret, url=self._url(place, stated.url, stated.url_file),
            events=self._events(place, stated.events, (ALL, *TOPICS, *NAMES)),
        )  # fmt: skip

    def _chat(self, place: Place, stated: _Chat) -> Receiver:
        allowed = (*chat.TOPICS, *(name for name in NAMES if name.partition(".")[0] in chat.TOPICS))
        return self._receiver(
            place, stated, style="chat", show_arguments=stated.show_arguments,
            url=self._url(place, None, stated.url_file), events=self._events(place, stated.events, allowed),
        )  # fmt: skip

    def _receiver(self, place: Place, stated: _Stated, **more: Any) -> Receiver:
        authority = None if stated.authority_file is None else self._folder / stated.authority_file
        if authority is not None and not authority.is_file():
            self._wrong((*place, "authority_file"), "no such file", "a PEM file beside this one")
        return Receiver(
            name=stated.name, authority=authority, give_up_ns=self._give_up(place, stated), **more
        )

    def _give_up(self, place: Place, stated: _Stated) -> int:
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
                self._wrong((*place, "events", number), shown(name), f"something to be told of, as {hint}")
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
            self._wrong(
                where, f"{path} with mode {mode:04o}", f"0600, so that nobody else reads it: chmod 600 {path}"
            )
        try:
            text = body.decode("ascii").strip()
        except UnicodeDecodeError:
            text = ""
        if not text or len(body) > _LARGEST or not text.isprintable():
            self._wrong(where, f"{path} with something else in it", "one line of plain text")
        return text

    def _wrong(self, place: Place, found: str, expected: str) -> NoReturn:
        raise PolicyError(self._source.locate([Fault(place, found, expected)]))


def _path(text: str) -> Place:
    """Return a place as msgspec spells it, `.webhooks[0].url`, as a path."""
    return tuple(name or int(number) for name, number in _STEP.findall(text))
