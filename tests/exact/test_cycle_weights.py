"""The weights of cycles: against walks that close them, closed forms, and the flow they add up to."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from detente.exact.cycle_weights import cycle_weights


def circulation(chances):
    """The stationary flow of a chain."""
    p = np.array(chances, dtype=float)
    n = len(p)
    share = np.linalg.lstsq(
        np.vstack([p.T - np.eye(n), np.ones(n)]), np.append(np.zeros(n), 1.0), rcond=None
    )[0]
    return share[:, None] * p


def weights(flow):
    return {cycle.nodes: cycle.amount for cycle in cycle_weights(flow, negligible=1e-12)}


def random_chances(seed, n=5):
    rng = np.random.default_rng(seed)
    p = rng.random((n, n)) * (rng.random((n, n)) < 0.7) + np.roll(np.eye(n), 1, axis=1) * 0.05
    return p / p.sum(axis=1, keepdims=True)


def test_two_loops_through_one_node():
    """One node sends a share p round one way and 1 - p the other."""
    found = weights(circulation([[0.0, 0.3, 0.7], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert found == {(0, 2): pytest.approx(0.35), (0, 1): pytest.approx(0.15)}


def test_a_ring_with_a_way_back():
    """Three nodes, forward with chance p and back with q: rings weigh p^3 and q^3, pairs p q, over 3 (1 - p q)."""
    p, q = 0.6, 0.4
    found = weights(circulation([[0, p, q], [q, 0, p], [p, q, 0]]))
    once = 3.0 * (1.0 - p * q)
    expected = {(0, 1, 2): p**3, (0, 2, 1): q**3, (0, 1): p * q, (0, 2): p * q, (1, 2): p * q}
    assert found == {nodes: pytest.approx(amount / once) for nodes, amount in expected.items()}


@pytest.mark.parametrize("seed", range(8))
def test_cycles_add_up_to_the_flow_edge_by_edge(seed):
    flow = circulation(random_chances(seed, n=7))
    total = np.zeros_like(flow)
    for nodes, amount in weights(flow).items():
        for a, b in [*pairwise(nodes), (nodes[-1], nodes[0])]:
            total[a, b] += amount
    assert np.allclose(total, flow, rtol=0, atol=1e-9)


def test_a_walk_closes_each_cycle_that_often():
    """Null: the chance that a step closes a cycle is its weight. Batch means, z, two-sided, 0.001 over all tests."""
    batches, steps = 60, 2_000
    for seed in range(3):
        p = random_chances(seed)
        expected = weights(circulation(p))
        often = np.array([closed(p, steps, np.random.default_rng([seed, i])) for i in range(batches)])
        for nodes, amount in expected.items():
            counts = np.array([counter[nodes] for counter in often]) / steps
            error = counts.std(ddof=1) / np.sqrt(batches)
            if amount * steps * batches < 50:
                continue
            assert 2 * stats.t.sf(abs(counts.mean() - amount) / error, batches - 1) > 0.001 / 60, nodes


def closed(p, steps, rng):
    """How often a walk closes each cycle, erasing it."""
    cumulative, counter = p.cumsum(axis=1), Counter()
    path = [0]
    for u in rng.random(steps):
        onward = int(np.searchsorted(cumulative[path[-1]], u))
        if onward in path:
            cycle = path[path.index(onward) :]
            least = cycle.index(min(cycle))
            counter[tuple(cycle[least:] + cycle[:least])] += 1
            path = path[: path.index(onward) + 1]
        else:
            path.append(onward)
    return counter


def test_a_little_more_flow_changes_little():
    """Where edges tie, the widest cycles would change altogether."""
    tied = weights(circulation([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]))
    near = weights(circulation([[0, 0.501, 0.499], [0.499, 0, 0.501], [0.501, 0.499, 0]]))
    assert set(tied) == set(near)
    assert all(abs(tied[nodes] - near[nodes]) < 0.002 for nodes in tied)


def test_many_more_cycles_than_can_be_weighed_are_still_accounted_for():
    flow = circulation(random_chances(3, n=14))
    assert sum(len(nodes) * amount for nodes, amount in weights(flow).items()) == pytest.approx(1.0, abs=1e-6)
