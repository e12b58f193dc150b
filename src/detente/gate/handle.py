"""One command in, one entry out: pure, deterministic, and the only way in which a gate's state changes.

Time passes first: whatever has come due by `now` happens before the command does, in the same entry, so that a late vote finds its
hold lapsed whether or not anybody has looked at the clock in between. What asks for nothing new (an answer given before, an
incident reported twice) changes nothing and is not recorded. What makes no sense raises a GateError and changes nothing either.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from detente.gate import incidents
from detente.gate.chance import Drawn
from detente.gate.commands import Attribute, Command, Propose, Report
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.entries import Attributed, Changed, Decided, Entry, Reported
from detente.gate.policy import Policy
from detente.gate.state import Hold, Kill, Record, State

__all__ = ["Answer", "Handled", "handle"]

Answer: TypeAlias = Decision | Hold | Record | Kill | tuple[Changed, ...]
"""Of `Propose` the decision; of votes and cancellations the hold; of judgements and moves the record; of a test of the switch
what is known of it; of everything else what changed."""


class Handled(Struct, frozen=True):
    """What came of a command."""

    entry: Entry | None
    """To be recorded before the answer leaves; None: nothing changed."""
    answer: Answer
    state: State
    """From then on; the same as before where nothing changed."""


def handle(state: State, command: Command, policy: Policy, now: int) -> Handled:
    """Return what comes of a command.

    Parameters
    ----------
    state
        What is remembered so far.
    policy
        The one in force; of `Adopt` the one that was.
    now
        Nanoseconds since the epoch. A time before the state's own counts as the state's: clocks do not go back.

    Raises
    ------
    UnknownError
        It names what the gate does not know.
    RefusedError
        Whoever asks may not.
    ConflictError
        It does not fit how things stand by now.
    """
    now = max(now, state.now)
    entry, answer, after = _HANDLERS[type(command)](state, command, policy, now, ())
    if entry is None:
        return Handled(None, answer, state)
    return Handled(entry, answer, after if after.now == now else replace(after, now=now))


Outcome: TypeAlias = tuple[Entry | None, Answer, State]
Told: TypeAlias = tuple[Changed, ...]


def _propose(state: State, asked: Propose, policy: Policy, now: int, told: Told) -> Outcome:
    decision, after = decide(state, asked.action, policy, now, system=asked.system, chance=Drawn(asked.nonce))
    if decision.repeated:
        return None, decision, state
    return Decided(now, asked.action, decision, told), decision, after


def _report(state: State, asked: Report, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = incidents.report(state, asked.incident, policy, now, actor=asked.actor)
    if after is state:
        return None, (), state
    told += changed
    return Reported(now, asked.by, asked.actor, asked.incident, told), told, after


def _attribute(state: State, asked: Attribute, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = incidents.attribute(state, asked.attribution, policy, now)
    told += changed
    return Attributed(now, asked.by, asked.attribution, told), told, after


_HANDLERS: dict[type, Callable[[State, Any, Policy, int, Told], Outcome]] = {
    Propose: _propose,
    Report: _report,
    Attribute: _attribute,
}
