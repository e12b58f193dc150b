"""Who acts on whom, in the mean: against the actions that simulated crises count."""

from collections import Counter

import numpy as np
import pytest

import detente
from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.exact.operator import Operator
from detente.exact.traffic import traffic
from tests import generate
from tests.quarrel import QUARREL

RUNS = 1_500


@pytest.mark.parametrize("generations", [0, 2])
@pytest.mark.parametrize(
    "source", [QUARREL, generate.document(1, branching=True)], ids=["quarrel", "anything"]
)
def test_traffic_is_what_crises_count(source, generations):
    scenario = detente.load(source)
    names = [system.name for system in scenario.systems]
    expected = traffic(Operator(compile_tables(scenario, NO_PORTFOLIO)), generations)
    ensemble = detente.simulate(scenario, runs=RUNS, seed=5)
    counted, squares = (np.zeros((len(names), len(names))) for _ in range(2))
    for crisis in range(RUNS):
        here = Counter(
            (names.index(one.reading.responder), names.index(one.system))
            for one in ensemble.trace(crisis).incidents
            if one.reading and one.depth <= generations + 1
        )
        for pair, number in here.items():
            counted[pair] += number
            squares[pair] += number**2
    mean = counted / RUNS
    error = np.sqrt(np.maximum(squares / RUNS - mean**2, 1.0 / RUNS) / RUNS)
    assert expected.sum() > 0.0
    # Five standard errors: some eighty pairs are looked at.
    assert np.all(np.abs(mean - expected) < 5 * error + 0.001), (mean - expected) / error
