"""Rare events: how likely, how sure, and what such a crisis looks like."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from detente._version import __version__
from detente.analysis.approach import approach
from detente.engine._splitting import follow
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import MAX_INCIDENTS, blank, grown, logged, new_log, new_work
from detente.engine.tables import LOG_FULL, Tables
from detente.engine.trace import Reader, Trace, key_of
from detente.ensemble.arguments import budget, executor_of, fraction, function, seed_of, threads_of, whole
from detente.ensemble.chunks import Recipe
from detente.ensemble.event import Event, parse
from detente.ensemble.levels import find_levels
from detente.ensemble.splitting import Crew, Splitting, split
from detente.errors import SimulationError
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Ending, Scenario

__all__ = ["CATASTROPHE_EVENT", "RareEvent", "rare"]

CATASTROPHE_EVENT = "ended == 'catastrophe'"


@dataclass(frozen=True, slots=True, kw_only=True)
class RareEvent:
    """How likely an event is, by splitting."""

    scenario: Scenario
    portfolio: Portfolio
    event: str
    seed: int
    max_incidents: int
    found: Splitting
    _tables: Tables = field(repr=False)

    @property
    def probability(self) -> float:
        """The estimate, without bias."""
        return self.found.probability

    @property
    def low(self) -> float:
        """The lower end of its 95 % interval."""
        return self.found.low

    @property
    def high(self) -> float:
        """The upper end."""
        return self.found.high

    @property
    def core_seconds(self) -> float:
        """Processor time of the crises, those that found the levels included."""
        return self.found.core_seconds

    @property
    def equivalent_plain_runs(self) -> float:
        """How many crises without splitting would have the same error; NaN where the event never happened."""
        return self.found.equivalent_plain_runs

    @property
    def histories(self) -> int:
        """How many crises that met the event can be traced."""
        return len(self.found.histories)

    def trace(self, number: int) -> Trace:
        """History `number`, from 0, of those that met the event: one of each crisis that did, the first few.

        Raises
        ------
        SimulationError
            When there is none of that number.
        """
        number = whole("number", number, 0, 10**6)
        if number >= self.histories:
            raise SimulationError(
                f"number: found {number}, expected below {self.histories}: no more are kept"
            )
        crisis, script = self.found.histories[number]
        return _traced(self, crisis, np.array(script, np.int64).reshape(-1, 2))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        found = self.found
        runs = found.equivalent_plain_runs
        return {
            "scenario": self.scenario.name,
            "portfolio": self.portfolio.name,
            "event": self.event,
            "probability": found.probability,
            "low": found.low,
            "high": found.high,
            "relative_error": found.relative_error if found.hits else None,
            "settled": found.settled,
            "core_seconds": found.core_seconds,
            "equivalent_plain_runs": runs if found.hits and np.isfinite(runs) else None,
            "crises": found.crises,
            "hits": found.hits,
            "levels": found.levels.places.tolist(),
            "copies": found.levels.copies.tolist(),
            "seed": self.seed,
            "version": __version__,
        }


def rare(
    scenario: Scenario | str | Path | Mapping[str, object],
    event: str = CATASTROPHE_EVENT,
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
    error: float = 0.1,
    seed: int = 0,
    max_crises: int = 10_000_000,
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
        The most crises to follow; when the error is not reached by then, `found.settled` is False.
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
        When another argument cannot be used, or an executor fails.
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
    _require_budget(sought, max_incidents)
    tables = compile_tables(resolved, guarded)
    way = approach(tables, sought, resolved)
    levels, seconds = way.levels, 0.0
    if levels is None:
        levels, seconds = find_levels(
            tables, way.guide, sought, ceiling=way.ceiling, seed=seed, max_incidents=max_incidents, say=say
        )
    crew = None
    if executor is not None:
        recipe = Recipe.of(resolved.document, guarded.document, seed=seed, max_incidents=max_incidents)
        crew = Crew(executor=executor, recipe=recipe)
    found = split(
        tables,
        way.guide,
        sought,
        levels,
        error=error,
        seed=seed,
        max_crises=max_crises,
        max_incidents=max_incidents,
        threads=threads,
        crew=crew,
        core_seconds=seconds,
        progress=progress,
    )
    return RareEvent(
        scenario=resolved,
        portfolio=guarded,
        event=sought.text,
        seed=seed,
        max_incidents=max_incidents,
        found=found,
        _tables=tables,
    )


def _require_budget(event: Event, max_incidents: int) -> None:
    """Refuse an event that no crisis can meet before its budget runs out: that would look like never."""
    for term in event.implied:
        if term.column in ("incidents", "actions", "wrongful_actions") and term.value > max_incidents:
            raise SimulationError(
                f"max_incidents: found {max_incidents:,}, expected at least the {term.value:,.0f} {term.column} "
                "that the event asks for: a crisis ends when it has had that many"
            )


def _traced(event: RareEvent, crisis: int, script: Any) -> Trace:
    tables, scenario = event._tables, event.scenario  # noqa: SLF001 - this module's own
    key, out = key_of(event.seed, crisis), blank(1, len(tables.actors))
    work, log = new_work(tables), new_log(1024)
    while not follow(tables, work, log, key, script, len(script), event.max_incidents, out, 0):
        if work.state[LOG_FULL]:
            log = new_log(2 * log.times.size)
        else:
            work = grown(work)
    reader = Reader(scenario, tables, logged(log, work), key)
    return Trace(
        scenario=scenario.name,
        seed=event.seed,
        crisis=crisis,
        ended=tuple(Ending)[out.ended[0]].value,
        duration_s=float(out.duration_s[0]),
        critical=scenario.ladder[scenario.critical],
        catastrophe=scenario.ladder[scenario.catastrophe],
        incidents=reader.incidents(),
        stopped=reader.stopped(),
        portfolio=event.portfolio.name,
    )
