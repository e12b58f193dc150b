"""Where crises are copied on their way to a rare event: levels laid by a small run of their own."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from detente.engine.branches import Guide
from detente.engine.tables import Tables
from detente.ensemble.event import Event
from detente.ensemble.paths import Floats, Levels, Runner

__all__ = ["PILOT", "find_levels"]

PILOT = 1 << 48
"""the first crisis of those that only find the levels"""
_KEPT = 0.3  # share of paths that a level should let pass
_ENOUGH = 0.25  # share of those beyond the last level that meet the event, from which on no level is needed
_LEAVES = 150  # beyond the last level, to lay the next
_MOST_LEVELS = 100
_FIRST = 1024  # crises tried at first


def find_levels(
    tables: Tables,
    guide: Guide,
    event: Event,
    *,
    ceiling: float,
    seed: int,
    max_incidents: int,
    most_crises: int = 1 << 20,
    say: Callable[[str], None] | None = None,
) -> tuple[Levels, float]:
    """Lay levels for an event; gives them with the processor seconds that took.

    Parameters
    ----------
    ceiling
        How near a path is that meets the event, at least: no level may lie above it.
    most_crises
        After so many crises that bring no more paths to the last level, it is the last.
    """
    levels, spent = Levels(np.zeros(0), np.zeros(0, np.int64)), 0.0
    first = PILOT
    while levels.places.size < _MOST_LEVELS:
        runner = Runner(tables, guide, event, levels, seed, max_incidents, gives_up=False)
        weights, peaks, met, count = np.zeros(0), np.zeros(0), np.zeros(0, np.bool_), _FIRST
        tried = 0
        while peaks.size < _LEAVES and tried < most_crises:
            batch = runner.run(first, count)
            first, tried, count = first + count, tried + count, 2 * count
            spent += batch.core_seconds
            weights = np.concatenate((weights, batch.weights))
            peaks = np.concatenate((peaks, batch.peaks))
            met = np.concatenate((met, batch.met))
        place = _next(weights, peaks, met, levels, ceiling)
        if place is None:
            break
        passing = float(weights[peaks >= place].sum() / weights.sum())
        copies = int(np.clip(round(1.0 / passing), 2, 10))
        levels = Levels(np.append(levels.places, place), np.append(levels.copies, copies))
        if say:
            say(f"level {levels.places.size}: {100 * passing:.0f} % of paths pass it")
    return levels, spent


def _next(
    weights: Floats, peaks: Floats, met: npt.NDArray[np.bool_], levels: Levels, ceiling: float
) -> float | None:
    """Where the next level lies; None where none is needed, or none can be found."""
    if peaks.size == 0 or float(weights[met].sum()) >= _ENOUGH * float(weights.sum()):
        return None
    last = levels.places[-1] if levels.places.size else -math.inf
    order = np.argsort(-peaks, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    place = min(float(peaks[order][np.searchsorted(reached, _KEPT)]), ceiling)
    if place <= last:  # many are exactly there: the next that is higher
        higher = peaks[peaks > last]
        place = min(float(higher.min()), ceiling) if higher.size else last
    return place if last < place < math.inf else None
