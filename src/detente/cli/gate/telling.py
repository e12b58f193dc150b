"""What several commands tell alike: times, phases, and what something brought about."""

from typing import Any

from detente.cli.gate.saying import say
from detente.cli.terminal import emit_json

__all__ = ["tell_changes", "told_change", "told_phase", "told_time"]


def told_time(text: str) -> str:
    """Return a time as it is served as people write it, and as decisions show it."""
    from detente.gate.client import nanoseconds
    from detente.gate.telling import instant

    return instant(nanoseconds(text))


def told_change(one: dict[str, Any]) -> str:
    """Return a consequence as a line."""
    return f"  {one['what']} of {one['of']}: {one['before']} -> {one['after']}: {one['cause']}"


def tell_changes(what: str, answer: dict[str, Any], *, as_json: bool) -> None:
    """Print what was done, and all that it brought about."""
    if as_json:
        emit_json(answer)
    else:
        say([what, *map(told_change, answer["changed"])])


def told_phase(one: dict[str, Any]) -> list[str]:
    """Return what a system has shown with a kind of action."""
    shown = one | {name: told_time(one[name]) for name in ("since", "severe_at") if one.get(name)}
    told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in shown.items() if key not in _NAMED)
    since = "" if "since" in one else ", where the charter starts it"
    head = f"{one['phase'].upper()}  {one['system']} with {one['action']}{since}"
    return [head, f"  {told}"] if told else [head]


_NAMED = frozenset({"phase", "system", "action"})
