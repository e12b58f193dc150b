"""What a result of a race comes to in words: likeliest paths, ties, what hangs on a boundary."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detente.analysis.pairs import Difference, of_proportions
from detente.ensemble.estimators import Estimate
from detente.race.ensemble import RaceResult
from detente.race.paths import Path
from detente.race.results import Arm, Yearly

__all__ = ["PATHS", "Verdict", "boundary", "name_of", "per_cent", "points", "series"]

PATHS = (Path.MANAGED, Path.FRAGMENTED, Path.CONFLAGRATION, Path.ARMS_RACE)
"""in the order in which they are drawn"""

_NAMES = {
    Path.MANAGED: "managed stabilisation",
    Path.FRAGMENTED: "fragmented containment",
    Path.CONFLAGRATION: "conflagration by accident",
    Path.ARMS_RACE: "arms-race equilibrium",
}
_BOUNDARIES = {
    "escalation": "the R at which an incident runs away",
    "critical_a_year": "how many critical crises a year are rare",
    "adoption": "the share of a bloc that has to be restrained",
    "gap": "how far blocs have to lie apart",
}
_MOST_DRAWN = 4  # policies in a chart of curves


def name_of(path: Path) -> str:
    """Return a path as a sentence says it."""
    return _NAMES[path]


def boundary(name: str) -> str:
    """Return a boundary of the rule in words."""
    return _BOUNDARIES[name]


def series(arm: Arm, name: str) -> Yearly:
    """Return a quantity over the years."""
    return next(one for one in arm.yearly if one.name == name)


def per_cent(one: Estimate) -> str:
    """Return a share with its interval: `44 % (41.4 to 45.7)`, with as many decimals as the interval deserves."""
    decimals = 1 if one.high - one.low < 0.1 else 0
    return f"{100 * one.value:.{decimals}f} % ({100 * one.low:.{decimals}f} to {100 * one.high:.{decimals}f})"


def points(one: Difference | Estimate, *, signed: bool = True) -> str:
    """Return a difference of shares in percentage points, with its interval where it has one."""
    sign = "+" if signed else ""
    if not np.isfinite(one.low):
        return f"{100 * one.value:{sign}.1f}"
    return f"{100 * one.value:{sign}.1f} ({100 * one.low:{sign}.1f} to {100 * one.high:{sign}.1f})"


@dataclass(frozen=True)
class Verdict:
    """A result, and what a reader asks it first."""

    result: RaceResult

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Those with players who adapt, in the order given."""
        return tuple(arm for arm in self.result.arms if arm.adapts)

    @cached_property
    def fixed(self) -> tuple[Arm, ...]:
        """Those with players who go on as under the first policy."""
        return tuple(arm for arm in self.result.arms if not arm.adapts)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What each of `arms` is called, no two the same."""
        names = [arm.policy for arm in self.arms]
        return tuple(
            name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
            for i, name in enumerate(names)
        )

    @property
    def first(self) -> Arm:
        """What the others are held against."""
        return self.arms[0]

    def likeliest(self, arm: Arm) -> tuple[Path, ...]:
        """The path that most runs took, and those whose shares the runs do not tell from its, the likelier first.

        A path and its rival exclude each other, so the interval is that of their paired difference.
        """
        chosen = np.array([PATHS.index(path) for path in arm.chosen])
        ranked = sorted(PATHS, key=lambda path: -arm.paths[path].value)
        best = ranked[0]
        ties = [
            path
            for path in ranked[1:]
            if of_proportions(chosen == PATHS.index(path), chosen == PATHS.index(best)).low <= 0.0
            and arm.paths[path].value > 0.0
        ]
        return (best, *ties)

    def moved(self, arm: Arm, path: Path) -> Difference:
        """How much more often a path is taken than under the first policy, paired by luck."""
        before, after = (np.array([one is path for one in each.chosen]) for each in (self.first, arm))
        return of_proportions(before, after)

    @cached_property
    def safest(self) -> int | None:
        """Which arm but the first has the fewest conflagrations; None where the first is alone."""
        others = range(1, len(self.arms))
        return min(others, key=lambda i: (self.arms[i].paths[Path.CONFLAGRATION].value, i), default=None)

    @cached_property
    def drawn(self) -> tuple[int, ...]:
        """Arms whose curves are drawn: all of them if they are few, else the first and the likeliest way to each path."""
        if len(self.arms) <= _MOST_DRAWN:
            return tuple(range(len(self.arms)))
        found = [0]
        for path in PATHS:
            best = max(range(len(self.arms)), key=lambda i: (self.arms[i].paths[path].value, -i))
            if best not in found and self.likeliest(self.arms[best])[0] is path:
                found.append(best)
        if self.safest is not None and self.safest not in found:
            found.append(self.safest)
        return tuple(sorted(found[:_MOST_DRAWN]))

    def hangs(self, arm: Arm, least: float = 0.2) -> list[tuple[str, float]]:
        """The boundaries on which at least so many of an arm's runs hang, the worst first."""
        found = [(name, value) for name, value in arm.sensitivity.items() if value >= least]
        return sorted(found, key=lambda each: -each[1])

    def grouped(self) -> list[tuple[tuple[Path, ...], list[int]]]:
        """Arms by likeliest paths, in the order in which they are first met."""
        found: dict[tuple[Path, ...], list[int]] = {}
        for i, arm in enumerate(self.arms):
            found.setdefault(self.likeliest(arm), []).append(i)
        return list(found.items())

    def named(self, places: Sequence[int]) -> str:
        """Return policies as a sentence lists them."""
        *others, last = (self.labels[i] for i in places)
        return f"{', '.join(others)} and {last}" if others else last
