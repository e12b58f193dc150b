"""Who may speak to a gate: names, what each may do, and the fingerprint of each one's token.

    identities.json     mode 0600, replaced as a whole: a reader sees the old file or the new one; who changes it locks the folder

A token is 256 random bits. Guessing one is out of the question, so its plain SHA-256 is kept: a slow hash helps where a secret
is short enough to be tried, and would cost more than a decision here. Whoever reads the file can neither use a token nor make
one; whoever writes it can, so it belongs to the gate's user alone.
"""

import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Annotated, Literal, TypeAlias

from msgspec import DecodeError, Meta, Struct, ValidationError, json
from msgspec.structs import replace

from detente.errors import GateError
from detente.gate.service.naming import require_distinct, require_fit, require_own
from detente.gate.service.unreadable import told

__all__ = [
    "FILE",
    "ROLES",
    "Identity",
    "Role",
    "Until",
    "add",
    "fingerprint",
    "found",
    "new_token",
    "read",
    "revoke",
    "rotate",
    "write",
]

FILE = "identities.json"
"""Its name in the folder of a gate."""

Role = Literal["system", "approver", "operator", "auditor"]
ROLES: tuple[Role, ...] = ("system", "approver", "operator", "auditor")

Until: TypeAlias = datetime | Literal["kept"] | None
"""Until when a new token counts: for ever (None), or as long as the old one would have."""

_PREFIX = "dtt_"
"""With which tokens begin, so that scanners for leaked secrets can know one when they see it."""
_TOKEN = re.compile(r"dtt_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


Moment = Annotated[datetime, Meta(tz=True)]


class Identity(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody who may speak to a gate, and how they are known."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    """Of a system: its name in the charter; of a person: the one in the charter's groups."""
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=4)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """Of the token."""
    created: Moment
    expires: Moment | None = None
    revoked: Moment | None = None
    asks_for: tuple[str, ...] = ()
    """Of a policy enforcement point: the systems in whose name it may ask over AuthZEN; `*` for all."""

    def is_valid(self, now: datetime) -> bool:
        """Tell whether its token counts at a time."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def may_ask_for(self, system: str) -> bool:
        """Tell whether it may ask in the name of a system."""
        return system == self.name or system in self.asks_for or "*" in self.asks_for


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says."""

    identities: tuple[Identity, ...]
    version: Literal[1] = 1


_decoder = json.Decoder(_File)


def new_token() -> str:
    """Return a new token of 256 random bits: to be shown once, and kept nowhere."""
    return _PREFIX + secrets.token_urlsafe(32)


def fingerprint(token: str | bytes) -> str:
    """Return the SHA-256 of a token, in hex."""
    return hashlib.sha256(token.encode() if isinstance(token, str) else token).hexdigest()


def read(path: Path) -> tuple[Identity, ...]:
    """Return the identities in a file; none where there is no file.

    Raises
    ------
    GateError
        It cannot be read, others may read or write it, or it says something else.

    """
    return found(path) or ()


def found(path: Path) -> tuple[Identity, ...] | None:
    """Return the identities in a file; None where there is no file. Raises GateError as `read` does."""
    try:
        with path.open("rb") as file:
            _require_private(path, os.fstat(file.fileno()))
            body = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        found = _decoder.decode(body).identities
    except (ValidationError, DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GateError(told(path, _File, body, error)) from None
    require_distinct(path, (one.name for one in found))
    return found


def _require_private(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise GateError(
            f"{path}: found mode {mode:04o}, expected 0600: only the gate may read it: chmod 600 {quote(str(path))}"
        )


def write(path: Path, identities: Iterable[Identity]) -> None:
    """Replace the file as a whole, durably, with mode 0600. Raises GateError where the disk does not take it."""
    body = json.format(json.encode(_File(tuple(identities))), indent=2) + b"\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise GateError(f"{path}: cannot be written: {error.strerror}") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from changing the file meanwhile: what is read is what is changed, so no change undoes another.

    The folder is locked and not the file, which is another one after every change. Raises GateError where that cannot be.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise GateError(f"{path.parent}: cannot be locked: {error.strerror}") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError as error:
            raise GateError(f"{path.parent}: cannot be locked: {error.strerror}") from None
        yield
    finally:
        os.close(folder)


def add(
    path: Path,
    name: str,
    roles: tuple[Role, ...],
    *,
    now: datetime,
    expires: datetime | None = None,
    asks_for: tuple[str, ...] = (),
    systems: Iterable[str] | None = None,
    people: Iterable[str] = (),
    token: str | None = None,
) -> str:
    """Add somebody, and return their token: this is the only time it can be seen.

    Parameters
    ----------
    systems
        Those of the charter, if known: a system must be one of them, and nobody else may bear such a name.
    people
        Those of the charter.

    Raises
    ------
    GateError
        The name is taken or no name, or differs from another in capitals alone; a system is not in the charter, or a person
        bears a system's name.

    """
    systems = None if systems is None else tuple(systems)
    if not _NAME.fullmatch(name):
        raise GateError(f"name: found {name!r}, expected letters, digits and . _ : @ - (at most 128)")
    if not roles or len(set(roles)) != len(roles):
        raise GateError(f"roles: found {', '.join(roles) or 'none'}, expected some of {', '.join(ROLES)}")
    require_fit(name, roles, systems, asks_for)
    require_own(name, (*(systems or ()), *people), "in the charter")
    token = token or new_token()
    made = Identity(
        name=name, roles=roles, sha256=fingerprint(token), created=now, expires=expires, asks_for=asks_for
    )
    with _alone(path):
        there = read(path)
        if any(one.name == name for one in there):
            raise GateError(
                f"{name}: is there already; a new token: `detente gate identity rotate {quote(str(path.parent))} {quote(name)}`"
            )
        require_own(name, (one.name for one in there), f"in {path}")
        write(path, (*there, made))
    return token


def rotate(
    path: Path,
    name: str,
    *,
    now: datetime,
    expires: Until = "kept",
    restore: bool = False,
) -> tuple[str, datetime | None]:
    """Give somebody a new token; the old one counts no more. Return the token, and until when it counts.

    Parameters
    ----------
    expires
        Until when it counts, None for ever; by default as long as the old one would have.
    restore
        Also where their token was taken away.

    Raises
    ------
    GateError
        There is nobody of that name, their token was taken away, or the time of the old one is over.

    """
    token = new_token()

    def change(one: Identity) -> Identity:
        if one.revoked is not None and not restore:
            raise GateError(
                f"{name}: was revoked on {one.revoked:%Y-%m-%d}, and gets no new token unasked: "
                f"`detente gate identity rotate {quote(str(path.parent))} {quote(name)} --restore` lets them in again"
            )
        until = one.expires if expires == "kept" else expires
        if until is not None and until <= now:
            raise GateError(
                f"{name}: the time of this token was over on {until:%Y-%m-%d}, and a new one would count no more: say for how long, "
                "with --days N or --for-ever"
            )
        return replace(one, sha256=fingerprint(token), created=now, expires=until, revoked=None)

    return token, _change(path, name, change).expires


def revoke(path: Path, name: str, *, now: datetime) -> None:
    """Make somebody's token count no more; the name stays taken. Raises GateError where there is nobody of that name."""
    _change(path, name, lambda one: one if one.revoked else replace(one, revoked=now))


def _change(path: Path, name: str, change: Callable[[Identity], Identity]) -> Identity:
    """Change one of them in the file, and return what became of it."""
    with _alone(path):
        there = read(path)
        if all(one.name != name for one in there):
            known = ", ".join(one.name for one in there) or "nobody"
            raise GateError(f"{name}: found nobody of that name in {path}; there is: {known}")
        after = tuple(change(one) if one.name == name else one for one in there)
        write(path, after)
    return next(one for one in after if one.name == name)
