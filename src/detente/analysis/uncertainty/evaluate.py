"""One draw, every portfolio: the exact figures, and what a number of crises say."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from detente.analysis.uncertainty.factors import Floats
from detente.analysis.uncertainty.space import Space
from detente.engine._kernel import CAPPED, CATASTROPHE
from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.engine.tables import Outcomes, Tables
from detente.ensemble.chunks import CODE, require_code
from detente.exact.figures import CATASTROPHE as OF_CATASTROPHE
from detente.exact.figures import CRITICAL, ESCALATION, LOSS, figures
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["COLUMNS", "STATED", "Plan", "Row", "evaluate", "evaluate_stated", "luck"]

Row = dict[str, int | float | str]

STATED = -1
"""in place of the number of a draw: the values that the documents state"""

COLUMNS: dict[str, type] = {
    "draw": int,
    "portfolio": str,
    "escalation_number": float,
    "exact_catastrophe": float,
    "exact_critical": float,
    "exact_loss_usd": float,
    "runs": int,
    "catastrophes": int,
    "catastrophes_even": int,
    "criticals": int,
    "capped": int,
    "loss_usd": float,
    "loss_usd_even": float,
    "loss_usd_error": float,
    "rightful_stopped": float,
    "rightful_delay_s": float,
    "cost_usd_per_year": float,
}
"""Of a table of draws. `exact_` and `escalation_number` are the solver's, NaN where an iteration did not settle; the
rest is simulated, NaN without crises. `_even` is the same over crises 0, 2, 4, ...; `_error` a standard error."""

_SIMULATED = (CAPPED, CATASTROPHE)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a sweep does with each draw: enough for any worker to do its part."""

    space: Space
    rows: Floats
    """(draws, unknowns) their values, in SI units"""
    runs: int
    """crises of each draw and portfolio; 0 for none"""
    seed: int
    max_incidents: int
    threads: int = 1
    first: int = 0
    """the draw that the first of `rows` is"""
    code: str = CODE
    """what it was planned by"""

    def part(self, first: int, count: int) -> "Plan":
        """Return the same for `count` of the draws, from row `first` on: only these rows travel."""
        return replace(self, rows=self.rows[first : first + count], first=self.first + first)


def evaluate(plan: Plan) -> list[Row]:
    """The rows of the plan's draws, each under every portfolio.

    Raises
    ------
    SimulationError
        When it was planned by another version of detente than this process runs.
    """
    require_code(plan.code)
    found: list[Row] = []
    for draw, row in enumerate(plan.rows, start=plan.first):
        scenario, portfolios = plan.space.draw(row)
        found += _under_each(plan, draw, scenario, portfolios, plan.runs)
    return found


def evaluate_stated(plan: Plan, runs: int) -> list[Row]:
    """The same for the values that the documents state."""
    return list(_under_each(plan, STATED, plan.space.scenario, plan.space.portfolios, runs))


def luck(seed: int, draw: int) -> int:
    """The seed of a draw's crises: another for each draw, so that errors average out, and one for all portfolios."""
    words = np.random.SeedSequence([seed, draw + 1]).generate_state(1, np.uint64)
    return int(words[0])


def _under_each(
    plan: Plan, draw: int, scenario: Scenario, portfolios: tuple[Portfolio, ...], runs: int
) -> Iterable[Row]:
    for portfolio in portfolios:
        tables = compile_tables(scenario, portfolio)
        yield {
            "draw": draw,
            "portfolio": portfolio.name,
            **_exact(tables),
            **_simulated(plan, tables, luck(plan.seed, draw), runs),
            "cost_usd_per_year": portfolio.cost_usd_per_year,
        }


def _exact(tables: Tables) -> Row:
    found = figures(tables, (ESCALATION, OF_CATASTROPHE, CRITICAL, LOSS))
    return {
        "escalation_number": found.escalation_number,
        "exact_catastrophe": found.catastrophe_probability,
        "exact_critical": found.critical_probability,
        "exact_loss_usd": found.expected_loss_usd,
    }


def _simulated(plan: Plan, tables: Tables, seed: int, runs: int) -> Row:
    if runs == 0:
        return {"runs": 0, **{name: 0 if kind is int else math.nan for name, kind in _TOLD.items()}}
    outcomes = simulate_block(
        tables, seed=seed, first=0, count=runs, threads=plan.threads, max_incidents=plan.max_incidents
    )
    return {"runs": runs, **_counted(outcomes)}


_TOLD = {name: COLUMNS[name] for name in list(COLUMNS)[list(COLUMNS).index("runs") + 1 : -1]}


def _counted(outcomes: Outcomes) -> Row:
    lost = outcomes.ended == CATASTROPHE
    loss = outcomes.loss_usd.sum(axis=1)
    return {
        "catastrophes": int(lost.sum()),
        "catastrophes_even": int(lost[::2].sum()),
        "criticals": int((~np.isnan(outcomes.first_critical_s)).sum()),
        "capped": int((outcomes.ended == CAPPED).sum()),
        "loss_usd": float(loss.mean()),
        "loss_usd_even": float(loss[::2].mean()),
        "loss_usd_error": float(loss.std(ddof=1) / math.sqrt(loss.size)) if loss.size > 1 else math.nan,
        "rightful_stopped": float(outcomes.rightful_stopped.mean()),
        "rightful_delay_s": float(outcomes.rightful_delay_s.mean()),
    }
