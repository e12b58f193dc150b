"""Claim: a response takes as many actions as its law says, and rules draw independently.

`harbour` answers its only shock at systems that answer nothing, so actions are draws of the law.
Null: the probability mass, mean and variance of Poisson, negative-binomial (variance m + m^2 / k), Bernoulli
and fixed laws; uniform choice among listed targets; zero covariance between two rules of one system.
Statistic: chi-square with pooled tails, z. Bound: two-sided p of 0.001 / 22. Seeds: 81 to 92.
"""

from typing import Any

import pytest
from scipy import stats

from verification.evidence import Evidence
from verification.scenarios import Document, crises, document, response, shock, system

CLAIMS = Evidence(checks=22)
RUNS = 300_000


def answered(*rules: Document) -> Document:
    """Two passive systems of two actors that lose 1 USD per incident, and the rules of `harbour`."""
    harm = {"probe": "1 USD"}
    passive = {f"{owner}-post": system(owner=owner, harm=harm) for owner in ("birch", "cedar")}
    return document(
        {"harbour": system(*rules), **passive}, [shock("harbour")], actors=["alder", "birch", "cedar"]
    )


def check(what: str, law: Any, mean: float, frozen: Any, seed: int) -> None:
    found = crises(answered(response("birch-post", actions=mean, law=law)), runs=RUNS, seed=seed).actions
    assert abs(frozen.mean() - mean) < 1e-9
    CLAIMS.sizes(what, found, frozen.pmf, int(frozen.isf(1e-9)) + 1)
    CLAIMS.mean(f"mean of {what}", found, mean)
    CLAIMS.variance(what, found, mean, float(frozen.var()))


@pytest.mark.parametrize(("mean", "seed"), [(0.05, 81), (0.8, 82), (3.0, 83)])
def test_poisson(mean: float, seed: int) -> None:
    check(f"Poisson({mean})", "poisson", mean, stats.poisson(mean), seed)


def test_poisson_with_a_large_mean() -> None:
    check("Poisson(60)", "poisson", 60.0, stats.poisson(60.0), 84)


@pytest.mark.parametrize(("mean", "dispersion", "seed"), [(2.0, 0.5, 85), (0.5, 0.1, 86)])
def test_negative_binomial(mean: float, dispersion: float, seed: int) -> None:
    frozen = stats.nbinom(dispersion, dispersion / (dispersion + mean))
    law = {"negative-binomial": dispersion}
    check(f"negative binomial ({mean}, {dispersion})", law, mean, frozen, seed)


def test_bernoulli() -> None:
    source = answered(response("birch-post", actions=0.37, law="bernoulli"))
    found = crises(source, runs=RUNS, seed=87).actions
    assert set(found) == {0, 1}
    CLAIMS.share("Bernoulli(0.37)", int(found.sum()), RUNS, 0.37)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_fixed(number: int) -> None:
    """No chance at all: every crisis has exactly so many."""
    found = crises(answered(response("birch-post", actions=number)), runs=10_000, seed=88).actions
    assert (found == number).all()


def test_targets_are_chosen_evenly() -> None:
    rule = response("birch-post", "cedar-post", actions=1)
    losses = crises(answered(rule), runs=RUNS, seed=90).loss_usd
    CLAIMS.share("first of two targets", int(losses[:, 1].sum()), RUNS, 0.5)


def test_siblings_choose_independently() -> None:
    """Of three actions at two targets, those at the first are Binomial(3, 1/2)."""
    losses = crises(answered(response("birch-post", "cedar-post", actions=3)), runs=RUNS, seed=91).loss_usd
    CLAIMS.sizes("three choices", losses[:, 1], stats.binom(3, 0.5).pmf, 3)


def test_two_rules_are_independent() -> None:
    rules = [response(f"{owner}-post", actions=2.0, law="poisson") for owner in ("birch", "cedar")]
    losses = crises(answered(*rules), runs=RUNS, seed=92).loss_usd
    products = (losses[:, 1] - 2.0) * (losses[:, 2] - 2.0)
    CLAIMS.score("covariance of two rules", float(products.mean()), 0.0, 2.0 / RUNS**0.5, RUNS)
