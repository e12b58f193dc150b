import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from detente.ensemble.estimators import exceedance, mean, quantile, tvar, wilson
from detente.ensemble.moments import moments
from detente.ensemble.sketch import sketch


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 1), (1, 1), (0, 100), (100, 100), (3, 10), (7, 100_000)]
)
def test_wilson_agrees_with_another_program(successes, trials):
    ours = wilson(successes, trials)
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.value == successes / trials


def test_wilson_of_no_trials_says_nothing():
    assert math.isnan(wilson(0, 0).value)


@pytest.mark.parametrize(("count", "share"), [(6, 0.5), (100, 0.5), (1000, 0.9), (500, 0.99), (50, 0.1)])
def test_the_ranks_of_a_quantile_are_the_tightest_that_cover(count, share):
    ordered = np.arange(1.0, count + 1)  # each observation is its own rank
    found = quantile(ordered, share)
    ranks = range(1, count + 1)
    lower = [r for r in ranks if binom.cdf(r - 1, count, share) <= 0.025]
    upper = [s for s in ranks if binom.cdf(s - 1, count, share) >= 0.975]
    assert found.value == math.ceil(share * count - 1e-9)
    assert found.low == max(lower) if lower else math.isnan(found.low)
    assert found.high == min(upper) if upper else math.isnan(found.high)


def test_an_extreme_quantile_of_a_small_sample_has_no_upper_end():
    found = quantile(np.arange(10.0), 0.99)
    assert found.value == 9
    assert math.isnan(found.high)


def test_quantile_intervals_cover_as_often_as_they_say():
    """Null: the interval for the 0.9 quantile of 200 exponentials covers with its exact binomial chance.

    2000 repetitions, seed 5, two-sided at 1e-4.
    """
    generator = np.random.default_rng(5)
    count, share, repeats = 200, 0.9, 2000
    samples = np.sort(generator.exponential(size=(repeats, count)), axis=1)
    found = [quantile(sample, share) for sample in samples]
    covered = sum(f.low <= math.log(10) <= f.high for f in found)
    ordered = np.arange(1.0, count + 1)
    ranks = quantile(ordered, share)
    chance = binom.cdf(ranks.high - 1, count, share) - binom.cdf(ranks.low - 1, count, share)
    assert 0.95 <= chance <= 0.98
    p = binomtest(covered, repeats, chance).pvalue
    assert p > 1e-4, f"covered {covered} of {repeats}, expected {chance * repeats:.0f}, p = {p:.2g}"


def test_mean_has_students_interval():
    found = mean(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.value == 2.5
    assert found.high - found.value == pytest.approx(3.182446 * math.sqrt(5 / 3 / 4), rel=1e-5)
    assert math.isnan(mean(np.array([1.0])).low)
    assert math.isnan(mean(np.array([])).value)


RARE = np.array([0.0] * 99 + [1e9])
"""a loss that only one crisis in a hundred has"""


def test_intervals_of_what_is_never_negative_begin_at_0():
    for found in (mean(RARE), tvar(RARE, 0.9), moments(RARE).estimate(), sketch(RARE).tvar(0.9)):
        assert found.low == 0.0 < found.value < found.high
    share = mean(np.array([0.0, 1.0, 1.0]), most=1.0)
    assert (share.low, share.high) == (0.0, 1.0)


def test_clipping_an_interval_makes_it_miss_no_more_often():
    """The interval of Student's law for the mean of 5 exponentials, and the same clipped: both hold 1 or neither does."""
    generator = np.random.default_rng(4)
    clipped = 0
    for _ in range(200):
        values = generator.exponential(size=5)
        found = mean(values)
        unclipped = 2.0 * found.value - found.high
        clipped += unclipped < 0.0
        assert (found.low <= 1.0 <= found.high) == (unclipped <= 1.0 <= found.high)
    assert clipped > 20


def test_tvar_is_the_mean_of_the_worst():
    ordered = np.arange(1.0, 1001)
    assert tvar(ordered, 0.99).value == pytest.approx(np.arange(991, 1001).mean())
    # Two and a half observations: the third counts half.
    assert tvar(np.arange(1.0, 11), 0.75).value == pytest.approx((10 + 9 + 8 / 2) / 2.5)
    assert tvar(np.array([3.0]), 0.99).value == 3.0
    assert tvar(np.zeros(500), 0.99).value == 0.0


def test_tvar_intervals_cover_about_as_often_as_they_say():
    """Null: the interval for the mean of the worst tenth of 5000 exponentials (true value 1 + ln 10) covers 95 %.

    600 repetitions, seed 9; the interval is asymptotic, so the bound is 95 % give or take 3 points.
    """
    generator = np.random.default_rng(9)
    truth, repeats = 1 + math.log(10), 600
    found = [tvar(np.sort(generator.exponential(size=5000)), 0.9) for _ in range(repeats)]
    covered = sum(f.low <= truth <= f.high for f in found) / repeats
    assert 0.92 <= covered <= 0.98, f"covered {covered:.3f} of {repeats}, expected 0.95 +- 0.03"


def test_exceedance_counts_what_lies_strictly_above():
    points = exceedance(np.array([0.0, 1.0, 1.0, 5.0]), [0.0, 1.0, 5.0])
    assert [point.probability.value for point in points] == [0.75, 0.25, 0.0]
