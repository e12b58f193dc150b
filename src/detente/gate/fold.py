"""What is remembered, from what was recorded: a gate's state is the fold of its entries, in order.

A decision counts as it was recorded, so that a later version which would decide otherwise still remembers what this one
answered. Everything else follows from the entry and the state before it, by the same pure handlers that wrote it.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from detente.errors import GateError
from detente.gate import commands, entries
from detente.gate.after import after
from detente.gate.due import passed
from detente.gate.handle import handle
from detente.gate.policy import Policy
from detente.gate.state import State

__all__ = ["command_of", "fold"]


def fold(state: State, entry: entries.Entry, policy: Policy) -> State:
    """Return the state after a recorded entry.

    Parameters
    ----------
    policy
        The one in force when it was recorded; of an `Adopted` entry the one that it brings, compiled.

    Raises
    ------
    GateError
        The entry does not follow from those before it.
    """
    if isinstance(entry, entries.Decided):
        _, there = passed(state, policy, entry.at)
        return after(there, entry.action, entry.decision, policy)
    if isinstance(entry, entries.Conflicted):
        return replace(passed(state, policy, entry.at)[1], now=entry.at)
    try:
        return handle(state, command_of(entry, policy), policy, entry.at).state
    except GateError as error:
        raise GateError(f"entry of a gate: it does not follow from those before it: {error}") from error


def command_of(entry: entries.Entry, policy: Policy) -> commands.Command:
    """Return the command that an entry answers.

    Parameters
    ----------
    policy
        As for `fold`: an `Adopted` entry has the documents of a policy, not the policy.
    """
    command: commands.Command = _COMMANDS[type(entry)](entry, policy)
    return command


_COMMANDS: dict[type, Callable[[Any, Policy], Any]] = {
    entries.Decided: lambda one, _: commands.Propose(one.decision.system, one.action, one.decision.nonce),
    entries.Conflicted: lambda one, _: commands.Propose(
        one.decision.system,
        one.action,
        # What was another system's is not in the entry, and was not told: then any other name says the same.
        stands=commands.Stands(
            one.decision.evaluation,
            one.decision.digest,
            one.decision.system if one.decision.evaluation else "",
        ),
    ),
    entries.Reported: lambda one, _: commands.Report(one.by, one.actor, one.incident),
    entries.Attributed: lambda one, _: commands.Attribute(one.by, one.attribution),
    entries.OutcomeReported: lambda one, _: commands.ReportOutcome(one.by, one.outcome),
    entries.Judged: lambda one, _: commands.Judge(one.by, one.judgement),
    entries.Voted: lambda one, _: commands.CastVote(one.by, one.hold, one.vote),
    entries.Cancelled: lambda one, _: commands.Cancel(one.by, one.hold, one.reason),
    entries.SetMode: lambda one, _: commands.SetModeTo(one.by, one.order),
    entries.Killed: lambda one, _: commands.Stop(one.by, one.order),
    entries.KillTested: lambda one, _: commands.RecordKillTest(one.passed, one.detail),
    entries.Moved: lambda one, _: commands.Move(one.by, one.order),
    entries.Passed: lambda _one, _: commands.PassTime(),
    entries.Adopted: lambda one, policy: commands.Adopt(one.by, policy, one.version),
}
