"""A few exact figures of one set of tables, and only those: for callers that solve thousands of draws."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from detente.engine.tables import Tables
from detente.errors import SolverError
from detente.exact.catastrophe import reach, supports
from detente.exact.criticality import Perron, dominant, reachable
from detente.exact.means import arrivals, expected
from detente.exact.operator import Operator

__all__ = ["CATASTROPHE", "CRITICAL", "ESCALATION", "LOSS", "Figures", "figures"]

ESCALATION, CATASTROPHE, CRITICAL, LOSS = "R", "catastrophe", "critical", "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What `Solution` calls by the same names; NaN where it was not asked for, or where an iteration did not settle."""

    escalation_number: float = math.nan
    catastrophe_probability: float = math.nan
    critical_probability: float = math.nan
    expected_loss_usd: float = math.nan
    """infinite where R >= 1"""


def figures(tables: Tables, wanted: Collection[str]) -> Figures:
    """The figures that are `wanted`, by the names of this module; each fails alone."""
    op = Operator(tables)
    catastrophe, critical = _probabilities(op, wanted)
    radius, dies_out = _escalation(op) if {ESCALATION, LOSS} & set(wanted) else (math.nan, None)
    return Figures(
        escalation_number=radius,
        catastrophe_probability=catastrophe,
        critical_probability=critical,
        expected_loss_usd=_loss(op, dies_out=dies_out) if LOSS in wanted else math.nan,
    )


def _probabilities(op: Operator, wanted: Collection[str]) -> tuple[float, float]:
    """Of catastrophe and of a critical incident; the lower rung first, whose chances bound those of the higher."""
    rungs = {CRITICAL: op.tables.critical, CATASTROPHE: op.tables.catastrophe}
    asked = sorted((rung, name) for name, rung in rungs.items() if name in wanted)
    able = supports(op, {rung for rung, _ in asked})
    found: dict[str, float] = {}
    above = None
    for rung, name in asked:
        try:
            reached = reach(op, rung, above, able[rung])
        except SolverError:
            continue
        above, found[name] = reached.q, reached.probability
    return found.get(CATASTROPHE, math.nan), found.get(CRITICAL, math.nan)


def _escalation(op: Operator) -> tuple[float, bool | None]:
    """R, and whether every lineage surely dies out; None where that is unknown."""
    starts, alarms = op.seed(arrivals(op))
    try:
        strongest: Perron | None = dominant(op, reachable(op, starts, alarms))
    except SolverError:
        return math.nan, None
    return (strongest.radius, strongest.high < 1.0) if strongest else (0.0, True)


def _loss(op: Operator, *, dies_out: bool | None) -> float:
    if not dies_out:
        return math.inf if dies_out is not None else math.nan
    try:
        return float(expected(op).loss_usd)
    except SolverError:
        return math.nan
