"""The halt deadline: until when stopping all automation still keeps catastrophe rare enough.

From the deadline on, counted from a crisis's first incident, no automated action is proposed; what is
under way lands, outages and worms spread on, and people go on as before. The same luck holds for
every deadline, so a crisis that ends in catastrophe under one does so under every later one, as long as
nothing in it depends on what *others* do (an alert, a mode, a throttle, reviewers, a system out of action). The
search takes that for granted; the probability at the deadline is measured on all crises without it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine._kernel import CAPPED, CATASTROPHE
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS, simulate_listed
from detente.engine.tables import Tables
from detente.ensemble.arguments import budget, fraction, function, seed_of, threads_of, whole
from detente.ensemble.estimators import Estimate, wilson
from detente.errors import SolverError
from detente.exact.operator import Operator
from detente.exact.reaction import reaction_deadline
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["HaltDeadline", "find_halt", "halt_deadline"]

Indices = npt.NDArray[np.int64]

_FIRST_S = 1e-9
"""a deadline below this is none"""
_CLOSE = 1.0005  # ratio of the ends of the bracket at which the search ends


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltDeadline:
    """When all automation must have been stopped for catastrophe to stay at `level` or below."""

    level: float
    deadline_s: float
    """since the first incident; infinite where no halt is needed, 0 where none is early enough"""
    low_s: float
    """the earliest end of its 95 % interval"""
    high_s: float
    """the latest end"""
    unhalted: Estimate
    """P(catastrophe) without a halt"""
    at_deadline: Estimate
    """P(catastrophe) with it, measured on every crisis"""
    at_once: Estimate
    """P(catastrophe) when automation is stopped at the first incident"""
    reaction_s: float
    """how long after each incident automation may still answer it if no loop is to run away (see
    `exact.reaction`): a closed form beside the simulated deadline, which counts from the first incident; NaN
    where the solver cannot say"""
    runs: int
    capped: int
    """crises without a halt that ran out of budget: nobody knows how they end"""
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: null stands for no deadline at all."""
        return {
            "level": self.level,
            "deadline_s": _finite(self.deadline_s),
            "low_s": _finite(self.low_s),
            "high_s": _finite(self.high_s),
            "unhalted": _plain(self.unhalted),
            "at_deadline": _plain(self.at_deadline),
            "at_once": _plain(self.at_once),
            "reaction_s": _finite(self.reaction_s),
            "runs": self.runs,
            "capped": self.capped,
            "seed": self.seed,
        }


def find_halt(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    level: float = 0.01,
    runs: int = 100_000,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[str], None] | None = None,
) -> HaltDeadline:
    """The halt deadline of a scenario under a portfolio; arguments as in `detente.simulate` and `halt_deadline`.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used.
    """
    resolved = load(scenario)
    guarded = load_portfolio(portfolio)
    return halt_deadline(
        compile_tables(resolved, guarded),
        level=fraction("level", level, "a probability"),
        runs=whole("runs", runs, 1, 10**9),
        seed=seed_of(seed),
        threads=threads_of(threads),
        max_incidents=budget(max_incidents),
        progress=function("progress", progress),
    )


def halt_deadline(
    tables: Tables,
    *,
    level: float,
    runs: int,
    seed: int,
    threads: int,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[str], None] | None = None,
) -> HaltDeadline:
    """The halt deadline by simulation, with the interval that the number of crises leaves.

    Parameters
    ----------
    level
        The probability of catastrophe that is still accepted, above 0 and below 1.
    progress
        Told what is going on.
    """
    say = progress or (lambda _: None)

    def ended(crises: Indices, halt_s: float) -> npt.NDArray[np.int8]:
        halted = tables._replace(halt_s=halt_s)
        done = simulate_listed(halted, crises, seed=seed, threads=threads, max_incidents=max_incidents)
        return done.ended

    def fatal(crises: Indices, halt_s: float) -> Indices:
        found: Indices = crises[ended(crises, halt_s) == CATASTROPHE]
        return found

    everyone = np.arange(runs)
    say(f"{runs:,} crises without a halt")
    unhalted = ended(everyone, math.inf)
    lost = everyone[unhalted == CATASTROPHE]
    say(f"{lost.size:,} catastrophes, halted at once")
    at_once = fatal(lost, 0.0)
    horizon = float(tables.horizon)
    ends = [_most(level, runs, end) for end in ("high", "value", "low")]
    say("looking for the deadline")
    search = _remembered(fatal)
    low, middle, high = (_deadline(search, lost, at_once.size, most, horizon) for most in ends)
    say("measuring the probability at the deadline")
    measured = lost if math.isinf(middle) else fatal(everyone, middle)
    return HaltDeadline(
        level=level,
        deadline_s=middle,
        low_s=low,
        high_s=high,
        unhalted=wilson(lost.size, runs),
        at_deadline=wilson(measured.size, runs),
        at_once=wilson(at_once.size, runs),
        reaction_s=_reaction(tables),
        runs=runs,
        capped=int((unhalted == CAPPED).sum()),
        seed=seed,
    )


def _reaction(tables: Tables) -> float:
    try:
        return reaction_deadline(Operator(tables))
    except SolverError:  # the simulated deadline is worth having without it
        return math.nan


def _remembered(fatal: Callable[[Indices, float], Indices]) -> Callable[[Indices, float], Indices]:
    """The same, where searches that have gone the same way so far need not run the same crises again.

    Two searches that ask about one moment have the same bracket, so they made the same choices, and are left with
    the same crises.
    """
    found: dict[float, Indices] = {}

    def again(crises: Indices, halt_s: float) -> Indices:
        if halt_s not in found:
            found[halt_s] = fatal(crises, halt_s)
        return found[halt_s]

    return again


def _most(level: float, runs: int, end: str) -> int:
    """The largest number of catastrophes whose interval has that end at `level` or below; -1 where 0 has not."""
    low, high = -1, runs
    while low < high:
        middle = (low + high + 1) // 2
        fits = getattr(wilson(middle, runs), end) <= level
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _deadline(
    fatal: Callable[[Indices, float], Indices], lost: Indices, at_once: int, most: int, horizon: float
) -> float:
    """The latest halt with at most so many catastrophes; only crises that are still undecided are run again."""
    if lost.size <= most:
        return math.inf
    if at_once > most:
        return 0.0
    low, high, sure, undecided = _FIRST_S, max(horizon, 2.0 * _FIRST_S), 0, lost
    if fatal(lost, low).size > most:
        return 0.0
    while high > _CLOSE * low:
        middle = math.sqrt(low * high)
        still = fatal(undecided, middle)
        if sure + still.size > most:
            high, undecided = middle, still
        else:
            low, sure, undecided = middle, sure + still.size, np.setdiff1d(undecided, still)
    return low


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(estimate: Estimate) -> dict[str, float]:
    return {"probability": estimate.value, "low": estimate.low, "high": estimate.high}
