"""Sobol indices and Morris screening of any function of points in the unit cube, through SALib.

SALib changes the dictionaries it is given and takes a seed of 0 for none, so each call gets its own dictionary
and a seed that is never 0. Everything is in the unit cube: what the points stand for is the caller's business.

References
----------
A. Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer Physics Communications 181,
259-270: the estimators. M. D. Morris (1991), Factorial sampling plans for preliminary computational experiments,
Technometrics 33, 161-174, and F. Campolongo et al. (2007), Environmental Modelling and Software 22, 1509-1518: screening.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from SALib.analyze import morris as analyze_morris
from SALib.analyze import sobol as analyze_sobol
from SALib.sample import morris as sample_morris
from SALib.sample import sobol as sample_sobol

from detente.ensemble.estimators import LEVEL, Estimate

__all__ = ["Indices", "indices", "screen"]

Floats = npt.NDArray[np.float64]
Function = Callable[[Floats], Floats]
"""(points, dimensions) to (points,); NaN where it has no value"""

_LEVELS = 4
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """One entry per group of dimensions, in their order."""

    first: tuple[Estimate, ...]
    """share of the variance that goes away when the group alone becomes known"""
    total: tuple[Estimate, ...]
    """share that stays when everything but the group becomes known"""
    mean: float
    deviation: float
    """standard deviation of the function"""
    used: int
    """base points; those with a missing value in their block are left out"""


def screen(function: Function, dimensions: int, trajectories: int, seed: int) -> Floats:
    """(dimensions,) Morris's mean absolute elementary effect of each; costs trajectories x (dimensions + 1) values.

    Trajectories in which a value is missing are left out; NaN where none is left.
    """
    problem = _problem(dimensions)
    points = sample_morris.sample(problem, trajectories, num_levels=_LEVELS, seed=_never_0(seed))
    found = function(points).reshape(trajectories, dimensions + 1)
    whole = np.isfinite(found).all(axis=1)
    if not whole.any():
        return np.full(dimensions, np.nan)
    kept = points.reshape(trajectories, dimensions + 1, dimensions)[whole].reshape(-1, dimensions)
    result = analyze_morris.analyze(
        _problem(dimensions),
        kept,
        found[whole].ravel(),
        num_levels=_LEVELS,
        num_resamples=2,
        seed=_never_0(seed),
    )
    return np.asarray(result["mu_star"], np.float64)


def indices(function: Function, groups: Sequence[int], draws: int, seed: int) -> Indices:
    """First-order and total indices of groups of dimensions; costs draws x (groups + 2) values.

    Parameters
    ----------
    groups
        for each dimension, the number of its group: 0, 1, 2, ... without a gap
    draws
        base points; a power of two is best

    Raises
    ------
    ValueError
        No base point has all its values, or they do not vary.
    """
    count = max(groups) + 1
    points = sample_sobol.sample(
        _problem(len(groups), groups), draws, calc_second_order=False, seed=_never_0(seed)
    )
    found = function(points).reshape(draws, count + 2)
    whole = np.isfinite(found).all(axis=1)
    kept = found[whole]
    if kept.size == 0 or np.ptp(kept) <= 1e-12 * np.abs(kept).max():
        raise ValueError("no values that vary")
    result = analyze_sobol.analyze(
        _problem(len(groups), groups),
        kept.ravel(),
        calc_second_order=False,
        num_resamples=_RESAMPLES,
        conf_level=LEVEL,
        seed=_never_0(seed),
    )
    base = kept[:, [0, -1]]
    # SALib gives groups in the order in which they first appear.
    order = np.argsort(list(dict.fromkeys(groups)))
    return Indices(
        first=_estimates(result["S1"][order], result["S1_conf"][order]),
        total=_estimates(result["ST"][order], result["ST_conf"][order]),
        mean=float(base.mean()),
        deviation=float(base.std()),
        used=len(kept),
    )


def _problem(dimensions: int, groups: Sequence[int] | None = None) -> dict[str, Any]:
    # Names that sort as they are numbered, since SALib may sort them.
    problem: dict[str, Any] = {
        "num_vars": dimensions,
        "names": [f"x{j:06d}" for j in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
    }
    if groups is not None:
        problem["groups"] = [f"g{group:06d}" for group in groups]
    return problem


def _estimates(found: Floats, half_widths: Floats) -> tuple[Estimate, ...]:
    pairs = zip(found.tolist(), half_widths.tolist(), strict=True)
    return tuple(Estimate(value=value, low=value - half, high=value + half) for value, half in pairs)


def _never_0(seed: int) -> int:
    return seed + 1
