"""The slow solver of the branching process against plain simulation of generated scenarios.

Every statistical check states its null, its bound and its seeds. A correct solver and a correct engine
fail a check for one choice of seeds in a thousand; what passed once passes until one of them changes.
"""

import pytest
from scipy import stats

import detente
from tests.generate import document
from tests.oracles.branching import Branching

LEVEL = 1e-3
RUNS = 200_000
SEEDS = range(1, 9)


def test_chances_agree_with_simulation() -> None:
    """Null: as many crises peak at each rung or above as `probability` says.

    Exact binomial, two-sided, bound 0.001 over the number of p-values; ensemble seed: the document's.
    """
    found = {}
    for seed in SEEDS:
        scenario = detente.load(document(seed, branching=True))
        oracle = Branching(scenario)
        frame = detente.simulate(scenario, runs=RUNS, seed=seed).frame
        assert set(frame["ended"]) <= {"died-out", "catastrophe"}
        peak = frame["peak_rung"].to_physical().cast(int).fill_null(-1).to_numpy()
        for goal in range(len(scenario.ladder)):
            expected, seen = oracle.probability(goal), int((peak >= goal).sum())
            if expected in {0.0, 1.0}:
                assert seen == expected * RUNS
            else:
                found[seed, goal] = stats.binomtest(seen, RUNS, expected).pvalue
    assert min(found.values()) >= LEVEL / len(found), found


def test_means_agree_with_simulation() -> None:
    """Null: the mean of each figure over crises is `expected`, where no crisis can reach catastrophe.

    z with the sample's own error, two-sided, bound 0.001 over the number of p-values; ensemble seed:
    the document's. Only where R < 0.8, so that sums are close to normal.
    """
    found = {}
    for seed in SEEDS:
        source = document(seed, branching=True)
        for system in source["systems"].values():
            system["harm"] = {
                "signal": "1e5 USD",
                "disrupt": "1e6 USD",
                "degrade": "3e6 USD",
                "damage": "1e7 USD",
            }
            for rule in system["responds"]:
                rule["step"] = {"down": 0.3}
        scenario = detente.load(source)
        oracle = Branching(scenario)
        assert oracle.probability(scenario.catastrophe) == 0.0
        if oracle.escalation_number() >= 0.8:
            continue
        expected = oracle.expected()
        frame = detente.simulate(scenario, runs=RUNS, seed=seed).frame
        figures = {
            name: getattr(expected, name) for name in ("incidents", "actions", "wrongful_actions", "loss_usd")
        }
        figures |= {f"loss_usd_{actor}": loss for actor, loss in expected.loss_by_actor.items()}
        for name, figure in figures.items():
            error = float(frame[name].to_numpy().std(ddof=1)) / RUNS**0.5
            if error == 0.0:
                assert frame[name].mean() == pytest.approx(figure)
            else:
                found[seed, name] = float(2.0 * stats.norm.sf(abs(frame[name].mean() - figure) / error))
    assert len({seed for seed, _ in found}) >= 5
    assert min(found.values()) >= LEVEL / len(found), found
