"""That an action may go ahead now."""

from typing import Any, Literal

from detente.gate.decision import Decision
from detente.gate.request import Action

__all__ = ["Permit"]


class Permit:
    """That an action may go ahead now: given to whoever carries it out."""

    __slots__ = ("action", "decision", "note", "result", "status")

    def __init__(self, action: Action, decision: Decision) -> None:
        self.action = action
        self.decision = decision
        self.status: Literal["done", "failed", "rolled-back"] = "done"
        self.note = ""
        self.result: Any = None
        """What a guarded function returned; None in a `with` block."""

    def failed(self, note: str = "") -> None:
        """Report, in the end, that it did not work, although nothing was raised."""
        self.status, self.note = "failed", note

    def rolled_back(self, note: str = "") -> None:
        """Report, in the end, that it was undone."""
        self.status, self.note = "rolled-back", note
