"""Which of the things we do not know matter: Sobol indices of an exact figure, after a screening where there are many."""

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detente._version import __version__
from detente.analysis.uncertainty.factors import Factor, Floats, values
from detente.analysis.uncertainty.indices import Indices, indices, screen
from detente.analysis.uncertainty.space import Space
from detente.analysis.wording import counted
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.ensemble.arguments import executor_of, function, whole
from detente.ensemble.chunks import CODE, require_code
from detente.ensemble.estimators import Estimate
from detente.ensemble.executors import in_order, map_jobs
from detente.errors import SimulationError, SolverError
from detente.exact.figures import CATASTROPHE, ESCALATION, LOSS, figures
from detente.exact.scope import left_out
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["OUTPUTS", "Influence", "Sensitivity", "sensitivity", "solutions_needed"]

OUTPUTS = (ESCALATION, CATASTROPHE, LOSS)
_LOGARITHMIC = {CATASTROPHE, LOSS}
"""these run over orders of magnitude: their variance would be that of the few largest alone"""
_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How much of the variance one unknown, or a group of them, answers for."""

    name: str
    paths: tuple[str, ...]
    """of the documents; empty for a group"""
    low: float
    high: float
    """its range, in SI units; NaN for a group"""
    unit: str
    """`s`, `/s`, `USD`, or nothing"""
    first: Estimate
    """the share that goes away once it is known"""
    total: Estimate
    """the share that stays once everything else is known"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self) | {"paths": list(self.paths)}
        plain |= {name: _number(plain[name]) for name in ("low", "high")}
        for name in ("first", "total"):
            plain[name] = {key: _number(value) for key, value in plain[name].items()}
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Sobol indices of one exact figure."""

    scenario: str
    portfolio: str
    of: str
    """R, catastrophe or loss"""
    logarithmic: bool
    """the indices are of its common logarithm"""
    mean: float
    """of what the indices are of"""
    deviation: float
    influences: tuple[Influence, ...]
    """the strongest first, by total index"""
    rest: Influence | None
    """all other unknowns as one; None where each has its own indices"""
    screened: Mapping[str, float]
    """Morris's mean absolute elementary effect of each unknown; empty where there was no screening"""
    unknowns: int
    draws: int
    missing: int
    """of the draws: left out because the solver had no finite figure"""
    solutions: int
    seed: int
    left_out: tuple[str, ...]
    """what the exact figures do not see: numbers that matter only there have indices of 0"""

    def __repr__(self) -> str:
        most = ", ".join(f"{one.name} {100 * one.total.value:.0f} %" for one in self.influences[:3])
        under = f"{self.scenario} under {self.portfolio}"
        return f"<Sensitivity of {self.of} in {under} to {counted(self.unknowns, 'unknown')}, most to {most}>"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        told = (
            "scenario",
            "portfolio",
            "of",
            "logarithmic",
            "mean",
            "deviation",
            "unknowns",
            "draws",
            "missing",
        )
        return {
            **{name: getattr(self, name) for name in told},
            "solutions": self.solutions,
            "seed": self.seed,
            "version": __version__,
            "influences": [one.as_dict() for one in self.influences],
            "rest": self.rest.as_dict() if self.rest else None,
            "screened": {name: _number(value) for name, value in self.screened.items()},
            "left_out": list(self.left_out),
        }


def sensitivity(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    of: str = CATASTROPHE,
    draws: int = 256,
    top: int = 15,
    trajectories: int = 8,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sensitivity:
    """Find which uncertain numbers an exact figure depends on.

    Parameters
    ----------
    scenario, portfolio
        As in `detente.solve`.
    of
        `R`, `catastrophe` or `loss`. Of the last two the common logarithm is looked at.
    draws
        Base points, a power of two is best; each costs `top` + 3 solutions.
    top
        How many unknowns get indices of their own, where there are more; the others are one group. Which ones, a
        screening with `trajectories` x (unknowns + 1) solutions decides.
    seed
        0 to 2**32 - 2.
    executor
        Where to solve: threads, processes, a cluster. The result is the same.
    progress
        Called with the number of solutions finished since the last call.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used, nothing has a range, or an executor fails.
    SolverError
        When the figure has no finite value, or does not vary.
    """
    if of not in OUTPUTS:
        raise SimulationError(f"of: found {of!r}, expected one of {', '.join(OUTPUTS)}")
    draws, top = whole("draws", draws, 2, 1 << 20), whole("top", top, 1, 1000)
    trajectories, seed = whole("trajectories", trajectories, 2, 1000), whole("seed", seed, 0, 2**32 - 2)
    space = _space(scenario, portfolio)
    figure = _Function(space, of, executor_of(executor), function("progress", progress))
    count = len(space.factors)
    effects = screen(figure, count, trajectories, seed) if count > top + 1 else None
    chosen = list(range(count)) if effects is None else _strongest(effects, top)
    groups = [chosen.index(j) if j in chosen else len(chosen) for j in range(count)]
    try:
        found = indices(figure, groups, draws, seed)
    except ValueError as error:
        raise SolverError(_without_values(of, space)) from error
    return _told(space, of, seed, draws, figure.solved, chosen, effects, found)


def solutions_needed(unknowns: int, draws: int, top: int, trajectories: int) -> int:
    """How many solutions `sensitivity` asks for."""
    if unknowns <= top + 1:
        return draws * (unknowns + 2)
    return trajectories * (unknowns + 1) + draws * (top + 3)


def _space(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolio: Portfolio | str | Path | Mapping[str, object],
) -> Space:
    resolved = load(scenario)
    guarded = load_portfolio(portfolio)
    compile_tables(resolved, guarded)
    space = Space.of(resolved, [guarded])
    if not space.factors:
        raise SimulationError(
            f"{resolved.name}: found no number with a range, expected at least one written as {{value, low, high}}"
        )
    return space


class _Function:
    """An exact figure as a function of points in the unit cube."""

    def __init__(
        self, space: Space, of: str, executor: Executor | None, progress: Callable[[int], None] | None
    ) -> None:
        self.space, self.of, self.executor, self.progress = space, of, executor, progress
        self.solved = 0

    def __call__(self, points: Floats) -> Floats:
        rows = values(self.space.factors, points)
        parts = [rows[first : first + _BATCH] for first in range(0, len(rows), _BATCH)]
        found: list[float] = []
        for part in self._solved(parts):
            found += part
            self.solved += len(part)
            if self.progress:
                self.progress(len(part))
        return np.array(found)

    def _solved(self, parts: list[Floats]) -> Iterable[list[float]]:
        jobs = ((CODE, self.space, self.of, part) for part in parts)
        if self.executor is None:
            return map(_figures, jobs)
        return in_order(map_jobs(_figures, jobs, self.executor))


def _figures(job: tuple[str, Space, str, Floats]) -> list[float]:
    code, space, of, rows = job
    require_code(code)
    return [_figure(space, of, row) for row in rows]


def _figure(space: Space, of: str, row: Floats) -> float:
    scenario, portfolios = space.draw(row)
    found = figures(compile_tables(scenario, portfolios[0]), (of,))
    value = {
        ESCALATION: found.escalation_number,
        CATASTROPHE: found.catastrophe_probability,
        LOSS: found.expected_loss_usd,
    }[of]
    if of not in _LOGARITHMIC:
        return value
    return math.log10(value) if 0.0 < value < math.inf else math.nan


def _strongest(effects: Floats, top: int) -> list[int]:
    """The positions of the largest effects, in the order of the unknowns."""
    order = np.argsort(-np.nan_to_num(effects, nan=-1.0), kind="stable")
    return sorted(order[:top].tolist())


def _without_values(of: str, space: Space) -> str:
    why = {
        ESCALATION: "R is the same in every draw",
        CATASTROPHE: "its probability is 0, or the same, in every draw",
        LOSS: "the mean loss is infinite wherever R >= 1, or the same in every draw; try `catastrophe`",
    }
    return f"{space.scenario.name}: no indices of {of}: {why[of]}"


def _told(
    space: Space,
    of: str,
    seed: int,
    draws: int,
    solutions: int,
    chosen: list[int],
    effects: Floats | None,
    found: Indices,
) -> Sensitivity:
    factors = space.factors
    influences = [
        _influence(factors[j], found.first[place], found.total[place]) for place, j in enumerate(chosen)
    ]
    influences.sort(key=lambda one: -one.total.value)
    rest = None
    if len(chosen) < len(factors):
        name = f"the other {len(factors) - len(chosen)} together"
        rest = Influence(
            name=name,
            paths=(),
            low=math.nan,
            high=math.nan,
            unit="",
            first=found.first[-1],
            total=found.total[-1],
        )
    screened = (
        {} if effects is None else dict(zip((one.name for one in factors), effects.tolist(), strict=True))
    )
    portfolio = space.portfolios[0]
    return Sensitivity(
        scenario=space.scenario.name,
        portfolio=portfolio.name,
        of=of,
        logarithmic=of in _LOGARITHMIC,
        mean=found.mean,
        deviation=found.deviation,
        influences=tuple(influences),
        rest=rest,
        screened=screened,
        unknowns=len(factors),
        draws=draws,
        missing=draws - found.used,
        solutions=solutions,
        seed=seed,
        left_out=tuple(entry.what for entry in left_out(space.scenario, portfolio)),
    )


def _influence(factor: Factor, first: Estimate, total: Estimate) -> Influence:
    return Influence(
        name=factor.name,
        paths=tuple(path for _, path in factor.places),
        low=factor.low,
        high=factor.high,
        unit=factor.unit,
        first=first,
        total=total,
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
