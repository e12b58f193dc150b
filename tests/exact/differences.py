"""Elasticities without calculus: a number of a document is really edited, and the scenario solved again.

The resolved form is itself a legal document, so an edit goes in there. Differences are of fourth order: five
points around the number, or, where it lies at the end of its range, five points up to it.
"""

import copy
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import detente
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

STEP = 2e-3
"""relative change of the number per point"""
_CENTRAL = {-2: 1.0 / 12.0, -1: -8.0 / 12.0, 1: 8.0 / 12.0, 2: -1.0 / 12.0}
_BACKWARD = {0: 25.0 / 12.0, -1: -48.0 / 12.0, -2: 36.0 / 12.0, -3: -16.0 / 12.0, -4: 3.0 / 12.0}
_ONE_STEP = {0: 1.0, -1: -1.0}
_FORWARD = {-point: -weight for point, weight in _BACKWARD.items()}

_PART = re.compile(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)')
_CHANCES = {
    "attribution", "inflates", "deflates", "recognises_accidents", "sees_through_spoofs", "spreads", "autonomy",
    "approves_right", "approves_wrong", "recovers", "down", "same", "up",
}  # fmt: skip
_WHOLE = {"drops", "trips_at"}

Document = dict[str, Any]


class Change(NamedTuple):
    """Per cent per per cent."""

    of_r: float
    of_log_catastrophe: float


def keys(path: str) -> list[str | int]:
    """`systems["a.b"].responds[0].actions` -> what to look up, from the top of the document."""
    return [quoted or plain or int(place) for quoted, place, plain in _PART.findall(path)]


def kind(path: str) -> str:
    """What a number is, whatever it belongs to: `systems.senses.suspects`, `dependencies.spreads`."""
    steps = keys(path)
    steps = steps[:1] + steps[2:] if steps[0] in {"actors", "systems"} else steps
    named = {"suspects", "watches", "harm"}
    kept = [
        step
        for i, step in enumerate(steps)
        if isinstance(step, str) and (i == 0 or steps[i - 1] not in named)
    ]
    return ".".join(map(str, kept))


def change(
    scenario: Scenario, path: str, *, rough: bool = False, portfolio: Portfolio | None = None
) -> Change | None:
    """How R and log P(catastrophe) really change with the number at `path`; None where it cannot be edited a little.

    `step.down` and `step.up` move at the expense of `same`, `step.same` at the expense of both in proportion; a
    suspect's weight is the one thing that is edited, and resolving the document shares it out again. `rough` takes two
    points instead of four or five, enough to see that there is no change at all.
    """
    value = scenario.quantities[path].value
    steps = keys(path)
    if value == 0.0 or steps[-1] in _WHOLE:
        return None
    around = _look_up(scenario.document, steps[:-1])
    if steps[-1] == "same" and value == 1.0:
        return None
    if steps[-1] == "actions" and around.get("law") == "fixed":
        return _differences(lambda factor: _with_fraction(scenario, path, factor), _FORWARD, STEP, portfolio)
    # What `same` leaves must change little too.
    width = STEP * min(1.0, (1.0 - value) / value) if steps[-1] == "same" else STEP
    weights = _CENTRAL if value * (1.0 + 2.0 * width) <= _highest(steps, around) else _BACKWARD
    if rough:
        weights = _ONE_STEP
    return _differences(
        lambda factor: detente.load(edited(scenario, path, value * factor)), weights, width, portfolio
    )


def edited(scenario: Scenario, path: str, value: float) -> Document:
    """The resolved document with another number at `path`."""
    document: Document = copy.deepcopy(dict(scenario.document))
    *above, last = keys(path)
    entry = _look_up(document, above)
    if above and above[-1] == "step":
        entry.update(_steps(entry, str(last), value))
    else:
        entry[last] = _written(entry[last], value)
    return document


def _steps(entry: Mapping[str, Any], name: str, value: float) -> dict[str, float]:
    down, up = _number(entry["down"]), _number(entry["up"])
    if name == "same":
        share = (1.0 - value) / (down + up)
        down, up = down * share, up * share
    else:
        down, up = (value, up) if name == "down" else (down, value)
    return {"down": down, "same": max(0.0, 1.0 - down - up), "up": up}


def _highest(steps: Sequence[str | int], around: Mapping[str, Any]) -> float:
    """The largest value the number may take, the numbers beside it as they are."""
    name = steps[-1]
    if name == "actions":
        return 1.0 if around["law"] == "bernoulli" else math.inf
    other = {"inflates": "deflates", "deflates": "inflates", "down": "up", "up": "down"}.get(str(name))
    if other is not None:
        return 1.0 - _number(around[other])
    return 1.0 if name in _CHANCES or steps[-2:-1] == ["watches"] else math.inf


def _differences(
    solved_at: Callable[[float], Scenario],
    weights: Mapping[int, float],
    width: float,
    portfolio: Portfolio | None,
) -> Change:
    of_r = of_log = 0.0
    for point, weight in weights.items():
        edit = solved_at(1.0 + point * width)
        solution = detente.solve(edit, portfolio) if portfolio else detente.solve(edit)
        number, chance = solution.escalation_number, solution.catastrophe_probability
        of_r += weight / width * (math.log(number) if number > 0.0 else math.nan)
        of_log += weight / width * (math.log(chance) if chance > 0.0 else math.nan)
    return Change(of_r, of_log)


def _with_fraction(scenario: Scenario, path: str, factor: float) -> Scenario:
    """A `fixed` law with a fraction, which the tables know (an alert makes such) and no document may state."""
    name, place = keys(path)[1], keys(path)[3]
    systems = []
    for system in scenario.systems:
        responds = list(system.responds)
        if system.name == name:
            responds[int(place)] = replace(
                responds[int(place)], actions=responds[int(place)].actions * factor
            )
        systems.append(replace(system, responds=tuple(responds)))
    return replace(scenario, systems=tuple(systems))


def _look_up(document: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        document = document[step]
    return document


def _number(stated: Any) -> float:
    value = stated["value"] if isinstance(stated, Mapping) else stated
    return float(str(value).split()[0])


def _written(stated: Any, value: float) -> Any:
    """The number alone, with the unit that was there."""
    before = stated["value"] if isinstance(stated, Mapping) else stated
    return f"{value!r} {before.split()[1]}" if isinstance(before, str) else value
