"""Charts of a race: rows of policies, stacked shares, fans over the years."""

import math
from collections.abc import Sequence
from typing import Any

from detente.analysis.race_report.verdict import PATHS, Verdict, name_of, per_cent
from detente.analysis.report.charts import dots, frame, plain
from detente.analysis.report.figures import Chart, Legend
from detente.analysis.report.markup import Markup, element
from detente.analysis.report.palette import style_of
from detente.ensemble.estimators import Estimate
from detente.race.paths import Path

__all__ = ["POSITIONS", "fan", "path_key", "rows_chart", "stacked", "wrapped"]

_LOOKS = {
    Path.MANAGED: ("three", ""),
    Path.FRAGMENTED: ("five", "/"),
    Path.CONFLAGRATION: ("one", "x"),
    Path.ARMS_RACE: ("two", "."),
}
"""colour role and pattern of each path: told apart without colour too"""

POSITIONS = {Path.MANAGED: 2, Path.FRAGMENTED: 4, Path.CONFLAGRATION: 0, Path.ARMS_RACE: 1}
"""the positions whose style has the colour of each path"""

_SIGNS = {
    "": "",
    "/": "M2 14L10 2M12 14L20 2M22 14L30 2",
    "x": "M4 3l8 10M12 3l-8 10M20 3l8 10M28 3l-8 10",
    ".": "M6 8h.1M14 8h.1M22 8h.1M30 8h.1",
}
_MARGIN = {"l": 8, "r": 26, "t": 8, "b": 8}  # px; the last place of an axis needs room for half its name
_LONG = 17  # letters of a label on one line
_READABLE = 0.07  # a share whose part of a bar holds its number


def wrapped(label: str) -> str:
    """Return a label of an axis, broken at its hyphens where it is long."""
    lines = [""]
    for piece in label.replace("-", "-\n").replace(" ", " \n").split("\n"):
        if lines[-1] and len(lines[-1]) + len(piece) > _LONG:
            lines.append("")
        lines[-1] += piece
    return plain("<br>".join(line.strip() for line in lines if line))


def path_key() -> list[Legend]:
    """Return the legend of the paths: colour and pattern."""
    return [Legend(sign=_sign(*_LOOKS[path]), told=name_of(path)) for path in PATHS]


def _sign(colour: str, pattern: str) -> Markup:
    marks = element(
        "path", d=_SIGNS[pattern], style="stroke:var(--paper);stroke-width:2;stroke-linecap:round"
    )
    return element(
        "svg",
        element("path", d="M0 1h34v14h-34z", class_="solid"),
        marks if pattern else None,
        class_="sign",
        viewBox="0 0 34 16",
        width=34,
        height=16,
        aria_hidden="true",
        style=f"--own:var(--{colour})",
    )


def _row_axis(labels: Sequence[str]) -> tuple[list[float], dict[str, Any]]:
    """Return where rows stand, from the top, and the axis that names them."""
    rows = [float(len(labels) - 1 - i) for i in range(len(labels))]
    axis = {
        "tickmode": "array", "tickvals": rows, "ticktext": [wrapped(label) for label in labels],
        "range": [-0.7, len(labels) - 0.3], "ticks": "", "showgrid": False,
    }  # fmt: skip
    return rows, axis


def stacked(verdict: Verdict) -> Chart:
    """Return the shares of the four paths under each policy, one bar each."""
    rows, axis = _row_axis(verdict.labels)
    traces = []
    for path in PATHS:
        colour, pattern = _LOOKS[path]
        shares = [arm.paths[path] for arm in verdict.arms]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name_of(path),
                "x": [one.value for one in shares],
                "y": rows,
                "width": 0.72,
                "marker": {
                    "color": f"@{colour}",
                    "line": {"color": "@paper", "width": 1},
                    "pattern": {"shape": pattern, "bgcolor": f"@{colour}", "fgcolor": "@paper", "fgopacity": 0.4, "size": 7,
                                "solidity": 0.2},
                },
                "text": [f"{100 * one.value:.0f}" if one.value >= _READABLE else "" for one in shares],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": "@paper", "size": 13, "weight": 700},
                "cliponaxis": False,
                "hovertext": [
                    plain(f"{label}<br>{name_of(path)}: {per_cent(one)}")
                    for label, one in zip(verdict.labels, shares, strict=True)
                ],
                "hoverinfo": "text",
            }
        )  # fmt: skip
    told = "; ".join(
        f"{label}: " + ", ".join(f"{name_of(path)} {100 * arm.paths[path].value:.0f} %" for path in PATHS)
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    )
    layout = frame(
        max(150, 36 * len(rows) + 70),
        {"range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
         "title": {"text": "share of runs"}},
        axis,
        barmode="stack",
        margin=_MARGIN,
    )  # fmt: skip
    return Chart(
        name="chart-paths", heading="", told=f"Shares of paths. {told}", traces=traces, layout=layout
    )


def rows_chart(
    name: str,
    heading: str,
    labels: Sequence[str],
    groups: Sequence[tuple[int, Sequence[Estimate], Sequence[str]]],
    axis: dict[str, Any],
) -> Chart:
    """Return a chart with a row per policy and a dot with its interval per group.

    Parameters
    ----------
    groups
        For each: the position of its looks, its values by row, and what is said of each.
    axis
        Of values; without a `range` it holds all intervals and 0.
    """
    rows, names = _row_axis(labels)
    offset = 0.2 if len(groups) > 1 else 0.0
    traces = [
        dots(values, [row + offset * (1 - 2 * k) for row in rows], position, told, -math.inf)
        for k, (position, values, told) in enumerate(groups)
    ]
    ends = [
        end
        for _, values, _ in groups
        for one in values
        for end in (one.value, one.low, one.high)
        if math.isfinite(end)
    ]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.06 * ((high - low) or 1.0)
    told = "; ".join(said.replace("<br>", ": ") for _, _, sayings in groups for said in sayings)
    return Chart(
        name=name,
        heading=heading,
        told=f"{heading or name}: {told}",
        traces=traces,
        layout=frame(
            max(130, (30 + 8 * len(groups)) * len(rows) + 60),
            {
                "range": [low - room, high + room],
                "nticks": 6,
                "zeroline": True,
                "zerolinecolor": "@edge",
                **axis,
            },
            {**names, "showgrid": True},
            margin=_MARGIN,
        ),
    )


def fan(
    name: str,
    heading: str,
    years: Sequence[float],
    curves: Sequence[tuple[int, str, Sequence[float], Sequence[float], Sequence[float]]],
    *,
    line_at: float | None = None,
    top: float | None = None,
) -> Chart:
    """Return curves over the years with their bands; each is its position, label, middle, low and high.

    Parameters
    ----------
    line_at
        A height that is marked by a dashed line.
    top
        Where the axis ends; default: above everything.
    """
    traces: list[dict[str, Any]] = []
    for position, label, middle, low, high in curves:
        style = style_of(position)
        ends = {
            "type": "scatter",
            "mode": "lines",
            "hoverinfo": "skip",
            "line": {"width": 0},
            "x": list(years),
        }
        traces += [
            {**ends, "y": list(low)},
            {**ends, "y": list(high), "fill": "tonexty", "fillcolor": f"@{style.colour}~0.18"},
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "x": list(years),
                "y": list(middle),
                "line": {"color": f"@{style.colour}", "width": 2.2, "dash": style.dash},
                "marker": {"symbol": style.symbol, "size": 6, "color": f"@{style.colour}"},
                "text": [
                    plain(f"{label}<br>year {year:g}: {value:.3g} ({a:.3g} to {b:.3g})")
                    for year, value, a, b in zip(years, middle, low, high, strict=True)
                ],
                "hoverinfo": "text",
            },
        ]
    highest = max(
        [value for _, _, middle, _, high in curves for value in (*middle, *high)] + [line_at or 0.0]
    )
    layout = frame(
        250,
        {"range": [years[0] - 0.4, years[-1] + 0.4], "title": {"text": "year"}, "nticks": 6},
        {"range": [0, top or 1.06 * highest or 1.0], "nticks": 5},
        shapes=[]
        if line_at is None
        else [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": line_at, "y1": line_at,
               "line": {"color": "@grave0", "width": 1.6, "dash": "4px,4px"}}],
    )  # fmt: skip
    told = "; ".join(f"{label} from {middle[0]:.2g} to {middle[-1]:.2g}" for _, label, middle, _, _ in curves)
    return Chart(name=name, heading=heading, told=f"{heading} by year: {told}", traces=traces, layout=layout)
