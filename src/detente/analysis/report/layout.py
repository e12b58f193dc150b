"""Where everything stands in the picture of a network: blocs in columns, owners in boxes, systems in rows.

Deterministic, and stable: nothing moves because a number of the scenario changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from detente.model.vocabulary import Scenario, System

__all__ = ["Box", "Frame", "Layout", "Mark", "layout"]

NODE_WIDTH, NODE_HEIGHT = 176.0, 34.0
_GAP, _PAD, _HEAD, _BETWEEN = 7.0, 8.0, 20.0, 14.0
_TOP, _SIDE = 34.0, 14.0
_WIDTH, _CHANNEL = 1140.0, 120.0  # of the whole, and at least so much between columns
_TALLEST = 15  # systems in a column
_HUB = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where one system stands; all lengths in px of the picture."""

    name: str
    domain: str
    x: float
    y: float
    column: int

    @property
    def middle(self) -> float:
        return self.y + NODE_HEIGHT / 2

    @property
    def right(self) -> float:
        return self.x + NODE_WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The box of one owner, around its systems."""

    owner: str
    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A shared component, or the heading of a column."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands."""

    width: float
    height: float
    boxes: dict[str, Box]
    frames: tuple[Frame, ...]
    headings: tuple[Mark, ...]
    hubs: tuple[Mark, ...]
    columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Household:
    owner: str
    kind: str
    systems: tuple[System, ...]

    @property
    def height(self) -> float:
        return _HEAD + _PAD + len(self.systems) * (NODE_HEIGHT + _GAP) - _GAP


def layout(
    scenario: Scenario, systems: Sequence[System], shared: Sequence[tuple[str, Sequence[str]]]
) -> Layout:
    """Return where systems, owners and shared components stand."""
    columns = _columns(scenario, systems)
    count = len(columns)
    step = NODE_WIDTH + 2 * _PAD
    width = max(_WIDTH, 2 * _SIDE + count * step + (count - 1) * _CHANNEL)
    channel = (width - 2 * _SIDE - count * step) / (count - 1) if count > 1 else 0.0
    tallest = max(_height(households) for _, households in columns)
    boxes: dict[str, Box] = {}
    frames: list[Frame] = []
    headings: list[Mark] = []
    for position, (heading, households) in enumerate(columns):
        x = _SIDE + position * (step + channel) if count > 1 else (width - step) / 2
        if heading:
            headings.append(Mark(name=heading, x=x + step / 2, y=18.0))
        spare = tallest - _height(households)
        y = _TOP + spare / (len(households) + 1)
        for house in households:
            frames.append(
                Frame(owner=house.owner, kind=house.kind, x=x, y=y, width=step, height=house.height)
            )
            for row, system in enumerate(house.systems):
                top = y + _HEAD + row * (NODE_HEIGHT + _GAP)
                boxes[system.name] = Box(
                    name=system.name, domain=system.domain, x=x + _PAD, y=top, column=position
                )
            y += house.height + _BETWEEN + spare / (len(households) + 1)
    hubs = _hubs(shared, boxes, width, tallest + _TOP + _BETWEEN)
    return Layout(
        width=width,
        height=tallest + _TOP + _BETWEEN + (_HUB + 18.0 if hubs else 0.0),
        boxes=boxes,
        frames=tuple(frames),
        headings=tuple(headings),
        hubs=hubs,
        columns=count,
    )


def _columns(scenario: Scenario, systems: Sequence[System]) -> list[tuple[str, list[_Household]]]:
    """Owners by column: blocs to either side, those of no bloc between them; a heading where there are blocs."""
    by_bloc: dict[str | None, list[_Household]] = {}
    for actor in scenario.actors:
        theirs = tuple(system for system in systems if system.owner == actor.name)
        for part in _parts(theirs):
            by_bloc.setdefault(actor.bloc, []).append(
                _Household(owner=actor.name, kind=actor.kind, systems=part)
            )
    neutral = by_bloc.pop(None, [])
    blocs = sorted((str(name), households) for name, households in by_bloc.items())
    if not blocs:
        return [("", part) for part in _split(neutral, min(3, len(neutral)))]
    half = (len(blocs) + 1) // 2
    left = [(name, part) for name, households in blocs[:half] for part in _wrapped(households)]
    right = [(name, part) for name, households in blocs[half:] for part in _wrapped(households)]
    middle = [("no bloc", part) for part in _wrapped(neutral)] if neutral else []
    return [*left, *middle, *right]


def _parts(systems: tuple[System, ...]) -> list[tuple[System, ...]]:
    """The systems of one owner, in pieces that a column can hold."""
    return [systems[i : i + _TALLEST] for i in range(0, len(systems), _TALLEST)]


def _wrapped(households: list[_Household]) -> list[list[_Household]]:
    return _split(households, math.ceil(sum(len(house.systems) for house in households) / _TALLEST))


def _split(households: list[_Household], parts: int) -> list[list[_Household]]:
    """Return households in order, cut into parts of about equal height."""
    found: list[list[_Household]] = []
    rest, height = list(households), sum(house.height for house in households)
    for left in range(parts, 0, -1):
        goal, taken = height / left, [rest.pop(0)]
        while len(rest) >= left and _height(taken) + rest[0].height / 2 <= goal:
            taken.append(rest.pop(0))
        if left == 1:
            taken += rest
        height -= sum(house.height for house in taken)
        found.append(taken)
        if not rest:
            break
    return found


def _height(households: Sequence[_Household]) -> float:
    return sum(house.height for house in households) + _BETWEEN * (len(households) - 1)


def _hubs(
    shared: Sequence[tuple[str, Sequence[str]]], boxes: dict[str, Box], width: float, y: float
) -> tuple[Mark, ...]:
    """Shared components stand below everything, each below the middle of what it joins, apart from each other."""
    wanted = sorted(
        (sum(boxes[name].x + NODE_WIDTH / 2 for name in having) / len(having), component)
        for component, having in shared
    )
    apart = width / (len(wanted) + 1) if wanted else width
    return tuple(
        Mark(name=component, x=apart * (position + 1), y=y + _HUB / 2)
        for position, (_, component) in enumerate(wanted)
    )
