"""What the exact solver found out about a scenario."""

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from detente.exact.catastrophe import Reach
from detente.exact.criticality import Perron
from detente.exact.derivatives import of_log_probability, of_radius
from detente.exact.growth import Growth
from detente.exact.loops import Loop, loops
from detente.exact.means import Expected
from detente.exact.operator import Operator
from detente.exact.parameters import left_out_of, of_arrivals, of_numbers
from detente.exact.scope import LeftOut
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["Elasticity", "Root", "Solution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What one shock, or one stream of shocks or false alarms, leads to."""

    path: str
    """of the document's entry"""
    expected_arrivals: float
    """1 for a single shock; of a stream, the mean number until the horizon"""
    catastrophe_probability: float
    """that the shock, or anything in the stream, leads to catastrophe"""
    critical_probability: float
    catastrophe_probability_each: float
    """the same of one incident of the stream"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elasticity:
    """How much the results change, in per cent, when a number of the scenario changes by one per cent."""

    path: str
    value: float
    """in SI units"""
    of_r: float | None
    """None where R is 0, or where the solver leaves out what the number belongs to"""
    of_log_catastrophe: float | None
    """None where catastrophe has no chance, or as above"""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Solution:
    """Exact figures of the branching process behind a scenario (what it leaves out is in `left_out`).

    `loops` and `elasticities` are worked out when they are first read.
    """

    scenario: Scenario
    portfolio: Portfolio
    escalation_number: float
    """R: mean number of further incidents per incident along the dominant loop; 0 where nothing comes back"""
    escalation_bounds: tuple[float, float]
    """R lies between these (Collatz and Wielandt)"""
    escalating_systems: tuple[str, ...]
    """systems of the communicating class that attains R"""
    rungs: dict[str, float]
    """probability that a crisis reaches this rung or a higher one"""
    catastrophe_probability: float
    critical_probability: float
    roots: tuple[Root, ...]
    """shocks in their order, then false alarms"""
    expected: Expected | None
    """means per crisis; None where R >= 1 and they are infinite"""
    infinite_because: str | None
    growth: Growth | None
    """None where nothing comes back"""
    left_out: tuple[LeftOut, ...]
    _op: Operator
    _strongest: Perron | None
    _reached: Reach

    def __repr__(self) -> str:
        return (
            f"<Solution of {self.scenario.name}: R {self.escalation_number:.4g}, "
            f"catastrophe {self.catastrophe_probability:.4g}, critical {self.critical_probability:.4g}>"
        )

    @property
    def shocks(self) -> tuple[Root, ...]:
        """What each shock and stream leads to: shocks in their order, then false alarms."""
        return self.roots

    @property
    def expected_actions(self) -> float:
        """Mean actions per crisis; infinite where R >= 1."""
        return self.expected.actions if self.expected else math.inf

    @property
    def expected_wrongful_actions(self) -> float:
        """Mean actions on a wrong blame per crisis; infinite where R >= 1."""
        return self.expected.wrongful_actions if self.expected else math.inf

    @property
    def expected_loss_usd_by_actor(self) -> dict[str, float]:
        """Mean loss per crisis by owner of the systems hit; infinite where R >= 1."""
        actors = [actor.name for actor in self.scenario.actors]
        losses = self.expected.loss_usd_by_actor.tolist() if self.expected else [math.inf] * len(actors)
        return dict(zip(actors, losses, strict=True))

    @property
    def growth_rate_per_s(self) -> float | None:
        """Growth rate of the fastest loop; None where there is none."""
        return self.growth.rate_per_s if self.growth else None

    @property
    def generation_time_s(self) -> float | None:
        """Mean time from an incident to the ones it provokes, along the strongest loop."""
        return self.growth.generation_s if self.growth else None

    @property
    def half_life_is_first_order(self) -> bool:
        """Whether a lognormal delay in the loop leaves it without an exponential rate."""
        return bool(self.growth and self.growth.is_first_order)

    @property
    def loops_untold(self) -> float:
        """The share of R that `loops` does not tell: of loops too many, or outside the systems looked at."""
        return max(0.0, 1.0 - sum(loop.share for loop in self.loops)) if self._strongest else 0.0

    @property
    def expected_incidents(self) -> float:
        """Mean incidents per crisis, every lineage counted to its end; infinite where R >= 1."""
        return self.expected.incidents if self.expected else math.inf

    @property
    def expected_loss_usd(self) -> float:
        """Mean loss per crisis, every lineage counted to its end; infinite where R >= 1."""
        return self.expected.loss_usd if self.expected else math.inf

    @property
    def doubling_time_s(self) -> float | None:
        """How long a runaway takes to double; None unless R > 1."""
        return self.growth.doubling_s if self.growth else None

    @property
    def half_life_s(self) -> float | None:
        """How long a dying loop takes to halve; None unless 0 < R < 1."""
        return self.growth.half_life_s if self.growth else None

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """The loops that R rests on, strongest first."""
        return loops(self.scenario, self._op, self._strongest) if self._strongest else ()

    @cached_property
    def elasticities(self) -> tuple[Elasticity, ...]:
        """One per number that the scenario states, in the order of paths."""
        of_r, of_log = self._of_r(), self._of_log_catastrophe()
        return tuple(
            Elasticity(
                path=path,
                value=quantity.value,
                of_r=None if of_r is None or left_out_of(path) else of_r.get(path, 0.0),
                of_log_catastrophe=None if of_log is None or left_out_of(path) else of_log.get(path, 0.0),
            )
            for path, quantity in sorted(self.scenario.quantities.items())
        )

    def _of_r(self) -> dict[str, float] | None:
        if self._strongest is None:
            return None
        slopes = of_radius(self._op, self._strongest)
        pairs = of_numbers(self.scenario, self._op, slopes)
        return {path: amount / self._strongest.radius for path, amount in pairs}

    def _of_log_catastrophe(self) -> dict[str, float] | None:
        if self.catastrophe_probability <= 0.0:
            return None
        slopes = of_log_probability(self._op, self._reached)
        found = dict(of_numbers(self.scenario, self._op, slopes))
        return found | dict(of_arrivals(self.scenario, self._op, self._reached))

    def as_dict(self, *, details: bool = True) -> dict[str, Any]:
        """Plain data for JSON: infinite means are None, with the reason beside them; `details` are loops and elasticities."""
        expected = self.expected
        by_actor = self.expected_loss_usd_by_actor
        return {
            "scenario": self.scenario.name,
            "portfolio": self.portfolio.name,
            "escalation_number": self.escalation_number,
            "escalation_bounds": list(self.escalation_bounds),
            "escalating_systems": list(self.escalating_systems),
            "catastrophe_probability": self.catastrophe_probability,
            "critical_probability": self.critical_probability,
            "rungs": self.rungs,
            "shocks": [asdict(root) for root in self.roots],
            "expected_incidents": expected.incidents if expected else None,
            "expected_actions": expected.actions if expected else None,
            "expected_wrongful_actions": expected.wrongful_actions if expected else None,
            "expected_loss_usd": expected.loss_usd if expected else None,
            "expected_loss_usd_by_actor": {
                name: loss if expected else None for name, loss in by_actor.items()
            },
            "infinite_because": self.infinite_because,
            "growth_rate_per_s": _finite(self.growth_rate_per_s),
            "generation_time_s": _finite(self.generation_time_s),
            "doubling_time_s": self.doubling_time_s,
            "half_life_s": self.half_life_s,
            "half_life_is_first_order": self.half_life_is_first_order,
            "loops": [loop.as_dict() for loop in self.loops] if details else [],
            "loops_untold": self.loops_untold if details else 1.0,
            "elasticities": [asdict(elasticity) for elasticity in self.elasticities] if details else [],
            "left_out": [entry.as_dict() for entry in self.left_out],
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
