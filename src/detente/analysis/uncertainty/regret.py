"""How much worse each portfolio is, draw by draw, than the best one would have been."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from detente.analysis.uncertainty.factors import Floats
from detente.ensemble.estimators import Estimate, mean

__all__ = ["Regret", "regrets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """What choosing one portfolio costs in hindsight, in the measure; never below 0."""

    portfolio: str
    mean: Estimate
    """over the draws, with the interval of independent draws"""
    p90: float
    largest: float
    largest_in: int
    """the draw of the largest"""
    best: float
    """the share of draws in which it is the best; those that tie share a draw"""
    mean_low: float
    """the mean when the best is chosen by one half of the crises and judged by the other: luck makes `mean` too large,
    and this, if anything, too small; the same as `mean` for exact figures"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self)
        plain["mean"] = {
            name: value if math.isfinite(value) else None for name, value in plain["mean"].items()
        }
        return plain


def regrets(
    portfolios: tuple[str, ...], measured: Floats, halves: tuple[Floats, Floats] | None = None
) -> tuple[Regret, ...]:
    """One for each portfolio.

    Parameters
    ----------
    measured
        (draws, portfolios) less is better
    halves
        the same from two independent halves of the crises; None where the measure is exact
    """
    regret = measured - measured.min(axis=1, keepdims=True)
    is_best = regret == 0.0
    best = (is_best / is_best.sum(axis=1, keepdims=True)).mean(axis=0)
    fair = regret.mean(axis=0) if halves is None else (_across(*halves) + _across(*halves[::-1])) / 2
    return tuple(
        Regret(
            portfolio=name,
            mean=mean(regret[:, j]),
            p90=float(np.quantile(regret[:, j], 0.9, method="inverted_cdf")),
            largest=float(regret[:, j].max()),
            largest_in=int(regret[:, j].argmax()),
            best=float(best[j]),
            mean_low=min(max(0.0, float(fair[j])), float(regret[:, j].mean())),
        )
        for j, name in enumerate(portfolios)
    )


def _across(chooses: Floats, judges: Floats) -> Floats:
    """(portfolios,) mean regret against what one half takes for the best, judged by the other half."""
    is_best = chooses == chooses.min(axis=1, keepdims=True)
    reference = np.where(is_best, judges, 0.0).sum(axis=1) / is_best.sum(axis=1)
    found: Floats = (judges - reference[:, None]).mean(axis=0)
    return found
