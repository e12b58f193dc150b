"""Rare events: how likely, how sure, and what such a crisis looks like."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path

from detente.analysis.approach import approach
from detente.analysis.possible import require_possible
from detente.analysis.rare_event import RareEvent, RareInterrupted
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble.arguments import budget, executor_of, fraction, function, seed_of, threads_of, whole
from detente.ensemble.chunks import Recipe
from detente.ensemble.event import parse
from detente.ensemble.levels import Laid, SearchInterrupted, find_levels
from detente.ensemble.splitting import Crew, split
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["CATASTROPHE_EVENT", "MOST_CRISES", "rare"]

CATASTROPHE_EVENT = "ended == 'catastrophe'"
MOST_CRISES = 1_000_000
"""unless the caller says otherwise: what happens once in so many has been met long before"""


def rare(
    scenario: Scenario | str | Path | Mapping[str, object],
    event: str = CATASTROPHE_EVENT,
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    error: float = 0.1,
    seed: int = 0,
    max_crises: int = MOST_CRISES,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    progress: Callable[[int], None] | None = None,
    say: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> RareEvent:
    """How likely an event is that plain simulation would hardly ever meet.

    Parameters
    ----------
    scenario, portfolio, seed, threads, max_incidents
        As in `detente.simulate`.
    event
        Comparisons of columns of the table of crises, joined by `and`, `or`, `not`: see `ensemble.event`. It must
        imply `ended == 'catastrophe'`, a least `peak_rung`, or a least number of `incidents`, `actions`,
        `wrongful_actions`, `depth`, `loss_usd` or `duration_s`: that is what says how near a crisis is to it.
    error
        Relative standard error at which to stop, above 0 and below 1.
    max_crises
        The most crises to follow, those included that only lay levels, which are at most half of them; when the error
        is not reached by then, `found.settled` is False.
    progress
        Called with the number of crises finished since the last call.
    say
        Told what goes on beside that.
    executor
        Any executor of `concurrent.futures`, which follows the crises in pieces once the levels are found; default:
        threads of this process. The result is the same, and it is left open.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used, no crisis can meet the event, or an executor fails.
    RareInterrupted
        On Ctrl-C, with what was finished.
    """
    resolved = load(scenario)
    guarded = load_portfolio(portfolio)
    error = fraction("error", error, "a relative error")
    progress, say = function("progress", progress), function("say", say)
    seed = seed_of(seed)
    max_crises = whole("max_crises", max_crises, 1, 10**12)
    max_incidents = budget(max_incidents)
    threads = threads_of(threads)
    executor = executor_of(executor)
    sought = parse(event, resolved)
    tables = compile_tables(resolved, guarded)
    require_possible(sought, tables, max_incidents)
    way = approach(tables, sought, resolved)
    laid = Laid(way.levels, 0.0, 0) if way.levels is not None else None
    try:
        laid = laid or find_levels(
            tables,
            way.guide,
            sought,
            ceiling=way.ceiling,
            seed=seed,
            max_incidents=max_incidents,
            most_crises=max_crises // 2,
            progress=progress,
            say=say,
        )
    except SearchInterrupted as stop:
        raise RareInterrupted(None, stop.levels, stop.crises) from None
    crew = None
    if executor is not None:
        recipe = Recipe.of(resolved.document, guarded.document, seed=seed, max_incidents=max_incidents)
        crew = Crew(executor=executor, recipe=recipe)
    try:
        found = split(
            tables,
            way.guide,
            sought,
            laid.levels,
            error=error,
            seed=seed,
            max_crises=max_crises - laid.crises,
            max_incidents=max_incidents,
            threads=threads,
            crew=crew,
            core_seconds=laid.core_seconds,
            progress=progress,
        )
    except KeyboardInterrupt:
        raise RareInterrupted(None, laid.levels.places.size, laid.crises) from None
    event_found = RareEvent(
        scenario=resolved,
        portfolio=guarded,
        event=sought.text,
        seed=seed,
        max_incidents=max_incidents,
        found=found,
        search_crises=laid.crises,
        _tables=tables,
    )
    if found.is_interrupted:
        raise RareInterrupted(event_found, laid.levels.places.size, laid.crises + found.crises)
    return event_found
