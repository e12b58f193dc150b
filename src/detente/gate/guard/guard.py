"""The decorator and the context manager: ask before, report after.

    guard = Guard(transport)

    @guard.action("isolate-host", target="host")
    def isolate(host: str) -> None: ...

    isolate("avalon-laptop")                # runs if allowed; raises DeniedError, ThrottledError or HeldError if not

    with guard.ask("isolate-host", target="avalon-laptop") as permit:
        ...                                 # done, or failed if this raises
        permit.rolled_back("it was the wrong host")

Coroutines are guarded the same way, and `async with guard.ask(...)` is there for them: the event loop goes on meanwhile, and who is
cancelled asks no more. Without an answer from the gate nothing runs.
"""

import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from detente.gate.decision import Decision
from detente.gate.guard import options
from detente.gate.guard.carrying import carried_out, carried_out_apart, is_coroutine
from detente.gate.guard.fitting import checked
from detente.gate.guard.occasion import Occasion
from detente.gate.guard.transport import Transport
from detente.gate.request import Action, Premise

__all__ = ["Guard"]

Function = TypeVar("Function", bound=Callable[..., Any])
Basis: TypeAlias = Premise | Callable[[Mapping[str, Any]], Premise | None] | None
Links: TypeAlias = Sequence[str] | Callable[[Mapping[str, Any]], Sequence[str]]


class Guard:
    """Asks a gate in the name of one system.

    Parameters
    ----------
    transport
        How the gate is reached.
    wait_s
        How long a call waits for people, or for the throttle, before it raises; 0: it raises at once.

    Raises
    ------
    GateError
        The transport is none, or the time is.
    """

    def __init__(self, transport: Transport, *, wait_s: float = 0.0) -> None:
        options.reached(transport)
        self._transport = transport
        self._wait_s = options.patience(wait_s)

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
        again: bool = False,
    ) -> Callable[[Function], Function]:
        """Guard a function or coroutine: it runs only if the gate allows it, and its outcome is reported.

        Of a function that returns something to be awaited the call asks, and blocks for that; awaiting it then reports.

        Parameters
        ----------
        kind
            The kind of action, as in the catalogue.
        target
            The name of the parameter that says what is acted upon.
        arguments
            The names of the parameters that are the action's arguments; by default all but the target, and the `self` of a method.
        premise, in_response_to, id
            What the action rests on, what it answers, and its id: values, or functions of the call's arguments. Without `id` each
            call is a new action.
        wait_s
            How long a call waits; by default as long as the guard does.
        again
            Whether to run although this was allowed before, under the same id, and may have been carried out then: for what does no
            harm done twice.

        Raises
        ------
        GateError
            At once: an option is none, or the function is a generator. In a call: there is no answer, or the function returned a
            generator, of which nothing was done.
        DeniedError, ThrottledError, HeldError
            In a call: the gate did not allow it.
        AlreadyAllowedError
            In a call: it was allowed before, and not to this call.
        OutcomeUnreportedError
            In a call: it ran, and that could not be reported; `result` is what it returned. Where the function itself raises, its own
            error comes out, with a note that it could not be reported.
        """
        options.way_to_name(id)
        if not callable(premise):
            options.premise(premise)
        if not callable(in_response_to):
            options.links(in_response_to)
        if wait_s is not None:
            options.patience(wait_s)
        options.yes_or_no("again", again)

        def guarded(function: Function) -> Function:
            signature = options.guardable(function)
            options.named_target(function, signature, target)
            options.named_arguments(function, signature, target, arguments)
            owner = options.owner(function, signature)

            def proposed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Action:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                given = dict(bound.arguments)
                named = given.pop(target)
                if owner is not None and arguments is None:
                    given.pop(owner, None)
                return Action(
                    uuid.uuid4().hex if id is None else id(bound.arguments),
                    str(named),
                    kind,
                    arguments=given if arguments is None else {name: given[name] for name in arguments},
                    premise=premise(bound.arguments) if callable(premise) else premise,
                    in_response_to=_named(in_response_to, bound.arguments),
                )

            name = options.called(function)
            if is_coroutine(function):

                @functools.wraps(function)
                async def later(*args: Any, **kwargs: Any) -> Any:
                    occasion = self._occasion(proposed(args, kwargs), wait_s, again=again)
                    return await carried_out_apart(
                        occasion, functools.partial(function, *args, **kwargs), name
                    )

                return cast("Function", later)

            @functools.wraps(function)
            def now(*args: Any, **kwargs: Any) -> Any:
                occasion = self._occasion(proposed(args, kwargs), wait_s, again=again)
                return carried_out(occasion, functools.partial(function, *args, **kwargs), name)

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
        again: bool = False,
    ) -> Occasion:
        """Return a context that is entered, with `with` or `async with`, only if the gate allows the action; leaving it reports the outcome.

        Raises
        ------
        GateError
            At once: an option is none. On entering: there is no answer, or it was entered before.
        DeniedError, ThrottledError, HeldError
            On entering: the gate did not allow it.
        AlreadyAllowedError
            On entering: it was allowed before, under that id, and may have been carried out; `again` has it go ahead all the same.
        OutcomeUnreportedError
            On leaving: the outcome could not be reported. Where the block itself raises, its own error comes out, with a note of that.
        """
        options.own_id(id)
        action = Action(
            uuid.uuid4().hex if id is None else id,
            target,
            kind,
            arguments=options.mapping(arguments),
            premise=premise,
            in_response_to=options.links(in_response_to),
        )
        return self._occasion(action, wait_s, again=options.yes_or_no("again", again))

    def decide(self, action: Action) -> Decision:
        """Return the gate's answer, whatever it is; nothing is raised for a refusal, nothing is reported."""
        return self._transport.propose(checked(action))

    def _occasion(self, action: Action, wait_s: float | None, *, again: bool) -> Occasion:
        patience = self._wait_s if wait_s is None else options.patience(wait_s)
        return Occasion(self._transport, action, patience, again=again)


def _named(links: Links | None, call: Mapping[str, Any]) -> tuple[str, ...] | None:
    return options.links(links(call) if callable(links) else links)
