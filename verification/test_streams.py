"""Claim: shocks given as a rate, and false alarms, are Poisson streams until the horizon.

Null: the number in a crisis is Poisson(rate x horizon); pooled over crises the times are uniform on
[0, horizon]; the time of the first is exponential, cut at the horizon; gaps are those of a Poisson
process; two streams are independent of each other.
Statistic: chi-square, z, Kolmogorov-Smirnov. Bound: two-sided p of 0.001 / 8. Seeds: 71 to 74.
"""

import numpy as np
from scipy import stats

from detente.engine.run import record_crisis
from verification.evidence import Evidence, Floats
from verification.scenarios import Document, crises, document, prepared, shock, system

CLAIMS = Evidence(checks=8)
HOURS = 3.0
MEAN = 6.0  # 2 per hour, 3 hours
SECONDS = HOURS * 3600.0


def shocked() -> Document:
    return document({"harbour": system()}, [shock("harbour", rate="2 /h")], horizon=f"{HOURS} h")


def times(source: Document, runs: int, seed: int) -> list[Floats]:
    """The times, in seconds from the start of the clock, of everything that happened in each crisis."""
    _, tables = prepared(source)
    return [record_crisis(tables, seed, crisis, 10_000)[1].times for crisis in range(runs)]


def test_counts_of_shocks() -> None:
    found = crises(shocked(), runs=300_000, seed=71).incidents
    CLAIMS.sizes("shocks in a crisis", found, stats.poisson(MEAN).pmf, 30)
    CLAIMS.variance("shocks in a crisis", found, MEAN, MEAN)


def test_times_of_shocks() -> None:
    by_crisis = times(shocked(), 30_000, 72)
    CLAIMS.law("times of shocks", np.concatenate(by_crisis), stats.uniform(0.0, SECONDS).cdf)
    first = np.array([found[0] for found in by_crisis if found.size])
    CLAIMS.law("time of the first shock", first, stats.truncexpon(MEAN, scale=SECONDS / MEAN).cdf)
    # Of n uniform times the k-th gap, in horizons, is Beta(1, n): 1 - (1 - gap)^n is uniform.
    several = [found for found in by_crisis if found.size >= 2]
    gaps = [1.0 - (1.0 - (found[1] - found[0]) / SECONDS) ** found.size for found in several]
    CLAIMS.law("gap between the first two", gaps, stats.uniform().cdf)


def test_false_alarms_are_a_stream() -> None:
    senses = {"false_alarms": {"rate": "2 /h", "rung": "probe"}}
    source = document({"harbour": system(senses=senses)}, [], horizon=f"{HOURS} h")
    by_crisis = times(source, 20_000, 73)
    CLAIMS.sizes("false alarms", [found.size for found in by_crisis], stats.poisson(MEAN).pmf, 30)
    CLAIMS.law("times of false alarms", np.concatenate(by_crisis), stats.uniform(0.0, SECONDS).cdf)


def test_two_streams_are_independent() -> None:
    """Each stream costs its own actor 1 USD per incident; the null covariance of the two counts is 0."""
    owners = {"alder": "harbour", "birch": "beacon"}
    systems = {name: system(owner=owner, harm={"probe": "1 USD"}) for owner, name in owners.items()}
    shocks = [shock(name, rate="2 /h") for name in owners.values()]
    found = crises(
        document(systems, shocks, horizon=f"{HOURS} h", actors=list(owners)), runs=300_000, seed=74
    )
    products = (found.loss_usd[:, 0] - MEAN) * (found.loss_usd[:, 1] - MEAN)
    CLAIMS.score(
        "covariance of two streams", float(products.mean()), 0.0, MEAN / products.size**0.5, products.size
    )
