"""Which catastrophe stands for the others, and whose hands they all went through."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl

from detente.analysis.histories import together
from detente.engine.compile import compile_tables
from detente.engine.trace import Incident, Trace, trace
from detente.ensemble.estimators import Estimate, wilson
from detente.ensemble.results import Ensemble
from detente.model.vocabulary import Ending, Scenario

__all__ = ["Hands", "Typical", "catastrophes", "decisive", "hands_of", "reached_s", "typical_of"]

_MOST_INCIDENTS = 150_000
"""looked at in all; the last catastrophe may go beyond"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who decided on the way to catastrophe, over the catastrophes that were looked at."""

    looked_at: int
    machines: float
    """share of the actions on the way there that no person had approved; NaN where no action led there"""
    unasked: Estimate
    """share of catastrophes with no action on the way there that a person had approved"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """One catastrophe, and what becomes of the same crisis under a portfolio."""

    alone: Trace
    guarded: Trace | None
    """on the clock of the other; None where there is no other portfolio"""
    looked_at: int
    """how many catastrophes it was chosen among"""


def catastrophes(ensemble: Ensemble, most: int) -> tuple[Trace, ...]:
    """The first catastrophes of an ensemble in full: at most so many, and fewer where they are very long."""
    ended = ensemble.frame.filter(pl.col("ended") == Ending.CATASTROPHE.value)
    ended = ended.filter(pl.col("incidents").cum_sum().shift(1, fill_value=0) < _MOST_INCIDENTS)
    tables = compile_tables(ensemble.scenario, ensemble.portfolio)
    return tuple(
        trace(
            ensemble.scenario,
            tables,
            seed=ensemble.seed,
            crisis=crisis,
            max_incidents=ensemble.provenance.max_incidents,
            portfolio=ensemble.portfolio.name,
        )
        for crisis in ended["crisis"].head(most).to_list()
    )


def decisive(told: Trace) -> tuple[Incident, ...]:
    """From the first cause to the catastrophe, one incident per generation; to the worst where there is none."""
    happened = [incident for incident in told.incidents if incident.kind != "false-alarm"]
    if not happened:
        return ()
    last = next((one for one in reversed(happened) if one.rung == told.catastrophe), happened[-1])
    return told.path_to(last.index)


def hands_of(traced: Sequence[Trace]) -> Hands | None:
    """Who decided on the way; None where there is nothing to look at."""
    if not traced:
        return None
    by_machines, actions, unasked = 0, 0, 0
    for one in traced:
        steps = [incident.reading for incident in decisive(one) if incident.reading]
        asked = sum(reading.reviewed for reading in steps)
        actions += len(steps)
        by_machines += len(steps) - asked
        unasked += asked == 0
    return Hands(
        looked_at=len(traced),
        machines=by_machines / actions if actions else math.nan,
        unasked=wilson(unasked, len(traced)),
    )


def typical_of(traced: Sequence[Trace], scenario: Scenario, guarded: Ensemble | None) -> Typical:
    """The catastrophe nearest to the middle in its time, that of its first critical incident, and its steps.

    Where the portfolio prevents most, it is one of those.

    Distances are in orders of magnitude; of equals, the first.
    """
    if guarded:  # one that it prevents, where it prevents most
        ended = guarded.frame["ended"]
        prevented = [one for one in traced if ended[one.crisis] != Ending.CATASTROPHE.value]
        traced = prevented if 2 * len(prevented) > len(traced) else traced
    measures = [_measured(one, scenario) for one in traced]
    middle = [median(measure[axis] for measure in measures) for axis in range(3)]
    chosen = min(
        range(len(traced)),
        key=lambda i: math.hypot(
            *(value - centre for value, centre in zip(measures[i], middle, strict=True))
        ),
    )
    alone = traced[chosen]
    return Typical(
        alone=alone,
        guarded=together(alone, guarded.trace(alone.crisis)) if guarded else None,
        looked_at=len(traced),
    )


def reached_s(told: Trace, scenario: Scenario, rung: int) -> float | None:
    """When the first incident at that rung or above happened; None where none did."""
    grave = set(scenario.ladder[rung:])
    return next(
        (one.time_s for one in told.incidents if one.kind != "false-alarm" and one.rung in grave), None
    )


def _measured(told: Trace, scenario: Scenario) -> tuple[float, ...]:
    """How long until the end, how long until it was critical, how many steps: each as a power of ten."""
    critical = reached_s(told, scenario, scenario.critical) or 0.0
    return tuple(
        math.log10(max(amount, 1e-9)) for amount in (told.duration_s, critical, float(len(decisive(told))))
    )
