"""Claim: supercritical cascades die out with the probability, and subcritical ones have the size, of theory.

Null: P(died out) is the smallest root of q = g(q), with g the offspring generating function, of one type
or several; expected incidents of each type are the rows of (I - M)^-1. A cascade that reaches the event
budget (`capped`) has survived: with the budgets used here fewer than one in a million would still
have died out. Statistic: exact binomial, z. Bound: two-sided p of 0.001 / 10. Seeds: 21 to 28.
"""

from collections.abc import Callable

import numpy as np
import pytest

from verification.evidence import Evidence
from verification.scenarios import CAPPED, DIED_OUT, crises, matrix, single

CLAIMS = Evidence(checks=10)
NEAR_CRITICAL = [[0.6, 0.5], [0.3, 0.7]]
SUBCRITICAL = [[0.3, 0.4], [0.2, 0.5]]


def smallest_root(step: Callable[[np.ndarray], np.ndarray], types: int) -> np.ndarray:
    """The limit of q <- g(q) from 0, which is the smallest root."""
    q = np.zeros(types)
    for _ in range(10_000):
        q = step(q)
    return q


def died_out(source: dict, runs: int, seed: int, budget: int) -> int:
    ended = crises(source, runs=runs, seed=seed, max_incidents=budget).ended
    assert np.isin(ended, (DIED_OUT, CAPPED)).all()
    return int((ended == DIED_OUT).sum())


@pytest.mark.parametrize(
    ("r", "known", "runs", "budget", "seed"),
    [(1.1, 0.823866, 20_000, 2_000, 21), (1.5, 0.417188, 40_000, 400, 22), (2.0, 0.203188, 100_000, 100, 23)],
)
def test_extinction_of_one_type(r: float, known: float, runs: int, budget: int, seed: int) -> None:
    q = float(smallest_root(lambda q: np.exp(r * (q - 1.0)), 1)[0])
    assert abs(q - known) < 1e-6
    CLAIMS.share(f"extinction, R = {r}", died_out(single(r), runs, seed, budget), runs, q)


def test_extinction_with_unequal_spreaders() -> None:
    """Negative-binomial offspring, whose generating function is (1 + (r/k)(1 - q))^-k."""
    r, k, runs = 2.0, 0.5, 40_000
    q = float(smallest_root(lambda q: (1.0 + r / k * (1.0 - q)) ** -k, 1)[0])
    found = died_out(single(r, {"negative-binomial": k}), runs, 24, 300)
    CLAIMS.share(f"extinction, R = {r}, k = {k}", found, runs, q)


@pytest.mark.parametrize(("first", "known", "seed"), [(0, 0.917916, 25), (1, 0.927202, 26)])
def test_extinction_of_two_types(first: int, known: float, seed: int) -> None:
    """Spectral radius 1.0405: barely supercritical, so a small error in any mean shows."""
    means, runs = np.array(NEAR_CRITICAL), 12_000
    q = float(smallest_root(lambda q: np.exp(means @ (q - 1.0)), 2)[first])
    assert abs(q - known) < 1e-6
    found = died_out(matrix(NEAR_CRITICAL, first), runs, seed, 12_000)
    CLAIMS.share(f"extinction from type {first}", found, runs, q)


@pytest.mark.parametrize(("first", "seed"), [(0, 27), (1, 28)])
def test_expected_progeny_of_two_types(first: int, seed: int) -> None:
    """Every incident costs the owner of its type 1 USD, so losses count types."""
    expected = np.linalg.inv(np.eye(2) - np.array(SUBCRITICAL))[first]
    losses = crises(matrix(SUBCRITICAL, first), runs=400_000, seed=seed).loss_usd
    for j in range(2):
        CLAIMS.mean(f"type {j} from type {first}", losses[:, j], float(expected[j]))
