"""Speaking to a gate's service: one connection, one token, every answer bounded, every problem in words.

with Client("http://127.0.0.1:8470", token) as gate:
    decision = gate.propose(action)
"""

import ssl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from msgspec import DecodeError, ValidationError, convert, json

from detente.errors import ConflictError, GateError, RefusedError, UnknownError
from detente.gate.decision import Decision, Reason
from detente.gate.reach import check_address, unreached
from detente.gate.request import Action, Outcome
from detente.hosting.optional import load

__all__ = ["DEFAULT", "Client", "decision_of", "nanoseconds"]

DEFAULT = "http://127.0.0.1:8470"
"""Where `detente gate serve` listens unless it is told otherwise."""

_LARGEST = 16 * 1024 * 1024  # bytes of an answer
_NOT_KNOWN = (
    "the gate does not know this token, or it counts no more: was it given out for this gate's folder, and is it still in date? "
    "`detente gate identity list DIR` tells, and `rotate` gives another"
)
_KINDS: dict[int, type[GateError]] = {403: RefusedError, 404: UnknownError, 409: ConflictError}


class Client:
    """A gate over HTTP, asked in the name of whoever the token belongs to.

    Parameters
    ----------
    url
        Of the service. A token is sent unencrypted to this machine alone.
    token
        As `detente gate identity` showed it.
    authority
        A PEM file with the authority that signed the service's certificate, where the system does not know it.
    timeout_s
        How long to wait for an answer.

    Raises
    ------
    GateError
        The address is none, or would send the token over the network unencrypted.
    HostingError
        `httpx` is not installed.
    """

    def __init__(
        self, url: str, token: str, *, authority: Path | None = None, timeout_s: float = 30.0
    ) -> None:
        check_address(url)
        if not token or not token.isascii() or not token.isprintable():
            raise GateError(
                "token: found none, or one with strange characters; expected dtt_..., as it was shown"
            )
        self._httpx = load("httpx")
        self._timeout_s = timeout_s
        try:
            verify: Any = ssl.create_default_context(cafile=authority) if authority else True
        except OSError as error:
            why = error.strerror if isinstance(error, FileNotFoundError) else error
            raise GateError(f"{authority}: cannot be used as an authority: {why}") from None
        self._client = self._httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            verify=verify,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, wait_s: float = 0.0) -> Any:
        """Return what the service says at a path. Raises GateError as `post`."""
        return self._ask("GET", path, None, query, wait_s)

    def post(self, path: str, body: Any) -> Any:
        """Send a request and return the answer.

        Raises
        ------
        RefusedError, UnknownError, ConflictError
            Whoever the token belongs to may not; it names what is not there; it does not fit how things stand.
        GateError
            Anything else that went wrong: there is no answer.
        """
        return self._ask("POST", path, body, None, 0.0)

    def delete(self, path: str, query: Mapping[str, str]) -> Any:
        """Take something back. Raises GateError as `post`."""
        return self._ask("DELETE", path, None, query, 0.0)

    def _ask(self, method: str, path: str, body: Any, query: Mapping[str, str] | None, wait_s: float) -> Any:
        content = None if body is None else json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            with self._client.stream(
                method, path, content=content, params=query, headers=headers, timeout=self._timeout_s + wait_s
            ) as answer:
                received = bytearray()
                for part in answer.iter_bytes():
                    received += part
                    if len(received) > _LARGEST:
                        raise GateError(f"{path}: found an answer larger than {_LARGEST} bytes")
                status = answer.status_code
        except self._httpx.HTTPError as error:
            raise unreached(str(self._client.base_url), str(error) or type(error).__name__) from None
        return _read(status, bytes(received), path)

    # --- what a guard asks (`guard.transport`) ------------------------------------------------------

    def propose(self, action: Action) -> Decision:
        """Return the answer to an action, once it is on record. Raises GateError as `post`."""
        return decision_of(self.post("/v1/actions", action))

    def report(self, outcome: Outcome) -> None:
        """Tell what became of an action. Raises GateError as `post`."""
        self.post("/v1/outcomes", outcome)

    def await_people(self, hold: str, seconds: float) -> bool:
        """Wait at most so long for people to decide a hold; tell whether they have. Raises GateError as `post`."""
        wait = max(0.0, min(60.0, seconds))
        found = self.get(f"/v1/holds/{quote(hold, safe='')}", {"wait": f"{wait:.3f}"}, wait_s=wait)
        return bool(found["status"] != "pending")


def _read(status: int, body: bytes, path: str) -> Any:
    try:
        found = json.decode(body) if body else None
    except (DecodeError, UnicodeDecodeError):
        raise GateError(f"{path}: found an answer that is no JSON (HTTP {status}); is this a gate?") from None
    if 200 <= status < 300:
        return found
    if status == 401:
        raise GateError(f"HTTP 401: {_NOT_KNOWN}")
    detail = found.get("detail") or found.get("title") if isinstance(found, dict) else None
    raise _KINDS.get(status, GateError)(f"HTTP {status}: {detail or 'no reason given'}")


def decision_of(view: Mapping[str, Any]) -> Decision:
    """Return a decision as it was served.

    Raises
    ------
    GateError
        It is no decision.
    """
    try:
        hold = view.get("hold")
        retry = view.get("retry_at")
        return Decision(
            evaluation=view["evaluation"],
            action=view["action"],
            system=view["system"],
            effect=view["effect"],
            reasons=convert(view["reasons"], tuple[Reason, ...]),
            mode=view["mode"],
            phase=view["phase"],
            policy=view["policy"],
            at=nanoseconds(view["at"]),
            digest=view["digest"],
            obligations=tuple(view.get("obligations", ())),
            retry_at=None if retry is None else nanoseconds(retry),
            hold=None if hold is None else hold["id"],
            would=view.get("would"),
            repeated=view.get("repeated", False),
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise GateError(f"decision: found {type(error).__name__} in an answer, expected a decision") from None


def nanoseconds(text: str) -> int:
    """Return a time as it is served in nanoseconds since the epoch."""
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
