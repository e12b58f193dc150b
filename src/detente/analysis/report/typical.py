"""Which catastrophe stands for the others, and whose hands they all went through."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl

from detente.engine.compile import compile_tables
from detente.engine.trace import Incident, Trace, trace
from detente.ensemble.estimators import Estimate, wilson
from detente.ensemble.results import Ensemble
from detente.model.vocabulary import Ending

__all__ = ["Hands", "Typical", "catastrophes", "decisive", "hands_of", "typical_of"]


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
    """None where there is no other portfolio"""
    looked_at: int
    """how many catastrophes it was chosen among"""


def catastrophes(ensemble: Ensemble, most: int) -> tuple[Trace, ...]:
    """The first catastrophes of an ensemble, in full."""
    ended = ensemble.frame.filter(pl.col("ended") == Ending.CATASTROPHE.value)
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


def typical_of(traced: Sequence[Trace], guarded: Ensemble | None) -> Typical:
    """The catastrophe nearest to the middle in how long it took and how many steps led to it; the first of equals.

    Distances are in orders of magnitude of time and of steps.
    """
    measures = [(math.log10(max(one.duration_s, 1e-9)), math.log10(len(decisive(one)))) for one in traced]
    middle = [median(measure[axis] for measure in measures) for axis in (0, 1)]
    chosen = min(
        range(len(traced)),
        key=lambda i: math.hypot(
            *(value - centre for value, centre in zip(measures[i], middle, strict=True))
        ),
    )
    alone = traced[chosen]
    return Typical(
        alone=alone,
        guarded=guarded.trace(alone.crisis) if guarded else None,
        looked_at=len(traced),
    )
