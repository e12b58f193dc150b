"""The front door: a report on a scenario under some portfolios."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from detente.analysis.report.evidence import Asked, Evidence, gather
from detente.analysis.report.opening import headline
from detente.analysis.report.page import page
from detente.analysis.report.shell import save_page
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble.arguments import budget, fraction, listed, seed_of, whole
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.several import load_several
from detente.model.vocabulary import Scenario

__all__ = ["DEFAULT", "RUNS", "Report", "report"]

DEFAULT = ("none", "essay")
"""the portfolios of a report that names none"""
RUNS = 20_000

_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report: one page of HTML that needs nothing else, and the evidence it was written from."""

    html: str
    evidence: Evidence

    @property
    def headline(self) -> tuple[str, ...]:
        """What it says first, the most important first."""
        return tuple(headline(self.evidence))

    def save(self, path: str | Path) -> Path:
        """Write the page; the file appears whole or not at all, and one of that name is replaced.

        Raises
        ------
        ResultError
            When it cannot be written.
        """
        return save_page(self.html, path)


def report(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolios: Iterable[Portfolio | str | Path | Mapping[str, object]] = DEFAULT,
    runs: int = RUNS,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    halt_level: float | None = 0.01,
    progress: Callable[[str, int], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Report:
    """Write a report: what happens without safeguards, what under each portfolio, and how sure that is.

    Parameters
    ----------
    scenario, runs, seed, threads, max_incidents
        As in `detente.simulate`.
    portfolios
        Portfolios, or what `detente.load_portfolio` accepts. No safeguards at all (`none`) always comes first.
    halt_level
        The probability of catastrophe that the halt deadline accepts; None leaves the deadline out, which may take
        longer than everything else.
    progress
        Called now and then with the portfolio's name and the number of crises finished since the last call.
    say
        Told what goes on beside that.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used.
    SimulationInterrupted
        On Ctrl-C.
    """
    resolved = load(scenario)
    sources = [_NONE, *(one for one in listed(portfolios) if load_portfolio(one).safeguards)]
    asked = Asked(
        scenario=_scenario_name(scenario, resolved),
        portfolios=tuple(_name(one) for one in sources),
        runs=whole("runs", runs, 1, 10**9),
        seed=seed_of(seed),
        halt_level=None if halt_level is None else fraction("halt_level", halt_level, "a probability"),
        max_incidents=budget(max_incidents),
    )
    evidence = gather(resolved, load_several(sources), asked, threads=threads, progress=progress, say=say)
    return Report(html=page(evidence), evidence=evidence)


def _name(source: Portfolio | str | Path | Mapping[str, object]) -> str:
    """How a portfolio was asked for, to be asked for again."""
    if isinstance(source, Portfolio):
        return source.name
    return str(source) if isinstance(source, str | Path) else str(source.get("portfolio", "a mapping"))


def _scenario_name(source: Scenario | str | Path | Mapping[str, object], resolved: Scenario) -> str:
    return str(source) if isinstance(source, str | Path) else resolved.name
