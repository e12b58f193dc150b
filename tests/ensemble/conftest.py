import pytest

import detente
from tests.quarrel import QUARREL


@pytest.fixture(scope="session")
def scenario():
    return detente.load(QUARREL)


@pytest.fixture(scope="session")
def ensemble(scenario):
    return detente.simulate(scenario, runs=3000, seed=11)
