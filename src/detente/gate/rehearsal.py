"""A rehearsal: what a policy would have answered to a stream of requests, in memory, with the stream's own clock.

A stream is JSON lines, each with its time and one request:

    {"at": "2026-11-27T09:00:00Z", "propose": {"system": "avalon-shield", "action": {"id": "a1", ...}}}
    {"at": "2026-11-27T09:00:01Z", "report": {"by": "avalon-shield", "incident": {"id": "i1", ...}}}
    {"at": "2026-11-27T09:00:02Z", "vote": {"by": "ben", "hold": "h1", "vote": {"approve": true, ...}}}

likewise `attribute`, `outcome`, `judge`, `cancel`, `mode`, `kill` and `phase`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import cast

from msgspec import Struct, field, json

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
from detente.gate.expected import in_words
from detente.gate.handle import Handled, handle
from detente.gate.holds import found
from detente.gate.letters import stray_byte
from detente.gate.policy import Policy
from detente.gate.reasons import require_reason
from detente.gate.request import Action, Incident, Vote
from detente.gate.state import State
from detente.gate.twice import key_given_twice, told_twice

__all__ = ["Line", "Rehearsed", "read_stream", "rehearse"]


class _Proposal(Struct, frozen=True, forbid_unknown_fields=True):
    system: str
    action: Action


class _Sighting(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    incident: Incident


class _Ballot(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    hold: str
    approve: bool
    reason: str


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a stream: its time, and exactly one request."""

    at: datetime
    propose: _Proposal | None = None
    report: _Sighting | None = None
    attribute: Attribute | None = None
    outcome: ReportOutcome | None = None
    judge: Judge | None = None
    vote: _Ballot | None = None
    cancel: Cancel | None = None
    mode: SetModeTo | None = None
    kill: Stop | None = None
    phase: Move | None = None


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
        stray = stray_byte(text)
        if stray is not None:
            raise GateError(f"{where}:{number}: {stray[1]}; expected {_EXPECTED}")
        try:
            line = _lines.decode(text)
            twice = key_given_twice(text)
        except RecursionError:
            raise GateError(f"{where}:{number}: it is nested too deeply") from None
        except ValueError as error:  # of either reader
            raise GateError(f"{where}:{number}: {in_words(Line, str(error))}; expected {_EXPECTED}") from None
        if twice is not None:
            raise GateError(f"{where}:{number}: {told_twice(twice)}, expected each key once")
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
            _note(came_to, number, done, keep=keep)
            command = _command(line, state, policy)
            require_reason(command)
            done = handle(state, command, policy, now)
        except GateError as error:
            came_to.refused.append((number, str(error)))
            continue
        state = done.state
        _note(came_to, number, done, keep=keep)
    return came_to


def _note(came_to: Rehearsed, number: int, done: Handled, *, keep: bool) -> None:
    came_to.changed += [(number, one) for one in done.changed]
    answer = done.answer
    if not isinstance(answer, Decision):
        return
    came_to.effects[answer.effect] = came_to.effects.get(answer.effect, 0) + 1
    for reason in answer.reasons:
        if reason.effect != ALLOW:
            spoke = came_to.rules.setdefault(reason.rule, {})
            spoke[reason.effect] = spoke.get(reason.effect, 0) + 1
    if keep:
        came_to.decisions.append(answer)


def _command(line: Line, state: State, policy: Policy) -> Command:
    """Return the command that a line asks for; a vote is on the action as it is held."""
    if line.propose is not None:
        return Propose(line.propose.system, line.propose.action)
    if line.report is not None:
        system = policy.systems.get(line.report.by)
        return Report(line.report.by, system.owner if system else "", line.report.incident)
    if line.vote is not None:
        vote = Vote(line.vote.approve, line.vote.reason, found(state, line.vote.hold).digest)
        return CastVote(line.vote.by, line.vote.hold, vote)
    (command,) = _requests(line)
    return cast("Command", command)
