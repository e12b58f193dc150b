"""What a guarded call proposes, looked at before it is sent: the gate must see what was meant, or nothing.

JSON has no word for a number that is none: it would arrive as null, which is another thing to say.
"""

import math
from collections.abc import Iterable, Mapping

from msgspec import ValidationError, json

from detente.errors import GateError
from detente.gate.expected import in_words
from detente.gate.guard import options
from detente.gate.request import Action

__all__ = ["checked"]

_DEEPEST = 64


def checked(action: Action) -> Action:
    """Return an action that JSON can express as it is.

    Raises
    ------
    GateError
        It cannot; which part of it, and what to do, is said.
    """
    for name, value in action.arguments.items():
        _expressible(f"argument {name!r} of {action.action}", value)
    options.premise(action.premise)
    if action.premise is not None:
        _expressible(f"premise of {action.action}: confidence", action.premise.confidence)
    try:
        json.decode(json.encode(action), type=Action)
    except (TypeError, ValueError, OverflowError, ValidationError) as error:
        raise GateError(
            f"action {action.action}: {in_words(Action, str(error))}; expected what the gate takes"
        ) from None
    return action


def _expressible(where: str, value: object) -> None:
    why = _not_a_number(value, 0)
    if not why:
        try:
            json.encode(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            why = f"a value of type {type(value).__name__} ({error})"
    if why:
        raise GateError(
            f"{where}: found {why}, expected what JSON can express: text, numbers, true, false, null, lists and mappings; "
            "convert it, or leave it out"
        )


def _not_a_number(value: object, depth: int) -> str:
    """Return what is wrong with a number in a value; empty where nothing is."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"the number {value}"
    if depth == _DEEPEST:
        return "lists and mappings nested too deeply"
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        inner = value
    return next(filter(None, (_not_a_number(one, depth + 1) for one in inner)), "")
