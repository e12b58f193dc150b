"""The front door: a report on what came of a race."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.analysis.race_report.closing import reproduce
from detente.analysis.race_report.money import prices, winners
from detente.analysis.race_report.opening import headline, opening
from detente.analysis.race_report.outcomes import paths, years
from detente.analysis.race_report.robustness import answers, beliefs, rule
from detente.analysis.race_report.verdict import Verdict
from detente.analysis.report.shell import Shell, save_page, shell
from detente.analysis.wording import counted
from detente.errors import SimulationError
from detente.race.ensemble import RaceResult

__all__ = ["RaceReport", "race_report"]

_PLACES = (
    ("headline", "Headline"), ("paths", "Paths"), ("years", "Year by year"), ("winners", "Who gains"),
    ("prices", "Innovation"), ("answers", "Players' answers"), ("rule", "The rule"), ("beliefs", "Beliefs"),
    ("reproduce", "Reproduce"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceReport:
    """A report on a race: one page of HTML that needs nothing else, and the result it was written from."""

    html: str
    result: RaceResult

    @property
    def headline(self) -> tuple[str, ...]:
        """What it says first, the most important first."""
        return tuple(headline(Verdict(self.result)))

    def save(self, path: str | Path) -> Path:
        """Write the page; the file appears whole or not at all, and one of that name is replaced.

        Raises
        ------
        ResultError
            When it cannot be written.
        """
        return save_page(self.html, path)


def race_report(result: RaceResult, named: str = "") -> RaceReport:
    """Write a report on what came of a race: which path is likeliest under which policy, and what that hangs on.

    Parameters
    ----------
    result
        From `detente.run_race`.
    named
        How the race was asked for, to be asked for again; default: its name.

    Raises
    ------
    SimulationError
        When `result` is something else.
    """
    verdict = Verdict(_result(result))
    race = result.race
    quarters = f"{race.quarters / 4:g} years" if race.quarters != 4 else "a year"
    around = Shell(
        kicker="detente race",
        title=race.title or race.name,
        summary=race.summary,
        scope=(
            f"{counted(len(race.players), 'player')} over {quarters}; {counted(result.runs, 'run')} under each of "
            f"{counted(len(verdict.arms), 'policy', 'policies')}"
        ),
        places=_PLACES,
    )
    html = shell(
        around,
        opening(verdict),
        paths(verdict),
        years(verdict),
        winners(verdict),
        prices(verdict),
        answers(verdict),
        rule(verdict),
        beliefs(verdict),
        reproduce(verdict, named or race.name),
    )
    return RaceReport(html=html, result=result)


def _result(value: Any) -> RaceResult:
    if isinstance(value, RaceResult):
        return value
    kind = type(value).__name__
    raise SimulationError(f"result: found a Python {kind}, expected what detente.run_race returns")
