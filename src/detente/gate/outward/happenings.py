"""What an entry means to whoever is told: one name for the entry, and names for what it brought about besides.

The name of an entry follows from the entry alone, so whoever is told of it, and however often, it is called the same.
"""

from collections.abc import Iterator

from msgspec import Struct

from detente.gate.decision import ALLOW, DENY, HOLD, THROTTLE, Decision
from detente.gate.entries import (
    Adopted,
    Attributed,
    Cancelled,
    Changed,
    Conflicted,
    Decided,
    Entry,
    Judged,
    Killed,
    KillTested,
    Moved,
    OutcomeReported,
    Passed,
    Reported,
    SetMode,
    Voted,
)

__all__ = [
    "ALL",
    "NAMES",
    "TOPICS",
    "Happening",
    "changes_of",
    "happening_of",
    "is_wanted",
    "names_of",
    "opens_hold",
]

ALL = "all"
"""Asks for every entry."""

NAMES = (
    "action.allowed", "action.denied", "action.throttled", "action.conflicted",
    "hold.opened", "hold.joined", "hold.voted", "hold.escalated", "hold.approved", "hold.denied", "hold.expired",
    "hold.cancelled", "hold.failed",
    "mode.set", "mode.changed", "phase.moved", "phase.changed", "kill.ordered", "kill.tested", "kill.failed", "kill.overdue",
    "incident.reported", "attribution.received", "outcome.reported", "judgement.given", "policy.adopted", "time.passed",
)  # fmt: skip
"""Everything that can be asked for, one by one or by what is before the dot."""
TOPICS = tuple(dict.fromkeys(name.partition(".")[0] for name in NAMES))

_ACTIONS = {ALLOW: "action.allowed", DENY: "action.denied", THROTTLE: "action.throttled"}
_PLAIN: dict[type, str] = {
    Conflicted: "action.conflicted",
    Reported: "incident.reported", Attributed: "attribution.received", OutcomeReported: "outcome.reported",
    Judged: "judgement.given", Voted: "hold.voted", Cancelled: "hold.cancelled", SetMode: "mode.set",
    Killed: "kill.ordered", KillTested: "kill.tested", Moved: "phase.moved", Adopted: "policy.adopted",
    Passed: "time.passed",
}  # fmt: skip


class Happening(Struct, frozen=True):
    """How something is called, and what it is about: the id of an action, of a hold, of an incident; a scope."""

    name: str
    subject: str


def happening_of(entry: Entry) -> Happening:
    """Return what an entry itself is."""
    if isinstance(entry, Decided):
        return _decided(entry.decision)
    if isinstance(entry, Voted):
        # The vote that decides is the deciding.
        ended = next((one for one in changes_of(entry) if one.of == entry.hold), None)
        return Happening("hold.voted" if ended is None else _name(ended), entry.hold)
    if isinstance(entry, Passed):
        # Time by itself is nothing; what came due is.
        first = next(changes_of(entry), None)
        return Happening("time.passed", "") if first is None else Happening(_name(first), first.of)
    return Happening(_PLAIN[type(entry)], _subject(entry))


def _decided(decision: Decision) -> Happening:
    if decision.effect != HOLD or decision.hold is None:
        return Happening(_ACTIONS.get(decision.effect, "action.denied"), decision.action)
    return Happening("hold.opened" if opens_hold(decision) else "hold.joined", decision.hold)


def opens_hold(decision: Decision) -> bool:
    """Tell whether this very evaluation opened its hold: the two bear the same number then."""
    return decision.hold is not None and decision.hold[1:] == decision.evaluation[1:]


def _subject(entry: Entry) -> str:
    if isinstance(entry, Conflicted):
        return entry.action.id
    if isinstance(entry, Cancelled):
        return entry.hold
    if isinstance(entry, SetMode | Killed):
        return entry.order.scope
    if isinstance(entry, Moved):
        return f"{entry.order.system} {entry.order.action}"
    if isinstance(entry, Reported):
        return entry.incident.id
    if isinstance(entry, Attributed):
        return entry.attribution.incident
    if isinstance(entry, OutcomeReported):
        return entry.outcome.action
    if isinstance(entry, Judged):
        return entry.judgement.action
    return entry.digest if isinstance(entry, Adopted) else ""


def changes_of(entry: Entry) -> Iterator[Changed]:
    """Yield what an entry brought about; not the last line of an entry that has no room for all of it."""
    return (changed for changed in entry.changed if changed.after)


def _name(changed: Changed) -> str:
    return (
        f"{changed.what}.{changed.after}" if changed.what in ("hold", "kill") else f"{changed.what}.changed"
    )


def names_of(entry: Entry) -> tuple[str, ...]:
    """Return what an entry is called, and then what it brought about, each once."""
    return tuple(dict.fromkeys((happening_of(entry).name, *map(_name, changes_of(entry)))))


def is_wanted(entry: Entry, wanted: frozenset[str]) -> bool:
    """Tell whether an entry is among what is asked for: names, beginnings of names, or `all`."""
    if ALL in wanted:
        return True
    return any(name in wanted or name.partition(".")[0] in wanted for name in names_of(entry))
