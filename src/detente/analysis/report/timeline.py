"""One crisis on a logarithmic axis from a microsecond to its horizon: who acted on whom, and when people decide."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detente.analysis.report.charts import TIMES, frame, plain
from detente.analysis.report.palette import rung_colours
from detente.analysis.report.typical import reached_s
from detente.analysis.telling import told
from detente.analysis.wording import duration
from detente.engine.trace import Incident, Trace
from detente.model.vocabulary import Scenario

__all__ = ["ELSEWHERE", "Marks", "marks_of", "rows_of", "timeline"]

ELSEWHERE = "elsewhere"
_START = 1e-7
"""where what happens at 0 s stands, left of the first microsecond"""
_LONGEST = 20
_ROW = 29
_NEAR = 0.22  # decades within which numbers in one row are written together
_SYMBOLS = {"shock": "star", "action": "circle", "outage": "square", "contagion": "triangle-up"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Moments of a crisis that people care about, in seconds since its first incident; None where there is none."""

    critical_s: float | None
    catastrophe_s: float | None
    approved_s: float | None
    """when the first action landed that a person had approved"""
    people_s: tuple[float, float] | None
    """the fastest and the slowest median review of the scenario's commands: asked at once, they decide then"""


def marks_of(told: Trace, scenario: Scenario) -> Marks:
    """Return the moments to mark in a crisis."""
    reviews = [actor.command.review.median_s for actor in scenario.actors if actor.command]
    return Marks(
        critical_s=reached_s(told, scenario, scenario.critical),
        catastrophe_s=reached_s(told, scenario, scenario.catastrophe),
        approved_s=next((one.time_s for one in told.incidents if one.reading and one.reading.reviewed), None),
        people_s=(min(reviews), max(reviews)) if reviews else None,
    )


def rows_of(steps: Sequence[Incident], rest: Sequence[Incident]) -> tuple[str, ...]:
    """Return the systems that have a row, top to bottom: those on the way, in the order in which they enter it."""
    names: dict[str, None] = {}
    for step in steps:
        if step.reading:
            names.setdefault(step.reading.responder)
        names.setdefault(step.system)
    outside = any(one.system not in names for one in rest)
    return (*names, ELSEWHERE) if outside else tuple(names)


def timeline(
    trace: Trace, scenario: Scenario, rows: tuple[str, ...], numbers: dict[int, int], highest_s: float
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return traces and layout.

    Parameters
    ----------
    rows
        As `rows_of` gave them; for both histories of a crisis the same.
    numbers
        Of the steps on the way to the end, by lineage key.
    highest_s
        Where the axis ends.
    """
    place = {name: len(rows) - 1 - position for position, name in enumerate(rows)}
    happened = [one for one in trace.incidents if one.kind != "false-alarm"]
    steps = [one for one in happened if one.key in numbers]
    others = [one for one in happened if one.key not in numbers]
    traces = [
        _faint(others, place),
        *_links(trace, steps, place),
        *_steps(trace, scenario, steps, place),
        _stopped(trace, place, numbers),
    ]
    axis = {
        "type": "log",
        "range": [math.log10(_START) - 0.35, math.log10(highest_s) + 0.25],
        "tickmode": "array",
        "tickvals": [_START, *(at for at, _ in TIMES if 1e-6 <= at <= highest_s)],
        "ticktext": ["0", *(name for at, name in TIMES if 1e-6 <= at <= highest_s)],
        "title": {"text": "time since the first incident"},
    }
    names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in rows]
    layout = frame(
        _ROW * len(rows) + 62,
        axis,
        {
            "range": [-0.7, len(rows) - 0.25],
            "tickmode": "array",
            "tickvals": [place[name] for name in rows],
            "ticktext": [plain(name) for name in names],
            "ticks": "",
        },
        shapes=list(_shapes(marks_of(trace, scenario))),
        annotations=_numbers(steps, place, numbers),
    )
    return [one for one in traces if one["x"]], layout


def _at(seconds: float) -> float:
    return max(seconds, _START)


def _row(name: str, place: dict[str, int]) -> int:
    return place.get(name, place.get(ELSEWHERE, 0))


def _faint(others: Sequence[Incident], place: dict[str, int]) -> dict[str, Any]:
    """What happened besides: small dots, one per incident."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_at(one.time_s) for one in others],
        "y": [_row(one.system, place) for one in others],
        "marker": {"size": 4, "color": "@edge", "opacity": 0.45},
        "text": [plain(f"{one.system}: {one.rung}<br>{duration(one.time_s)}") for one in others],
        "hoverinfo": "text",
    }


def _links(trace: Trace, steps: Sequence[Incident], place: dict[str, int]) -> list[dict[str, Any]]:
    """Who acted on whom: from the one who answered, when it sensed, to the one struck, when it was."""
    ends: dict[str, tuple[list[float | None], list[int | None]]] = {
        kind: ([], []) for kind in ("sensed", "right", "wrong", "spread")
    }
    for step in steps:
        if step.parent is None:
            continue
        parent = trace.incidents[step.parent]
        source = step.reading.responder if step.reading else parent.system
        kind = "spread" if step.reading is None else "right" if step.reading.right else "wrong"
        xs, ys = ends[kind]
        if _row(source, place) != _row(parent.system, place):
            ends["sensed"][0].extend((_at(parent.time_s), _at(parent.time_s), None))
            ends["sensed"][1].extend((_row(parent.system, place), _row(source, place), None))
        xs += [_at(parent.time_s), _at(step.time_s), None]
        ys += [_row(source, place), _row(step.system, place), None]
    looks = {
        "sensed": ("@muted", 1.0, "1px,3px"),
        "right": ("@ink", 1.6, "solid"),
        "wrong": ("@bad", 2.2, "6px,3px"),
        "spread": ("@edge", 1.4, "2px,3px"),
    }
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": xs,
            "y": ys,
            "line": {"color": looks[kind][0], "width": looks[kind][1], "dash": looks[kind][2]},
            "hoverinfo": "skip",
        }
        for kind, (xs, ys) in ends.items()
    ]


def _steps(
    trace: Trace, scenario: Scenario, steps: Sequence[Incident], place: dict[str, int]
) -> list[dict[str, Any]]:
    """One sign per step: its shape for what it was, its colour and size for the rung; a ring where people approved."""
    rungs = {name: position for position, name in enumerate(scenario.ladder)}
    colours = rung_colours(len(scenario.ladder), scenario.critical, scenario.catastrophe)
    texts = [plain(f"{told(trace, one)}<br>{duration(one.time_s)}") for one in steps]
    x, y = [_at(one.time_s) for one in steps], [_row(one.system, place) for one in steps]
    asked = [i for i, one in enumerate(steps) if one.reading and one.reading.reviewed]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [x[i] for i in asked],
            "y": [y[i] for i in asked],
            "marker": {"symbol": "circle-open", "size": 22, "color": "@accent", "line": {"width": 2.5}},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": x,
            "y": y,
            "marker": {
                "symbol": [_SYMBOLS[one.kind] for one in steps],
                "size": [9 + 1.3 * rungs[one.rung] for one in steps],
                "color": [colours[rungs[one.rung]] for one in steps],
                "line": {"width": 1, "color": "@paper"},
                "opacity": 1,
            },
            "text": texts,
            "hoverinfo": "text",
        },
    ]


def _numbers(
    steps: Sequence[Incident], place: dict[str, int], numbers: dict[int, int]
) -> list[dict[str, Any]]:
    """The numbers of the steps; those that would lie on each other are written together."""
    rows: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for step in steps:
        rows[_row(step.system, place)].append((math.log10(_at(step.time_s)), numbers[step.key]))
    found: list[dict[str, Any]] = []
    for row, ends in sorted(rows.items()):
        together: list[tuple[float, int]] = []
        for end in [*sorted(ends), (math.inf, 0)]:
            if together and end[0] - together[-1][0] > _NEAR:
                at = sum(moment for moment, _ in together) / len(together)
                found.append(_number(at, row, _span(sorted(number for _, number in together))))
                together = []
            together.append(end)
    return found


def _number(at: float, row: int, text: str) -> dict[str, Any]:
    """A number above a sign, at the logarithm of its time, as Plotly places it on such an axis."""
    return {
        "x": at,
        "y": row,
        "text": text,
        "showarrow": False,
        "yshift": 14,
        "font": {"size": 10.5, "color": "@ink"},
        "bgcolor": "@paper~0.75",
        "borderpad": 0,
    }


def _span(numbers: list[int]) -> str:
    """`3, 5, 8`, or `3 to 8` where there are many."""
    return ", ".join(map(str, numbers)) if len(numbers) <= 3 else f"{numbers[0]} … {numbers[-1]}"


def _stopped(trace: Trace, place: dict[str, int], numbers: dict[int, int]) -> dict[str, Any]:
    """What a safeguard stopped: a cross where it would have struck, at the time of what it answered."""
    shown = [one for one in trace.stopped if one.key in numbers or one.system in place]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_at(trace.incidents[one.parent].time_s) for one in shown],
        "y": [_row(one.system, place) - 0.05 for one in shown],
        "marker": {
            "symbol": "x-thin",
            "size": [13 if one.key in numbers else 8 for one in shown],
            "color": "@ink",
            "line": {"width": 2, "color": "@ink"},
        },
        "text": [
            plain(
                f"{one.rung} at {one.system}: stopped by {one.by}<br>{'rightful' if one.right else 'wrongful'}"
            )
            for one in shown
        ],
        "hoverinfo": "text",
    }


def _shapes(marks: Marks) -> list[dict[str, Any]]:
    """People's time as a shaded band, moments as upright lines."""
    tall = {"yref": "paper", "y0": 0, "y1": 1, "xref": "x"}
    drawn: list[dict[str, Any]] = []
    if marks.people_s:
        fast, slow = marks.people_s
        ends = {"x0": fast * 0.94, "x1": slow * 1.06}
        drawn.append(
            {
                "type": "rect",
                **tall,
                **ends,
                "fillcolor": "@band~0.25",
                "line": {"width": 0},
                "layer": "below",
            }
        )
    for at, colour, dash, width in (
        (marks.critical_s, "@grave0", "4px,4px", 1.6),
        (marks.approved_s, "@accent", "solid", 2.4),
    ):
        if at is not None:
            line = {"color": colour, "width": width, "dash": dash}
            drawn.append(
                {"type": "line", **tall, "x0": _at(at), "x1": _at(at), "line": line, "layer": "below"}
            )
    return drawn
