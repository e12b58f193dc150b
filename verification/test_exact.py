"""Claim: the exact solver and the simulator describe the same process.

200 generated scenarios, between them with every feature of the language but what the solver leaves out (`alert`,
`down`; the horizon is so far off that nothing is cut by it), a million crises each.

- Chances. Null: as many crises reach catastrophe, and the critical rung, as `detente.solve` says (exact
  binomial), and peaks are distributed over the rungs, and over "nothing happened", as it says (chi-square).
- Means. A crisis stops at catastrophe where the solver counts every lineage to its end, so means are
  compared on the same footing only where there is no catastrophe to stop at: the same documents with every step
  a step down, 200,000 crises each, where the solver says P(catastrophe) = 0 and R < 0.8. Null: mean
  incidents, wrongful actions and loss are what `detente.solve` says (z with the sample's own error).
- Runaways. Ten generated scenarios with R > 1, 100,000 crises each with an event budget of 1,000. What becomes of
  a crisis that exhausts it is unknown, so P(catastrophe) and P(critical) are held against both answers, and p
  is 1 between them (exact binomial, conservative).

Bound: two-sided p of 0.001 / 1220, the most p-values there can be, about 5 standard errors. Where the
solver says 0 or 1, every crisis must agree. With a million crises the binomial sees (half the time) a
relative error of 0.5 % in a P of 0.5, of 1.5 % in one of 0.1, of 15 % in one of 0.001.
Seeds: documents 1001 to 1200 with `tame` 0.4, 0.6 or 0.8 in turn and, for runaways, the first ten from 2001 on with
`tame` 1.4 for which the solver says R > 1; each ensemble has its document's seed.

- Elasticities. Not statistical: every number of the first scenario, and of three generated ones, is edited in the
  document, which is read and solved again; differences of fourth order agree to 1e-6.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.exact.test_by_simulation import calmed
from tests.exact.test_elasticities import agrees, editable
from tests.generate import document

import detente
from detente.engine.compile import compile_tables
from detente.engine.run import MAX_INCIDENTS, Outcomes, simulate_block
from detente.exact.solution import Solution
from detente.model.vocabulary import Scenario
from verification.evidence import LEAST_EXPECTED, Evidence
from verification.scenarios import CAPPED, CATASTROPHE, DIED_OUT

DOCUMENTS = 200
RUNS = 1_000_000
MEAN_RUNS = 200_000
RUNAWAYS = 10
RUNAWAY_RUNS = 100_000
BUDGET = 1_000
TAME = (0.4, 0.6, 0.8)
GROUP = 20

CLAIMS = Evidence(checks=DOCUMENTS * 6 + RUNAWAYS * 2)

GROUPS = [range(first, first + GROUP) for first in range(1001, 1001 + DOCUMENTS, GROUP)]


def generated(seed: int, tame: float) -> dict:
    """Streams fifty times rarer until a horizon as much later, and short delays: else one crisis in 100,000 is cut."""
    source = hurried(document(seed, systems=6, tame=tame, branching=True))
    assert source["horizon"] == "20000 d"
    return source | {"horizon": "1e6 d"}


def hurried(part: Any) -> Any:
    if isinstance(part, dict):
        swaps = {"5e-5 /d": "1e-6 /d", "10 min": "1 s"}
        return {
            key: swaps.get(value, value) if isinstance(value, str) else hurried(value)
            for key, value in part.items()
        }
    return [hurried(value) for value in part] if isinstance(part, list) else part


def tame(seed: int) -> float:
    return TAME[seed % len(TAME)]


def crises(scenario: Scenario, runs: int, seed: int, budget: int = MAX_INCIDENTS) -> Outcomes:
    tables = compile_tables(scenario)
    return simulate_block(tables, seed=seed, first=0, count=runs, threads=2, max_incidents=budget)


def share(what: str, successes: int, runs: int, expected: float) -> None:
    """Exact binomial; what is impossible or certain must be so."""
    if expected in {0.0, 1.0}:
        assert successes == expected * runs, what
    else:
        CLAIMS.share(what, successes, runs, expected)


def compare_peaks(what: str, solution: Solution, peak: np.ndarray) -> None:
    """The whole distribution of peaks, from nothing at all (-1) to the top rung."""
    at_least = np.array([*solution.rungs.values(), 0.0])
    law = np.maximum(0.0, at_least[:-1] - at_least[1:])
    seen = np.bincount(peak + 1, minlength=law.size + 1)
    observed = np.append(seen[1:], seen[0])
    if (np.append(law, 1.0 - at_least[0]) * peak.size >= LEAST_EXPECTED).sum() >= 2:
        CLAIMS.counts(f"peaks of {what}", observed, law)


def compare_mean(what: str, samples: np.ndarray, expected: float) -> None:
    """z with the sample's own error, or with that of a Poisson count where so little happens that it has none."""
    usual = float(np.median(samples))
    if samples.std() == 0.0 and expected == pytest.approx(usual, rel=1e-9, abs=0.0):
        return
    rare = (abs(expected - usual) / samples.size) ** 0.5
    error = max(float(samples.std(ddof=1)) / samples.size**0.5, rare)
    CLAIMS.score(what, float(samples.mean()), expected, error, samples.size)


@pytest.mark.parametrize("seeds", GROUPS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_chances(seeds: range) -> None:
    for seed in seeds:
        scenario = detente.load(generated(seed, tame(seed)))
        solution = detente.solve(scenario)
        found = crises(scenario, RUNS, seed)
        assert np.isin(found.ended, (DIED_OUT, CATASTROPHE)).all()
        peak = found.peak_rung.astype(np.int64)
        for what, goal, chance in (
            ("catastrophe", scenario.catastrophe, solution.catastrophe_probability),
            ("critical", scenario.critical, solution.critical_probability),
        ):
            share(f"{what} of {seed}", int((peak >= goal).sum()), RUNS, chance)
        compare_peaks(str(seed), solution, peak)


@pytest.mark.parametrize("seeds", GROUPS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_means(seeds: range) -> None:
    compared = 0
    for seed in seeds:
        scenario = detente.load(calmed(generated(seed, tame(seed))))
        solution = detente.solve(scenario)
        assert solution.catastrophe_probability == 0.0
        if solution.expected is None or solution.escalation_number >= 0.8:
            continue
        compared += 1
        found = crises(scenario, MEAN_RUNS, seed)
        assert (found.ended == DIED_OUT).all()
        for what, samples, expected in (
            ("incidents", found.incidents, solution.expected.incidents),
            ("wrongful actions", found.wrongful_actions, solution.expected.wrongful_actions),
            ("loss", found.loss_usd.sum(axis=1), solution.expected.loss_usd),
        ):
            compare_mean(f"{what} of {seed}", samples.astype(np.float64), expected)
    assert compared >= GROUP // 2


@cache
def runaways() -> tuple[tuple[int, Solution], ...]:
    def found() -> Iterator[tuple[int, Solution]]:
        seed = 2000
        while True:
            seed += 1
            solution = detente.solve(detente.load(generated(seed, 1.4)))
            if solution.escalation_number > 1.0:
                yield seed, solution

    solutions = found()
    return tuple(next(solutions) for _ in range(RUNAWAYS))


@pytest.mark.parametrize("place", range(RUNAWAYS))
def test_runaways(place: int) -> None:
    seed, solution = runaways()[place]
    scenario = solution.scenario
    found = crises(scenario, RUNAWAY_RUNS, seed, BUDGET)
    unknown = found.ended == CAPPED
    assert np.isin(found.ended, (DIED_OUT, CATASTROPHE, CAPPED)).all()
    for what, goal, chance in (
        ("catastrophe", scenario.catastrophe, solution.catastrophe_probability),
        ("critical", scenario.critical, solution.critical_probability),
    ):
        reached = found.peak_rung >= goal
        low, high = int(reached.sum()), int((reached | unknown).sum())
        nearest = min(max(chance * RUNAWAY_RUNS, low), high)
        if low <= chance * RUNAWAY_RUNS <= high and low < high:
            continue  # p is 1
        share(f"{what} of {seed}, R {solution.escalation_number:.3f}", int(nearest), RUNAWAY_RUNS, chance)


ELASTIC = {"attribution-error": None, "1004": (1.0, 4), "1014": (1.0, 14), "1420": (1.4, 20)}


@pytest.mark.parametrize("name", ELASTIC)
def test_every_elasticity(name: str) -> None:
    drawn = ELASTIC[name]
    source = document(drawn[1], systems=6, tame=drawn[0], branching=True) if drawn else name
    solution = detente.solve(detente.load(source))
    wrong = [elasticity for elasticity in editable(solution) if not agrees(elasticity, solution)]
    assert wrong == []
