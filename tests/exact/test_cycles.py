"""Flows taken apart into cycles, against hand-made cases and an exhaustive search."""

import os
import subprocess
import sys
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.exact import _cycles, cycles
from detente.exact.cycles import Cycle, decompose

NEGLIGIBLE = 1e-9


def flow_of(n, *edges):
    flow = np.zeros((n, n))
    for tail, head, amount in edges:
        flow[tail, head] += amount
    return flow


def edges_of(nodes):
    return list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))


def total_of(found, n):
    """What cycles add up to, as a flow."""
    flow = np.zeros((n, n))
    for cycle in found:
        for edge in edges_of(cycle.nodes):
            flow[edge] += cycle.amount
    return flow


def random_circulation(random, n, count):
    """The sum of `count` random cycles."""
    flow = np.zeros((n, n))
    for _ in range(count):
        nodes = random.permutation(n)[: random.integers(1, n + 1)]
        flow[nodes, np.roll(nodes, -1)] += random.exponential()
    return flow


def stationary(random, n):
    """The flow of a random walk at rest: dense, and no amount like another."""
    rates = random.random((n, n)) ** 3
    steps = rates / rates.sum(axis=1, keepdims=True)
    system = np.vstack([(steps.T - np.eye(n))[:-1], np.ones(n)])
    return np.linalg.solve(system, np.r_[np.zeros(n - 1), 1.0])[:, None] * steps


def has_cycle(graph):
    """Whether anything is left after taking off, again and again, every node that nothing leaves."""
    alive = np.ones(len(graph), bool)
    while True:
        keep = alive & (graph[:, alive].any(axis=1))
        if (keep == alive).all():
            return bool(alive.any())
        alive = keep


def exhaustive(flow):
    """The definition, on whole numbers: look at every cycle, take the first of the widest, start again."""
    left = {(i, j): int(flow[i, j]) for i, j in np.argwhere(flow > 0).tolist()}
    n = len(flow)
    every = [
        (first, *rest)
        for first in range(n)
        for size in range(n - first)
        for rest in permutations(range(first + 1, n), size)
    ]
    every = [nodes for nodes in every if all(edge in left for edge in edges_of(nodes))]
    found = []
    while True:
        widths = {nodes: min(left[edge] for edge in edges_of(nodes)) for nodes in every}
        width = max(widths.values(), default=0)
        if width == 0:
            return sorted(found, key=lambda cycle: (-cycle.amount * len(cycle.nodes), cycle.nodes))
        nodes = min((len(nodes), nodes) for nodes in every if widths[nodes] == width)[1]
        for edge in edges_of(nodes):
            left[edge] -= width
        found.append(Cycle(nodes, float(width)))


@pytest.mark.parametrize("n", [0, 1, 5])
def test_without_flow_there_are_no_cycles(n):
    assert decompose(np.zeros((n, n))) == ()


def test_what_flows_away_is_left():
    assert decompose(flow_of(4, (0, 1, 1.0), (1, 2, 1.0), (0, 2, 2.0), (2, 3, 5.0))) == ()


def test_a_node_that_feeds_itself_is_a_cycle():
    assert decompose(flow_of(3, (1, 1, 2.5))) == (Cycle((1,), 2.5),)


def test_a_cycle_starts_with_its_smallest_node_and_follows_the_flow():
    flow = flow_of(6, (5, 2, 0.5), (2, 4, 0.5), (4, 1, 0.5), (1, 5, 0.5))
    assert decompose(flow) == (Cycle((1, 5, 2, 4), 0.5),)


def test_two_cycles_that_share_an_edge_come_apart():
    flow = flow_of(4, (0, 1, 5.0), (1, 2, 3.0), (2, 0, 3.0), (1, 3, 2.0), (3, 0, 2.0))
    assert decompose(flow) == (Cycle((0, 1, 2), 3.0), Cycle((0, 1, 3), 2.0))


def test_the_widest_cycle_is_taken_before_a_shorter_one():
    # 0 -> 1 -> 0 would take from 0 -> 1 what the wider round through 2 and 3 needs.
    flow = flow_of(4, (0, 1, 3.0), (1, 0, 2.0), (1, 2, 3.0), (2, 3, 3.0), (3, 0, 3.0))
    assert decompose(flow) == (Cycle((0, 1, 2, 3), 3.0),)


def test_of_equally_wide_cycles_the_shortest_is_taken():
    flow = flow_of(4, (0, 1, 2.0), (1, 2, 2.0), (2, 0, 2.0), (1, 3, 2.0), (3, 2, 2.0))
    assert decompose(flow) == (Cycle((0, 1, 2), 2.0),)


def test_of_equally_wide_and_long_cycles_the_first_in_node_order_is_taken():
    flow = flow_of(5, (4, 0, 2.0), (0, 3, 2.0), (3, 4, 2.0), (0, 2, 2.0), (2, 4, 2.0))
    assert decompose(flow) == (Cycle((0, 2, 4), 2.0),)
    flow = flow_of(5, (3, 4, 2.0), (4, 0, 2.0), (0, 3, 2.0), (4, 1, 2.0), (1, 3, 2.0))
    assert decompose(flow) == (Cycle((0, 3, 4), 2.0),)


def test_what_is_left_of_an_edge_is_used_again():
    flow = flow_of(3, (0, 1, 10.0), (1, 0, 7.0), (1, 2, 3.0), (2, 0, 3.0))
    assert decompose(flow) == (Cycle((0, 1), 7.0), Cycle((0, 1, 2), 3.0))


def test_strength_counts_every_edge_and_equals_come_in_node_order():
    flow = flow_of(
        9,
        (7, 8, 3.0),
        (8, 7, 3.0),
        (2, 2, 6.0),
        (3, 4, 2.0),
        (4, 5, 2.0),
        (5, 3, 2.0),
        (0, 0, 5.0),
        (6, 6, 7.0),
    )
    found = decompose(flow)
    assert [cycle.nodes for cycle in found] == [(6,), (2,), (3, 4, 5), (7, 8), (0,)]
    assert [cycle.strength for cycle in found] == [7.0, 6.0, 6.0, 6.0, 5.0]


def test_cycles_as_wide_as_the_negligible_are_left():
    flow = flow_of(4, (0, 0, 96.0), (1, 2, 1.0), (2, 1, 1.0), (3, 3, 2.0))
    assert [cycle.nodes for cycle in decompose(flow, negligible=0.0099)] == [(0,), (1, 2), (3,)]
    assert [cycle.nodes for cycle in decompose(flow, negligible=0.01)] == [(0,), (3,)]
    assert [cycle.nodes for cycle in decompose(flow, negligible=0.02)] == [(0,)]


@pytest.mark.parametrize(
    "flow", [np.zeros(3), np.zeros((2, 3)), -np.eye(2), np.full((2, 2), np.nan), np.full((2, 2), np.inf)]
)
def test_what_is_no_flow_is_refused(flow):
    with pytest.raises(AssertionError):
        decompose(flow)


def test_the_flow_given_is_left_alone_and_may_lie_in_any_order():
    flow = random_circulation(np.random.default_rng(3), 9, 12)
    kept = flow.copy()
    assert decompose(np.asfortranarray(flow)) == decompose(flow)
    np.testing.assert_array_equal(flow, kept)


whole_flows = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.integers(-2, 4).map(lambda x: max(x, 0)), min_size=n * n, max_size=n * n).map(
        lambda amounts: np.array(amounts, float).reshape(n, n)
    )
)
whole_circulations = st.integers(2, 6).flatmap(
    lambda n: st.lists(
        st.tuples(st.permutations(range(n)), st.integers(1, n), st.integers(1, 4)), min_size=1, max_size=8
    ).map(lambda rounds: total_of([Cycle(tuple(p[:size]), float(x)) for p, size, x in rounds], n))
)


@given(flow=st.one_of(whole_flows, whole_circulations))
def test_an_exhaustive_search_takes_the_same_cycles(flow):
    assert list(decompose(flow)) == exhaustive(flow)


@given(flow=st.one_of(whole_flows, whole_circulations), data=st.data())
def test_rounding_decides_nothing(flow, data):
    # As if every entry had been computed in another order: relative errors of a few 1e-16.
    errors = data.draw(st.lists(st.integers(-8, 8), min_size=flow.size, max_size=flow.size))
    blurred = flow / 7.0 * (1.0 + np.reshape(errors, flow.shape) * 2.0**-52)
    expected = decompose(flow)
    found = decompose(blurred)
    assert [cycle.nodes for cycle in found] == [cycle.nodes for cycle in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.amount == pytest.approx(other.amount / 7.0, rel=1e-11)


@given(seed=st.integers(0, 2**32), n=st.integers(1, 40), count=st.integers(1, 60))
def test_the_cycles_of_a_circulation_add_up_to_it(seed, n, count):
    flow = random_circulation(np.random.default_rng(seed), n, count)
    found = decompose(flow)
    # What is left is made of at most as many negligible cycles as there are edges.
    negligible = NEGLIGIBLE * flow.sum() * np.count_nonzero(flow)
    np.testing.assert_allclose(total_of(found, n), flow, rtol=0.0, atol=negligible)
    assert sum(cycle.strength for cycle in found) == pytest.approx(flow.sum(), abs=negligible * n)


@given(seed=st.integers(0, 2**32), n=st.integers(1, 30), density=st.floats(0.05, 1.0))
def test_of_any_flow_only_what_has_no_cycle_is_left(seed, n, density):
    random = np.random.default_rng(seed)
    flow = random.random((n, n)) * (random.random((n, n)) < density)
    found = decompose(flow, negligible=1e-3)
    left = flow - total_of(found, n)
    rounding = 1e-14 * flow.sum()
    assert left.min() >= -rounding
    assert not has_cycle(left > 1e-3 * flow.sum() + rounding)
    assert all(cycle.amount > 1e-3 * flow.sum() for cycle in found)
    assert all(cycle.nodes[0] == min(cycle.nodes) for cycle in found)
    assert all(len(set(cycle.nodes)) == len(cycle.nodes) for cycle in found)
    assert len({cycle.nodes for cycle in found}) == len(found)
    assert all(one.strength >= other.strength - 1e-12 * flow.sum() for one, other in pairwise(found))


@given(flow=whole_flows, seed=st.integers(0, 2**32), n=st.integers(6, 200))
def test_nodes_may_lie_anywhere_among_others(flow, seed, n):
    at = np.sort(np.random.default_rng(seed).permutation(n)[: len(flow)])
    wide = np.zeros((n, n))
    wide[np.ix_(at, at)] = flow
    expected = [Cycle(tuple(at[list(cycle.nodes)].tolist()), cycle.amount) for cycle in decompose(flow)]
    assert list(decompose(wide)) == expected


@pytest.mark.parametrize("seed", range(5))
def test_other_names_change_nothing_where_nothing_is_equal(seed):
    # Every way back to node 0 closes one cycle only and has a width of its own: nothing is left to names.
    random = np.random.default_rng(seed)
    n = 12
    flow = sum(total_of([Cycle(tuple(range(size)), 2.0**size)], n) for size in range(2, n + 1))
    names = random.permutation(n)
    renamed = np.zeros((n, n))
    renamed[np.ix_(names, names)] = flow
    expected = {frozenset(edges_of(names[list(c.nodes)].tolist())): c.amount for c in decompose(flow)}
    assert len(expected) == n - 1
    assert {frozenset(edges_of(c.nodes)): c.amount for c in decompose(renamed)} == expected


@pytest.mark.parametrize("n", [25, 62, 63, 64, 126, 127])
def test_a_dense_circulation_comes_apart(n):
    flow = stationary(np.random.default_rng(n), n)
    found = decompose(flow)
    np.testing.assert_allclose(total_of(found, n), flow, rtol=0.0, atol=1e-7)
    assert len(found) <= np.count_nonzero(flow)
    assert max(cycle.amount for cycle in found) == pytest.approx(widest(flow), rel=1e-9)


def widest(flow):
    """The largest level whose edges still hold a cycle, by bisection among the amounts."""
    amounts = np.unique(flow[flow > 0])
    low, high = 0, amounts.size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if has_cycle(flow >= amounts[middle]) else (low, middle)
    return amounts[low]


def test_a_search_with_hardly_any_room_goes_on_where_it_stopped(monkeypatch):
    flow = stationary(np.random.default_rng(5), 20)
    expected = decompose(flow)
    whole = cycles._search

    def cramped(left, least):
        return whole(left, least)._replace(nodes=np.empty(len(left), np.int64))

    monkeypatch.setattr(cycles, "_search", cramped)
    assert decompose(flow) == expected


def test_every_bit_of_a_word_is_found():
    for bit in range(_cycles.BITS):
        words = np.zeros(1, np.int64)
        _cycles.include(words, bit)
        assert words[0] == 1 << bit
        assert _cycles.holds(words, bit)
        assert _cycles.lowest(words[0]) == bit
        _cycles.include(words, _cycles.BITS - 1)
        assert _cycles.lowest(words[0]) == bit


DUMP = """
import numpy as np
from detente.exact.cycles import decompose
from tests.exact.test_cycles import random_circulation, stationary
random = np.random.default_rng(17)
for n in (1, 3, 12, 70):
    print(decompose(random_circulation(random, n, 2 * n)))
    print(decompose(np.floor(4.0 * random.random((n, n)))))
print(decompose(stationary(random, 15)))
"""


def test_the_compiled_search_and_its_interpreted_twin_agree_to_the_last_bit():
    printed = []
    for off in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", DUMP],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    assert printed[0].count("Cycle(") > 100
