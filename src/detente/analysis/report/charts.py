"""What the charts have in common: axes that read as people speak, bands, bars of error."""

import math
from collections.abc import Sequence
from typing import Any

from detente.analysis.report.curves import Point
from detente.analysis.report.palette import style_of
from detente.analysis.wording import money, share_with_interval
from detente.ensemble.estimators import Estimate

__all__ = [
    "TIMES",
    "band",
    "dots",
    "frame",
    "line",
    "money_axis",
    "plain",
    "plain_share_axis",
    "share_axis",
    "time_axis",
]

TIMES = (
    (1e-9, "1 ns"), (1e-6, "1 µs"), (1e-3, "1 ms"), (1.0, "1 s"), (60.0, "1 min"), (3600.0, "1 h"),
    (86400.0, "1 d"), (2592000.0, "30 d"),
)  # fmt: skip
"""Times that a logarithmic axis names, in seconds."""


def frame(height: int, xaxis: dict[str, Any], yaxis: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a layout: nothing but axes and what is drawn."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {
            "family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif",
            "size": 12,
            "color": "@ink",
        },
        "hoverlabel": {
            "bgcolor": "@card",
            "bordercolor": "@edge",
            "font": {"color": "@ink"},
            "align": "left",
        },
        "showlegend": False,
        "dragmode": False,
        "xaxis": _axis(xaxis),
        "yaxis": _axis(yaxis),
        **more,
    }


def _axis(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": "@grid",
        "linecolor": "@edge",
        "tickcolor": "@edge",
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        **given,
    }


def time_axis(low_s: float, high_s: float, title: str) -> dict[str, Any]:
    """Return a logarithmic axis of times with the names that people give them."""
    named = [(at, name) for at, name in TIMES if low_s * 0.999 <= at <= high_s * 1.001]
    return {
        "type": "log",
        "range": [math.log10(low_s), math.log10(high_s)],
        "tickmode": "array",
        "tickvals": [at for at, _ in named],
        "ticktext": [name for _, name in named],
        "title": {"text": title},
    }


def money_axis(low: float, high: float, title: str) -> dict[str, Any]:
    """Return a logarithmic axis of amounts."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, math.ceil((last - first) / 8))
    values = [10.0**exponent for exponent in range(first, last + 1, step)]
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickmode": "array",
        "tickvals": values,
        "ticktext": [money(value) for value in values],
        "title": {"text": title},
    }


def share_axis(lowest: float, highest: float, title: str) -> dict[str, Any]:
    """Return a logarithmic axis of shares, in per cent."""
    first = math.floor(math.log10(lowest) + 1e-9)
    values = [10.0**exponent for exponent in range(first, 1)]
    return {
        "type": "log",
        "range": [math.log10(lowest) - 0.05, math.log10(highest) + 0.05],
        "tickmode": "array",
        "tickvals": values,
        "ticktext": [_percent(value) for value in values],
        "title": {"text": title},
    }


def plain_share_axis(highest: float, title: str) -> dict[str, Any]:
    """Return an axis of shares from nothing, in per cent and in round steps."""
    rough = max(highest, 1e-9) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    values = [step * i for i in range(int(highest / step) + 1)]
    return {
        "range": [0, highest],
        "tickmode": "array",
        "tickvals": values,
        "ticktext": [_percent(value) for value in values],
        "title": {"text": title},
    }


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def line(points: Sequence[Point], position: int, label: str, say: Any, floor: float) -> list[dict[str, Any]]:
    """Return a curve of shares with its band; below `floor`, where nothing was seen, only the band goes on."""
    style = style_of(position)
    at = [point.at for point in points]
    told = [
        f"{label}<br>{say(point.at)}: {share_with_interval(point.share.value, point.share.low, point.share.high)}"
        for point in points
    ]
    return [
        *band(at, [point.share for point in points], style.colour, floor),
        {
            "type": "scatter",
            "mode": "lines",
            "name": label,
            "x": at,
            "y": [point.share.value if point.share.value > 0.0 else None for point in points],
            "line": {"color": f"@{style.colour}", "width": 2.4, "dash": style.dash},
            "text": [plain(text) for text in told],
            "hoverinfo": "text",
        },
    ]


def band(at: Sequence[float], shares: Sequence[Estimate], colour: str, floor: float) -> list[dict[str, Any]]:
    """Return an interval as a band: its two ends, the room between them filled."""
    ends = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "x": list(at)}
    return [
        {**ends, "y": [max(one.low, floor) for one in shares]},
        {
            **ends,
            "y": [max(one.high, floor) for one in shares],
            "fill": "tonexty",
            "fillcolor": f"@{colour}~0.22",
        },
    ]


def dots(
    values: Sequence[Estimate],
    rows: Sequence[float],
    position: int,
    told: Sequence[str],
    floor: float,
) -> dict[str, Any]:
    """Return one dot per row with its interval; an arrow at the upper end where nothing was seen."""
    style = style_of(position)
    seen = [one.value > 0.0 or floor == -math.inf for one in values]
    x = [one.value if is_seen else one.high for one, is_seen in zip(values, seen, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "x": x,
        "y": list(rows),
        "marker": {
            "symbol": [style.symbol if is_seen else "triangle-left-open" for is_seen in seen],
            "size": 10,
            "color": f"@{style.colour}",
            "line": {"width": 1, "color": f"@{style.colour}"},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [
                _reach(one.high - at) if is_seen else None
                for one, at, is_seen in zip(values, x, seen, strict=True)
            ],
            "arrayminus": [
                _reach(at - max(one.low, floor)) if is_seen else None
                for one, at, is_seen in zip(values, x, seen, strict=True)
            ],
            "color": f"@{style.colour}",
            "thickness": 1.6,
            "width": 4,
        },
        "text": [plain(text) for text in told],
        "hoverinfo": "text",
    }


def _reach(length: float) -> float:
    """How far an interval reaches; nothing where it is not known."""
    return length if math.isfinite(length) and length > 0.0 else 0.0


def plain(text: str) -> str:
    """Return a text for Plotly, which reads tags; only the line breaks of ours are left."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("&lt;br&gt;", "<br>")
