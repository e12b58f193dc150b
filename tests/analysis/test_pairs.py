"""Paired differences: their intervals hold, and pairing saves what it says."""

import numpy as np
import pytest
from scipy import stats

from detente.analysis.pairs import of_means, of_proportions


def test_a_hand_worked_table() -> None:
    """Four crises: both, the first alone twice, neither."""
    first, second = np.array([1, 1, 1, 0], bool), np.array([1, 0, 0, 0], bool)
    found = of_proportions(first, second)
    assert found.value == -0.5
    # Bonett and Price: (0 + 1) / 6 - (2 + 1) / 6, with variance (1/6 + 3/6 - (1/3)^2) / 6.
    half = 1.959964 * np.sqrt((4 / 6 - 1 / 9) / 6)
    assert (found.low, found.high) == pytest.approx((max(-1, -1 / 3 - half), -1 / 3 + half), rel=1e-6)
    # p = 3/4, q = 1/4: apart 3/16 + 3/16; together 2/4 - 1/4.
    assert found.variance_saved == pytest.approx(1 - 0.25 / 0.375)


@pytest.mark.parametrize(
    ("together", "prevented", "caused"), [(0.1, 0.05, 0.01), (0.02, 0.004, 0.0), (0.3, 0.1, 0.1)]
)
def test_the_interval_covers(together: float, prevented: float, caused: float) -> None:
    """Null: 95 % of intervals hold the true difference; 2,000 samples of 2,000, seed 7, exact binomial, two-sided, 1e-4."""
    rng = np.random.default_rng(7)
    cells = [together, prevented, caused, 1 - together - prevented - caused]
    held = 0
    for _ in range(2_000):
        drawn = rng.choice(4, size=2_000, p=cells)
        found = of_proportions((drawn == 0) | (drawn == 1), (drawn == 0) | (drawn == 2))
        held += found.low <= caused - prevented <= found.high
    # The adjustment makes it a little conservative where nearly nothing differs.
    assert held / 2_000 > stats.binom.ppf(1e-4, 2_000, 0.95) / 2_000
    assert held / 2_000 < 0.99


def test_no_difference_still_has_an_interval() -> None:
    same = np.arange(1000) % 7 == 0
    found = of_proportions(same, same)
    assert found.value == 0.0
    assert found.low < 0.0 < found.high < 0.004
    assert found.variance_saved == 1.0
    never = of_proportions(np.zeros(10, bool), np.zeros(10, bool))
    assert np.isnan(never.variance_saved)
    assert never.as_dict()["variance_saved"] is None


def test_means() -> None:
    rng = np.random.default_rng(3)
    first = rng.exponential(size=5_000)
    second = 0.9 * first + 0.01 * rng.normal(size=5_000)
    found = of_means(first, second)
    paired = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((paired.low, paired.high), rel=1e-3)
    assert found.variance_saved > 0.98
