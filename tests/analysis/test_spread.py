import math

import numpy as np
import pytest
from scipy import stats

from detente.analysis.uncertainty.regret import regrets
from detente.analysis.uncertainty.spread import QUANTILES, of_counts, of_values


def test_luck_is_taken_out_of_the_spread():
    """Beta(2, 18) probabilities seen through 60 crises each: what is counted spreads half as far again."""
    rng = np.random.default_rng(5)
    truth = stats.beta(2, 18)
    found = of_counts(rng.binomial(60, truth.rvs(4000, random_state=rng)), 60)
    counted_sd = math.sqrt(truth.var() + truth.mean() * (1 - truth.mean()) / 60 - truth.var() / 60)
    assert found.deviation == pytest.approx(truth.std(), rel=0.05)
    assert found.luck == pytest.approx(1 - truth.var() / counted_sd**2, abs=0.03)
    for name, level in QUANTILES.items():
        assert found.quantiles[name] == pytest.approx(truth.ppf(level), abs=0.012), name
    assert abs(found.counted["p95"].value - truth.ppf(0.95)) > 0.01
    assert found.mean.low < truth.mean() < found.mean.high


def test_counts_that_only_chance_spreads_have_no_deviation():
    counts = np.random.default_rng(6).binomial(1000, 0.1, 3000)
    found = of_counts(counts, 1000)
    assert found.luck == pytest.approx(1.0, abs=0.05)
    assert found.deviation < 0.003
    assert (
        found.quantiles["p95"] - found.quantiles["p5"]
        < 0.5 * (np.quantile(counts, 0.95) - np.quantile(counts, 0.05)) / 1000
    )


@pytest.mark.parametrize("count", [0, 50])
def test_counts_at_the_ends_and_all_alike_are_no_trouble(count):
    found = of_counts(np.full(10, count), 50)
    assert found.luck == 0.0
    assert found.deviation == 0.0
    assert all(0.0 <= value <= 1.0 for value in found.quantiles.values())
    assert all(value is not None for value in found.as_dict()["mean"].values())


def test_exact_values_are_told_as_they_are():
    found = of_values(np.arange(1.0, 101.0))
    assert found.quantiles["p50"] == 50.0
    assert found.luck == 0.0
    shares = of_values(np.array([0.0, 1.0, 1.0]), most=1.0)
    assert (shares.mean.low, shares.mean.high) == (0.0, 1.0)
    infinite = of_values(np.array([1.0, 2.0, math.inf]))
    assert math.isnan(infinite.mean.value)
    assert infinite.as_dict()["p95"] is None


def test_regret_by_hand():
    measured = np.array([[0.3, 0.1, 0.1], [0.2, 0.4, 0.3], [0.5, 0.5, 0.9]])
    first, second, third = regrets(("a", "b", "c"), measured)
    assert first.mean.value == pytest.approx(0.2 / 3)
    assert second.mean.value == pytest.approx(0.2 / 3)
    assert third.mean.value == pytest.approx(0.5 / 3)
    assert (third.largest, third.largest_in) == (pytest.approx(0.4), 2)
    assert (first.best, second.best, third.best) == pytest.approx(((1 + 0.5) / 3, (0.5 + 0.5) / 3, 0.5 / 3))
    assert first.mean_low == first.mean.value


def test_the_regret_that_luck_makes_is_bracketed():
    """Two portfolios that are alike: the best of two noisy figures looks better than either is."""
    rng = np.random.default_rng(7)
    halves = rng.normal(0.5, 0.1, (2, 4000, 2))
    found = regrets(("a", "b"), halves.mean(axis=0), (halves[0], halves[1]))
    # The mean of |N(0, s^2)| / 2 with s = 0.1, as halves average to 0.1 / sqrt(2) and differ by sqrt(2) of that.
    assert found[0].mean.value == pytest.approx(0.1 * math.sqrt(2 / math.pi) / 2, rel=0.05)
    assert found[0].mean_low < 0.003
