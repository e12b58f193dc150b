"""Reasons that people give: they become part of the record, so they have to say something.

Asked of what comes in, and not of what is on record: a ledger that has such a reason can still be read and replayed.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from detente.errors import GateError
from detente.gate.commands import Cancel, CastVote, Command, Judge, Move, SetModeTo, Stop

__all__ = ["require_reason"]

_REASON_OF: dict[type, Callable[[Any], str]] = {
    Judge: attrgetter("judgement.reason"),
    CastVote: attrgetter("vote.reason"),
    Cancel: attrgetter("reason"),
    SetModeTo: attrgetter("order.reason"),
    Stop: attrgetter("order.reason"),
    Move: attrgetter("order.reason"),
}


def require_reason(command: Command) -> None:
    """See that a command for which somebody answers says why. Raises GateError."""
    reason_of = _REASON_OF.get(type(command))
    if reason_of is not None and not reason_of(command).strip():
        raise GateError("reason: found nothing but blanks, expected a reason")
