"""One command in, one entry out: pure, deterministic, and the only way in which a gate's state changes.

Time passes first: whatever has come due by `now` happens before the command does, in the same entry, so that a late vote finds its
hold lapsed whether or not anybody has looked at the clock in between. What asks for nothing new (an answer given before, an
incident reported twice) changes nothing and is not recorded. What makes no sense raises a GateError and changes nothing either. Another
action under an id that is taken changes nothing that was answered, and is recorded: somebody may have tried to have it taken for the first.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from detente.gate import entries, incidents
from detente.gate.adopting import adopt, plain
from detente.gate.chance import Drawn
from detente.gate.commands import (
    Adopt,
    Attribute,
    Cancel,
    CastVote,
    Command,
    Judge,
    Move,
    PassTime,
    Propose,
    RecordKillTest,
    Report,
    ReportOutcome,
    SetModeTo,
    Stop,
)
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.due import next_due, passed
from detente.gate.earlier import conflict, is_conflict
from detente.gate.entries import SHOWN, Changed, Entry, shown
from detente.gate.holds import cancel, found
from detente.gate.judging import judge
from detente.gate.kill import record_test, stop
from detente.gate.modes import differences, mode_at, set_to
from detente.gate.outcomes import report_outcome
from detente.gate.phases import move, record_of
from detente.gate.policy import Policy
from detente.gate.state import Hold, Kill, Mode, Record, State
from detente.gate.votes import cast as count

__all__ = ["Answer", "Handled", "handle"]

Answer: TypeAlias = Decision | Hold | Record | Mode | Kill | tuple[Changed, ...]
"""Of `Propose` the decision; of votes and cancellations the hold; of judgements and moves the record; of orders about a mode the
mode of that scope; of a test of the switch what is known of it; of everything else what changed."""


class Handled(Struct, frozen=True, gc=False):
    """What came of a command."""

    entry: Entry | None
    """To be recorded before the answer leaves; None: nothing changed."""
    answer: Answer
    state: State
    """From then on; the same as before where nothing changed."""
    changed: tuple[Changed, ...] = ()
    """All that it brought about besides its answer; the entry shows as much as has room in it."""


def handle(state: State, command: Command, policy: Policy, now: int) -> Handled:
    """Return what comes of a command.

    Parameters
    ----------
    state
        What is remembered so far.
    policy
        The one in force; `Adopt` brings its own.
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
    kind = type(command)
    if kind is Adopt:
        policy = cast("Adopt", command).policy
    told, there = passed(state, policy, now, tests=kind not in _TESTED_ELSEWHERE)
    entry, answer, after = _HANDLERS[kind](there, command, policy, now, told)
    if entry is None:
        return Handled(None, answer, state)
    if kind is not Propose:
        after = replace(after, now=now, due=next_due(after))
    changed = entry.changed
    if len(changed) > SHOWN:
        entry = replace(entry, changed=shown(changed))
    return Handled(entry, answer, after, changed)


_TESTED_ELSEWHERE: frozenset[type] = frozenset({RecordKillTest, Adopt})


Told: TypeAlias = tuple[Changed, ...]
Outcome: TypeAlias = tuple[Entry | None, Answer, State]
"""The entry, the answer, and the state, still of the time before."""


def _propose(state: State, asked: Propose, policy: Policy, now: int, told: Told) -> Outcome:
    forgotten = state.answered.first_lost_at is not None and state.answered.get(asked.action.id) is None
    if asked.stands is not None and forgotten:
        decision, after = conflict(state, asked.action, asked.system, policy, now, asked.stands), state
    else:
        decision, after = decide(
            state, asked.action, policy, now, system=asked.system, chance=Drawn(asked.nonce)
        )
    if is_conflict(decision):
        return entries.Conflicted(now, asked.action, decision, told), decision, replace(state, now=now)
    if decision.repeated:
        return None, decision, state
    return entries.Decided(now, asked.action, decision, told + differences(state, after)), decision, after


def _report(state: State, asked: Report, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = incidents.report(state, asked.incident, policy, now, actor=asked.actor)
    if after is state:
        return None, (), state
    told += changed
    return entries.Reported(now, asked.by, asked.actor, asked.incident, told), told, after


def _attribute(state: State, asked: Attribute, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = incidents.attribute(state, asked.attribution, policy, now)
    told += changed
    return entries.Attributed(now, asked.by, asked.attribution, told), told, after


def _report_outcome(state: State, asked: ReportOutcome, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = report_outcome(state, asked.outcome, policy, now, by=asked.by)
    if after is state:
        return None, (), state
    told += changed
    return entries.OutcomeReported(now, asked.by, asked.outcome, told), told, after


def _judge(state: State, asked: Judge, policy: Policy, now: int, told: Told) -> Outcome:
    after = judge(state, asked.judgement, policy, by=asked.by)
    judged = after.answered.get(asked.judgement.action)
    assert judged is not None  # INVARIANT: what is not remembered cannot be judged
    record = record_of(after, policy, judged.system, judged.kind, judged.at)
    entry = None if after is state else entries.Judged(now, asked.by, asked.judgement, told)
    return entry, record, after


def _cast(state: State, asked: CastVote, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = count(state, asked.hold, asked.vote, policy, now, by=asked.by)
    entry = None if after is state else entries.Voted(now, asked.by, asked.hold, asked.vote, told + changed)
    return entry, found(after, asked.hold), after


def _cancel(state: State, asked: Cancel, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = cancel(state, asked.hold, policy, now, by=asked.by, reason=asked.reason)
    entry = (
        None if after is state else entries.Cancelled(now, asked.by, asked.hold, asked.reason, told + changed)
    )
    return entry, found(after, asked.hold), after


def _set_mode(state: State, asked: SetModeTo, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = set_to(state, asked.order, policy, now, by=asked.by)
    entry = None if after is state else entries.SetMode(now, asked.by, asked.order, told + changed)
    return entry, mode_at(after, asked.order.scope), after


def _stop(state: State, asked: Stop, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = stop(state, asked.order, policy, now, by=asked.by)
    entry = None if after is state else entries.Killed(now, asked.by, asked.order, told + changed)
    return entry, mode_at(after, asked.order.scope), after


def _record_test(state: State, asked: RecordKillTest, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = record_test(state, policy, now, passed=asked.passed, detail=asked.detail)
    return entries.KillTested(now, asked.passed, asked.detail, told + changed), after.kill, after


def _move(state: State, asked: Move, policy: Policy, now: int, told: Told) -> Outcome:
    changed, shown, after = move(state, asked.order, policy, now, by=asked.by)
    entry = None if after is state else entries.Moved(now, asked.by, asked.order, shown, told + changed)
    return entry, record_of(after, policy, asked.order.system, asked.order.action, now), after


def _pass_time(state: State, asked: PassTime, policy: Policy, now: int, told: Told) -> Outcome:  # noqa: ARG001
    return (entries.Passed(now, told) if told else None), told, state


def _adopt(state: State, asked: Adopt, policy: Policy, now: int, told: Told) -> Outcome:
    changed, after = adopt(state, policy, now)
    if after is state:
        return None, (), state
    documents = plain(policy.charter.document), plain(policy.portfolio.document)
    told += changed
    return entries.Adopted(now, asked.by, policy.digest, asked.version, *documents, told), told, after


_HANDLERS: dict[type, Callable[[State, Any, Policy, int, Told], Outcome]] = {
    Propose: _propose,
    Report: _report,
    Attribute: _attribute,
    ReportOutcome: _report_outcome,
    Judge: _judge,
    CastVote: _cast,
    Cancel: _cancel,
    SetModeTo: _set_mode,
    Stop: _stop,
    RecordKillTest: _record_test,
    Move: _move,
    PassTime: _pass_time,
    Adopt: _adopt,
}
