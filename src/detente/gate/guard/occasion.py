"""One time that something is asked for and done: asks on entering, reports on leaving."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from detente.errors import GateError
from detente.gate.decision import Decision
from detente.gate.guard.apart import allowed_apart, to_the_end
from detente.gate.guard.asking import Steps, allowed, until_allowed
from detente.gate.guard.fitting import checked
from detente.gate.guard.permit import Permit
from detente.gate.guard.reporting import report, report_failed
from detente.gate.guard.transport import Transport
from detente.gate.request import Action

__all__ = ["Occasion"]


class Occasion:
    """Entered, with `with` or `async with`, only if the gate allows an action; leaving it reports what became of it."""

    def __init__(self, transport: Transport, action: Action, patience: float, *, again: bool) -> None:
        self._transport = transport
        self._action = action
        self._patience = patience
        self._again = again
        self._permit: Permit | None = None
        self._is_entered = False
        self._goes_on = False

    def __enter__(self) -> Permit:
        return self._entered(allowed(self._transport, self._steps()))

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None or not self._goes_on:
            self._leaving(error)()

    def goes_on(self) -> None:
        """Leave the block without a report, as what is done is not over: the rest of it stands in `resumed`."""
        self._goes_on = True

    @asynccontextmanager
    async def resumed(self) -> AsyncIterator[Permit]:
        """Give a context for the rest of what goes on; leaving it reports."""
        assert self._permit is not None  # INVARIANT: what goes on was entered
        try:
            yield self._permit
        except BaseException as error:
            await self._left(error)
            raise
        await self._left(None)

    async def __aenter__(self) -> Permit:
        return self._entered(await allowed_apart(self._transport, self._steps()))

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        await self._left(error)

    def _steps(self) -> Steps:
        if self._is_entered:
            raise GateError(
                f"action {self._action.id}: found a block that is entered a second time, expected one for each time: "
                "call `guard.ask(...)` anew"
            )
        self._is_entered = True
        return until_allowed(checked(self._action), self._patience, again=self._again)

    def _entered(self, decision: Decision) -> Permit:
        self._permit = Permit(self._action, decision)
        return self._permit

    async def _left(self, error: BaseException | None) -> None:
        if isinstance(
            error, GeneratorExit
        ):  # a coroutine that nobody goes on with: there is nothing left that could wait
            self._leaving(error)()
        else:
            await to_the_end(self._leaving(error))

    def _leaving(self, error: BaseException | None) -> partial[None]:
        """Return what is to be done on leaving; it may block."""
        assert self._permit is not None  # INVARIANT: what is left was entered
        if error is None:
            return partial(report, self._transport, self._permit)
        return partial(report_failed, self._transport, self._permit, error)
