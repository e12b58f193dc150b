"""Claim: a cascade has as many incidents as the total progeny of the branching process it is.

Null: sizes follow Borel (one ancestor), Borel-Tanner (k ancestors, Otter-Dwass), the negative-binomial
total-progeny law, and the geometric law of a Bernoulli chain. Statistic: chi-square with pooled
tails, z for mean and variance, exact binomial for one tail. Bound: two-sided p of 0.001 / 10. Seeds: 11 to 16.
"""

import numpy as np
import pytest
from scipy import special

from verification.evidence import Evidence, Floats
from verification.scenarios import DIED_OUT, crises, single

CLAIMS = Evidence(checks=10)
RUNS = 500_000


def sizes(source: dict, seed: int) -> np.ndarray:
    outcomes = crises(source, runs=RUNS, seed=seed)
    assert (outcomes.ended == DIED_OUT).all()
    return outcomes.incidents


def borel_tanner(n: Floats, m: float, k: int) -> Floats:
    """P(N = n) of k ancestors with Poisson(m) offspring: (k / n) P(Poisson(nm) = n - k)."""
    law = np.zeros_like(n)
    n = n[n >= k]
    law[k:] = np.exp(np.log(k / n) - n * m + (n - k) * np.log(n * m) - special.gammaln(n - k + 1.0))
    return law


def negative_binomial_progeny(n: Floats, r: float, k: float) -> Floats:
    """P(N = n) of one ancestor, offspring of mean r and dispersion k."""
    law = np.zeros_like(n)
    n = n[1:]
    binomial = special.gammaln(k * n + n - 1.0) - special.gammaln(k * n) - special.gammaln(n + 1.0)
    law[1:] = np.exp(binomial + (n - 1.0) * np.log(r / k) - (k * n + n - 1.0) * np.log1p(r / k))
    return law


@pytest.mark.parametrize(("m", "seed"), [(0.5, 11), (0.8, 12)])
def test_borel(m: float, seed: int) -> None:
    found = sizes(single(m), seed)
    mean, variance = 1.0 / (1.0 - m), m / (1.0 - m) ** 3
    CLAIMS.sizes(f"Borel, m = {m}", found, lambda n: borel_tanner(n, m, 1), 400)
    CLAIMS.mean(f"mean size, m = {m}", found, mean)
    CLAIMS.variance(f"size, m = {m}", found, mean, variance)


def test_borel_tail() -> None:
    """P(N >= 100) at m = 0.8, a share of one in seven hundred, against the sum of the formula."""
    expected = 1.0 - float(borel_tanner(np.arange(100.0), 0.8, 1).sum())
    assert abs(expected - 0.00142520) < 1e-8
    found = sizes(single(0.8), 13)
    CLAIMS.share("P(N >= 100), m = 0.8", int((found >= 100).sum()), RUNS, expected)


def test_borel_of_three_ancestors() -> None:
    found = sizes(single(0.8, shocks=3), 14)
    CLAIMS.sizes("Borel-Tanner, m = 0.8, 3 ancestors", found, lambda n: borel_tanner(n, 0.8, 3), 600)


def test_negative_binomial_cascade() -> None:
    r, k = 0.7, 0.3
    found = sizes(single(r, {"negative-binomial": k}), 15)
    CLAIMS.sizes(f"R = {r}, k = {k}", found, lambda n: negative_binomial_progeny(n, r, k), 600)


def test_bernoulli_chain() -> None:
    p = 0.7

    def geometric(n: Floats) -> Floats:
        return np.where(n >= 1.0, (1.0 - p) * p ** (n - 1.0), 0.0)

    CLAIMS.sizes(f"geometric, p = {p}", sizes(single(p, "bernoulli"), 16), geometric, 200)
