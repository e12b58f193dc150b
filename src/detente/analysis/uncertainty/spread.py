"""The distribution of a probability over what we do not know, with the luck of a finite number of crises taken out.

Each draw's probability is known only through so many crises, so the spread of what was counted is the spread
of the probabilities and luck on top. The distribution of the probabilities themselves is the one
under which the counts are likeliest, found by expectation and maximisation on a grid.

References
----------
N. Laird (1978), Nonparametric maximum likelihood estimation of a mixing distribution, Journal of the American
Statistical Association 73, 805-811.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy

from detente.ensemble.estimators import Estimate, mean, quantile

__all__ = ["QUANTILES", "Spread", "of_counts", "of_values"]

Floats = npt.NDArray[np.float64]

QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
_GRID = 512
_PASSES = 400
_SETTLED = 1e-6  # gain of the log-likelihood, per draw
_REACH = 5.0  # standard errors that the grid goes beyond the counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over the draws."""

    mean: Estimate
    """its interval is that of independent draws; Sobol points do no worse, as a rule much better"""
    quantiles: dict[str, float]
    """by the names of `QUANTILES`, luck taken out"""
    counted: dict[str, Estimate]
    """the same of what was counted, luck included; the interval is that of finitely many independent draws"""
    deviation: float
    """standard deviation over the draws, luck taken out"""
    luck: float
    """the share that luck has in the variance of what was counted, 0 to 1; 0 for exact figures"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "mean": _plain(self.mean),
            **{name: _number(value) for name, value in self.quantiles.items()},
            "deviation": _number(self.deviation),
            "luck": _number(self.luck),
            "counted": {name: _plain(one) for name, one in self.counted.items()},
        }


def of_counts(successes: npt.NDArray[np.int64], runs: int) -> Spread:
    """The spread of a probability over draws, from how often it came true in `runs` crises of each (at least 2)."""
    shares = np.sort(successes / runs)
    total = float(shares.var(ddof=1)) if shares.size > 1 else math.nan
    # E[p (1 - p)] / runs, each term estimated without bias.
    noise = float((shares * (1.0 - shares)).mean()) / (runs - 1)
    grid, weights = _mixing(successes, runs)
    return Spread(
        mean=mean(shares, most=1.0),
        quantiles={name: _quantile(grid, weights, level) for name, level in QUANTILES.items()},
        counted={name: quantile(shares, level) for name, level in QUANTILES.items()},
        deviation=math.sqrt(max(0.0, total - noise)),
        luck=min(1.0, noise / total) if total > 0.0 else 0.0,
    )


def of_values(found: Floats, most: float = math.inf) -> Spread:
    """The spread of a figure that is exact in each draw; what is not finite sorts last and makes the mean NaN.

    The figure is never negative, and at most `most`.
    """
    ordered = np.sort(found)
    finite = bool(np.isfinite(ordered).all())
    counted = {name: quantile(ordered, level) for name, level in QUANTILES.items()}
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    return Spread(
        mean=mean(ordered, most=most) if finite else nothing,
        quantiles={name: one.value for name, one in counted.items()},
        counted=counted,
        deviation=float(ordered.std(ddof=1)) if finite and ordered.size > 1 else math.nan,
        luck=0.0,
    )


def _mixing(successes: npt.NDArray[np.int64], runs: int) -> tuple[Floats, Floats]:
    """Probabilities on a grid, and the weight that each has over the draws."""
    counts, often = np.unique(successes, return_counts=True)
    grid = _grid(counts, runs)
    likelihood = xlogy(counts[:, None], grid) + xlog1py(runs - counts[:, None], -grid)
    likelihood = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    weights = np.full(grid.size, 1.0 / grid.size)
    before = -math.inf
    for _ in range(_PASSES):
        each = likelihood @ weights
        now = float(often @ np.log(each)) / successes.size
        weights = weights * ((often / each) @ likelihood) / successes.size
        if now - before < _SETTLED:
            break
        before = now
    return grid, weights


def _grid(counts: npt.NDArray[np.int64], runs: int) -> Floats:
    """Even in the angle whose squared sine is the probability: there, luck is equally wide everywhere."""
    angles = np.arcsin(np.sqrt(counts / runs))
    beyond = _REACH / (2.0 * math.sqrt(runs))
    low, high = max(0.0, angles.min() - beyond), min(math.pi / 2, angles.max() + beyond)
    found: Floats = np.sin(np.linspace(low, high, _GRID)) ** 2
    return found


def _quantile(grid: Floats, weights: Floats, level: float) -> float:
    """Each weight lies spread between the middles to its neighbours."""
    edges = np.concatenate([grid[:1], (grid[1:] + grid[:-1]) / 2, grid[-1:]])
    below = np.concatenate([[0.0], np.cumsum(weights)])
    return float(np.interp(level, below / below[-1], edges))


def _plain(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
