"""A sweep: what follows from each draw, and what that says of the portfolios."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from detente._version import __version__
from detente.analysis.uncertainty.evaluate import COLUMNS, Plan
from detente.analysis.uncertainty.factors import Factor, Floats
from detente.analysis.uncertainty.regret import Regret, regrets
from detente.analysis.uncertainty.spread import Spread, of_counts, of_values
from detente.ensemble.estimators import Estimate, wilson
from detente.errors import SimulationError
from detente.exact.scope import left_out
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["FIGURES", "MEASURES", "Stance", "Sweep"]

MEASURES = ("catastrophe", "loss")
"""by which portfolios are compared; less is better"""
FIGURES = ("R", "catastrophe", "critical", "loss")
_COUNTED = {"catastrophe": "catastrophes", "critical": "criticals"}
_EXACT = {"catastrophe": "exact_catastrophe", "critical": "exact_critical", "loss": "exact_loss_usd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """One portfolio over the draws."""

    portfolio: str
    stated: Estimate
    """P(catastrophe) at the values the documents state: chance, given what we know; the interval is of the estimate"""
    catastrophe: Spread
    """P(catastrophe) over what we do not know"""
    exact: Spread | None
    """the solver's P(catastrophe) over the same draws; None where it had no figure in some draw"""
    stated_exact: float
    """the solver's at the stated values; NaN where it has none"""
    escalation: Spread | None
    """R over the draws; None where the solver had no figure in some draw"""
    runaway: float
    """share of draws with R > 1, of those in which the solver has R; NaN where it has none"""
    unknown: float
    """of the variance of "does the next crisis end in catastrophe", the share that knowing the numbers would remove"""
    loss_usd: Spread | None
    """mean loss per crisis over the draws; None without crises"""
    cost_usd_per_year: float
    """mean over the draws"""
    rightful_stopped: float
    """per crisis, mean over the draws: defence that is lost; NaN without crises"""
    rightful_delay_s: float
    """per crisis, mean over the draws; NaN without crises"""
    capped: int
    """crises that ran out of their budget, in all draws"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "portfolio": self.portfolio,
            "stated": {name: _number(value) for name, value in asdict(self.stated).items()},
            "catastrophe": self.catastrophe.as_dict(),
            "exact": self.exact.as_dict() if self.exact else None,
            "stated_exact": _number(self.stated_exact),
            "escalation_number": self.escalation.as_dict() if self.escalation else None,
            "runaway": _number(self.runaway),
            "unknown": _number(self.unknown),
            "loss_usd": self.loss_usd.as_dict() if self.loss_usd else None,
            "cost_usd_per_year": self.cost_usd_per_year,
            "rightful_stopped": _number(self.rightful_stopped),
            "rightful_delay_s": _number(self.rightful_delay_s),
            "capped": self.capped,
        }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sweep:
    """Draws of everything uncertain, each under every portfolio.

    `frame` has a row for each draw and portfolio, in that order (columns: `evaluate.COLUMNS`); `stated` one for each
    portfolio at the values that the documents state.
    """

    plan: Plan
    frame: pl.DataFrame
    stated: pl.DataFrame

    def __repr__(self) -> str:
        names = ", ".join(self.portfolios)
        return f"<Sweep of {self.scenario.name!r} under {names}: {self.draws:,} draws, {len(self.factors)} unknowns>"

    @property
    def scenario(self) -> Scenario:
        """As its document states it."""
        return self.plan.space.scenario

    @property
    def portfolios(self) -> tuple[str, ...]:
        """Their names, in the order they were given."""
        return tuple(one.name for one in self.plan.space.portfolios)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The unknowns."""
        return self.plan.space.factors

    @property
    def draws(self) -> int:
        """Finished."""
        return self.frame.height // len(self.portfolios)

    @property
    def inputs(self) -> Floats:
        """(draws, unknowns) what each unknown was drawn at, in SI units."""
        return self.plan.rows[: self.draws]

    def documents(self, draw: int) -> tuple[Scenario, tuple[Portfolio, ...]]:
        """The scenario and the portfolios of one draw, to simulate, solve or trace.

        Raises
        ------
        SimulationError
            When there is no such draw.
        """
        if not 0 <= draw < len(self.plan.rows):
            raise SimulationError(f"draw: found {draw}, expected 0 to {len(self.plan.rows) - 1}")
        return self.plan.space.draw(self.plan.rows[draw])

    def column(self, name: str) -> Floats:
        """(draws, portfolios) one column of the frame, of those that hold numbers.

        Raises
        ------
        SimulationError
            An unknown name.
        """
        _known(name, tuple(one for one, kind in COLUMNS.items() if kind is not str), "column")
        found: Floats = self.frame[name].cast(pl.Float64).to_numpy().reshape(-1, len(self.portfolios))
        return found

    def measured(self, measure: str) -> Floats:
        """(draws, portfolios) P(catastrophe), or the mean loss in USD: simulated, or without crises exact.

        Raises
        ------
        SimulationError
            An unknown measure, or one that the solver has no finite figure for in some draw.
        """
        _known(measure, MEASURES)
        found = self.figure(measure)
        missing = int((~np.isfinite(found)).any(axis=1).sum())
        if missing:
            raise SimulationError(
                f"{measure}: the exact solver has no finite figure in {missing} of {self.draws} draws "
                "(a mean loss is infinite where R >= 1); simulate them, with runs above 0"
            )
        return found

    def figure(self, name: str) -> Floats:
        """(draws, portfolios) one of `FIGURES`: simulated where there are crises and it can be, else exact.

        Infinite or NaN where the solver has no finite figure.

        Raises
        ------
        SimulationError
            An unknown name.
        """
        _known(name, FIGURES, "figure")
        if name == "R":
            return self.column("escalation_number")
        if self.plan.runs:
            return self.column("loss_usd") if name == "loss" else self.column(_COUNTED[name]) / self.plan.runs
        return self.column(_EXACT[name])

    def regrets(self, measure: str = "catastrophe") -> tuple[Regret, ...]:
        """How much worse each portfolio is than the best of them, draw by draw.

        Raises
        ------
        SimulationError
            As `measured`.
        """
        return regrets(self.portfolios, self.measured(measure), self._halves(measure))

    def _halves(self, measure: str) -> tuple[Floats, Floats] | None:
        """From the crises of even and of odd numbers."""
        runs = self.plan.runs
        even, odd = -(-runs // 2), runs // 2
        if odd == 0:
            return None
        if measure == "catastrophe":
            first = self.column("catastrophes_even")
            return first / even, (self.column("catastrophes") - first) / odd
        first = self.column("loss_usd_even")
        return first, (self.column("loss_usd") * runs - first * even) / odd

    def stances(self) -> tuple[Stance, ...]:
        """Each portfolio over the draws."""
        return tuple(self._stance(j, name) for j, name in enumerate(self.portfolios))

    def _stance(self, j: int, name: str) -> Stance:
        runs = self.plan.runs
        stated = self.stated.row(j, named=True)
        escalation, exact = self.column("escalation_number")[:, j], self.column("exact_catastrophe")[:, j]
        rates = exact
        if runs > 1:
            spread = of_counts(self.column("catastrophes")[:, j].astype(np.int64), runs)
        else:
            spread = of_values(rates, most=1.0)
        known = escalation[~np.isnan(escalation)]
        at_stated = stated["exact_catastrophe"]
        return Stance(
            portfolio=name,
            stated=wilson(stated["catastrophes"], stated["runs"])
            if runs
            else Estimate(value=at_stated, low=at_stated, high=at_stated),
            catastrophe=spread,
            exact=None if np.isnan(exact).any() else of_values(exact, most=1.0),
            stated_exact=at_stated,
            escalation=None if known.size < escalation.size else of_values(escalation),
            runaway=float((known > 1.0).mean()) if known.size else math.nan,
            unknown=_explained(spread),
            loss_usd=of_values(self.column("loss_usd")[:, j]) if runs else None,
            cost_usd_per_year=float(self.column("cost_usd_per_year")[:, j].mean()),
            rightful_stopped=float(self.column("rightful_stopped")[:, j].mean()),
            rightful_delay_s=float(self.column("rightful_delay_s")[:, j].mean()),
            capped=int(self.column("capped")[:, j].sum()),
        )

    def as_dict(self, measure: str = "catastrophe") -> dict[str, Any]:
        """Return plain data for JSON."""
        left = {entry.what for one in self.plan.space.portfolios for entry in left_out(self.scenario, one)}
        return {
            "scenario": self.scenario.name,
            "draws": self.draws,
            "requested_draws": len(self.plan.rows),
            "runs": self.plan.runs,
            "stated_runs": int(self.stated["runs"][0]),
            "seed": self.plan.seed,
            "version": __version__,
            "unknowns": [_factor(one) for one in self.factors],
            "portfolios": [one.as_dict() for one in self.stances()],
            "measure": measure,
            "regrets": [one.as_dict() for one in self.regrets(measure)],
            "exact_leaves_out": sorted(left),
        }


def _known(name: str, among: tuple[str, ...], what: str = "measure") -> None:
    if name not in among:
        raise SimulationError(f"{what}: found {name!r}, expected one of {', '.join(among)}")


def _explained(spread: Spread) -> float:
    often = spread.mean.value
    return spread.deviation**2 / (often * (1.0 - often)) if 0.0 < often < 1.0 else math.nan


def _factor(factor: Factor) -> dict[str, Any]:
    return {
        "name": factor.name,
        "low": factor.low,
        "high": factor.high,
        "mode": factor.quantity.mode,
        "paths": [path for _, path in factor.places],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
