"""Claim: a cluster of exponentially delayed incidents grows in time as a Hawkes cluster does.

Each incident causes Poisson(n) more after exponential delays of rate b. Null: expected incidents by time t,
the first included, are 1 + n / (1 - n) (1 - exp(-b (1 - n) t)), and 1 + bt at n = 1, below, at and above
criticality; the share of crises with no second incident by t is exp(-n (1 - exp(-bt))).
Statistic: z, exact binomial. Bound: two-sided p of 0.001 / 10. Seeds: 51 to 55.
"""

import math

import pytest

from verification.evidence import Evidence
from verification.scenarios import crises, single

CLAIMS = Evidence(checks=10)
RUNS = 500_000


@pytest.mark.parametrize(
    ("n", "b", "t", "seed"),
    [
        (0.8, 1.0, 2.0, 51),
        (0.8, 1.0, 20.0, 52),
        (1.0, 0.5, 6.0, 53),
        (1.5, 1.0, 3.0, 54),
        (2.0, 4.0, 0.5, 55),
    ],
)
def test_cluster_growth(n: float, b: float, t: float, seed: int) -> None:
    expected = 1.0 + b * t if n == 1.0 else 1.0 + n / (1.0 - n) * -math.expm1(-b * (1.0 - n) * t)
    source = single(n, horizon=f"{t} s", after={"mean": f"{1.0 / b} s"})
    found = crises(source, runs=RUNS, seed=seed).incidents
    CLAIMS.mean(f"incidents by {t} s, n = {n}, b = {b}", found, expected)
    alone = math.exp(-n * -math.expm1(-b * t))
    CLAIMS.share(f"alone at {t} s, n = {n}, b = {b}", int((found == 1).sum()), RUNS, alone)
