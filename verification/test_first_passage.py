"""Claim: times to a rung are the first-passage times of the chain of delays that leads there.

A chain of systems, each answering every incident with exactly one action one rung up at the next system,
climbs the ladder surely; only its delays are random. Null: with equal exponential means the time to
catastrophe is Erlang, with unequal ones hypoexponential, and so is the time to the critical rung
over the first three steps; of several parallel actions the first to land counts, whose delay is
exponential with the mean divided. Statistic: Kolmogorov-Smirnov, z for the mean.
Bound: two-sided p of 0.001 / 7. Seeds: 31 to 33.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy import stats

from verification.evidence import Evidence, Floats
from verification.scenarios import CATASTROPHE, crises, document, response, shock, system

CLAIMS = Evidence(checks=7)
RUNS = 200_000
STEPS = 6  # from signal to strategic
CRITICAL = 3  # from signal to degrade


def ladder(means_s: Sequence[float], actions: int = 1) -> dict:
    """`step-0`, `step-1`, ...: each hands on to the next, one rung higher, after an exponential delay."""
    systems = {f"step-{i}": system(climb(f"step-{i + 1}", mean, actions)) for i, mean in enumerate(means_s)}
    systems[f"step-{len(means_s)}"] = system()
    return document(systems, [shock("step-0", "signal")])


def climb(target: str, mean_s: float, actions: int) -> dict:
    return response(target, actions=actions, after={"mean": f"{mean_s} s"}, step={"up": 1.0})


def hypoexponential(means_s: Sequence[float], t: Floats) -> Floats:
    """P(sum of exponentials with these distinct means <= t)."""
    means = np.asarray(means_s)
    rest = np.zeros_like(t)
    for i, mean in enumerate(means):
        others = np.delete(means, i)
        rest += np.prod(mean / (mean - others)) * np.exp(-t / mean)
    return 1.0 - rest


def test_equal_delays_are_erlang() -> None:
    outcomes = crises(ladder([2.0] * STEPS), runs=RUNS, seed=31)
    assert (outcomes.ended == CATASTROPHE).all()
    CLAIMS.law("catastrophe, Erlang", outcomes.catastrophe_s, stats.gamma(STEPS, scale=2.0).cdf)
    CLAIMS.law("critical, Erlang", outcomes.first_critical_s, stats.gamma(CRITICAL, scale=2.0).cdf)
    CLAIMS.mean("time to catastrophe", outcomes.catastrophe_s, 2.0 * STEPS)


def test_unequal_delays_are_hypoexponential() -> None:
    means_s = [0.5, 1.0, 2.0, 4.0, 0.25, 8.0]
    outcomes = crises(ladder(means_s), runs=RUNS, seed=32)
    CLAIMS.law("catastrophe", outcomes.catastrophe_s, partial(hypoexponential, means_s))
    CLAIMS.law("critical", outcomes.first_critical_s, partial(hypoexponential, means_s[:CRITICAL]))
    CLAIMS.mean("time to catastrophe", outcomes.catastrophe_s, sum(means_s))


def test_the_first_of_parallel_actions_counts() -> None:
    """One step below catastrophe, five actions of mean 10 s: the first lands after mean 2 s."""
    source = document(
        {"step-0": system(climb("step-1", 10.0, 5)), "step-1": system()}, [shock("step-0", "destroy")]
    )
    found = crises(source, runs=RUNS, seed=33).catastrophe_s
    CLAIMS.law("first of five", found, stats.expon(scale=2.0).cdf)
