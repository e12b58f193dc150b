"""A rehearsal: what a policy would have answered to a stream of requests, in memory, with the stream's own clock.

A stream is JSON lines, each with its time and one request:

    {"at": "2026-11-27T09:00:00Z", "propose": {"system": "avalon-shield", "action": {"id": "a1", ...}}}
    {"at": "2026-11-27T09:00:01Z", "report": {"by": "avalon-shield", "incident": {"id": "i1", ...}}}
    {"at": "2026-11-27T09:00:02Z", "vote": {"by": "ben", "hold": "h1", "vote": {"approve": true, ...}}}

likewise `attribute`, `outcome`, `judge`, `cancel`, `mode`, `kill` and `phase`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import DecodeError, Struct, ValidationError, field, json

from detente.errors import GateError
from detente.gate.commands import (
    Attribute,
    Cancel,
    CastVote,
    Command,
    Judge,
    Move,
    PassTime,
    Propose,
    Report,
    ReportOutcome,
    SetModeTo,
    Stop,
)
from detente.gate.decision import ALLOW, Decision
from detente.gate.entries import Changed
from detente.gate.handle import handle
from detente.gate.policy import Policy
from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Vote,
)
from detente.gate.state import State

__all__ = ["Line", "Rehearsed", "read_stream", "rehearse"]


class _Proposal(Struct, frozen=True, forbid_unknown_fields=True):
    system: str
    action: Action


class _Sighting(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    incident: Incident


class _Finding(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    attribution: Attribution


class _Result(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    outcome: Outcome


class _Opinion(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    judgement: Judgement


class _Ballot(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    hold: str
    approve: bool
    reason: str


class _Withdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    hold: str
    reason: str


class _Mode(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    order: ModeOrder


class _Kill(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    order: KillOrder


class _Phase(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    order: PhaseOrder


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a stream: its time, and exactly one request."""

    at: datetime
    propose: _Proposal | None = None
    report: _Sighting | None = None
    attribute: _Finding | None = None
    outcome: _Result | None = None
    judge: _Opinion | None = None
    vote: _Ballot | None = None
    cancel: _Withdrawal | None = None
    mode: _Mode | None = None
    kill: _Kill | None = None
    phase: _Phase | None = None


class Rehearsed(Struct):
    """What a rehearsal came to."""

    effects: dict[str, int] = field(default_factory=dict)
    """Decisions by effect; an action that was asked again counts again."""
    rules: dict[str, dict[str, int]] = field(default_factory=dict)
    """By rule and effect: how often it objected."""
    changed: list[tuple[int, Changed]] = field(default_factory=list)
    """What came about besides, with the number of its line."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Requests that made no sense, with the number of their line."""
    decisions: list[Decision] = field(default_factory=list)


_lines = json.Decoder(Line)
_EXPECTED = '{"at": TIME, "propose": {"system": NAME, "action": {...}}}, or report, attribute, outcome, judge, vote, cancel, mode, kill or phase'


def read_stream(lines: Iterable[bytes], where: str) -> Iterator[tuple[int, Line]]:
    """Yield the lines of a stream with their numbers; empty ones are passed over.

    Raises
    ------
    GateError
        A line cannot be read, has no time zone, not exactly one request, or goes back in time.
    """
    before: datetime | None = None
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = _lines.decode(text)
        except RecursionError:
            raise GateError(f"{where}:{number}: it is nested too deeply") from None
        except (ValidationError, DecodeError) as error:
            raise GateError(f"{where}:{number}: {error}; expected {_EXPECTED}") from None
        if line.at.tzinfo is None:
            raise GateError(f"{where}:{number}: at: found {line.at}, expected a time with its zone")
        if before is not None and line.at < before:
            raise GateError(f"{where}:{number}: at: found {line.at}, expected no time before {before}")
        if len(_requests(line)) != 1:
            raise GateError(f"{where}:{number}: found {len(_requests(line))} requests, expected exactly one")
        before = line.at
        yield number, line


def _requests(line: Line) -> list[object]:
    return [
        value
        for name in line.__struct_fields__
        if name != "at" and (value := getattr(line, name)) is not None
    ]


def rehearse(policy: Policy, stream: Iterable[tuple[int, Line]], *, keep: bool = False) -> Rehearsed:
    """Return what `policy` would have answered to a stream, from an empty memory on.

    Parameters
    ----------
    keep
        Keep every decision, too.
    """
    state, came_to = State(policy=policy.digest), Rehearsed()
    for number, line in stream:
        now = round(line.at.timestamp() * 1e6) * 1000
        try:
            done = handle(state, PassTime(), policy, now)
            state = done.state
            _note(came_to, number, done.answer, keep=keep)
            done = handle(state, _command(line, state, policy), policy, now)
        except GateError as error:
            came_to.refused.append((number, str(error)))
            continue
        state = done.state
        _note(came_to, number, done.answer, keep=keep)
    return came_to


def _note(came_to: Rehearsed, number: int, answer: object, *, keep: bool) -> None:
    if isinstance(answer, Decision):
        came_to.effects[answer.effect] = came_to.effects.get(answer.effect, 0) + 1
        for reason in answer.reasons:
            if reason.effect != ALLOW:
                spoke = came_to.rules.setdefault(reason.rule, {})
                spoke[reason.effect] = spoke.get(reason.effect, 0) + 1
        if keep:
            came_to.decisions.append(answer)
    elif isinstance(answer, tuple):
        came_to.changed += [(number, one) for one in answer if isinstance(one, Changed)]


def _command(line: Line, state: State, policy: Policy) -> Command:
    """Return the command that a line asks for; a vote is on the action as it is held."""
    if line.propose is not None:
        return Propose(line.propose.system, line.propose.action)
    if line.report is not None:
        system = policy.systems.get(line.report.by)
        return Report(line.report.by, system.owner if system else "", line.report.incident)
    if line.attribute is not None:
        return Attribute(line.attribute.by, line.attribute.attribution)
    if line.outcome is not None:
        return ReportOutcome(line.outcome.by, line.outcome.outcome)
    if line.judge is not None:
        return Judge(line.judge.by, line.judge.judgement)
    if line.vote is not None:
        hold = state.holds.get(line.vote.hold) or state.closed.get(line.vote.hold)
        digest = "0" * 64 if hold is None else hold.digest
        return CastVote(line.vote.by, line.vote.hold, Vote(line.vote.approve, line.vote.reason, digest))
    if line.cancel is not None:
        return Cancel(line.cancel.by, line.cancel.hold, line.cancel.reason)
    if line.mode is not None:
        return SetModeTo(line.mode.by, line.mode.order)
    if line.kill is not None:
        return Stop(line.kill.by, line.kill.order)
    assert line.phase is not None  # INVARIANT: a line has exactly one request
    return Move(line.phase.by, line.phase.order)
