"""What a gate writes into its ledger: one entry for everything that happened, with who asked and what was answered.

The body of an entry is one JSON object; `type` says which. Nothing in it depends on the machine: times are whole nanoseconds
since the epoch by the gate's clock, identities are names (never tokens). Folded in order, entries give the state.
"""

from typing import Any, Literal, TypeAlias

from msgspec import DecodeError, Struct, ValidationError, json

from detente.errors import GateError
from detente.gate.decision import Decision
from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Vote,
)

__all__ = [
    "SHOWN",
    "Adopted",
    "Attributed",
    "Cancelled",
    "Changed",
    "Conflicted",
    "Decided",
    "Entry",
    "Judged",
    "KillTested",
    "Killed",
    "Moved",
    "OutcomeReported",
    "Passed",
    "Reported",
    "SetMode",
    "Voted",
    "decode",
    "encode",
    "shown",
]

SHOWN = 64
"""So many consequences an entry shows at most: it must fit into a ledger's entry whatever came due at once."""


class Changed(Struct, frozen=True, omit_defaults=True, gc=False):
    """A consequence: what something brought about besides its own answer."""

    what: Literal["mode", "phase", "hold", "kill"]
    of: str
    """The scope, the system and kind, or the hold."""
    before: str
    after: str
    cause: str


def shown(changed: tuple[Changed, ...]) -> tuple[Changed, ...]:
    """Return as many consequences as an entry has room for, and how many there are besides; the fold of it finds them all."""
    if len(changed) <= SHOWN:
        return changed
    more = len(changed) - SHOWN + 1
    return (*changed[: SHOWN - 1], Changed(changed[-1].what, "", "", "", f"and {more} more"))


class Decided(Struct, frozen=True, tag="decision", omit_defaults=True, gc=False):
    """An action was proposed, and answered."""

    at: int
    action: Action
    decision: Decision
    changed: tuple[Changed, ...] = ()
    """As when the meter trips because this action goes ahead."""


class Conflicted(Struct, frozen=True, tag="conflict", omit_defaults=True, gc=False):
    """Another action was proposed under an id that is taken, and refused: no evaluation, and what was answered stands."""

    at: int
    action: Action
    """What was offered."""
    decision: Decision
    """By whom, and the evaluation that stands; its digest is that of the action it was about."""
    changed: tuple[Changed, ...] = ()


class Reported(Struct, frozen=True, tag="incident", omit_defaults=True, gc=False):
    """An incident was observed."""

    at: int
    by: str
    """Who reports: a system, or a person."""
    actor: str
    """The actor whose systems sensed it: the owner of `by`; empty for a person who is of no actor."""
    incident: Incident
    changed: tuple[Changed, ...] = ()


class Attributed(Struct, frozen=True, tag="attribution", omit_defaults=True):
    """A better attribution arrived."""

    at: int
    by: str
    attribution: Attribution
    changed: tuple[Changed, ...] = ()
    """Holds that rested on a blame it contradicts are withdrawn."""


class OutcomeReported(Struct, frozen=True, tag="outcome", omit_defaults=True):
    """What became of an action."""

    at: int
    by: str
    outcome: Outcome
    changed: tuple[Changed, ...] = ()


class Judged(Struct, frozen=True, tag="judgement", omit_defaults=True):
    """A person said what they make of a proposal."""

    at: int
    by: str
    judgement: Judgement
    changed: tuple[Changed, ...] = ()


class Voted(Struct, frozen=True, tag="vote", omit_defaults=True):
    """A person voted on a hold."""

    at: int
    by: str
    hold: str
    vote: Vote
    changed: tuple[Changed, ...] = ()


class Cancelled(Struct, frozen=True, tag="cancellation", omit_defaults=True):
    """Whoever asked, or an operator, took a hold back."""

    at: int
    by: str
    hold: str
    reason: str
    changed: tuple[Changed, ...] = ()


class SetMode(Struct, frozen=True, tag="mode", omit_defaults=True):
    """A person set a mode."""

    at: int
    by: str
    order: ModeOrder
    changed: tuple[Changed, ...] = ()


class Killed(Struct, frozen=True, tag="kill", omit_defaults=True):
    """A person stopped everything in a scope."""

    at: int
    by: str
    order: KillOrder
    changed: tuple[Changed, ...] = ()


class KillTested(Struct, frozen=True, tag="kill-test", omit_defaults=True):
    """The gate tried its own switch."""

    at: int
    passed: bool
    detail: str
    changed: tuple[Changed, ...] = ()


class Moved(Struct, frozen=True, tag="phase", omit_defaults=True):
    """A person moved a system to another phase."""

    at: int
    by: str
    order: PhaseOrder
    evidence: dict[str, Any] = {}
    """What a promotion rests on."""
    changed: tuple[Changed, ...] = ()


class Passed(Struct, frozen=True, tag="time", omit_defaults=True):
    """Time passed, and something came due: a hold lapsed, a mode ended, a test of the switch is overdue."""

    at: int
    changed: tuple[Changed, ...]


class Adopted(Struct, frozen=True, tag="policy", omit_defaults=True):
    """The gate began to decide by this policy: both documents in full, so that the ledger alone can be replayed."""

    at: int
    by: str
    digest: str
    version: str
    """Of detente."""
    charter: dict[str, Any]
    portfolio: dict[str, Any]
    changed: tuple[Changed, ...] = ()
    """Holds under another policy are cancelled."""


Entry: TypeAlias = (
    Decided
    | Conflicted
    | Reported
    | Attributed
    | OutcomeReported
    | Judged
    | Voted
    | Cancelled
    | SetMode
    | Killed
    | KillTested
    | Moved
    | Passed
    | Adopted
)

_encoder = json.Encoder()
_decoder: json.Decoder[Entry] = json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Return the body of a ledger's entry."""
    return _encoder.encode(entry)


def decode(body: bytes) -> Entry:
    """Return what a ledger's entry says.

    Raises
    ------
    GateError
        It is no entry of a gate.
    """
    try:
        return _decoder.decode(body)
    except (ValidationError, DecodeError) as error:
        raise GateError(f"entry of a gate: {error}; was this ledger written by a gate?") from error
