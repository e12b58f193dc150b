"""Curves with their intervals, from the table of crises: rungs, times, losses, reviews."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from detente.ensemble.estimators import Estimate, wilson

__all__ = ["Point", "above", "by_time", "loss_grid", "reaching", "time_grid"]

_PER_DECADE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The share of crises that something is true of, at one place of a curve."""

    at: float
    share: Estimate


def reaching(frame: pl.DataFrame, ladder: Sequence[str]) -> tuple[Point, ...]:
    """The share of crises that reach each rung or a higher one."""
    peaks = frame["peak_rung"].to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return tuple(
        Point(at=float(rung), share=wilson(int((peaks >= rung).sum()), peaks.size))
        for rung in range(len(ladder))
    )


def by_time(frame: pl.DataFrame, column: str, grid: Sequence[float]) -> tuple[Point, ...]:
    """The share of *all* crises in which it has happened by each time, in seconds since the first incident."""
    times = np.sort(frame[column].drop_nulls().to_numpy())
    counts = np.searchsorted(times, np.asarray(grid), side="right")
    return tuple(
        Point(at=at, share=wilson(int(number), frame.height)) for at, number in zip(grid, counts, strict=True)
    )


def above(values: pl.Series, grid: Sequence[float]) -> tuple[Point, ...]:
    """The share of crises in which a quantity is above each amount, as far as there are any, and one beyond."""
    ordered = np.sort(values.cast(pl.Float64).to_numpy())
    counts = ordered.size - np.searchsorted(ordered, np.asarray(grid), side="right")
    found = []
    for at, number in zip(grid, counts, strict=True):
        found.append(Point(at=at, share=wilson(int(number), ordered.size)))
        if number == 0:
            break
    return tuple(found)


def time_grid(fastest_s: float, horizon_s: float) -> tuple[float, ...]:
    """Times from before the fastest to the horizon, evenly spaced by their logarithm."""
    return _decades(max(fastest_s, 1e-9) / 2.0, horizon_s)


def loss_grid(losses: pl.Series) -> tuple[float, ...]:
    """Amounts from the smallest loss to beyond the largest; empty where nothing was lost."""
    lost = losses.filter(losses > 0.0)
    if lost.is_empty():
        return ()
    low, high = float(lost.min()), float(lost.max())  # type: ignore[arg-type]
    return _decades(max(low, high / 1e9), high)


def _decades(low: float, high: float) -> tuple[float, ...]:
    first = math.floor(math.log10(low) * _PER_DECADE)
    last = max(first, math.ceil(math.log10(high) * _PER_DECADE))
    return tuple(10.0 ** (step / _PER_DECADE) for step in range(first, last + 1))
