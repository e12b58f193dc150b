"""The decorator and the context manager: ask before, report after.

    guard = Guard(transport)

    @guard.action("isolate-host", target="host")
    def isolate(host: str) -> None: ...

    isolate("avalon-laptop")                # runs if allowed; raises DeniedError, ThrottledError or HeldError if not

    with guard.ask("isolate-host", target="avalon-laptop") as permit:
        ...                                 # done, or failed if this raises
        permit.rolled_back("it was the wrong host")

Coroutines are guarded the same way: the asking is done in a thread, so the event loop goes on. Without an answer from the gate
nothing runs.
"""

import asyncio
import functools
import inspect
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, TypeAlias, TypeVar, cast

from detente.errors import GateError
from detente.gate.decision import ALLOW, HOLD, THROTTLE, Decision
from detente.gate.guard.fitting import checked
from detente.gate.guard.refusals import refusal
from detente.gate.guard.transport import Transport
from detente.gate.request import Action, Outcome, Premise

__all__ = ["Guard", "Permit"]

Function = TypeVar("Function", bound=Callable[..., Any])
Basis: TypeAlias = Premise | Callable[[Mapping[str, Any]], Premise | None] | None
Links: TypeAlias = Sequence[str] | Callable[[Mapping[str, Any]], Sequence[str]]

_LONGEST_POLL_S = 20.0


class Permit:
    """That an action may go ahead now: given to whoever carries it out."""

    __slots__ = ("action", "decision", "note", "status")

    def __init__(self, action: Action, decision: Decision) -> None:
        self.action = action
        self.decision = decision
        self.status: Literal["done", "failed", "rolled-back"] = "done"
        self.note = ""

    def failed(self, note: str = "") -> None:
        """Report, in the end, that it did not work, although nothing was raised."""
        self.status, self.note = "failed", note

    def rolled_back(self, note: str = "") -> None:
        """Report, in the end, that it was undone."""
        self.status, self.note = "rolled-back", note


class Guard:
    """Asks a gate in the name of one system.

    Parameters
    ----------
    transport
        How the gate is reached.
    wait_s
        How long a call waits for people, or for the throttle, before it raises; 0: it raises at once.
    """

    def __init__(self, transport: Transport, *, wait_s: float = 0.0) -> None:
        self._transport = transport
        self._wait_s = wait_s

    def action(
        self,
        kind: str,
        *,
        target: str,
        arguments: Sequence[str] | None = None,
        premise: Basis = None,
        in_response_to: Links | None = None,
        id: Callable[[Mapping[str, Any]], str] | None = None,  # noqa: A002 -- the word of the request
        wait_s: float | None = None,
    ) -> Callable[[Function], Function]:
        """Guard a function or coroutine: it runs only if the gate allows it, and its outcome is reported.

        Parameters
        ----------
        kind
            The kind of action, as in the catalogue.
        target
            The name of the parameter that says what is acted upon.
        arguments
            The names of the parameters that are the action's arguments; by default all but the target.
        premise, in_response_to, id
            What the action rests on, what it answers, and its id: values, or functions of the call's arguments. Without `id` each
            call is a new action.
        """

        def guarded(function: Function) -> Function:
            signature = inspect.signature(function)
            if target not in signature.parameters:
                raise GateError(
                    f"target of {function.__qualname__}: found {target!r}, expected one of its parameters: "
                    + ", ".join(signature.parameters)
                )

            def proposed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Action:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                given = dict(bound.arguments)
                named = given.pop(target)
                return Action(
                    uuid.uuid4().hex if id is None else id(bound.arguments),
                    str(named),
                    kind,
                    arguments=given if arguments is None else {name: given[name] for name in arguments},
                    premise=premise(bound.arguments) if callable(premise) else premise,
                    in_response_to=_named(in_response_to, bound.arguments),
                )

            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def later(*args: Any, **kwargs: Any) -> Any:
                    action = proposed(args, kwargs)
                    permit = Permit(action, await asyncio.to_thread(self._allowed, action, wait_s))
                    try:
                        return await function(*args, **kwargs)
                    except BaseException as error:
                        permit.failed(_said(error))
                        raise
                    finally:
                        await asyncio.shield(asyncio.to_thread(self._report, permit))

                return cast("Function", later)

            @functools.wraps(function)
            def now(*args: Any, **kwargs: Any) -> Any:
                with self._permitted(proposed(args, kwargs), wait_s):
                    return function(*args, **kwargs)

            return cast("Function", now)

        return guarded

    def ask(
        self,
        kind: str,
        *,
        target: str,
        arguments: Mapping[str, Any] | None = None,
        premise: Premise | None = None,
        in_response_to: Sequence[str] | None = None,
        id: str | None = None,  # noqa: A002 -- the word of the request
        wait_s: float | None = None,
    ) -> AbstractContextManager[Permit]:
        """Return a context that is entered only if the gate allows the action; leaving it reports the outcome.

        Raises
        ------
        DeniedError, ThrottledError, HeldError
            On entering: the gate did not allow it.
        GateError
            On entering: there is no answer. On leaving: the outcome could not be reported.
        """
        action = Action(
            id or uuid.uuid4().hex,
            target,
            kind,
            arguments=dict(arguments or {}),
            premise=premise,
            in_response_to=None if in_response_to is None else tuple(in_response_to),
        )
        return self._permitted(action, wait_s)

    def decide(self, action: Action) -> Decision:
        """Return the gate's answer, whatever it is; nothing is raised for a refusal, nothing is reported."""
        return self._transport.propose(checked(action))

    @contextmanager
    def _permitted(self, action: Action, wait_s: float | None) -> Iterator[Permit]:
        permit = Permit(action, self._allowed(action, wait_s))
        try:
            yield permit
        except BaseException as error:
            permit.failed(_said(error))
            raise
        finally:
            self._report(permit)

    def _report(self, permit: Permit) -> None:
        self._transport.report(Outcome(permit.action.id, permit.status, permit.note))

    def _allowed(self, action: Action, wait_s: float | None) -> Decision:
        """Ask until there is an answer that does not change by waiting, or the time is up."""
        checked(action)
        patience = self._wait_s if wait_s is None else wait_s
        end = time.monotonic() + patience
        while True:
            decision = self._transport.propose(action)
            if decision.effect == ALLOW:
                return decision
            left = end - time.monotonic()
            if left <= 0.0 or not self._waited(decision, left):
                raise refusal(decision)

    def _waited(self, decision: Decision, left: float) -> bool:
        """Wait for what may change the answer; tell whether it makes sense to ask again."""
        if decision.effect == HOLD and decision.hold is not None:
            self._transport.await_people(decision.hold, min(left, _LONGEST_POLL_S))
            return True
        if decision.effect == THROTTLE and decision.retry_at is not None:
            wait = max(0.0, (decision.retry_at - decision.at) / 1e9)
            if wait <= left:
                time.sleep(wait)
                return True
        return False


def _named(links: Links | None, call: Mapping[str, Any]) -> tuple[str, ...] | None:
    found = links(call) if callable(links) else links
    return None if found is None else tuple(found)


def _said(error: BaseException) -> str:
    """Name an error without its text, which may hold what belongs in no record."""
    return type(error).__name__
