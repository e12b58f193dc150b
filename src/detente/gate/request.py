"""What comes in: actions proposed, incidents observed, and what people say about both.

One Struct per kind of request, each the exact form of its JSON. Who sent it is not in here: identity comes from
authentication, never from a field. Strings and lists are bounded here; sizes and depth of the whole body at the door.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, json

__all__ = [
    "IN_WORDS",
    "Action",
    "Attribution",
    "Incident",
    "Judgement",
    "KillOrder",
    "ModeOrder",
    "Outcome",
    "PhaseOrder",
    "Premise",
    "Vote",
    "action_digest",
    "canonical",
    "incident_digest",
]

_ID = r"^[A-Za-z0-9][A-Za-z0-9._:@/-]*$"
_SHA256 = r"^[0-9a-f]{64}$"
IN_WORDS = {
    _ID: "a letter or a digit, then letters, digits and . _ : @ / -, 128 at most",
    _SHA256: "64 digits of hex, a to f in small letters: the digest that the hold shows",
}
"""What a pattern asks for, as people are told it."""

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=_ID)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Said = Annotated[str, Meta(min_length=1, max_length=2000)]
Moment = Annotated[datetime, Meta(tz=True)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Ids = Annotated[tuple[Id, ...], Meta(max_length=16)]


class Premise(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What an action rests on: who is thought to have done it, and how surely."""

    blames: Name | None = None
    """An actor; None: nobody in particular."""
    confidence: Share | None = None
    """Reported probability that the blame is right; None: not known, which is never taken as sure."""
    evidence: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    """References: entries of a ledger, documents, sealed payloads."""


class Action(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An action that a system proposes."""

    id: Id
    """The proposer's name for this action, among all systems of the gate: asked again, the answer is the same."""
    target: Name
    action: Name | None = None
    """A kind of the catalogue; None where `domain` and `rung` say what it is."""
    domain: Name | None = None
    rung: Name | None = None
    arguments: dict[str, Any] = {}
    premise: Premise | None = None
    in_response_to: Ids | None = None
    """Incidents or actions that led to it: the links from which R is measured; empty: none did; None: not said, which is never taken as none."""
    reversible: bool | None = None
    """The proposer may say that it cannot be undone; that it can is for the catalogue to say."""
    requested_at: datetime | None = None
    """When it was proposed, with its time zone."""


class Incident(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An incident that somebody observed."""

    id: Id
    at_system: Name
    """The system or asset it happened to."""
    rung: Name
    caused_by: Ids | None = None
    """Actions or incidents it descends from; empty: from none, as far as anybody can see; None: not known, which is never taken as none."""
    author: Name | None = None
    """The actor the evidence points to; None: an accident, or not known."""
    confidence: Share | None = None
    observed_at: Moment | None = None
    note: Text = ""


class Attribution(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A better attribution of an incident, as of a consortium: it replaces what premises say."""

    incident: Id
    author: Name | None
    """The actor; None: an accident."""
    confidence: Share
    evidence: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    note: Text = ""


class Outcome(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What became of an action that was allowed."""

    action: Id
    status: Literal["done", "failed", "rolled-back"]
    note: Text = ""
    finished_at: Moment | None = None


class Judgement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a person makes of a proposal that was not theirs to decide: the evidence that phases rest on."""

    action: Id
    agrees: bool
    reason: Said


class Vote(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a person makes of a hold."""

    approve: bool
    reason: Said
    digest: Annotated[str, Meta(max_length=64, pattern=_SHA256)]
    """Of the action as it was shown to them."""


class ModeOrder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A person sets the mode of a scope: `overall`, `compartment:NAME` or `actor:NAME`."""

    mode: Literal["normal", "guarded", "de-escalation", "halted"]
    reason: Said
    scope: Name = "overall"


class KillOrder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A person stops everything in a scope at once."""

    reason: Said
    scope: Name = "overall"


class PhaseOrder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A person moves a system, for one kind of action, to another phase."""

    system: Name
    action: Name
    phase: Literal["shadow", "advisory", "supervised", "autonomous"]
    reason: Said


_encoder = json.Encoder(order="sorted")


def canonical(system: str, action: Action) -> bytes:
    """Return who proposes exactly what, as text: each argument and the premise, keys in order.

    Neither the id nor the time of the request is part of it: asked under another id, it is the same action.
    """
    return _encoder.encode(
        (
            system, action.target, action.action, action.domain, action.rung, action.arguments, action.premise,
            action.in_response_to, action.reversible,
        )
    )  # fmt: skip


def action_digest(system: str, action: Action) -> str:
    """Return the SHA-256, in hex, of the canonical text of an action."""
    return hashlib.sha256(canonical(system, action)).hexdigest()


def incident_digest(incident: Incident) -> str:
    """Return the SHA-256, in hex, of all that a report says of an incident, its id and its note included."""
    return hashlib.sha256(_encoder.encode(incident)).hexdigest()
