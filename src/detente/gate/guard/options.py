"""What a guard is told when it is made, looked at then: a slip of the pen is not to wait for the first call."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from detente.errors import GateError
from detente.gate.request import Premise

__all__ = [
    "called",
    "guardable",
    "in_pieces",
    "links",
    "mapping",
    "named_arguments",
    "named_target",
    "own_id",
    "owner",
    "patience",
    "premise",
    "reached",
    "way_to_name",
    "yes_or_no",
]


def guardable(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function that a guard can run. Raises GateError."""
    if isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        raise GateError(
            f"{called(function.__func__)}: found a {kind}, expected a function: put @{kind} above the guard, as the first line"
        )
    if not callable(function):
        raise GateError(f"found {function!r}, expected a function or coroutine to guard")
    for one in (function, type(function).__call__):
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise in_pieces(called(function))
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        raise GateError(
            f"{called(function)}: found nothing that says what its parameters are, expected a function that does; "
            "put one around it that names them"
        ) from None


def owner(function: Callable[..., Any], signature: inspect.Signature) -> str | None:
    """Return the parameter of a method that is the object it belongs to, which is no argument of an action; None where there is none."""
    *around, _ = getattr(function, "__qualname__", "").split(".")
    first = next(iter(signature.parameters), None)
    is_method = inspect.isfunction(function) and around and around[-1] != "<locals>"
    return first if is_method and first in {"self", "cls"} else None


def reached(transport: object) -> None:
    """See that a gate can be asked in that way. Raises GateError."""
    missing = [
        name for name in ("propose", "report", "await_people") if not callable(getattr(transport, name, None))
    ]
    if missing:
        raise GateError(
            f"transport: found {transport!r}, expected what reaches a gate: Guard(Client(url, token)) over HTTP, "
            "or Guard(Here(gate, system)) in the same process"
        )


def own_id(value: object) -> None:
    """See that an action has an id of its own, or is to get one. Raises GateError."""
    if value is not None and (not isinstance(value, str) or not value):
        raise GateError(f"id: found {value!r}, expected an id, as 'case-17-isolate', or None for a new one")


def called(function: Callable[..., Any]) -> str:
    """Return what a function is called in messages; not everything that can be called has a name."""
    if isinstance(function, functools.partial):
        return f"partial of {called(function.func)}"
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def in_pieces(name: str) -> GateError:
    """Return what to raise for a generator."""
    return GateError(
        f"{name}: found a generator, expected a function or coroutine: what a generator does comes "
        "after the call, piece by piece; use `with guard.ask(...)` in it, around what is done"
    )


def named_target(function: Callable[..., Any], signature: inspect.Signature, target: object) -> None:
    """See that the target is a parameter. Raises GateError."""
    if not isinstance(target, str) or target not in signature.parameters:
        raise GateError(
            f"target of {called(function)}: found {target!r}, expected one of its parameters: "
            + ", ".join(signature.parameters)
        )


def named_arguments(
    function: Callable[..., Any], signature: inspect.Signature, target: str, names: object
) -> None:
    """See that the arguments are a list of parameters, none of them the target. Raises GateError."""
    others = [name for name in signature.parameters if name != target]
    expected = f"expected a list of its parameters besides the target: {', '.join(others) or 'it has none'}"
    if names is None:
        return
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise GateError(f"arguments of {called(function)}: found {names!r}, {expected}")
    for name in names:
        if name not in others:
            raise GateError(f"arguments of {called(function)}: found {name!r}, {expected}")


def premise(value: object) -> None:
    """See that something is a premise, or none. Raises GateError."""
    if value is not None and not isinstance(value, Premise):
        raise GateError(f"premise: found {value!r}, expected a Premise, or a function that returns one")


def way_to_name(value: object) -> None:
    """See that ids come from a function: one id for all calls would make of them one action. Raises GateError."""
    if value is not None and not callable(value):
        raise GateError(
            f"id: found {value!r}, expected a function of the call's arguments, as `lambda call: call['ticket']`: "
            "calls with one id are one action"
        )


def links(value: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what an action answers. Raises GateError where it is no list."""
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise GateError(f"in_response_to: found {value!r}, expected a list of ids, as ['i1']")
    return tuple(value)


def mapping(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of an action. Raises GateError where they are no mapping."""
    if value is not None and not isinstance(value, Mapping):
        raise GateError(f"arguments: found {value!r}, expected a mapping of names to values")
    return dict(value or {})


def patience(seconds: object) -> float:
    """Return for how many seconds a call waits. Raises GateError."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise GateError(f"wait_s: found {seconds!r}, expected seconds, 0 or more")
    return float(seconds)


def yes_or_no(name: str, value: object) -> bool:
    """Return what is either so or not. Raises GateError."""
    if not isinstance(value, bool):
        raise GateError(f"{name}: found {value!r}, expected True or False")
    return value
