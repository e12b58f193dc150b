"""One request that was let in: who asks, what for, and what all handlers share."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct, json

from detente.gate.policy import Policy
from detente.gate.service.changes import Changes
from detente.gate.service.identities import Identity, Role
from detente.gate.service.known import Identities
from detente.gate.service.metrics import Metrics
from detente.gate.service.port import Gate
from detente.gate.service.problems import CHALLENGE, Trouble
from detente.gate.service.rates import Rate, Rates
from detente.gate.service.reply import Header, Reply
from detente.gate.state import Hold

__all__ = ["Call", "Desk", "Settings", "answer", "log", "require", "reviews"]

log = logging.getLogger("detente.gate.service")

_encoder = json.Encoder()


class Settings(Struct, frozen=True, kw_only=True):
    """How a gate is served."""

    public_url: str = ""
    """Where clients find it, as `https://gate.example`: for documents that must name it in full. Never taken from a request."""
    access_requests: bool = False
    """AuthZEN Access Request and Approval, draft 1."""
    people: Rate = Rate(600.0, 100)
    """Of everybody who is no system of the charter."""
    longest_wait_s: float = 60.0
    """Of a long poll."""
    heartbeat_s: float = 15.0
    """Between signs of life on a stream of events."""
    most_streams: int = 64


@dataclass(slots=True, kw_only=True)
class Desk:
    """What the handlers of one service share. For one event loop."""

    gate: Gate
    identities: Identities
    settings: Settings
    changes: Changes
    metrics: Metrics
    secret: bytes
    """From which handles that cannot be guessed are made."""
    streams: int = 0
    documents: dict[str, bytes] = field(default_factory=dict)
    """What is made once and served often."""
    rates: Rates = field(default_factory=Rates)
    charged_by: Policy | None = None
    known_rates: dict[str, Rate] = field(default_factory=dict)
    """By the policy that `charged_by` is."""
    trace: Callable[[str, str, str], None] | None = None
    """Is told, of a system and the id of an action, the `traceparent` of the request in which it is proposed."""

    def place(self, system: str, action: str, headers: Mapping[bytes, bytes]) -> None:
        """Note to which trace the request belongs in which an action is proposed."""
        if self.trace is not None and b"traceparent" in headers:
            self.trace(system, action, headers[b"traceparent"].decode("latin-1"))

    def look_again(self, who: Identity) -> None:
        """See that who has waited for an answer may still have it. Raises Trouble where their token counts no more."""
        if not self.identities.still_counts(who):
            raise Trouble("unauthenticated", "the token counts no more", (CHALLENGE,))

    def charge(self, who: Identity, count: int = 1, *, stops: bool = False) -> None:
        """Count requests of somebody: those that stop everything by themselves. Raises Trouble where there are too many."""
        rate = self._rate(who.name)
        # No name has a space in it, so this is nobody else's.
        counted = f"{who.name} stops" if stops else who.name
        wait = 0.0
        for _ in range(count):
            wait = wait or self.rates.take(counted, rate)
        if wait > 0.0:
            seconds = str(int(wait) + 1)
            raise Trouble(
                "too-many-requests",
                f"{who.name} may ask again in {seconds} s",
                ((b"retry-after", seconds.encode()),),
            )

    def _rate(self, name: str) -> Rate:
        policy = self.gate.policy
        if policy is not self.charged_by:
            self.charged_by, self.known_rates = policy, {}
        rate = self.known_rates.get(name)
        if rate is None:
            system = policy.systems.get(name)
            rate = self.settings.people if system is None else Rate(system.per_minute, system.burst)
            self.known_rates[name] = rate
        return rate


class Call(Struct, frozen=True):
    """A request."""

    who: Identity
    parameters: Mapping[str, str]
    """From the path."""
    query: Mapping[str, str]
    body: Any
    """Decoded; None where the operation takes none."""
    headers: Mapping[bytes, bytes]
    request_id: str

    def has(self, *roles: Role) -> bool:
        """Tell whether who asks has one of these roles."""
        return any(role in self.who.roles for role in roles)


def answer(value: Any, status: int = 200, headers: tuple[Header, ...] = ()) -> Reply:
    """Return a value as it is sent."""
    return Reply(status, _encoder.encode(value), headers=headers)


def require(allowed: bool, detail: str) -> None:  # noqa: FBT001 -- it is the question
    """Refuse who asks unless it is allowed."""
    if not allowed:
        raise Trouble("forbidden", detail)


def reviews(desk: Desk, person: str, hold: Hold) -> bool:
    """Tell whether a person is of the group that decides a hold, or of the one it may escalate to."""
    groups = desk.gate.policy.groups
    group = groups.get(hold.group)
    if group is None:
        return False
    next_group = groups.get(group.escalates_to or "")
    return person in group.people or (next_group is not None and person in next_group.people)
