"""The exact solver against plain simulation of twenty generated scenarios.

`verification.test_exact` does the same with ten times as many scenarios and twenty times the crises, and says why
means are compared where no crisis reaches catastrophe. What is broken by more than a few per cent shows here.
"""

import copy
from typing import Any

import numpy as np
import pytest
from scipy import stats

import detente
from tests.generate import document

LEVEL = 1e-3
RUNS = 100_000
SEEDS = range(101, 121)
TAME = (0.5, 0.8, 1.0)


def generated(seed: int) -> dict[str, Any]:
    return document(seed, systems=8, tame=TAME[seed % len(TAME)], branching=True)


def calmed(source: dict[str, Any]) -> dict[str, Any]:
    """The same with every step a step down, so that nothing becomes a catastrophe; and with more harm."""
    calm = copy.deepcopy(source)
    rungs = ("signal", "probe", "disrupt", "degrade", "damage")
    for system in calm["systems"].values():
        system["harm"] = {rung: f"{place + 1} USD" for place, rung in enumerate(rungs)}
        for rule in system["responds"]:
            rule["step"] = {"down": 0.3}
    return calm


def test_chances_agree_with_simulation() -> None:
    """Null: as many crises peak at each rung or above as `rungs` says.

    Exact binomial, two-sided, bound 0.001 over the number of p-values; ensemble seed: the document's. Where
    the solver says 0 or 1 every crisis must agree.
    """
    found = {}
    for seed in SEEDS:
        solution = detente.solve(detente.load(generated(seed)))
        frame = detente.simulate(solution.scenario, runs=RUNS, seed=seed, max_incidents=100_000).frame
        assert set(frame["ended"]) <= {"died-out", "catastrophe"}
        peak = frame["peak_rung"].to_physical().cast(int).fill_null(-1).to_numpy()
        for goal, expected in enumerate(solution.rungs.values()):
            seen = int((peak >= goal).sum())
            if expected in {0.0, 1.0}:
                assert seen == expected * RUNS, (seed, goal)
            else:
                found[seed, goal] = stats.binomtest(seen, RUNS, expected).pvalue
        assert (
            solution.catastrophe_probability == list(solution.rungs.values())[solution.scenario.catastrophe]
        )
        assert solution.critical_probability == list(solution.rungs.values())[solution.scenario.critical]
    assert len(found) >= 50
    assert min(found.values()) >= LEVEL / len(found), found


def test_means_agree_with_simulation() -> None:
    """Null: the mean of each figure over crises is `expected`, where no crisis can reach catastrophe.

    z with the sample's own error, two-sided, bound 0.001 over the number of p-values; ensemble seed: the
    document's. Only where R < 0.8, so that sums are close to normal.
    """
    found = {}
    for seed in SEEDS:
        solution = detente.solve(detente.load(calmed(generated(seed))))
        assert solution.catastrophe_probability == 0.0
        if solution.expected is None or solution.escalation_number >= 0.8:
            continue
        frame = detente.simulate(solution.scenario, runs=RUNS, seed=seed).frame
        names = ("incidents", "actions", "wrongful_actions", "loss_usd")
        figures = {name: getattr(solution.expected, name) for name in names}
        losses = solution.expected.loss_usd_by_actor.tolist()
        actors = (actor.name for actor in solution.scenario.actors)
        figures |= {f"loss_usd_{actor}": loss for actor, loss in zip(actors, losses, strict=True)}
        for name, figure in figures.items():
            values = frame[name].to_numpy().astype(np.float64)
            error = float(values.std(ddof=1)) / RUNS**0.5
            if error == 0.0:
                assert values[0] == pytest.approx(figure, rel=1e-9)
            else:
                found[seed, name] = float(2.0 * stats.norm.sf(abs(values.mean() - figure) / error))
    assert len({seed for seed, _ in found}) >= 15
    assert min(found.values()) >= LEVEL / len(found), found
