"""What tells how near a crisis is to an event, and where it is copied on the way."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detente.engine._splitting import ACTIONS, DEEPEST, INCIDENTS, LOSS, SECONDS, SPREADS, WORTH, WRONGFUL
from detente.engine.branches import Guide
from detente.engine.tables import PHANTOM, Tables
from detente.ensemble.event import Event, Term
from detente.ensemble.paths import Levels
from detente.errors import SimulationError
from detente.exact.catastrophe import Reach, reach
from detente.exact.operator import Operator
from detente.model.vocabulary import Ending, Scenario

__all__ = ["Approach", "approach"]

Floats = npt.NDArray[np.float64]

_MEASURES = {
    "incidents": INCIDENTS,
    "actions": ACTIONS,
    "wrongful_actions": WRONGFUL,
    "depth": DEEPEST,
    "loss_usd": LOSS,
    "duration_s": SECONDS,
}
_NEVER = 700.0  # -ln(1 - q) of what is as good as certain
_NOWHERE = np.zeros((1, 1), np.int32)
_NOTHING = np.zeros((1, 1))
_RARE = 0.01  # as the solver has it; above, what it leaves out decides what is rare
_WORK = 300.0  # incidents that a crisis with all its copies should have, in the mean
_GENERATIONS = 20
_DEAREST = 0.5  # a standard deviation of a chance is never above it


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """The way to an event."""

    guide: Guide
    ceiling: float
    """how near a crisis is at least when the event has happened; infinite where the guide knows"""
    levels: Levels | None
    """where to copy; None where a first run must find out"""


def approach(tables: Tables, event: Event, scenario: Scenario) -> Approach:
    """Return the way to an event.

    Raises
    ------
    SimulationError
        When the event does not say how near a crisis is to it.
    """
    for term in event.implied:
        rung = _rung(term, scenario)
        if rung is not None and rung > 0:
            return _to_rung(tables, rung)
    for term in event.implied:
        if term.column in _MEASURES and term.sign in (">=", ">", "=="):
            guide = Guide(_MEASURES[term.column], 0, _NOWHERE, _NOWHERE, _NOTHING, _NOTHING[0])
            return Approach(guide=guide, ceiling=term.value, levels=None)
    raise SimulationError(
        f"event: found {event.text!r}, which does not say how near a crisis is to it: expected one that implies "
        f"ended == 'catastrophe', a least peak_rung, or a least {', '.join(_MEASURES)}"
    )


def _rung(term: Term, scenario: Scenario) -> int | None:
    """The rung that must be reached for the term to hold."""
    if term.column == "ended" and term.sign == "==":
        ending = tuple(Ending)[int(term.value)]
        return scenario.catastrophe if ending is Ending.CATASTROPHE else None
    if term.column == "peak_rung" and term.sign in (">=", "=="):
        return int(term.value)
    if term.column == "peak_rung" and term.sign == ">":
        return int(term.value) + 1
    return None


def _to_rung(tables: Tables, goal: int) -> Approach:
    op = Operator(tables)
    reached = reach(op, goal)
    if reached.probability >= _RARE:
        return Approach(
            guide=_guide(op, WORTH, goal, _worth(reached.q), _worth(reached.roots)),
            ceiling=math.inf,
            levels=None,
        )
    spread, roots = _spreads(op, reached)
    first = _met(op, goal, spread, roots) / _WORK
    return Approach(guide=_guide(op, SPREADS, goal, spread, roots), ceiling=math.inf, levels=_doubling(first))


def _guide(op: Operator, measure: int, goal: int, worth: Floats, roots: Floats) -> Guide:
    net, actors = op.net, len(op.tables.actors)
    mark_of = np.zeros((actors + 1, actors + 1), np.int32)
    mark_of[net.author + 1, net.points_to + 1] = np.arange(net.author.size)
    return Guide(
        measure=measure,
        goal=goal,
        mark_of=mark_of,
        row_of=np.ascontiguousarray(net.row_of, np.int32),
        worth=np.ascontiguousarray(worth),
        roots=roots,
    )


def _worth(q: Floats) -> Floats:
    """-ln(1 - q), which adds up over independent lineages."""
    with np.errstate(divide="ignore"):
        return np.minimum(-np.log1p(-q), _NEVER)


def _spreads(op: Operator, reached: Reach) -> tuple[Floats, Floats]:
    """How far one incident moves the chance of the rung: a standard deviation by type, and by root.

    What an incident leaves behind reaches nothing with the product of 1 - q over its children. One pass at q gives
    1 less the mean of that product, and one at 1 - (1 - q)^2 gives 1 less the mean of its square.
    """
    twice = reached.q * (2.0 - reached.q)
    mean = op.chance(reached.q, reached.goal).copy()
    mean_at_roots = op.at_roots(mean)
    square = op.chance(twice, reached.goal).copy()
    square_at_roots = op.at_roots(square)
    return _deviation(mean, square), _deviation(mean_at_roots, square_at_roots)


def _deviation(mean: Floats, square: Floats) -> Floats:
    return np.sqrt(np.maximum(mean * (2.0 - mean) - square, 0.0))


def _met(op: Operator, goal: int, spread: Floats, roots: Floats) -> float:
    """The sum of the spreads of all incidents of a crisis, in the mean: those of the first generations, up to the goal."""
    total = spread.copy()
    for _ in range(_GENERATIONS):
        total = spread + op.mean(total)
        total[:, goal:] = 0.0
    op.mean(total)
    is_alarm = op.tables.roots["kind"] == PHANTOM
    return float((_arrivals(op.tables) * (op.at_roots(total) + np.where(is_alarm, roots, 0.0))).sum())


def _arrivals(tables: Tables) -> Floats:
    """How many incidents of each root there are, in the mean."""
    roots = tables.roots
    streams = roots["law"] >= 0
    means = np.where(roots["at"] <= tables.horizon, 1.0, 0.0)
    means[streams] = tables.laws["mean"][roots["law"][streams]]
    return np.asarray(means * roots["share"])


def _doubling(first: float) -> Levels:
    """Levels twice as high each, where a path is doubled: its weight is as small as what comes next is uncertain."""
    count = max(0, math.ceil(math.log2(_DEAREST / first))) if first > 0.0 else 0
    return Levels(np.array([first * 2.0**k for k in range(1, count + 1)]), np.full(count, 2, np.int64))
