"""The picture of a network as SVG: plain text from plain Python, the same for the same scenario.

Solid arrows: a system answers what it senses with an action there (thicker: more often). Dashed arrows with an
open head: an outage passed on. Dotted lines to a lozenge: a shared component through which something spreads.
The strongest loops lie over the other lines, each with its own dashes and its number in a disc.
"""

from collections import defaultdict
from importlib import resources
from itertools import pairwise
from math import sqrt

from detente.analysis.report.layout import NODE_HEIGHT, NODE_WIDTH, Box, Layout, layout
from detente.analysis.report.markup import Markup, element
from detente.analysis.report.network import Network
from detente.analysis.report.palette import variables
from detente.analysis.wording import counted
from detente.exact.loops import Loop

__all__ = ["draw", "style_sheet"]

_LONGEST = 22  # characters of a name
_BULGE = 26.0
_DISC = 9.0


def draw(network: Network, *, alone: bool = True) -> Markup:
    """Return the picture.

    Parameters
    ----------
    alone
        Whether it is to stand in a file of its own, with its colours inside.
    """
    place = layout(network.scenario, network.systems, network.shared)
    ports = _Ports(place, network)
    loops = [_loop(loop, number, place) for number, loop in enumerate(network.loops, start=1)]
    children = [
        element(
            "title", f"{network.scenario.title or network.scenario.name}: who can act on whom", id="net-title"
        ),
        element("desc", described(network), id="net-description"),
        element("style", Markup(variables("svg.net") + style_sheet())) if alone else None,
        _arrowheads(len(network.loops)),
        element("rect", class_="net-ground", width="100%", height="100%") if alone else None,
        *_frames(place),
        element("g", *_outages(network, ports), class_="net-outages"),
        element("g", *_components(network, place), class_="net-shared"),
        element("g", *_strikes(network, ports), class_="net-strikes"),
        *(part for part, _ in loops),
        element("g", *_owners(place), *_systems(place), class_="net-systems"),
        *(discs for _, discs in loops),
    ]
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        class_="net",
        viewBox=f"0 0 {_n(place.width)} {_n(place.height)}",
        role="img",
        aria_labelledby="net-title net-description",
    )


def style_sheet() -> str:
    """Return the rules that the picture needs."""
    return (resources.files("detente.analysis.report") / "picture.css").read_text(encoding="utf-8")


def described(network: Network) -> str:
    """Return the picture in words."""
    owners = len({system.owner for system in network.systems})
    parts = [
        f"{counted(len(network.systems), 'system')} of {counted(owners, 'owner')}",
        f"{counted(len(network.strikes), 'arrow')} from systems to those they act on",
        f"{counted(len(network.dependencies), 'dependency', 'dependencies')} along which outages spread",
    ]
    if network.shared:
        parts.append(f"{counted(len(network.shared), 'shared component')}")
    text = ", ".join(parts) + "."
    for number, loop in enumerate(network.loops, start=1):
        text += f" Loop {number}: {', '.join((*loop.systems, loop.systems[0]))}."
    return text


class _Ports:
    """Where lines touch the boxes: spread over the side that faces where they lead."""

    def __init__(self, place: Layout, network: Network) -> None:
        self.place = place
        pairs = [*network.dependencies, *((strike.by, strike.on) for strike in network.strikes)]
        lines: dict[tuple[str, str], list[tuple[float, str, str, str]]] = defaultdict(list)
        for a, b in dict.fromkeys(pairs):
            if a != b:
                here, there = place.boxes[a], place.boxes[b]
                lines[a, _side(here, there, place)].append((there.middle, b, a, b))
                lines[b, _side(there, here, place)].append((here.middle, a, a, b))
        self._height: dict[tuple[str, str, str], float] = {}
        for (name, _), ends in lines.items():
            box = place.boxes[name]
            for position, (_, _, a, b) in enumerate(sorted(ends), start=1):
                self._height[name, a, b] = box.y + NODE_HEIGHT * position / (len(ends) + 1)

    def curve(self, a: str, b: str) -> str:
        """The path of a line from one system to another."""
        here, there = self.place.boxes[a], self.place.boxes[b]
        if a == b:
            return _self_loop(here, self.place)
        y1, y2 = self._height[a, a, b], self._height[b, a, b]
        return _curve(here, there, y1, y2, self.place)


def _side(here: Box, there: Box, place: Layout) -> str:
    if here.column == there.column:
        return "left" if here.column == place.columns - 1 and place.columns > 1 else "right"
    return "right" if there.column > here.column else "left"


def _curve(here: Box, there: Box, y1: float, y2: float, place: Layout) -> str:
    side = _side(here, there, place)
    x1 = here.right if side == "right" else here.x
    if here.column == there.column:
        out = (_BULGE + 0.16 * abs(y2 - y1)) * (1 if side == "right" else -1)
        out = max(-105.0, min(105.0, out))
        return f"M{_n(x1)} {_n(y1)}C{_n(x1 + out)} {_n(y1)} {_n(x1 + out)} {_n(y2)} {_n(x1)} {_n(y2)}"
    x2 = there.x if side == "right" else there.right
    reach = 0.45 * (x2 - x1)
    return f"M{_n(x1)} {_n(y1)}C{_n(x1 + reach)} {_n(y1)} {_n(x2 - reach)} {_n(y2)} {_n(x2)} {_n(y2)}"


def _self_loop(box: Box, place: Layout) -> str:
    is_last = box.column == place.columns - 1 and place.columns > 1
    x, out = (box.x, -30.0) if is_last else (box.right, 30.0)
    y1, y2 = box.middle - 9, box.middle + 9
    return f"M{_n(x)} {_n(y1)}C{_n(x + out)} {_n(y1 - 8)} {_n(x + out)} {_n(y2 + 8)} {_n(x)} {_n(y2)}"


def _arrowheads(loops: int) -> Markup:
    def head(name: str, path: str, size: float) -> Markup:
        return element(
            "marker",
            element("path", d=path),
            id=name, class_=name, viewBox="0 0 10 10", refX="9", refY="5", orient="auto-start-reverse",
            markerWidth=size, markerHeight=size, markerUnits="userSpaceOnUse",
        )  # fmt: skip

    full, hollow = "M0 1L9 5L0 9z", "M1 1L9 5L1 9"
    return element(
        "defs",
        head("net-full", full, 8),
        head("net-open", hollow, 9),
        *(head(f"net-end-{number}", full, 13) for number in range(1, loops + 1)),
    )


def _frames(place: Layout) -> list[Markup]:
    drawn = [
        element("text", mark.name, class_="net-bloc", x=_n(mark.x), y=_n(mark.y)) for mark in place.headings
    ]
    drawn += [
        element(
            "rect",
            class_="net-owner",
            x=_n(frame.x),
            y=_n(frame.y),
            width=_n(frame.width),
            height=_n(frame.height),
            rx=8,
        )
        for frame in place.frames
    ]
    return drawn


def _owners(place: Layout) -> list[Markup]:
    return [
        element(
            "text",
            f"{_short(frame.owner)} ({frame.kind})",
            class_="net-name",
            x=_n(frame.x + 9),
            y=_n(frame.y + 14),
        )
        for frame in place.frames
    ]


def _systems(place: Layout) -> list[Markup]:
    return [
        element(
            "g",
            element("title", f"{box.name} ({box.domain})"),
            element("rect", x=_n(box.x), y=_n(box.y), width=_n(NODE_WIDTH), height=_n(NODE_HEIGHT), rx=4),
            element("text", _short(box.name), class_="net-system", x=_n(box.x + 7), y=_n(box.y + 14.5)),
            element("text", box.domain, class_="net-domain", x=_n(box.x + 7), y=_n(box.y + 27.5)),
        )
        for box in place.boxes.values()
    ]


def _strikes(network: Network, ports: _Ports) -> list[Markup]:
    most = max((strike.expected for strike in network.strikes), default=1.0)
    return [
        element(
            "path",
            d=ports.curve(strike.by, strike.on),
            stroke_width=_n(0.7 + 2.3 * sqrt(strike.expected / most)),
            marker_end="url(#net-full)",
        )
        for strike in network.strikes
    ]


def _outages(network: Network, ports: _Ports) -> list[Markup]:
    return [
        element("path", d=ports.curve(source, target), marker_end="url(#net-open)")
        for source, target in network.dependencies
    ]


def _components(network: Network, place: Layout) -> list[Markup]:
    drawn: list[Markup] = []
    hubs = {mark.name: mark for mark in place.hubs}
    for component, having in network.shared:
        hub = hubs[component]
        for name in having:
            box = place.boxes[name]
            x = box.x - 4 if box.x > hub.x else box.right + 4
            drawn.append(
                element(
                    "path",
                    d=f"M{_n(x)} {_n(box.middle)}C{_n(x)} {_n(hub.y - 40)} {_n(hub.x)} {_n(hub.y - 60)} "
                    f"{_n(hub.x)} {_n(hub.y)}",
                )
            )
        drawn.append(element("path", class_="net-hub", d=f"M{_n(hub.x)} {_n(hub.y - 9)}l9 9l-9 9l-9 -9z"))
        drawn.append(
            element("text", f"shared: {component}", class_="net-name", x=_n(hub.x + 14), y=_n(hub.y + 4))
        )
    return drawn


def _loop(loop: Loop, number: int, place: Layout) -> tuple[Markup, Markup]:
    """One loop: where it watches a thin line, where it acts a thick one; and its numbers, which lie above all lines."""
    parts: list[Markup] = []
    discs: list[Markup] = []
    steps = [*pairwise(loop.systems), (loop.systems[-1], loop.systems[0])]
    for (here, there), turn in zip(steps, loop.turns, strict=True):
        source = turn.by or here
        if source != here:
            watch, _ = _bold(here, source, place, 2)
            parts.append(element("path", class_="net-watch", d=watch))
        act, middle = _bold(source, there, place, number)
        parts.append(element("path", class_="net-halo", d=act))
        parts.append(element("path", class_="net-act", d=act, marker_end=f"url(#net-end-{number})"))
        discs.append(element("circle", cx=_n(middle[0]), cy=_n(middle[1]), r=_n(_DISC)))
        discs.append(element("text", str(number), x=_n(middle[0]), y=_n(middle[1] + 4)))
    names = f"net-loop-{number} net-turns"
    return element("g", *parts, class_=names), element("g", *discs, class_=names)


def _bold(a: str, b: str, place: Layout, number: int) -> tuple[str, tuple[float, float]]:
    """A line of loop `number`, apart from those of other loops, and where its number stands."""
    here, there = place.boxes[a], place.boxes[b]
    if a == b:
        is_last = here.column == place.columns - 1 and place.columns > 1
        return _self_loop(here, place), (here.x - 26 if is_last else here.right + 26, here.middle)
    apart = 8.0 * (number - 2)
    path = _curve(here, there, here.middle + apart, there.middle + apart, place)
    x1, y1, x2, y2, x3, y3, x4, y4 = map(float, path.replace("M", " ").replace("C", " ").split())
    t = 0.11 + 0.06 * number  # before a column between the two would hide it
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x = sum(weight * value for weight, value in zip(weights, (x1, x2, x3, x4), strict=True))
    y = sum(weight * value for weight, value in zip(weights, (y1, y2, y3, y4), strict=True))
    return path, (x, y)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _n(value: float) -> str:
    """A length, to a tenth of a px."""
    return f"{value:.1f}".removesuffix(".0")
