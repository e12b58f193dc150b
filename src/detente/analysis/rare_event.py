"""What a search for a rare event found, and some of its crises."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detente._version import __version__
from detente.analysis.wording import chance_with_interval, counted
from detente.engine._splitting import follow
from detente.engine.run import blank, grown, logged, new_log, new_work
from detente.engine.tables import LOG_FULL, Tables
from detente.engine.trace import Reader, Trace, key_of
from detente.ensemble.arguments import whole
from detente.ensemble.estimators import LEVEL
from detente.ensemble.paths import HISTORIES as MOST_HISTORIES
from detente.ensemble.weights import Splitting
from detente.errors import SimulationError
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Ending, Scenario

__all__ = ["RareEvent", "RareInterrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RareEvent:
    """How likely an event is, by splitting."""

    scenario: Scenario
    portfolio: Portfolio
    event: str
    seed: int
    max_incidents: int
    found: Splitting
    search_crises: int
    """crises that only laid the levels; 0 where the solver did"""
    _tables: Tables = field(repr=False)

    def __repr__(self) -> str:
        told = chance_with_interval(self.probability, self.low, self.high)
        under = f" under {self.portfolio.name}" if self.portfolio.safeguards else ""
        return (
            f"<RareEvent {self.event!r} in {self.scenario.name}{under}: {told}, "
            f"{counted(self.found.crises, 'crisis', 'crises')}, {self.found.crises_hit:,} met it>"
        )

    @property
    def probability(self) -> float:
        """The estimate, without bias; NaN where `is_open`: then there is none, and only `low` and `high` hold."""
        return math.nan if self.is_open else self.found.probability

    @property
    def low(self) -> float:
        """The lower end of its 95 % interval; where `is_open`, had no crisis whose budget ran out met it for good."""
        return self.found.least.low if self.is_open else self.found.low

    @property
    def high(self) -> float:
        """The upper end; where `is_open`, had all of them met it."""
        return self.found.most.high if self.is_open else self.found.high

    @property
    def is_open(self) -> bool:
        """Whether crises that ran out of their budget of incidents could move the estimate out of its interval."""
        return self.found.is_open

    @property
    def few_hits(self) -> bool:
        """Whether fewer than 50 crises met the event, too few for the estimate and its interval to be relied on."""
        return self.found.few_hits

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
        number = whole("number", number, 0, MOST_HISTORIES - 1)
        if not self.histories:
            raise SimulationError(
                f"number: found {number}, but no crisis met the event: there is none to trace"
            )
        if number >= self.histories:
            raise SimulationError(
                f"number: found {number}, expected 0 to {self.histories - 1}: no more are kept"
            )
        crisis, script = self.found.histories[number]
        return _traced(self, crisis, np.array(script, np.int64).reshape(-1, 2))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        found = self.found
        runs = found.equivalent_plain_runs
        probability = None if self.is_open else found.probability
        return {
            "scenario": self.scenario.name,
            "portfolio": self.portfolio.name,
            "event": self.event,
            "probability": probability,
            "low": self.low,
            "high": self.high,
            "level": LEVEL,
            "relative_error": found.relative_error if found.hits else None,
            "settled": found.settled,
            "interrupted": found.is_interrupted,
            "few_hits": found.few_hits,
            "capped": self._capped(),
            "core_seconds": found.core_seconds,
            "equivalent_plain_runs": runs if found.hits and np.isfinite(runs) else None,
            "crises": found.crises,
            "search_crises": self.search_crises,
            "hits": found.hits,
            "crises_hit": found.crises_hit,
            "histories": self.histories,
            "levels": found.levels.places.tolist(),
            "copies": found.levels.copies.tolist(),
            "seed": self.seed,
            "version": __version__,
        }

    def _capped(self) -> dict[str, Any]:
        """What is told of crises that ran out of their budget, if any did."""
        found = self.found
        return {
            "crises": found.capped,
            "max_incidents": self.max_incidents,
            "is_open": found.is_open,
            "low_if_none_met": found.least.low,
            "high_if_all_met": found.most.high,
        }


class RareInterrupted(KeyboardInterrupt):
    """Ctrl-C during a search; `event` holds what the crises that were finished say, None when none counted yet.

    `levels` and `crises` say how far it had come: the levels laid or given, and the crises followed, also those that
    only lay levels.
    """

    def __init__(self, event: RareEvent | None, levels: int, crises: int) -> None:
        self.event, self.levels, self.crises = event, levels, crises
        super().__init__(f"interrupted after {crises} crises, at {levels} levels")


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
