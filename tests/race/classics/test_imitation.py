"""Imitation in finite populations against first-step analysis, whole Markov chains and known special cases."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import ClassicError
from detente.race.classics.imitation import (
    Population,
    fixation,
    log_fixation,
    rare_mutations,
    time_with,
)

earnings = st.floats(-5.0, 5.0)
games = st.lists(st.lists(earnings, min_size=2, max_size=2), min_size=2, max_size=2)
populations = st.builds(Population, players=st.integers(2, 12), strength=st.floats(0.0, 1.0))


def earned(game, own, k, size):
    """What a player of strategy `own` earns on average when k of `size` play strategy 1, itself not met."""
    ones, zeros = (k - 1, size - k) if own == 1 else (k, size - k - 1)
    return (ones * game[own][1] + zeros * game[own][0]) / (size - 1)


def steps(game, population, k, mutation=0.0):
    """Chances that k players of strategy 1 become k + 1 and k - 1 in one step, by the rules as they read."""
    size, beta = population.players, population.strength
    if 0 < k < size:
        ahead = earned(game, 1, k, size) - earned(game, 0, k, size)
        up, down = 1.0 / (1.0 + math.exp(-beta * ahead)), 1.0 / (1.0 + math.exp(beta * ahead))
    else:
        up = down = 0.0
    return (
        (size - k) / size * ((1.0 - mutation) * k / (size - 1) * up + mutation),
        k / size * ((1.0 - mutation) * (size - k) / (size - 1) * down + mutation),
    )


def chain(game, population, mutation):
    """The whole chain on 0 .. Z."""
    size = population.players
    matrix = np.zeros((size + 1, size + 1))
    for k in range(size + 1):
        up, down = steps(game, population, k, mutation)
        if k < size:
            matrix[k, k + 1] = up
        if k > 0:
            matrix[k, k - 1] = down
        matrix[k, k] = 1.0 - up - down
    return matrix


@settings(max_examples=60, deadline=None)
@given(games, populations)
def test_fixation_is_the_chance_of_absorption(game, population):
    """First-step analysis: (I - Q) h = r on the states between."""
    inner = chain(game, population, 0.0)[1:-1]
    h = np.linalg.solve(np.eye(len(inner)) - inner[:, 1:-1], inner[:, -1])
    assert fixation(game, population) == pytest.approx(h[0], rel=1e-9)


@pytest.mark.parametrize("players", [2, 7, 100])
def test_drift_fixes_one_in_z(players):
    game = [[1.0, 2.0], [3.0, 4.0]]
    assert fixation(game, Population(players=players, strength=0.0)) == pytest.approx(1.0 / players)
    assert fixation([[3.0, 3.0], [3.0, 3.0]], Population(players=players, strength=9.0)) == pytest.approx(
        1.0 / players
    )


@pytest.mark.parametrize("advantage", [0.5, -0.5])
def test_a_constant_advantage_fixes_as_moran_and_fermi_say(advantage):
    """A geometric series: (1 - q) / (1 - q^Z) with q = exp(-beta d), d = the advantage."""
    q = math.exp(-0.2 * advantage)
    game = [[1.0, 1.0], [1.0 + advantage, 1.0 + advantage]]
    expected = (1.0 - q) / (1.0 - q**40)
    # Nobody plays itself, but payoffs that do not depend on the other are blind to that.
    assert fixation(game, Population(players=40, strength=0.2)) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(games, populations, st.floats(1e-3, 1.0))
def test_the_time_with_each_number_is_the_stationary_law(game, population, mutation):
    found = time_with(game, population, mutation)
    assert found.sum() == pytest.approx(1.0)
    assert found @ chain(game, population, mutation) == pytest.approx(found, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(games, populations)
def test_rare_mutations_are_the_limit_of_mutations(game, population):
    rare = rare_mutations(game, population)
    ends = time_with(game, population, 1e-12)[[0, -1]]
    assert ends == pytest.approx(rare.shares, rel=1e-6)
    assert rare.shares[1] / rare.shares[0] == pytest.approx(
        rare.takeovers[0, 1] / rare.takeovers[1, 0], rel=1e-9
    )


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(0, 2**32 - 1), st.floats(0.0, 0.5))
def test_the_long_run_is_the_stationary_law_of_the_takeovers(strategies, seed, strength):
    game = np.random.default_rng(seed).uniform(-5.0, 5.0, (strategies, strategies))
    found = rare_mutations(game, Population(players=10, strength=strength))
    moves = found.takeovers / (strategies - 1)
    moves += np.diag(1.0 - moves.sum(axis=1))
    assert found.shares.sum() == pytest.approx(1.0)
    assert found.shares @ moves == pytest.approx(found.shares, abs=1e-12)


def test_selection_too_strong_for_doubles_is_still_told():
    game = [[1.0, 1.0], [0.0, 0.0]]
    population = Population(players=1000, strength=10.0)
    assert log_fixation(game, population) == pytest.approx(-9990.0 + math.log1p(-math.exp(-10.0)))
    assert rare_mutations(game, population).shares == pytest.approx([1.0, 0.0])


def test_a_cycle_of_three_spends_a_third_in_each():
    game = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]
    found = rare_mutations(game, Population(players=50, strength=1.0))
    assert found.shares == pytest.approx([1 / 3] * 3, rel=1e-12)


def test_bad_arguments_are_named():
    good = [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(ClassicError, match="players: found 1, expected a whole number, 2 to"):
        Population(players=1)
    with pytest.raises(ClassicError, match="strength: found -1, expected a number at least 0"):
        Population(strength=-1.0)
    with pytest.raises(ClassicError, match=r"payoffs\[1\]: found 1 of them, expected 2 numbers"):
        fixation([[1.0, 2.0], [3.0]], Population())
    with pytest.raises(ClassicError, match="payoffs: found 3, expected a square matrix"):
        rare_mutations(3, Population())
    with pytest.raises(ClassicError, match="newcomer: found 2, expected a whole number, 0 to 1"):
        fixation(good, Population(), newcomer=2)
    with pytest.raises(ClassicError, match="mutation: found 0, expected a number above 0 and at most 1"):
        time_with(good, Population(), 0.0)
    with pytest.raises(ClassicError, match="payoffs: found 3 strategies, expected 2"):
        time_with(np.zeros((3, 3)), Population(), 0.1)
    with pytest.raises(ClassicError, match="population: found 100, expected a Population"):
        fixation(good, 100)
