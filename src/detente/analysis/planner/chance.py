"""How likely catastrophe is in one case under one candidate, and what the safeguards take from defence."""

import math
from dataclasses import dataclass

import numpy as np

from detente.analysis.planner.cases import Case
from detente.analysis.planner.menu import Candidate, Menu
from detente.analysis.rare import rare
from detente.engine._kernel import CAPPED, CATASTROPHE
from detente.engine.run import simulate_block
from detente.engine.tables import Outcomes, Tables
from detente.ensemble.estimators import LEVEL, Estimate, wilson
from detente.exact.figures import CATASTROPHE as EXACTLY
from detente.exact.figures import figures
from detente.exact.scope import left_out

__all__ = ["SEEN_BY_COUNTING", "Burden", "Effort", "Finding", "exact_chance", "is_bounded_exactly", "measure"]

SEEN_BY_COUNTING = 1e-4
"""the least level that is judged by counting catastrophes; below, crises are split (`ensemble.splitting`)"""
_FIRST = 512  # crises before the first look
_SURE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a case is looked at."""

    runs: int
    """crises at most, counting"""
    error: float
    """relative, splitting"""
    crises: int
    """crises at most, splitting"""
    max_incidents: int
    stops_early: bool
    """whether counting ends as soon as it is clear on which side of the level the chance lies"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What safeguards take from those who defend themselves rightly."""

    stopped: float
    """the share of rightful actions that is stopped"""
    delay_s: float
    """by how much a rightful action that goes ahead is late, on average"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of one case."""

    catastrophe: Estimate
    """a crisis that ran out of its budget of incidents counts as one"""
    crises: int
    capped: int
    burden: Burden

    def holds(self, level: float) -> bool:
        """Whether the estimate is at most the level."""
        return self.catastrophe.value <= level

    def surely_holds(self, level: float) -> bool:
        """Whether its whole interval is below the level."""
        return self.catastrophe.high < level


def measure(
    case: Case, menu: Menu, candidate: Candidate, level: float, effort: Effort, sure: float = LEVEL
) -> Finding:
    """The chance of catastrophe, with its interval at the confidence `sure`."""
    tables = case.tables(menu, candidate)
    if level >= SEEN_BY_COUNTING:
        return _counted(tables, case.seed, level, effort, sure)
    few = Effort(runs=2000, error=1.0, crises=0, max_incidents=effort.max_incidents, stops_early=False)
    seen = _counted(tables, case.seed, level, few, sure)
    if seen.catastrophe.low > level:
        return seen
    found = rare(
        case.scenario,
        portfolio=menu.applied(candidate, case.portfolio),
        error=effort.error,
        seed=case.seed,
        max_crises=effort.crises,
        threads=1,
        max_incidents=effort.max_incidents,
    )
    split = found.found
    return Finding(
        catastrophe=split.most, crises=split.crises, capped=seen.capped + split.capped, burden=seen.burden
    )


def exact_chance(case: Case, menu: Menu, candidate: Candidate) -> float:
    """What the solver says, without what it leaves out; NaN where it does not settle."""
    return figures(case.tables(menu, candidate), (EXACTLY,)).catastrophe_probability


def is_bounded_exactly(case: Case, menu: Menu, candidate: Candidate) -> bool:
    """Whether the solver's chance can only be too high: then what it finds harmless needs no simulation."""
    return all(one.bias == "high" for one in left_out(case.scenario, menu.applied(candidate, case.portfolio)))


def _counted(tables: Tables, seed: int, level: float, effort: Effort, sure: float) -> Finding:
    lost, crises, capped = 0, 0, 0
    sums = np.zeros(3)
    following = min(_FIRST, effort.runs)
    while following:
        out = simulate_block(
            tables, seed=seed, first=crises, count=following, max_incidents=effort.max_incidents
        )
        crises += following
        capped += int((out.ended == CAPPED).sum())
        lost += int(((out.ended == CATASTROPHE) | (out.ended == CAPPED)).sum())
        sums += _defended(out)
        clear = wilson(lost, crises, _SURE)
        if effort.stops_early and (clear.low > level or clear.high < level):
            break
        following = min(crises, effort.runs - crises)
    return Finding(catastrophe=wilson(lost, crises, sure), crises=crises, capped=capped, burden=_burden(sums))


def _defended(out: Outcomes) -> np.ndarray:
    """Rightful actions that were stopped, those that went ahead, and by how much these were late in all."""
    ahead = out.actions.sum() - out.wrongful_actions.sum()
    return np.array([out.rightful_stopped.sum(), ahead, out.rightful_delay_s.sum()], float)


def _burden(sums: np.ndarray) -> Burden:
    stopped, ahead, late = sums.tolist()
    proposed = stopped + ahead
    return Burden(
        stopped=stopped / proposed if proposed > 0.0 else 0.0,
        delay_s=late / ahead if ahead > 0.0 else 0.0 if not math.isnan(late) else math.nan,
    )
