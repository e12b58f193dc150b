"""Asking until there is an answer that does not change by waiting: step by step, for threads that may block and event loops that may not."""

import time
from collections.abc import Generator
from typing import Any, NamedTuple, TypeAlias

from detente.gate.decision import ALLOW, HOLD, THROTTLE, Decision
from detente.gate.guard.refusals import already_allowed, refusal
from detente.gate.guard.transport import Transport
from detente.gate.request import Action

__all__ = ["Ask", "AwaitPeople", "Sleep", "Steps", "allowed", "until_allowed"]

_LONGEST_POLL_S = 20.0


class Ask(NamedTuple):
    """Ask the gate; its decision is to be sent back."""

    action: Action


class AwaitPeople(NamedTuple):
    """Wait until people have decided a hold, at most so long."""

    hold: str
    seconds: float


class Sleep(NamedTuple):
    """Wait so long."""

    seconds: float


Steps: TypeAlias = Generator[Ask | AwaitPeople | Sleep, Any, Decision]


def until_allowed(action: Action, patience: float, *, again: bool) -> Steps:
    """Yield what is to be done next, until there is an allowance, which is returned.

    Raises
    ------
    AlreadyAllowedError
        It was allowed before, and it is not to be done again. To this call it was not: it ends with the first allowance it gets.
    DeniedError, ThrottledError, HeldError
        It is not allowed, and the time is up, or waiting changes nothing.
    """
    end = time.monotonic() + patience
    while True:
        decision: Decision = yield Ask(action)
        if decision.effect == ALLOW:
            if decision.repeated and not again:
                raise already_allowed(decision)
            return decision
        wait = _wait(decision, end - time.monotonic())
        if wait is None:
            raise refusal(decision)
        yield wait


def _wait(decision: Decision, left: float) -> AwaitPeople | Sleep | None:
    """Return how to wait for what may change the answer; None where nothing does in the time that is left."""
    if left <= 0.0:
        return None
    if decision.effect == HOLD and decision.hold is not None:
        return AwaitPeople(decision.hold, min(left, _LONGEST_POLL_S))
    if decision.effect == THROTTLE and decision.retry_at is not None:
        seconds = max(0.0, (decision.retry_at - decision.at) / 1e9)
        return Sleep(seconds) if seconds <= left else None
    return None


def allowed(transport: Transport, steps: Steps) -> Decision:
    """Take the steps in this thread. Raises GateError as they do, and where there is no answer."""
    said: Decision | None = None
    while True:
        try:
            step = steps.send(said)
        except StopIteration as end:
            decision: Decision = end.value
            return decision
        said = None
        match step:
            case Ask(action):
                said = transport.propose(action)
            case AwaitPeople(hold, seconds):
                transport.await_people(hold, seconds)
            case Sleep(seconds):
                time.sleep(seconds)
