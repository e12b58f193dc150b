"""Who asks, and for what: a system may propose only what the catalogue has and the charter lets it."""

from collections.abc import Callable
from typing import Any

from detente.gate.case import Case
from detente.gate.decision import DENY
from detente.gate.looked import Looked
from detente.gate.rule_names import CATALOGUE, IDENTITY
from detente.model.charter.vocabulary import Argument, ArgumentType

__all__ = ["catalogue", "identity", "wrong_argument"]


def identity(case: Case) -> None:
    """Least privilege: these actions, these targets, and nothing asked too long ago."""
    case.says(case.looked.identity)
    if case.action.requested_at is not None and (late := _out_of_time(case)):
        case.objects(IDENTITY, DENY, {"requested_at": case.action.requested_at.isoformat()}, *late)


def _out_of_time(case: Case) -> tuple[str, str] | None:
    requested = case.action.requested_at
    if requested is None or requested.tzinfo is None:
        return "the time of the request has no time zone", "a time such as 2026-11-27T12:00:00Z"
    age = case.now / 1e9 - requested.timestamp()
    longest = case.policy.charter.stale_after_s
    if case.approval is None and abs(age) > longest:
        when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s in the future"
        return f"it was requested {when}", f"a request made within {longest:g} s of being received"
    return None


def catalogue(case: Case) -> None:
    """The action is what the catalogue says it is: its domain, and each argument."""
    case.says(case.looked.catalogue)
    action = case.action
    if action.action is not None and (otherwise := _other_kind(case)):
        case.objects(CATALOGUE, DENY, {"domain": action.domain, "rung": action.rung}, *otherwise)
    given = case.action.arguments
    if (given or case.looked.required) and (wrong := wrong_argument(case.looked, given)):
        case.objects(CATALOGUE, DENY, {"arguments": sorted(given)}, *wrong)


def _other_kind(case: Case) -> tuple[str, str] | None:
    """Return where an action says of itself what the catalogue says otherwise: which of the two was meant is not for us to guess."""
    action, kind, domain = case.action, case.kind, case.target.domain
    if action.domain is not None and action.domain != domain:
        return f"it says {action.domain}, and {case.target.name} is in {domain}", f"no `domain`, or {domain}"
    if action.rung is not None and action.rung != kind.rung:
        return f"it says {action.rung}, and {kind.name} is {kind.rung}", f"no `rung`, or {kind.rung}"
    return None


def wrong_argument(looked: Looked, given: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with the first argument that is not what the catalogue says, and what would be right; None where all are."""
    known, unbounded = looked.arguments, looked.unbounded
    for name, value in given.items():
        if type(value) is unbounded.get(name):
            continue
        argument = known.get(name)
        if argument is None:
            if not looked.kind.other_arguments:
                return f"{looked.kind.name} has no argument {name!r}", f"one of {', '.join(known) or 'none'}"
        elif (expected := _mismatch(argument, value)) is not None:
            return f"the argument {name} is not {expected}", f"{name}: {expected}"
    for name in looked.required:
        if name not in given:
            return f"the argument {name} is missing", f"{name}: {_EXPECTED[known[name].type]}"
    return None


def _mismatch(argument: Argument, value: Any) -> str | None:
    """Return what was expected instead of a value; None where it is right."""
    if not _IS[argument.type](value):
        return _EXPECTED[argument.type]
    if argument.one_of and value not in argument.one_of:
        return f"one of {', '.join(argument.one_of)}"
    if argument.low is not None and value < argument.low:
        return f"at least {argument.low:g}"
    if argument.high is not None and value > argument.high:
        return f"at most {argument.high:g}"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 -- NaN is no number


_IS: dict[ArgumentType, Callable[[Any], bool]] = {
    ArgumentType.TEXT: lambda value: isinstance(value, str),
    ArgumentType.WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    ArgumentType.NUMBER: _is_number,
    ArgumentType.YES_NO: lambda value: isinstance(value, bool),
    ArgumentType.TEXTS: lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
}
_EXPECTED = {
    ArgumentType.TEXT: "a text",
    ArgumentType.WHOLE: "a whole number",
    ArgumentType.NUMBER: "a number",
    ArgumentType.YES_NO: "true or false",
    ArgumentType.TEXTS: "a list of texts",
}
