"""Who acts on whom, in the mean: the traffic of a scenario, for pictures of it."""

import numpy as np

from detente.exact.means import arrivals, worth_by_rule
from detente.exact.network import Floats
from detente.exact.operator import Operator

__all__ = ["GENERATIONS", "traffic"]

GENERATIONS = 8
"""How many generations below the shocks are counted, so that the sum is finite where R is above 1."""


def traffic(op: Operator, generations: int = GENERATIONS) -> Floats:
    """Expected number of actions of each system (row) on each (column), per crisis, in its first generations."""
    types, alarms = op.seed(arrivals(op))
    often = np.array(types)
    layer = types
    for generation in range(generations):
        layer = np.array(op.mean_back(layer, alarms=None if generation else alarms))
        often += layer
    responders = op.tables.rules["system"]
    count = len(op.tables.systems)
    found = np.zeros((count, count))
    for target in range(count):
        there = np.zeros(op.shape)
        there[op.net.row_system == target] = 1.0
        if there.any():
            np.add.at(found[:, target], responders, worth_by_rule(op, often, there).sum(axis=0))
    return found
