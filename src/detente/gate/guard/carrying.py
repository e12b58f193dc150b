"""Carrying out what is guarded: it is done when all of it is, not when something comes back that will do it later."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from detente.gate.guard import options
from detente.gate.guard.occasion import Occasion

__all__ = ["carried_out", "carried_out_apart", "is_coroutine"]


def is_coroutine(function: Callable[..., Any]) -> bool:
    """Tell whether a call gives a coroutine, as far as that can be seen without calling."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def carried_out(occasion: Occasion, function: Callable[[], Any], name: str) -> Any:
    """Return what a function returns; where that is to be awaited, something that awaits it and then reports.

    Raises
    ------
    GateError
        As the occasion does, and where the function returns a generator, which is closed.
    """
    with occasion as permit:
        result = _whole(function(), name)
        if not inspect.isawaitable(result):
            permit.result = result
            return result
        occasion.goes_on()
    return _awaited(occasion, result)


async def carried_out_apart(occasion: Occasion, function: Callable[[], Awaitable[Any]], name: str) -> Any:
    """Return what a coroutine returns. Raises GateError as `carried_out`."""
    async with occasion as permit:
        permit.result = _whole(await function(), name)
    return permit.result


async def _awaited(occasion: Occasion, result: Awaitable[Any]) -> Any:
    async with occasion.resumed() as permit:
        permit.result = await result
    return permit.result


def _whole(result: Any, name: str) -> Any:
    if inspect.isgenerator(result):
        result.close()
        raise options.in_pieces(name)
    if inspect.isasyncgen(result):
        raise options.in_pieces(name)
    return result
