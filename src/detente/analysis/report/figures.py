"""What every section is made of: headings, tables, charts with the table behind them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from detente.analysis.report.markup import Content, Markup, data, element, joined
from detente.analysis.report.palette import style_of

__all__ = ["Chart", "Legend", "behind", "figure", "key", "listed", "paragraph", "section", "table", "tight"]

_UNIT = re.compile(r"(?<=\d) (?=(?:%|ns|µs|ms|s|min|h|d)\b|%)")
_SHAPES = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "square": "M-4 -4h8v8h-8z",
    "diamond": "M0 -5l5 5l-5 5l-5 -5z",
    "triangle-up": "M0 -5l5 9h-10z",
    "cross": "M-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    "x": "M-4.5 -3l1.5 -1.5l3 3l3 -3l1.5 1.5l-3 3l3 3l-1.5 1.5l-3 -3l-3 3l-1.5 -1.5l3 -3z",
    "pentagon": "M0 -5l4.8 3.5l-1.8 5.6h-6l-1.8 -5.6z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart for Plotly, as plain data; colours are roles."""

    name: str
    """unique on the page"""
    told: str
    """what it shows, for those who cannot see it"""
    heading: str
    """above it; empty where the figure says it"""
    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    nothing: str = ""
    """why there is nothing to draw, where there is nothing"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """One entry of a legend."""

    sign: Markup
    told: str


def section(name: str, heading: str, *children: Content) -> Markup:
    """Return a section with its heading, both reachable by name."""
    title = element("h2", heading, id=f"{name}-heading")
    return element("section", title, *children, id=name, aria_labelledby=f"{name}-heading")


def paragraph(text: Content, **attributes: str) -> Markup:
    """Return a paragraph; a number and its unit stay on one line."""
    return element("p", text if text is None or isinstance(text, Markup) else tight(text), **attributes)


def tight(text: str) -> str:
    """Return a text whose numbers do not part from their units."""
    return _UNIT.sub("\u00a0", text)


def figure(
    charts: Sequence[Chart], details: Markup, *, legend: Iterable[Legend] = (), columns: bool = False
) -> Markup:
    """Return charts, what their signs mean, and the table behind them."""
    entries = [element("li", entry.sign, " ", entry.told) for entry in legend]
    drawn = [_drawn(chart) for chart in charts]
    return element(
        "figure",
        element("ul", *entries, class_="legend") if entries else None,
        element("div", *drawn, class_="charts columns" if columns else "charts"),
        details,
    )


def _drawn(chart: Chart) -> Markup:
    heading = element("h3", chart.heading) if chart.heading else None
    if chart.nothing:
        return element("div", heading, element("p", chart.nothing, class_="nothing"))
    height = chart.layout["height"]
    return element(
        "div",
        heading,
        element(
            "div",
            id=chart.name,
            class_="chart",
            role="img",
            aria_label=chart.told,
            style=f"height:{height}px",
        ),
        data({"data": chart.traces, "layout": chart.layout}, class_="spec", data_for=chart.name),
    )


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Content]],
    *,
    words: Sequence[int] = (),
    named: bool = True,
) -> Markup:
    """Return a table that scrolls within its own box.

    Parameters
    ----------
    words
        Columns of words, besides the first; the others are numbers and stand to the right.
    named
        Whether the first cell of a row names the row.
    """
    left = {0, *words}
    head = [
        element("th", text, scope="col", class_=None if i in left else "number")
        for i, text in enumerate(headings)
    ]
    body = [
        element(
            "tr",
            *(
                element("th", cell, scope="row")
                if i == 0 and named
                else element("td", cell, class_="word")
                if i in left
                else element("td", _with_range(cell), class_="number")
                for i, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *body),
    )
    return element("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _with_range(cell: Content) -> Content:
    """A value with its interval below it, where it has one."""
    if cell is None or isinstance(cell, Markup) or not cell.endswith(")") or " (" not in cell:
        return cell
    value, _, ends = cell.partition(" (")
    return joined(value, " ", element("span", f"({ends}", class_="range"))


def behind(*tables: Markup, summary: str = "The numbers behind this") -> Markup:
    """Return tables that open on demand."""
    return element("details", element("summary", summary), *tables)


def key(labels: Iterable[str]) -> list[Legend]:
    """Return the legend of the portfolios: colour, shape and dashes."""
    return [Legend(sign=_sign(position), told=label) for position, label in enumerate(labels)]


def _sign(position: int) -> Markup:
    style = style_of(position)
    dashes = None if style.dash == "solid" else style.dash.replace("px", "")
    return element(
        "svg",
        element("path", d="M0 8h34", stroke_width=2, stroke_dasharray=dashes),
        element("path", d=_SHAPES[style.symbol], transform="translate(17 8)", class_="solid"),
        class_="sign",
        viewBox="0 0 34 16",
        width=34,
        height=16,
        aria_hidden="true",
        style=f"--own:var(--{style.colour})",
    )


def listed(items: Iterable[Content], **attributes: str) -> Markup:
    """Return a numbered list."""
    return element("ol", *(element("li", item) for item in items), **attributes)
