"""Claim: crises drawn given that they end in catastrophe have the law of those simulated ones that did.

Null, for generated scenarios: incidents, actions, wrongful actions, generations, time to the first critical
incident and to the catastrophe have the same law in both. Null, for a walk on the rungs that stops at
either end: the mean number of steps is that of a gambler who has won, also where only one crisis in eight million does.
Statistic: Welch's z, two-sample Kolmogorov-Smirnov. Bound: two-sided p of 0.001 / 125. Ensemble seeds: the
document's for simulated crises, 5000 more for drawn ones; 91 to 95 for walks.
"""

import numpy as np
import pytest
from scipy import stats
from tests.generate import document as generated

from detente.engine.run import Outcomes, simulate_block
from detente.exact.catastrophe import reach
from detente.exact.given import sample
from detente.exact.operator import Operator
from verification.evidence import Evidence
from verification.scenarios import CAPPED, CATASTROPHE, document, prepared, response, shock, system

CLAIMS = Evidence(checks=20 * 6 + 5)
SEEDS = (2, 6, 9, 12, 13, 14, 18, 20, 29, 33, 34, 35, 39, 45, 46, 49, 50, 52, 58, 59)
WANTED = 20_000
COUNTS = ("incidents", "actions", "wrongful_actions", "depth")
TIMES = ("first_critical_s", "catastrophe_s")


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_scenarios(seed: int) -> None:
    _, tables = prepared(generated(seed, branching=True))
    op = Operator(tables)
    reached = reach(op, tables.catastrophe)
    runs = int(WANTED / reached.probability)
    simulated = simulate_block(tables, seed=seed, first=0, count=runs, threads=2)
    assert not (simulated.ended == CAPPED).any()
    ended_so = simulated.ended == CATASTROPHE
    drawn = sample(op, reached, seed=seed + 5000, first=0, count=WANTED)
    assert (drawn.ended == CATASTROPHE).all()
    for name in COUNTS:
        same_mean(f"{name} of document {seed}", getattr(simulated, name)[ended_so], getattr(drawn, name))
    for name in TIMES:
        same_law(f"{name} of document {seed}", getattr(simulated, name)[ended_so], getattr(drawn, name))


def same_mean(what: str, simulated: np.ndarray, drawn: np.ndarray) -> None:
    error = (simulated.var(ddof=1) / simulated.size + drawn.var(ddof=1) / drawn.size) ** 0.5
    CLAIMS.score(what, float(drawn.mean()), float(simulated.mean()), float(error), drawn.size)


def same_law(what: str, simulated: np.ndarray, drawn: np.ndarray) -> None:
    found = stats.ks_2samp(simulated, drawn)
    said = f"largest distance {found.statistic:.3g} between {simulated.size} simulated and {drawn.size} drawn"
    CLAIMS.decide(what, float(found.pvalue), said, drawn.size)


@pytest.mark.parametrize(
    ("up", "start", "seed"),
    [(0.5, "probe", 91), (0.5, "degrade", 92), (0.7, "probe", 93), (0.3, "probe", 94), (0.04, "probe", 95)],
)
def test_walks_that_reach_the_top(up: float, start: str, seed: int) -> None:
    rule = response("harbour", lowest="probe", step={"up": up, "down": 1.0 - up})
    scenario, tables = prepared(document({"harbour": system(rule)}, [shock("harbour", start)]))
    op = Operator(tables)
    reached = reach(op, tables.catastrophe)
    height, first = scenario.catastrophe, scenario.ladder.index(start)
    assert reached.probability == pytest.approx(wins(up, first, height), rel=1e-9)
    drawn: Outcomes = sample(op, reached, seed=seed, first=0, count=50_000)
    steps = mean_steps(up, first, height)
    CLAIMS.mean(f"steps up from {start} with chance {up}", drawn.incidents - 1, steps)


def wins(up: float, first: int, height: int) -> float:
    """The gambler's chance to reach `height` before 0."""
    if up == 0.5:
        return first / height
    odds = (1.0 - up) / up
    return float((1.0 - odds**first) / (1.0 - odds**height))


def mean_steps(up: float, first: int, height: int) -> float:
    """Mean number of steps of a gambler who wins; the same for chances `up` and 1 - `up`.

    F. Stern, Mathematics Magazine 48, 1975: conditional expectation of the duration in the ruin problem.
    """
    if up == 0.5:
        return (height**2 - first**2) / 3.0
    odds = (1.0 - up) / up

    def share(n: int) -> float:
        return float(n * (1.0 + odds**n) / (1.0 - odds**n))

    return (share(height) - share(first)) / (2.0 * up - 1.0)
