"""Everything that a report tells, gathered before any of it is written."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from detente.analysis.compare import Arm, Comparison, under_each
from detente.analysis.report.network import Network, network_of
from detente.analysis.report.typical import Hands, Typical, catastrophes, hands_of, typical_of
from detente.engine.run import MAX_INCIDENTS
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["Asked", "Evidence", "gather"]

_TRACED = 200
"""so many catastrophes are looked at incident by incident"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as far as it decides what the report says."""

    scenario: str
    """as it was named"""
    portfolios: tuple[str, ...]
    runs: int
    seed: int
    halt_level: float | None
    """None where no halt deadline is wanted"""
    max_incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a report tells."""

    asked: Asked
    comparison: Comparison
    labels: tuple[str, ...]
    """what each arm is called, no two the same"""
    network: Network
    hands: Hands | None
    """None without catastrophes"""
    typical: Typical | None
    """None without catastrophes"""

    @property
    def scenario(self) -> Scenario:
        return self.comparison.scenario

    @property
    def first(self) -> Arm:
        """What the others are held against."""
        return self.comparison.arms[0]

    @property
    def strongest(self) -> int | None:
        """Which arm leaves the fewest catastrophes, the last of those that do; None where the first is alone."""
        others = range(1, len(self.comparison.arms))
        return min(
            others, key=lambda i: (self.comparison.arms[i].summary.catastrophe.value, -i), default=None
        )

    def under(self, position: int) -> str:
        """Return an arm as a sentence says it: `without safeguards`, or `under essay`."""
        portfolio = self.comparison.arms[position].portfolio
        return f"under {self.labels[position]}" if portfolio.safeguards else "without safeguards"

    @property
    def arms(self) -> Iterable[tuple[int, str, Arm]]:
        """Position, label and arm, in their order."""
        return ((i, self.labels[i], arm) for i, arm in enumerate(self.comparison.arms))


def gather(
    scenario: Scenario,
    portfolios: Sequence[Portfolio],
    asked: Asked,
    threads: int | None = None,
    progress: Callable[[str, int], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Evidence:
    """Run every crisis under each portfolio and look at what became of them.

    Parameters
    ----------
    portfolios
        At least one; the first is what the others are held against.
    progress
        Called with the portfolio's name and the number of crises finished since the last call.
    say
        Told what goes on beside that.
    """
    comparison = under_each(
        scenario,
        portfolios,
        runs=asked.runs,
        seed=asked.seed,
        threads=threads,
        max_incidents=asked.max_incidents or MAX_INCIDENTS,
        halt_level=asked.halt_level,
        progress=progress,
        say=say,
    )
    first = comparison.arms[0]
    traced = catastrophes(first.ensemble, _TRACED)
    loops = first.solution.loops if first.solution else ()
    found = Evidence(
        asked=asked,
        comparison=comparison,
        labels=tuple(arm.portfolio.name for arm in comparison.arms),
        network=network_of(scenario, loops),
        hands=hands_of(traced),
        typical=None,
    )
    if not traced:
        return found
    strongest = found.strongest
    guarded = None if strongest is None else comparison.arms[strongest].ensemble
    return Evidence(
        asked=asked,
        comparison=comparison,
        labels=found.labels,
        network=found.network,
        hands=found.hands,
        typical=typical_of(traced, scenario, guarded),
    )
