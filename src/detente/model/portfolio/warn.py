"""What is legal in a portfolio but looks like a mistake."""

from collections.abc import Iterator

from detente.model.entries import fields_of
from detente.model.portfolio.document import (
    ConfidenceFloorEntry,
    Document,
    ExportControlsEntry,
    HumanOnTheLoopEntry,
    RedLinesEntry,
    SafeguardEntry,
    SafeguardsEntry,
    ThrottleEntry,
)
from detente.model.portfolio.safeguards import OnTimeout
from detente.model.problems import Fault, Path
from detente.model.references import uncited
from detente.model.rules import highest, lowest
from detente.model.vocabulary import DEFAULT_LADDER, Quantity
from detente.model.warn import unusual_kind

__all__ = ["warn"]

_IDLE: tuple[tuple[str, dict[str, float | None]], ...] = (
    ("red-lines", {"compliance": 0.0}),
    ("phased-rollout", {"autonomy": 1.0}),
    ("certification", {"coverage": 0.0}),
    ("certification", {"attribution": 0.0, "inflates": 1.0, "false_alarms": 1.0, "overconfidence": None}),
    ("robustness", {"sees_through_spoofs": 0.0, "approves_wrong": 1.0, "review": 1.0}),
    ("export-controls", {"shocks": 1.0, "actions": 1.0}),
    ("compartments", {"strength": 0.0}),
    ("de-escalation-mode", {"review_from": None, "restraint": 0.0}),
    ("incident-sharing", {"recognises_accidents": 0.0, "sees_through_spoofs": 0.0}),
)
"""The settings at which a safeguard changes nothing."""
_ONE_A_YEAR = 1.0 / (365.25 * 86400.0)


def warn(document: Document) -> list[Fault]:
    """The suspicious places of a legal portfolio."""
    stated = document.safeguards
    return [
        *uncited(document, document.references),
        *_idle(stated),
        *_disarmed(stated),
        *_red_lines(stated.red_lines),
        *_kinds(stated.export_controls),
        *_floors(stated.confidence_floor),
        *_throttle(stated.throttle),
        *_reviewers(stated.human_on_the_loop),
    ]


def _standing(stated: SafeguardsEntry) -> dict[str, SafeguardEntry]:
    names = zip(fields_of(SafeguardsEntry), SafeguardsEntry.model_fields, strict=True)
    found = {name: getattr(stated, field) for name, field in names}
    return {name: entry for name, entry in found.items() if entry is not None}


def _idle(stated: SafeguardsEntry) -> Iterator[Fault]:
    standing = _standing(stated)
    for name, settings in _IDLE:
        entry = standing.get(name)
        if entry and all(_is(getattr(entry, key), value) for key, value in settings.items()):
            keys = [f"`{key}`" for key in settings]
            wanted = " or ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)
            found = "a safeguard that changes nothing"
            yield Fault(("safeguards", name), found, f"another value of {wanted}", at_key=True)


def _is(stated: Quantity | str | None, value: float | None) -> bool:
    """Whether what is stated is that value, and can be no other."""
    if isinstance(stated, Quantity):
        return lowest(stated) == highest(stated) == value
    return stated is None and value is None


def _disarmed(stated: SafeguardsEntry) -> Iterator[Fault]:
    for name, entry in _standing(stated).items():
        if lowest(entry.inert) >= 1:
            expected = "a chance below 1: what is always disarmed changes nothing"
            yield Fault(("safeguards", name, "inert"), "1", expected)


def _red_lines(stated: RedLinesEntry | None) -> Iterator[Fault]:
    """Of two classes in one domain, the one that begins lower holds the other."""
    seen: set[str | None] = set()
    for index, entry in enumerate(stated.forbid if stated else ()):
        if entry.in_ in seen:
            where = f"'{entry.in_}'" if entry.in_ else "every domain"
            path: Path = ("safeguards", "red-lines", "forbid", index)
            yield Fault(path, f"a second class in {where}", "one class: the lower `from` holds the other")
        seen.add(entry.in_)


def _kinds(stated: ExportControlsEntry | None) -> Iterator[Fault]:
    for index, kind in enumerate(stated.kinds if stated else ()):
        yield from unusual_kind(kind, ("safeguards", "export-controls", "kinds", index))


def _floors(stated: ConfidenceFloorEntry | None) -> Iterator[Fault]:
    """On the default ladder a graver action should not need less confidence."""
    floors = stated.floors if stated else {}
    path: Path = ("safeguards", "confidence-floor", "floors")
    below: tuple[str, float] | None = None
    for rung in (rung for rung in DEFAULT_LADDER if rung in floors):
        floor = floors[rung].value
        if below is not None and floor < below[1]:
            found = f"{floor:g}, less than the {below[1]:g} of '{below[0]}'"
            yield Fault((*path, rung), found, "at least as much confidence as at a milder rung")
        below = (rung, floor)
    if floors and all(highest(floor) <= 0 for floor in floors.values()):
        yield Fault(path, "no floor above 0", "at least one floor above 0: these change nothing")


def _throttle(stated: ThrottleEntry | None) -> Iterator[Fault]:
    if stated and highest(stated.rate) < _ONE_A_YEAR:
        found = "less than one action a year"
        yield Fault(("safeguards", "throttle", "rate"), found, "a higher rate, or red lines, which forbid")


def _reviewers(stated: HumanOnTheLoopEntry | None) -> Iterator[Fault]:
    path: Path = ("safeguards", "human-on-the-loop")
    if stated is None:
        return
    right, wrong = stated.approves_right.value, stated.approves_wrong.value
    if wrong >= right:
        found = f"{wrong:g}, no less than the {right:g} of rightful actions"
        expected = "less than `approves_right`: this review does not tell the two apart"
        yield Fault((*path, "approves_wrong"), found, expected)
    if stated.timeout is None and stated.on_timeout is OnTimeout.ALLOW:
        found = "'allow', and no `timeout`"
        yield Fault((*path, "on_timeout"), found, "`timeout:` beside it; without one nothing times out")
