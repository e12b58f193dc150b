"""Guards: functions that ask a gate before they run, and tell it afterwards what became of it."""

from detente.gate.guard.guard import Guard
from detente.gate.guard.permit import Permit
from detente.gate.guard.refusals import (
    AlreadyAllowedError,
    DeniedError,
    HeldError,
    NotAllowedError,
    OutcomeUnreportedError,
    ThrottledError,
)

__all__ = [
    "AlreadyAllowedError",
    "DeniedError",
    "Guard",
    "HeldError",
    "NotAllowedError",
    "OutcomeUnreportedError",
    "Permit",
    "ThrottledError",
]
