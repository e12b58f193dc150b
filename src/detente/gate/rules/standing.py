"""Who asks, and for what: a system may propose only what the catalogue has and the charter lets it."""

from collections.abc import Callable
from typing import Any

from detente.gate.case import Case
from detente.gate.decision import DENY
from detente.model.charter.vocabulary import ActionKind, Argument, ArgumentType

__all__ = ["CATALOGUE", "IDENTITY", "catalogue", "identity", "permits"]

IDENTITY = "identity"
CATALOGUE = "catalogue"


def permits(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of the patterns is that name, or its beginning with `*` at the end."""
    for pattern in patterns:
        if pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            return True
    return False


def identity(case: Case) -> None:
    """Least privilege: these actions, these targets, and nothing asked too long ago."""
    system, name, target = case.system, case.kind_name, case.target.name
    facts: dict[str, Any] = {"system": system.name, "action": name, "target": target}
    if not permits(system.may, name):
        case.objects(
            IDENTITY, DENY, facts,
            f"{system.name} may not propose {name}",
            f"`may:` of {system.name} in the charter would have to list {name}",
        )  # fmt: skip
    elif not permits(system.targets, target):
        case.objects(
            IDENTITY, DENY, facts,
            f"{system.name} may not act upon {target}",
            f"`targets:` of {system.name} in the charter would have to cover {target}",
        )  # fmt: skip
    elif case.action.requested_at is not None and (late := _out_of_time(case)):
        case.objects(IDENTITY, DENY, facts, *late)
    else:
        case.passes(IDENTITY, facts)


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
    kind, target = case.kind, case.target
    facts: dict[str, Any] = {"rung": kind.rung, "reversible": case.is_reversible}
    if kind.domain is not None and kind.domain != target.domain:
        facts["target_domain"] = target.domain
        case.objects(
            CATALOGUE, DENY, facts,
            f"{kind.name} works in {kind.domain}, and {target.name} is in {target.domain}",
            f"a target in {kind.domain}",
        )  # fmt: skip
        return
    wrong = _wrong_argument(kind, case.action.arguments) if kind.arguments or case.action.arguments else None
    if wrong is not None:
        case.objects(CATALOGUE, DENY, facts, *wrong)
    else:
        case.passes(CATALOGUE, facts)


def _wrong_argument(kind: ActionKind, given: dict[str, Any]) -> tuple[str, str] | None:
    known = {argument.name: argument for argument in kind.arguments}
    if not kind.other_arguments:
        for name in given:
            if name not in known:
                return f"{kind.name} has no argument {name!r}", f"one of {', '.join(known) or 'none'}"
    for name, argument in known.items():
        if name not in given:
            if argument.required:
                return f"the argument {name} is missing", f"{name}: {argument.type.value}"
        elif (expected := _mismatch(argument, given[name])) is not None:
            return f"the argument {name} is not {expected}", f"{name}: {expected}"
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
