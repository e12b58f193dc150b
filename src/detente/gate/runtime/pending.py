"""Answers that wait for their record: of threads that block, and of event loops that do not."""

import asyncio
from _thread import allocate_lock
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias

from detente.errors import GateError, UnavailableError
from detente.gate.handle import Answer

__all__ = ["Pending", "Waiter", "settle"]


class Pending:
    """An answer to come: made when it is known, given when it is durable."""

    __slots__ = ("_answer", "_error", "_gate")

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._error: BaseException | None = None
        # A bare lock: an Event costs ten times as much, and there is one of these for every request.
        self._gate = allocate_lock()
        self._gate.acquire()

    def done(self) -> bool:
        """Whether waiting takes no time."""
        return not self._gate.locked()

    def result(self, timeout: float = -1.0) -> Answer:
        """Return the answer when it is durable, and what it stands on is.

        Parameters
        ----------
        timeout
            Seconds to wait at most; less than 0 for as long as it takes.

        Raises
        ------
        GateError
            There is no durable record, so there is no answer; or none has come in time.
        """
        if not self._gate.acquire(timeout=timeout):
            raise UnavailableError(
                f"no durable record within {timeout:g} s; whether there will be one is not known"
            )
        self._gate.release()
        if self._error is not None:
            raise self._error
        assert self._answer is not None  # INVARIANT: what is settled has an answer or an error
        return self._answer

    def settle(self, answer: Answer | None, error: BaseException | None) -> None:
        """Give the answer, or what kept it away; once."""
        self._answer, self._error = answer, error
        self._gate.release()


Waiter: TypeAlias = "Pending | asyncio.Future[Answer]"


def settle(outcomes: Iterable[tuple[Waiter, Answer | None, GateError | None]]) -> None:
    """Settle waiters in order; each event loop is woken once for all of its own."""
    by_loop: dict[
        asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Answer | None, GateError | None]]
    ]
    by_loop = {}
    for waiter, answer, error in outcomes:
        if isinstance(waiter, Pending):
            waiter.settle(answer, error)
        else:
            by_loop.setdefault(waiter.get_loop(), []).append((waiter, answer, error))
    for loop, mine in by_loop.items():
        with suppress(RuntimeError):  # a loop that has been closed waits for nothing
            loop.call_soon_threadsafe(_settle_futures, mine)


def _settle_futures(outcomes: list[tuple["asyncio.Future[Answer]", Answer | None, GateError | None]]) -> None:
    for future, answer, error in outcomes:
        if future.done():  # whoever waited has gone
            continue
        if error is not None:
            future.set_exception(error)
        elif answer is not None:
            future.set_result(answer)
