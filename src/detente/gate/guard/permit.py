"""That an action may go ahead now."""

from typing import Any, Literal, TypeAlias, get_args

from detente.errors import GateError
from detente.gate.decision import Decision
from detente.gate.request import Action

__all__ = ["Permit"]

Status: TypeAlias = Literal["done", "failed", "rolled-back"]

_LONGEST = 2000  # characters, as of `request.Text`


class Permit:
    """That an action may go ahead now: given to whoever carries it out.

    What it is told is looked at then and there: in the end, when it is reported, the action has been carried out.
    """

    __slots__ = ("_note", "_status", "action", "decision", "result")

    def __init__(self, action: Action, decision: Decision) -> None:
        self.action = action
        self.decision = decision
        self._status: Status = "done"
        self._note = ""
        self.result: Any = None
        """What a guarded function returned; None in a `with` block."""

    @property
    def status(self) -> Status:
        """What is reported in the end. Setting it raises GateError where it is none."""
        return self._status

    @status.setter
    def status(self, status: Status) -> None:
        if status not in get_args(Status):
            raise GateError(f"permit.status: found {status!r}, expected one of {', '.join(get_args(Status))}")
        self._status = status

    @property
    def note(self) -> str:
        """What is reported with it. Setting it raises GateError where it is no text, or too long."""
        return self._note

    @note.setter
    def note(self, note: str) -> None:
        self._note = _noted(note)

    def failed(self, note: str = "") -> None:
        """Report, in the end, that it did not work, although nothing was raised. Raises GateError where the note is none."""
        self.note, self.status = note, "failed"

    def rolled_back(self, note: str = "") -> None:
        """Report, in the end, that it was undone. Raises GateError where the note is none."""
        self.note, self.status = note, "rolled-back"


def _noted(note: object) -> str:
    if not isinstance(note, str):
        raise GateError(f"note: found {note!r}, expected a text; str(...) makes one")
    if len(note) > _LONGEST:
        raise GateError(f"note: found {len(note)} characters, expected {_LONGEST} at most; shorten it")
    try:
        note.encode()
    except UnicodeEncodeError as error:
        raise GateError(
            f"note: found half a character ({error.reason}), expected what UTF-8 can express"
        ) from None
    return note
