"""A candidate before all its cases: whether it keeps the risk, in every scenario, at stated values and in enough draws."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from typing import Any

from detente.analysis.planner.cases import Case, Cases
from detente.analysis.planner.chance import (
    SEEN_BY_COUNTING,
    Effort,
    Finding,
    exact_chance,
    is_bounded_exactly,
    measure,
)
from detente.analysis.planner.menu import Candidate, Menu
from detente.ensemble.estimators import LEVEL, Estimate

__all__ = ["MARGIN", "Examiner", "Standard", "Verdict"]

_BEYOND = 4  # draws looked at in a search, beyond twice those that may fail
_CLEARLY = 0.999
"""how sure it must be that a candidate misses the level for it to be dropped at first glance"""
MARGIN = 0.75
"""of the level, and of the draws that may miss it: whoever picks the cheapest picks what was lucky"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a plan is held to."""

    level: float
    """P(catastrophe) is to be at most this"""
    share: float
    """in at least this share of the draws"""
    lost: float = 1.0
    """at most this share of rightful actions is to be stopped, on average over the scenarios"""

    def may_fail(self, draws: int, margin: float = 1.0) -> int:
        """In how many draws a plan may miss the level; with a margin, in only that part of these."""
        return math.floor(margin * (1.0 - self.share) * draws + 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an examination found of one candidate."""

    candidate: Candidate
    cost: float
    """USD a year"""
    stated: dict[str, Estimate]
    """P(catastrophe) at stated values, by scenario"""
    failing: dict[str, int]
    """by scenario: in how many of the draws looked at it misses the level"""
    missed: float
    """0 where it keeps the risk; else larger the further it is from that"""
    lost: float
    """by how much it stops a larger share of rightful actions than it may"""
    stopped: float
    """share of rightful actions stopped, mean over the scenarios at stated values"""
    delay_s: float
    """how late the others are on average, likewise"""

    @property
    def violation(self) -> float:
        """0 where it keeps to the standard; else larger the further it is from it."""
        return self.missed + self.lost

    @property
    def holds(self) -> bool:
        """Whether it keeps to the standard, as far as was looked."""
        return self.violation == 0.0

    @property
    def risk(self) -> float:
        """P(catastrophe) at stated values in the worst scenario."""
        return max(one.value for one in self.stated.values())

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self)
        plain["candidate"] = {"names": sorted(self.candidate.names), "numbers": dict(self.candidate.numbers)}
        return plain


@dataclass(slots=True, eq=False)
class Examiner:
    """Examines candidates against one standard; the same candidate always gets the same verdict."""

    menu: Menu
    cases: tuple[Cases, ...]
    standard: Standard
    pool: Executor
    max_incidents: int
    seen: dict[str, Verdict] = field(default_factory=dict)
    """by candidate: verdicts of this search"""
    known: dict[str, Verdict] = field(default_factory=dict)
    """the same of an earlier one, which was cut short: they are seen once they are asked for, so that all goes as it went"""
    done: Callable[[Verdict], None] = lambda _: None
    """told of every new verdict"""
    _refutations: Counter[str] = field(default_factory=Counter)
    _hardest: dict[str, tuple[Case, ...]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Sort the draws of each scenario by the solver's chance under the tightest choice, hardest first."""
        tightest = self.menu.tight(self.menu.names)
        for cases in self.cases:
            chances = list(self.pool.map(lambda case: exact_chance(case, self.menu, tightest), cases.drawn))
            order = sorted(range(len(chances)), key=lambda i: (not math.isnan(chances[i]), -chances[i]))
            self._hardest[cases.name] = tuple(cases.drawn[i] for i in order)

    def search(self, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Verdicts by a quick look: few crises, and the hardest draws alone."""
        new = {one.key: one for one in candidates if one.key not in self.seen}
        self.seen.update({key: self.known[key] for key in new if key in self.known})
        missing = {key: one for key, one in new.items() if key not in self.known}
        for key, verdict in zip(missing, self.pool.map(self._quickly, missing.values()), strict=True):
            self.seen[key] = verdict
            self.done(verdict)
        return [self.seen[one.key] for one in candidates]

    def refute(self, candidates: Sequence[Candidate]) -> list[bool]:
        """Which candidates clearly miss the risk at stated values: the quickest look there is."""
        return list(self.pool.map(self._refuted, candidates))

    def _refuted(self, candidate: Candidate) -> bool:
        effort = self._effort(2.0, 512, 2000, stops_early=True)
        level = max(self.standard.level, SEEN_BY_COUNTING)
        # Who refutes one refutes the next one too, more often than not; the order changes the time alone.
        for cases in sorted(self.cases, key=lambda one: -self._refutations[one.name]):
            found = measure(cases.stated, self.menu, candidate, level, effort, _CLEARLY)
            if found.catastrophe.low > self.standard.level:
                self._refutations[cases.name] += 1
                return True
        return False

    def thoroughly(self, candidate: Candidate, margin: float = MARGIN) -> Verdict:
        """The verdict of all draws, with many crises; at stated values the whole interval must be below the level.

        Of the draws that may miss the level, no more than the part `margin` of them do.
        """
        level = self.standard.level
        sure = 1.0 - (1.0 - LEVEL) / len(self.cases)
        many = self._effort(100.0, 20_000, 1_000_000, stops_early=False, error=0.1)
        few = self._effort(30.0, 4096, 50_000, stops_early=True)
        found = list(
            self.pool.map(
                lambda cases: measure(cases.stated, self.menu, candidate, level, many, sure), self.cases
            )
        )
        missed = max(0.0 if one.surely_holds(level) else 1.0 + _distance(one, level) for one in found)
        failing = {
            cases.name: sum(
                self.pool.map(lambda case: not self._holds(case, candidate, few, level), cases.drawn)
            )
            for cases in (self.cases if missed == 0.0 else ())
        }
        return self._verdict(candidate, found, failing, missed, margin)

    def _quickly(self, candidate: Candidate) -> Verdict:
        level = MARGIN * self.standard.level
        brief = self._effort(20.0, 2000, 20_000, stops_early=False)
        few = self._effort(4.0, 400, 4000, stops_early=True)
        found = [measure(cases.stated, self.menu, candidate, level, brief) for cases in self.cases]
        missed = max(0.0 if one.holds(level) else 1.0 + _distance(one, level) for one in found)
        failing = {
            cases.name: sum(not self._holds(case, candidate, few, level) for case in self._hardest_of(cases))
            for cases in (self.cases if missed == 0.0 and level >= SEEN_BY_COUNTING else ())
        }
        return self._verdict(candidate, found, failing, missed, MARGIN)

    def _hardest_of(self, cases: Cases) -> Sequence[Case]:
        """The draws on which a verdict turns: twice as many as may fail, and a few more."""
        allowed = self.standard.may_fail(len(cases.drawn), MARGIN)
        return self._hardest[cases.name][: 2 * (allowed + 1) + _BEYOND]

    def _holds(self, case: Case, candidate: Candidate, effort: Effort, level: float) -> bool:
        if (
            is_bounded_exactly(case, self.menu, candidate)
            and exact_chance(case, self.menu, candidate) <= level
        ):
            return True
        return measure(case, self.menu, candidate, level, effort).holds(level)

    def _verdict(
        self,
        candidate: Candidate,
        found: Sequence[Finding],
        failing: dict[str, int],
        missed: float,
        margin: float,
    ) -> Verdict:
        """What follows from the findings at stated values, in the order of the cases, and the draws that failed."""
        for cases in self.cases:
            draws = len(cases.drawn)
            allowed = self.standard.may_fail(draws, margin)
            missed = max(missed, _excess(failing.get(cases.name, 0), allowed, draws))
        burdens = [one.burden for one in found]
        stopped = sum(one.stopped for one in burdens) / len(burdens)
        stated = {cases.name: one.catastrophe for cases, one in zip(self.cases, found, strict=True)}
        return Verdict(
            candidate=candidate,
            cost=self.menu.cost(candidate),
            stated=dict(sorted(stated.items())),
            failing=dict(sorted(failing.items())),
            missed=missed,
            lost=max(0.0, stopped - self.standard.lost),
            stopped=stopped,
            delay_s=sum(one.delay_s for one in burdens) / len(burdens),
        )

    def _effort(self, hits: float, least: int, most: int, *, stops_early: bool, error: float = 0.5) -> Effort:
        """So many crises that the level lets about `hits` of them end in catastrophe, within bounds."""
        runs = round(min(max(hits / self.standard.level, least), most))
        return Effort(
            runs=runs,
            error=error,
            crises=round(2_000 / error),
            max_incidents=self.max_incidents,
            stops_early=stops_early,
        )


def _distance(found: Finding, level: float) -> float:
    """How far above the level, in powers of ten."""
    return max(0.0, math.log10(max(found.catastrophe.value, level) / level))


def _excess(failing: int, allowed: int, draws: int) -> float:
    return max(0.0, (failing - allowed) / draws) if draws else 0.0
