"""What the service asks of a gate: that of `detente.gate.runtime`, or whatever does the same."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from detente.gate.commands import Command
from detente.gate.decision import Decision
from detente.gate.entries import Changed, Decided, Entry
from detente.gate.policy import Policy
from detente.gate.state import Hold, Kill, Mode, Record, State

__all__ = ["Answer", "Follower", "Gate"]

Answer: TypeAlias = Decision | Hold | Record | Kill | Mode | tuple[Changed, ...]
Follower: TypeAlias = Callable[[Sequence[tuple[int, Entry]]], None]


class Gate(Protocol):
    """A gate that decides, and keeps a record."""

    @property
    def state(self) -> State:
        """What is remembered and durable."""

    @property
    def standing(self) -> State:
        """The same, and over it the stops that stand and could not be recorded yet."""

    @property
    def policy(self) -> Policy:
        """What is decided by."""

    @property
    def size(self) -> int:
        """Entries in the record: one more than the last index."""

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded just now; empty where all is well."""

    async def asked(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable. Raises GateError."""

    def now(self) -> int:
        """Return the time by its clock, in nanoseconds since the epoch."""

    @property
    def behind(self) -> int:
        """Nanoseconds by which its clock is behind the last entry."""

    def actor_of(self, by: str) -> str:
        """Return the actor whose system that is; empty for a person."""

    def explain(self, name: str) -> Decided:
        """Return the evaluation of that id, or else the last decision on an action of that id. Blocks. Raises GateError."""

    def decided(self, action: str) -> Decided:
        """Return the last decision on the action of that id. Blocks. Raises GateError."""

    def entries(self, start: int, end: int | None = None) -> Iterator[tuple[int, Entry]]:
        """Yield what is recorded at indices [start, end). Blocks."""

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Tell `follower`, in whatever thread, all that becomes durable from now on; return what ends that."""
