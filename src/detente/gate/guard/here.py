"""A gate in the same process, as a guard reaches it."""

import threading
from collections.abc import Sequence

from detente.gate.decision import Decision
from detente.gate.entries import Entry
from detente.gate.request import Action, Outcome
from detente.gate.runtime.gate import Gate

__all__ = ["Here"]


class Here:
    """Asks a gate of this process in the name of one system; closing it leaves the gate open."""

    def __init__(self, gate: Gate, system: str) -> None:
        self._gate = gate
        self._system = system

    def propose(self, action: Action) -> Decision:
        """Return the answer to an action, once it is on record. Raises GateError where there is none."""
        return self._gate.propose(self._system, action)

    def report(self, outcome: Outcome) -> None:
        """Tell what became of an action. Raises GateError where it is not recorded."""
        self._gate.report_outcome(self._system, outcome)

    def await_people(self, hold: str, seconds: float) -> bool:
        """Wait at most so long for people to decide a hold; tell whether they have."""
        happened = threading.Event()

        def look(_: Sequence[tuple[int, Entry]]) -> None:
            if not self._waits(hold):
                happened.set()

        leave = self._gate.follow(look)
        try:
            return not self._waits(hold) or happened.wait(seconds)
        finally:
            leave()

    def _waits(self, hold: str) -> bool:
        there = self._gate.state.holds.get(hold)
        return there is not None and there.status == "pending"

    def close(self) -> None:
        """Do nothing: the gate belongs to whoever opened it."""
