"""How a guard reaches its gate: in the same process (`guard.here`), or over HTTP (`gate.client`)."""

from typing import Protocol

from detente.gate.decision import Decision
from detente.gate.request import Action, Outcome

__all__ = ["Transport"]


class Transport(Protocol):
    """What a guard asks of a gate, in the name of one system. Every method may block, and may be called from any thread."""

    def propose(self, action: Action) -> Decision:
        """Return the answer to an action, once it is on record.

        Raises
        ------
        GateError
            There is no answer: then there is no action.
        """

    def report(self, outcome: Outcome) -> None:
        """Tell what became of an action."""

    def await_people(self, hold: str, seconds: float) -> bool:
        """Wait at most so long for people to decide a hold, or, for 0 seconds, just look; tell whether they have."""

    def close(self) -> None:
        """Let go of what the transport holds."""
