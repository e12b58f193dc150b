"""What planning found."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente._version import __version__
from detente.analysis.planner.examine import Standard, Verdict
from detente.analysis.planner.menu import Setting
from detente.analysis.planner.verify import Verified
from detente.analysis.planner.write import written
from detente.analysis.wording import money
from detente.ensemble.disk import atomically
from detente.errors import ResultError
from detente.model.portfolio.safeguards import Portfolio

__all__ = ["Plan", "PlanInterrupted", "Without", "is_plan"]

_HEAD = "Written by detente "
"""how the first line of a plan's file begins, after the mark of a comment"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The plan without one of its safeguards."""

    safeguard: str
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"safeguard": self.safeguard, **_told(self.verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The cheapest portfolio found that keeps a risk below a level, and what else was found on the way."""

    scenarios: tuple[str, ...]
    menu: str
    standard: Standard
    draws: int
    seed: int
    max_incidents: int
    portfolio: Portfolio | None
    """the plan; None where nothing was found that keeps the standard"""
    document: Mapping[str, Any]
    """the same as people would write it; empty without a plan"""
    settings: tuple[Setting, ...]
    """every number that could be chosen"""
    chosen: Verdict | None
    verified: tuple[Verified, ...]
    """the plan's own figures, by luck and draws that had no part in choosing it; empty without a plan"""
    attempts: int
    """plans that were verified, each with a seed of its own: all but the last failed"""
    nearest: Verdict | None
    """where there is no plan: what came nearest"""
    without: tuple[Without, ...]
    """the plan without each of its safeguards"""
    front: tuple[Verdict, ...]
    """candidates that no other beats, by the search's brief looks"""
    examined: int
    """candidates that were looked at beyond a first glance"""
    refuted_sets: int
    """cheaper sets of safeguards that miss the risk at all settings tried, before the first that keeps it"""
    sets: int
    """all sets that the menu offers"""

    def __repr__(self) -> str:
        asked = f"P(catastrophe) at most {self.standard.level:g} in {', '.join(self.scenarios)}"
        if self.chosen is None:
            return f"<Plan: none found for {asked}>"
        names = ", ".join(sorted(self.chosen.candidate.names)) or "no safeguards"
        shown = "verified" if self.held else "NOT verified"
        return f"<Plan: {names} for {asked}, {money(self.chosen.cost)} a year, {shown}>"

    @property
    def held(self) -> bool:
        """Whether there is a plan, and its verification says that it keeps the standard."""
        return bool(self.verified) and all(one.held for one in self.verified)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        chosen = self.chosen
        return {
            "scenarios": list(self.scenarios),
            "menu": self.menu,
            "risk": self.standard.level,
            "share": self.standard.share,
            "lost": self.standard.lost,
            "draws": self.draws,
            "seed": self.seed,
            "max_incidents": self.max_incidents,
            "version": __version__,
            "held": self.held,
            "attempts": self.attempts,
            "plan": _told(chosen) if chosen else None,
            "portfolio": dict(self.document) or None,
            "verified": [one.as_dict() for one in self.verified],
            "nearest": _told(self.nearest) if self.nearest else None,
            "without": [one.as_dict() for one in self.without],
            "front": [_told(one) for one in self.front],
            "examined": self.examined,
            "refuted_sets": self.refuted_sets,
            "sets": self.sets,
        }

    def write(self, path: str | Path) -> None:
        """Write the plan as a portfolio file.

        Raises
        ------
        ResultError
            When there is no plan, or the file cannot be written.
        """
        if self.portfolio is None:
            raise ResultError(f"{path}: not written: nothing was found that keeps the standard")
        text = written(self.document, self._head())
        with atomically(Path(path)) as unfinished:
            unfinished.write_text(text, encoding="utf-8")

    def _head(self) -> list[str]:
        verdict = "keeps" if self.held else "was NOT shown to keep"
        return [
            f"{_HEAD}{__version__}: the cheapest found on the menu '{self.menu}' with P(catastrophe) at",
            f"most {self.standard.level:g} in {', '.join(self.scenarios)}, at stated values and in",
            f"{100 * self.standard.share:g} % of {self.draws} draws of everything else that has a range (seed {self.seed}).",
            f"Measured once more with other luck and other draws, it {verdict} that.",
        ]


class PlanInterrupted(KeyboardInterrupt):
    """Ctrl-C during planning; `best` is the cheapest that kept the standard at a brief look, None when none did."""

    def __init__(self, best: Verdict | None, examined: int) -> None:
        self.best, self.examined = best, examined
        super().__init__(f"interrupted after {examined} candidates")


def is_plan(path: Path) -> bool:
    """Whether a file was written as a plan, and so may be written again."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEAD) + 2) == f"# {_HEAD}".encode()
    except OSError:
        return False


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "safeguards": sorted(verdict.candidate.names),
        "settings": dict(verdict.candidate.numbers),
        "cost_usd_per_year": verdict.cost,
        "holds": verdict.holds,
        "violation": verdict.violation,
        "catastrophe": {name: _plain(one) for name, one in verdict.stated.items()},
        "worst": verdict.risk,
        "draws_missed": dict(verdict.failing),
        "rightful_stopped_share": verdict.stopped,
        "rightful_delay_s": verdict.delay_s,
    }


def _plain(one: Any) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high}
