"""What is asked of a gate: one command for everything that changes what it remembers.

Who asks is a name from authentication, never a field of what they sent; whether their role lets them ask at all is decided at
the door. What a name alone decides (nobody approves for themselves) is decided inside.
"""

from typing import TypeAlias

from msgspec import Struct

from detente.gate.policy import Policy
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
    "Adopt",
    "Attribute",
    "Cancel",
    "CastVote",
    "Command",
    "Judge",
    "Move",
    "PassTime",
    "Propose",
    "RecordKillTest",
    "Report",
    "ReportOutcome",
    "SetModeTo",
    "Stands",
    "Stop",
]


class Stands(Struct, frozen=True, gc=False):
    """What was answered under an id so long ago that only the record still tells."""

    evaluation: str
    digest: str
    """Of the action that was asked about."""
    system: str
    """Which asked."""


class Propose(Struct, frozen=True, gc=False):
    """A system asks whether it may."""

    system: str
    action: Action
    nonce: int = 0
    """64 bits from which this decision's chances are drawn; an action asked before keeps its first."""
    stands: Stands | None = None
    """What was answered under its id to another action, where only the record tells."""


class Report(Struct, frozen=True, gc=False):
    """Somebody observed an incident."""

    by: str
    actor: str
    """The owner of `by`; empty for a person who is of no actor."""
    incident: Incident


class Attribute(Struct, frozen=True, forbid_unknown_fields=True):
    """A better attribution has arrived."""

    by: str
    attribution: Attribution


class ReportOutcome(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an action."""

    by: str
    outcome: Outcome


class Judge(Struct, frozen=True, forbid_unknown_fields=True):
    """A person says what they make of a proposal."""

    by: str
    judgement: Judgement


class CastVote(Struct, frozen=True):
    """A person votes on a hold."""

    by: str
    hold: str
    vote: Vote


class Cancel(Struct, frozen=True, forbid_unknown_fields=True):
    """The system that asked, or a person, takes a hold back."""

    by: str
    hold: str
    reason: str


class SetModeTo(Struct, frozen=True, forbid_unknown_fields=True):
    """A person sets the mode of a scope."""

    by: str
    order: ModeOrder


class Stop(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody stops everything in a scope at once."""

    by: str
    order: KillOrder


class RecordKillTest(Struct, frozen=True):
    """The gate has tried its own switch."""

    passed: bool
    detail: str = ""


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """A person moves a system, for one kind of action, to another phase."""

    by: str
    order: PhaseOrder


class PassTime(Struct, frozen=True):
    """Time has passed: whatever came due, happens."""


class Adopt(Struct, frozen=True):
    """Decide by this policy from now on."""

    by: str
    policy: Policy
    version: str
    """Of detente."""


Command: TypeAlias = (
    Propose
    | Report
    | Attribute
    | ReportOutcome
    | Judge
    | CastVote
    | Cancel
    | SetModeTo
    | Stop
    | RecordKillTest
    | Move
    | PassTime
    | Adopt
)
