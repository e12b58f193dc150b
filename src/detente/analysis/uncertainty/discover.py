"""Where in the space of what we do not know a portfolio fails: boxes, in the scenario's own words and units."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc

from detente._version import __version__
from detente.analysis.uncertainty.factors import SCENARIO, Factor, Floats
from detente.analysis.uncertainty.prim import Box, boxes, inside, p_values
from detente.analysis.uncertainty.results import FIGURES, Sweep
from detente.analysis.uncertainty.sweep import DRAWS, RUNS, sweep
from detente.analysis.wording import counted
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble.arguments import words
from detente.ensemble.estimators import Estimate, wilson
from detente.errors import SimulationError
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["Discovery", "FailureBox", "Limit", "Step", "discover", "discover_in"]

_RELATIONS: dict[str, Callable[[Floats, float], npt.NDArray[np.bool_]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([A-Za-z]+)\s*(>=|<=|>|<)\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*")
_CONFIRMED = 0.05
_FEWEST = 40  # draws that fail, and that do not, for anything to be found


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One input that a box restricts."""

    name: str
    low: float
    """in SI units; of the input's whole range where this end is free"""
    high: float
    range_low: float
    range_high: float
    unit: str
    """`s`, `/s`, `USD`, or nothing"""
    p_value: float
    """on draws that had no part in finding the box: how likely so many failures inside are if this limit means nothing"""

    @property
    def open_low(self) -> bool:
        """The lower end is that of the whole range."""
        return self.low == self.range_low

    @property
    def open_high(self) -> bool:
        """The upper end is that of the whole range."""
        return self.high == self.range_high


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One box on the way to the one that was chosen, on the draws that it was found with."""

    density: float
    coverage: float
    mass: float
    restricted: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureBox:
    """A part of the space of inputs in which the portfolio fails much more often than elsewhere.

    Without what earlier boxes hold, so that coverages and masses add up.
    """

    limits: tuple[Limit, ...]
    """the most telling first; all other inputs are free"""
    density: Estimate
    """share of failures among the draws inside; measured, as all here, on draws that had no part in finding the box"""
    coverage: Estimate
    """share of all failures that are inside"""
    mass: Estimate
    """share of all draws that are inside"""
    p_value: float
    """how likely so many failures inside would be if the box as a whole meant nothing"""
    found_density: float
    """the same on the draws that it was found with: better than it is"""
    found_coverage: float
    trajectory: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self)
        for name in ("density", "coverage", "mass"):
            plain[name] = {key: value if math.isfinite(value) else None for key, value in plain[name].items()}
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The boxes, best first."""

    scenario: str
    portfolio: str
    fails: str
    draws: int
    runs: int
    seed: int
    unknowns: int
    failing: Estimate
    """share of all draws in which the portfolio fails"""
    doubtful: int
    """draws whose interval of the figure, from so many crises, holds the level: they may be on the wrong side"""
    missing: int
    """draws left out because the solver had no figure"""
    boxes: tuple[FailureBox, ...]
    unconfirmed: int
    """boxes that were found with one half of the draws and did not stand up on the other"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        told = ("scenario", "portfolio", "fails", "draws", "runs", "seed", "unknowns", "doubtful", "missing",
                "unconfirmed")  # fmt: skip
        return {
            **{name: getattr(self, name) for name in told},
            "version": __version__,
            "failing": asdict(self.failing),
            "boxes": [box.as_dict() for box in self.boxes],
        }


def discover(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    fails: str = "catastrophe > 0.01",
    draws: int = DRAWS,
    runs: int = RUNS,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    out: str | Path | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Discovery:
    """Sweep a scenario under one portfolio, and find the boxes of inputs in which it fails.

    Parameters
    ----------
    fails
        When it fails: `catastrophe`, `critical`, `loss` (USD) or `R`, one of `>`, `>=`, `<`, `<=`, and a number.
    scenario, portfolio, draws, runs, seed, threads, max_incidents, out, executor, progress
        As in `detente.sweep`.

    Raises
    ------
    ScenarioError, PortfolioError, ResultError, SimulationError, SweepInterrupted
        As in `detente.sweep`; also when `fails` cannot be read, or too few draws fail or hold to tell them apart.
    """
    condition(fails)
    found = sweep(
        scenario, [portfolio], draws=draws, runs=runs, seed=seed, threads=threads, max_incidents=max_incidents,
        out=out, executor=executor, progress=progress,
    )  # fmt: skip
    return discover_in(found, found.portfolios[0], fails)


def discover_in(found: Sweep, portfolio: str, fails: str = "catastrophe > 0.01") -> Discovery:
    """The same for one portfolio of a sweep that has been made.

    Raises
    ------
    SimulationError
        Unless `portfolio` is one of the sweep's, `fails` can be read, and enough draws fail and enough do not.
    """
    if portfolio not in found.portfolios:
        names = ", ".join(found.portfolios)
        raise SimulationError(f"portfolio: found {portfolio!r}, expected one of the sweep's: {names}")
    place = found.portfolios.index(portfolio)
    figure, relation, level = condition(fails)
    values = found.figure(figure)[:, place]
    known = ~np.isnan(values)
    hits = _RELATIONS[relation](values, level)
    _enough(fails, int(hits[known].sum()), int((~hits[known]).sum()))
    columns = [j for j, one in enumerate(found.factors) if any(d in (SCENARIO, place) for d, _ in one.places)]
    factors = [found.factors[j] for j in columns]
    points = found.inputs[known][:, columns]
    every = _boxes(factors, points, hits[known], found.plan.seed)
    confirmed = tuple(box for box in every if box.p_value <= _CONFIRMED)
    return Discovery(
        scenario=found.scenario.name,
        portfolio=portfolio,
        fails=fails,
        draws=found.draws,
        runs=found.plan.runs,
        seed=found.plan.seed,
        unknowns=len(factors),
        failing=wilson(int(hits[known].sum()), int(known.sum())),
        doubtful=_doubtful(found, figure, place, level),
        missing=int((~known).sum()),
        boxes=confirmed,
        unconfirmed=len(every) - len(confirmed),
    )


def condition(text: str) -> tuple[str, str, float]:
    """The figure, the relation and the level of `catastrophe > 0.01`.

    Raises
    ------
    SimulationError
        When it is not of that form.
    """
    match = _CONDITION.fullmatch(words("fails", text, "'catastrophe > 0.01'"))
    try:
        level = float(match[3]) if match else math.nan
    except ValueError:
        level = math.nan
    if match is None or match[1] not in FIGURES or math.isnan(level):
        raise SimulationError(
            f"fails: found {text!r}, expected one of {', '.join(FIGURES)}, then >, >=, < or <=, then a number, "
            "as `catastrophe > 0.01`"
        )
    return match[1], match[2], level


def _enough(fails: str, failing: int, holding: int) -> None:
    if failing < _FEWEST or holding < _FEWEST:
        raise SimulationError(
            f"fails: found {counted(failing, 'draw')} with {fails} and {holding} without, expected at least {_FEWEST} of each; "
            "choose another level, or more draws"
        )


def _doubtful(found: Sweep, figure: str, place: int, level: float) -> int:
    column = {"catastrophe": "catastrophes", "critical": "criticals"}.get(figure)
    if not found.plan.runs or column is None:
        return 0
    intervals = [wilson(int(count), found.plan.runs) for count in found.column(column)[:, place]]
    return sum(one.low <= level <= one.high for one in intervals)


def _boxes(
    factors: list[Factor], points: Floats, hits: npt.NDArray[np.bool_], seed: int
) -> tuple[FailureBox, ...]:
    """Found with one half of the draws and judged by the other, which half is a matter of chance."""
    finds = np.random.default_rng([seed, 1]).permutation(len(points)) < len(points) // 2
    left = np.ones(len(points), np.bool_)
    told: list[FailureBox] = []
    for box, trajectory in boxes(points[finds], hits[finds]):
        told.append(_told(factors, box, trajectory, _Draws(points, hits, finds, left.copy())))
        left[inside(box, points)] = False
    return tuple(told)


class _Draws(NamedTuple):
    """The draws, which of them a box is found with, and which no earlier box holds."""

    points: Floats
    hits: npt.NDArray[np.bool_]
    finds: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]

    def half(self, *, finds: bool) -> "_Half":
        """One half: what is left of it, and all its failures and draws, which shares are of."""
        mine = self.finds if finds else ~self.finds
        kept = mine & self.left
        return _Half(self.points[kept], self.hits[kept], int(self.hits[mine].sum()), int(mine.sum()))


class _Half(NamedTuple):
    points: Floats
    hits: npt.NDArray[np.bool_]
    failures: int
    draws: int


def _told(factors: list[Factor], box: Box, trajectory: list[Box], draws: _Draws) -> FailureBox:
    finds, judges = draws.half(finds=True), draws.half(finds=False)
    within = inside(box, judges.points)
    both, count = int((within & judges.hits).sum()), int(within.sum())
    found = _step(box, finds)
    chances = sorted(p_values(box, judges.points, judges.hits).items(), key=lambda pair: pair[1])
    return FailureBox(
        limits=tuple(
            _limit(factors[j], float(box.low[j]), float(box.high[j]), value) for j, value in chances
        ),
        density=wilson(both, count),
        coverage=wilson(both, judges.failures),
        mass=wilson(count, judges.draws),
        p_value=float(bdtrc(both - 1, count, float(judges.hits.mean()))) if both else 1.0,
        found_density=found.density,
        found_coverage=found.coverage,
        trajectory=tuple(_step(one, finds) for one in trajectory),
    )


def _limit(factor: Factor, low: float, high: float, p_value: float) -> Limit:
    return Limit(
        name=factor.name,
        low=max(low, factor.low),
        high=min(high, factor.high),
        range_low=factor.low,
        range_high=factor.high,
        unit=factor.unit,
        p_value=p_value,
    )


def _step(box: Box, half: _Half) -> Step:
    within = inside(box, half.points)
    both, count = int((within & half.hits).sum()), int(within.sum())
    return Step(
        density=both / count if count else 0.0,
        coverage=both / half.failures if half.failures else 0.0,
        mass=count / half.draws,
        restricted=int(box.restricted.size),
    )
