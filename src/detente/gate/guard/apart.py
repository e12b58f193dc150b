"""Asking on an event loop: each question is put in a thread and soon over, and the loop itself does the waiting.

A thread that waited for people would keep one of the loop's few from everybody else, and could not be called off.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from detente.gate.decision import ALLOW, Decision
from detente.gate.guard.asking import Ask, AwaitPeople, Sleep, Steps
from detente.gate.guard.reporting import give_back
from detente.gate.guard.transport import Transport
from detente.gate.request import Action

__all__ = ["allowed_apart", "to_the_end"]

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_SLOWER = 1.5
"""Whoever decides at once is noticed at once; who takes minutes is not asked after all the time."""

Result = TypeVar("Result")


async def to_the_end(function: Callable[[], Result]) -> Result:
    """Return what a function in a thread does; it is done to its end, also where whoever waits for it is cancelled."""
    context = contextvars.copy_context()
    # A future of the loop's threads, and no task: at its end a loop cancels all tasks.
    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, context.run, function))


async def allowed_apart(transport: Transport, steps: Steps) -> Decision:
    """Take the steps without keeping the event loop. Raises GateError as `allowed`.

    Cancelled, it asks no more. What it is allowed all the same, since the question was put already, is reported as failed.
    """
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
                said = await _asked(transport, action)
            case AwaitPeople(hold, seconds):
                await _people_awaited(transport, hold, seconds)
            case Sleep(seconds):
                await asyncio.sleep(seconds)


async def _people_awaited(transport: Transport, hold: str, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, _FIRST_PAUSE_S
    while not await asyncio.to_thread(transport.await_people, hold, 0.0):
        left = end - loop.time()
        if left <= 0.0:
            return
        await asyncio.sleep(min(pause, left))
        pause = min(pause * _SLOWER, _LONGEST_PAUSE_S)


async def _asked(transport: Transport, action: Action) -> Decision:
    question = _Question(transport, action)
    try:
        return await asyncio.to_thread(question.put)
    except asyncio.CancelledError:
        if question.is_answered_when_left():
            await to_the_end(question.decline)
        raise


class _Question:
    """A question that is put in a thread, and may be left by whoever wanted the answer."""

    def __init__(self, transport: Transport, action: Action) -> None:
        self._transport = transport
        self._action = action
        self._lock = threading.Lock()
        self._answer: Decision | None = None
        self._is_left = False

    def put(self) -> Decision:
        """Return the answer; nobody is there to take up what it allows where whoever asked has left by then."""
        answer = self._transport.propose(self._action)
        with self._lock:
            self._answer = answer
            is_left = self._is_left
        if is_left:
            self.decline()
        return answer

    def is_answered_when_left(self) -> bool:
        """Leave; tell whether there is an answer, which then is to be declined. One that comes later is declined as it comes."""
        with self._lock:
            self._is_left = True
            return self._answer is not None

    def decline(self) -> None:
        """Report what was allowed as failed. What was allowed before is somebody else's."""
        answer = self._answer
        if answer is not None and answer.effect == ALLOW and not answer.repeated:
            give_back(self._transport, self._action)
