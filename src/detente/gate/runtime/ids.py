"""Which entry of the record answers which action: for ever, where the state remembers only the last hundred thousand."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from detente.gate.decision import Decision

__all__ = ["Ids", "MemoryIds"]


class Ids(ABC):
    """Places of decisions in a record, by the id of the action and by that of the evaluation."""

    @abstractmethod
    def note(self, decision: Decision, place: int) -> None:
        """Take down where a decision that is durable stands; places come in order."""

    @abstractmethod
    def of_action(self, action: str) -> Iterator[int]:
        """Yield places at which the action may have been decided, the latest first. Raises UnavailableError."""

    @abstractmethod
    def of_evaluation(self, number: int) -> tuple[int, int]:
        """Return [start, end) of the places at which the evaluation may stand. Raises UnavailableError."""


class MemoryIds(Ids):
    """Places that are remembered by this process alone."""

    def __init__(self) -> None:
        self._actions: dict[str, int] = {}
        self._evaluations: dict[int, int] = {}

    def note(self, decision: Decision, place: int) -> None:
        self._actions[decision.action] = place
        self._evaluations[int(decision.evaluation[1:])] = place

    def of_action(self, action: str) -> Iterator[int]:
        place = self._actions.get(action)
        return iter(()) if place is None else iter((place,))

    def of_evaluation(self, number: int) -> tuple[int, int]:
        place = self._evaluations.get(number, -1)
        return place, place + 1
