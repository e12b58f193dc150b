"""What is remembered, from what was recorded: a gate's state is the fold of its entries, in order.

A decision counts as it was recorded, so that a later version which would decide otherwise still remembers what this one
answered. Everything else follows from the entry and the state before it, by the same pure handlers that wrote it.
"""

from detente.errors import GateError
from detente.gate.after import after
from detente.gate.commands import Attribute, Command, Report
from detente.gate.entries import Attributed, Decided, Entry, Reported
from detente.gate.handle import handle
from detente.gate.policy import Policy
from detente.gate.state import State

__all__ = ["command_of", "fold"]


def fold(state: State, entry: Entry, policy: Policy) -> State:
    """Return the state after a recorded entry.

    Parameters
    ----------
    policy
        The one in force when it was recorded; of an `Adopted` entry the one that it brings.

    Raises
    ------
    GateError
        The entry does not follow from those before it.
    """
    if isinstance(entry, Decided):
        return after(state, entry.action, entry.decision, policy)
    return handle(state, command_of(entry, policy), policy, entry.at).state


def command_of(entry: Entry, policy: Policy) -> Command:  # noqa: ARG001
    """Return the command that an entry answers; not of decisions, whose chances come from elsewhere."""
    if isinstance(entry, Reported):
        return Report(entry.by, entry.actor, entry.incident)
    if isinstance(entry, Attributed):
        return Attribute(entry.by, entry.attribution)
    raise GateError(f"entry of a gate: found {type(entry).__name__}, expected one that can be folded")
