"""What goes wrong, told as RFC 9457 has it: never a traceback, never a secret, never more than the caller may know."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, json

from detente.errors import GateError, UnavailableError
from detente.gate.service.reply import PROBLEM, Header, Reply

__all__ = ["CHALLENGE", "TITLES", "Problem", "Trouble", "problem", "reply_of"]

TITLES: dict[str, tuple[int, str]] = {
    "malformed-request": (400, "the request is not what is expected here"),
    "bad-path": (400, "the path is written in a way that is not understood the same everywhere"),
    "unauthenticated": (401, "the request bears no token that counts"),
    "forbidden": (403, "not for this identity"),
    "not-found": (404, "there is no such thing"),
    "method-not-allowed": (405, "the method does not apply to this path"),
    "too-slow": (408, "the request did not come in time"),
    "conflict": (409, "it does not fit what stands"),
    "gone": (410, "it is not there any more"),
    "too-large": (413, "the request is too large"),
    "unsupported-media-type": (415, "the body is not JSON"),
    "too-many-requests": (429, "too many requests"),
    "headers-too-large": (431, "the headers are too large"),
    "failure": (500, "the gate failed"),
    "unavailable": (503, "the gate cannot answer now"),
    "unrecorded-stop": (503, "the stop stands, and could not be recorded"),
}
"""Each kind of trouble: its HTTP status, and what it is called. The type is `/problems/NAME`, and stays what it is."""

CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="detente gate"')
"""Sent with every 401."""


class Problem(Struct, frozen=True, omit_defaults=True):
    """A problem, as it is sent."""

    type: str
    """Which kind it is: stable."""
    title: str
    status: int
    detail: str | UnsetType = UNSET
    """What was found in this request, and what to do."""
    instance: str | UnsetType = UNSET
    """The id of this request, as in `X-Request-ID`."""


class Trouble(Exception):  # noqa: N818 -- not a failure of ours
    """Something wrong with a request, to be told to who sent it."""

    def __init__(
        self, kind: str, detail: str = "", headers: tuple[tuple[bytes, bytes], ...] = (), uri: str = ""
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail, headers
        self.type = uri or f"/problems/{kind}"
        """Another one than ours where a standard names its own."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return TITLES[self.kind][0]


_encoder = json.Encoder()


def problem(trouble: Trouble, instance: str = "") -> Problem:
    """Return trouble as a problem."""
    status, title = TITLES[trouble.kind]
    return Problem(trouble.type, title, status, trouble.detail or UNSET, instance or UNSET)


def reply_of(trouble: Trouble, instance: str = "") -> Reply:
    """Return trouble as it is answered."""
    return Reply(trouble.status, _encoder.encode(problem(trouble, instance)), PROBLEM, trouble.headers)


def told(error: GateError, *, is_operator: bool = False) -> Trouble:
    """Return what the gate could not do, as trouble of whoever asked; what ails its disk is for an operator to know."""
    detail = error.outside if isinstance(error, UnavailableError) and not is_operator else str(error)
    return Trouble(_KINDS.get(type(error).__name__, "malformed-request"), detail)


_KINDS: dict[str, Any] = {
    "UnknownError": "not-found",
    "RefusedError": "forbidden",
    "ConflictError": "conflict",
    "UnavailableError": "unavailable",
    "UnrecordedStopError": "unrecorded-stop",
}
