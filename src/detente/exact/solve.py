"""One scenario, solved: what the branching process behind it does, in law and not by sampling."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.tables import PHANTOM
from detente.exact.catastrophe import Reach, reach, supports
from detente.exact.criticality import Perron, dominant, reachable
from detente.exact.growth import growth
from detente.exact.means import arrivals, expected
from detente.exact.operator import Operator
from detente.exact.scope import left_out
from detente.exact.solution import Root, Solution
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.problems import step
from detente.model.vocabulary import Scenario

__all__ = ["solve"]


def solve(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolio: Portfolio | str | Path | Mapping[str, object] = NO_PORTFOLIO,
) -> Solution:
    """R, probabilities, means, growth, loops and elasticities of `scenario`, without sampling.

    The model is that of the simulator without its horizon, alerts and systems that are down: a multi-type
    branching process over the very tables that the simulator runs on (design, section 6).

    Parameters
    ----------
    scenario
        A scenario, or what `detente.load` accepts: a shipped name, a path, a mapping.
    portfolio
        A portfolio, or what `detente.load_portfolio` accepts; default: no safeguards. Those that remember
        something are left out, and the solution says so.

    Raises
    ------
    ScenarioError
        When what was given is not a legal scenario.
    PortfolioError
        When the portfolio cannot be used, or not with this scenario.
    SolverError
        When an iteration does not settle.
    """
    scenario = load(scenario)
    guarded = load_portfolio(portfolio)
    op = Operator(compile_tables(scenario, guarded))
    reaches = _reaches(scenario, op)
    starts, alarms = op.seed(arrivals(op))
    strongest = dominant(op, among := reachable(op, starts, alarms))
    radius = strongest.radius if strongest else 0.0
    dies_out = strongest is None or strongest.high < 1.0
    catastrophe, critical = reaches[scenario.catastrophe], reaches[scenario.critical]
    return Solution(
        scenario=scenario,
        portfolio=guarded,
        escalation_number=radius,
        escalation_bounds=(strongest.low, strongest.high) if strongest else (0.0, 0.0),
        escalating_systems=_members(scenario, op, strongest),
        rungs={
            name: reaches[k].probability if k in reaches else 1.0 for k, name in enumerate(scenario.ladder)
        },
        catastrophe_probability=catastrophe.probability,
        critical_probability=critical.probability,
        roots=_roots(scenario, op, catastrophe, critical),
        expected=expected(op) if dies_out else None,
        infinite_because=None if dies_out else _why_infinite(radius),
        growth=growth(op, strongest, among) if strongest else None,
        left_out=left_out(scenario, guarded),
        _op=op,
        _strongest=strongest,
        _reached=catastrophe,
    )


def _reaches(scenario: Scenario, op: Operator) -> dict[int, Reach]:
    """By rung, from the lowest, each from the one before; a rung that a shock surely hits needs no solving."""
    roots = op.tables.roots
    sure = (roots["kind"] != PHANTOM) & (roots["law"] < 0) & (roots["at"] <= op.tables.horizon)
    sure &= roots["share"] >= 1.0
    surely = max(roots["rung"][sure].tolist(), default=-1)
    wanted = {rung for rung in range(len(scenario.ladder)) if rung > surely}
    wanted |= {scenario.critical, scenario.catastrophe}
    able = supports(op, wanted)
    found: dict[int, Reach] = {}
    above = None
    for rung in sorted(wanted):
        found[rung] = reach(op, rung, above, able[rung])
        above = found[rung].q
    return found


def _roots(scenario: Scenario, op: Operator, catastrophe: Reach, critical: Reach) -> tuple[Root, ...]:
    paths = [shock.path for shock in scenario.shocks]
    paths += [f"systems{step(s.name)}.senses.false_alarms" for s in scenario.systems if s.senses.false_alarms]
    columns = (arrivals(op), catastrophe.arrivals, critical.arrivals, catastrophe.roots)
    return tuple(
        Root(
            path=path,
            expected_arrivals=often,
            catastrophe_probability=to_catastrophe,
            critical_probability=to_critical,
            catastrophe_probability_each=each,
        )
        for path, often, to_catastrophe, to_critical, each in zip(
            paths, *(c.tolist() for c in columns), strict=True
        )
    )


def _members(scenario: Scenario, op: Operator, strongest: Perron | None) -> tuple[str, ...]:
    if strongest is None:
        return ()
    systems = np.unique(op.net.row_system[strongest.members.any(axis=1)])
    return tuple(scenario.systems[i].name for i in systems.tolist())


def _why_infinite(radius: float) -> str:
    return (
        f"R = {radius:.6g} is not below 1: a lineage that is never stopped has infinitely many incidents in the mean "
        "(a crisis itself stops at catastrophe, or at the horizon)"
    )
