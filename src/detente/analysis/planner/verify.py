"""The plan once more, with luck and draws that had no part in choosing it: the figures to quote."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any

from detente.analysis.planner.cases import Case, cases_of
from detente.analysis.planner.chance import Burden, Effort, Finding, measure
from detente.analysis.planner.examine import Standard
from detente.analysis.planner.menu import Candidate, Menu
from detente.ensemble.estimators import LEVEL, Estimate, wilson
from detente.model.vocabulary import Scenario

__all__ = ["Verified", "verify"]

_MORE = 4  # times the draws that the plan was chosen with
_HITS = 100.0  # catastrophes to be met in so many crises, were the chance at the level
_STATED = (100_000, 2_000_000)  # crises at stated values, least and most
_DRAWN = (4096, 50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a verification found in one scenario."""

    scenario: str
    catastrophe: Estimate
    """at stated values, at 95 % for all scenarios together"""
    crises: int
    capped: int
    """crises that ran out of their budget of incidents; they count as catastrophes"""
    draws: int
    failing: int
    """draws in which the chance is above the level"""
    holding: Estimate
    """the share of draws in which it is not, with the interval of independent draws; NaN without draws"""
    burden: Burden
    held: bool
    """whether the standard is kept"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self)
        if not self.draws:
            plain["holding"] = None
        return plain


def verify(
    menu: Menu,
    candidate: Candidate,
    scenarios: Sequence[Scenario],
    standard: Standard,
    *,
    draws: int,
    seed: int,
    max_incidents: int,
    pool: Executor,
) -> tuple[Verified, ...]:
    """Measure a candidate in each scenario, with `_MORE` times as many other draws, and other crises."""
    sure = 1.0 - (1.0 - LEVEL) / len(scenarios)
    whole = _effort(standard, _STATED, max_incidents, error=0.1, stops_early=False)
    brief = _effort(standard, _DRAWN, max_incidents, error=0.5, stops_early=True)
    every = [cases_of(scenario, menu, _MORE * draws, seed) for scenario in scenarios]

    def at_stated(case: Case) -> Finding:
        return measure(case, menu, candidate, standard.level, whole, sure)

    def holds(case: Case) -> bool:
        return measure(case, menu, candidate, standard.level, brief).holds(standard.level)

    stated = list(pool.map(at_stated, [cases.stated for cases in every]))
    found = []
    for cases, finding in zip(every, stated, strict=True):
        count = len(cases.drawn)
        failing = sum(not one for one in pool.map(holds, cases.drawn))
        found.append(
            Verified(
                scenario=cases.name,
                catastrophe=finding.catastrophe,
                crises=finding.crises,
                capped=finding.capped,
                draws=count,
                failing=failing,
                holding=wilson(count - failing, count),
                burden=finding.burden,
                held=finding.surely_holds(standard.level) and failing <= standard.may_fail(count),
            )
        )
    return tuple(found)


def _effort(
    standard: Standard, bounds: tuple[int, int], max_incidents: int, *, error: float, stops_early: bool
) -> Effort:
    least, most = bounds
    runs = round(min(max(_HITS / standard.level, least), most))
    return Effort(
        runs=runs,
        error=error,
        crises=round(20_000 / error),
        max_incidents=max_incidents,
        stops_early=stops_early,
    )
