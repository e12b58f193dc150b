"""Claim: every delay follows its law, wherever the language has one.

One shock, one consequence, so a crisis lasts exactly one delay. Null: fixed delays are exact;
exponential ones have the mean given, lognormal ones the median and the standard deviation of the logarithm
given, for responses, dependencies, contagion and human review; response and review delays add.
Statistic: Kolmogorov-Smirnov; z for mean and log-variance. Bound: two-sided p of 0.001 / 9. Seeds: 101 to 109.
"""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from verification.evidence import Evidence, Floats
from verification.scenarios import Document, crises, document, response, shock, system

CLAIMS = Evidence(checks=9)
RUNS = 200_000
MEDIAN, SPREAD = 0.04, 1.3  # seconds, and of the logarithm
EXPONENTIAL = {"mean": "90 s"}
LOGNORMAL = {"median": "40 ms", "spread": SPREAD}


def lasted(source: Document, seed: int) -> Floats:
    outcomes = crises(source, runs=RUNS, seed=seed)
    assert (outcomes.incidents == 2).all()
    return outcomes.duration_s


def answered(after: Any, **more: Any) -> Document:
    return document(
        {"harbour": system(response("beacon", after=after, **more)), "beacon": system()}, [shock("harbour")]
    )


def depended(after: Any) -> Document:
    link = {"from": "harbour", "to": "beacon", "spreads": 1.0, "after": after}
    return document({"harbour": system(), "beacon": system()}, [shock("harbour")], dependencies=[link])


def infected(after: Any) -> Document:
    """A worm that loses its strength on the way, so that it does not come back."""
    rule = {"component": "part", "spreads": 1.0, "at_least": "probe", "drops": 1, "after": after}
    systems = {name: system(components=["part"]) for name in ("harbour", "beacon")}
    return document(systems, [shock("harbour", "probe")], contagion=[rule])


@pytest.mark.parametrize("after", ["250 ms", {"fixed": "250 ms"}])
@pytest.mark.parametrize("build", [answered, depended, infected])
def test_fixed(build: Any, after: Any) -> None:
    """Nothing random: the shock is at 0 s and its consequence a quarter of a second later."""
    assert (lasted(build(after), 101) == 0.25).all()


@pytest.mark.parametrize(("build", "seed"), [(answered, 102), (depended, 103), (infected, 104)])
def test_exponential(build: Any, seed: int) -> None:
    found = lasted(build(EXPONENTIAL), seed)
    CLAIMS.law(f"exponential, {build.__name__}", found, stats.expon(scale=90.0).cdf)


@pytest.mark.parametrize(("build", "seed"), [(answered, 105), (depended, 106), (infected, 107)])
def test_lognormal(build: Any, seed: int) -> None:
    found = lasted(build(LOGNORMAL), seed)
    CLAIMS.law(f"lognormal, {build.__name__}", found, stats.lognorm(SPREAD, scale=MEDIAN).cdf)


def test_lognormal_logarithm() -> None:
    found = np.log(lasted(answered(LOGNORMAL), 108))
    CLAIMS.score("mean logarithm", float(found.mean()), np.log(MEDIAN), SPREAD / RUNS**0.5, RUNS)
    CLAIMS.variance("logarithm", found, float(np.log(MEDIAN)), SPREAD**2)


def test_review_adds_to_the_response() -> None:
    """Nothing is automated, everything approved: exponential means 90 s and 30 s in a row."""
    source = answered(EXPONENTIAL, autonomy=0.0)
    command = {"review": {"mean": "30 s"}, "approves_right": 1.0, "approves_wrong": 1.0}
    source["actors"]["alder"]["command"] = command

    def sum_of_both(t: Floats) -> Floats:
        return 1.0 - (90.0 * np.exp(-t / 90.0) - 30.0 * np.exp(-t / 30.0)) / 60.0

    CLAIMS.law("response and review", lasted(source, 109), sum_of_both)
