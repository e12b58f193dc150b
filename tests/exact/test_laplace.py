"""Laplace transforms of delay laws, against other integrals of them and against 40-digit values."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from detente.engine.tables import EXPONENTIAL, FIXED, LOGNORMAL
from detente.exact.laplace import derivatives, medians, transforms

SPREADS = [0.001, 0.01, 0.1, 0.3, 0.7, 1.0, 1.3, 2.0, 3.0, 5.0, 10.0]
PRODUCTS = 10.0 ** np.concatenate([np.arange(-20.0, 21.0), np.arange(-3.0, 4.0, 0.25)])  # alpha * median
DELAYS = 10.0 ** np.linspace(9.0, -9.0, PRODUCTS.size)  # seconds
SMALLEST = 1e-290  # below, the exact value underflows or nearly so

# (spread, alpha * median, E exp(-alpha T), E T exp(-alpha T) / median): the defining integral, scaled to
# 1 at its peak, by mpmath's adaptive quadrature; 40 and 50 digits on different pieces agree to 1e-25.
ANCHORS = [
    (0.001, 1e2, 3.7385341619444640691e-44, 3.7381622333032411465e-44),
    (0.1, 1e-3, 0.99899549740551776316, 1.0039928423528036224),
    (0.5, 1.0, 0.36987384056537748234, 0.327963897845293918),
    (0.5, 3e3, 1.3129780859999546068e-31, 8.7990692824813743951e-34),
    (1.0, 1e-6, 0.99999835128242381292, 1.648713881689037285),
    (1.0, 1137.0, 1.0998912282497974785e-9, 5.2469673983245028969e-12),
    (2.0, 1e10, 1.840964320850658507e-28, 9.8667569774423765121e-38),
    (3.0, 1e20, 2.2487864478701635461e-51, 1.1132475230638279234e-70),
    (5.0, 1e-20, 0.9999999999999973167, 268324.27285760918494),
    (5.0, 0.25, 0.56340365204838582278, 0.30527314297777700119),
    (5.0, 1e20, 2.8113035308231512155e-20, 5.1430773454546032555e-40),
    (10.0, 1e6, 0.076644224747622732659, 1.4289065021958824249e-8),
]

positive = st.floats(-6.0, 6.0).map(lambda exponent: 10.0**exponent)
spreads = st.floats(0.001, 5.0)


def lognormal(alpha, median=1.0, spread=1.0, of=transforms):
    return float(of(np.array([LOGNORMAL]), np.array([median]), np.array([spread]), alpha)[0])


def concave_integral(log_f, low, high, bend=0.0):
    """The integral of exp(log_f) from `low` to `high`, log_f concave, on Gauss-Legendre pieces.

    400 pieces where it is above exp(-45) of its peak, and as many again within `bend` of 0.
    """
    near, far = low, high
    for _ in range(40):  # ever finer grids around the highest point
        grid = np.linspace(near, far, 201)
        top = int(np.argmax(log_f(grid)))
        near, far = grid[max(top - 2, 0)], grid[min(top + 2, 200)]
    peak = float(grid[top])
    height = float(log_f(np.array(peak)))
    if height < -745.0:
        return 0.0
    left, right = (edge(log_f, peak, height - 45.0, end) for end in (low, high))
    x, weight = np.polynomial.legendre.leggauss(12)
    ends = np.linspace(left, right, 401)
    ends = np.union1d(ends, np.linspace(max(left, -bend), min(right, bend), 401)) if bend > 0.0 else ends
    half = 0.5 * np.diff(ends)[:, None]
    y = ends[:-1, None] + half * (1.0 + x)
    return math.exp(height) * math.fsum((half * weight * np.exp(log_f(y) - height)).ravel())


def edge(log_f, peak, level, end):
    """Where log_f, from its peak towards `end`, falls to `level`; `end` if it does not."""
    inside = peak
    for _ in range(60):
        middle = 0.5 * (inside + end)
        inside, end = (inside, middle) if log_f(np.array(middle)) < level else (middle, end)
    return end


def outlived(x, spread):
    """E exp(-x T), median 1, as the chance that an exponential clock outlives T: another integral."""

    def log_f(y):  # y: standardised logarithm of the clock's time
        clock = math.log(x) + spread * y
        return clock - x * np.exp(np.minimum(spread * y, 650.0)) + special.log_ndtr(y) + math.log(spread)

    return concave_integral(log_f, -60.0, (60.0 + abs(math.log(x))) / spread + 60.0, bend=12.0)


def weighted(x, spread):
    """E T exp(-x T), median 1, as it stands."""

    def log_f(z):
        faded = x * np.exp(np.minimum(spread * z, 650.0))
        return spread * z - faded - 0.5 * z * z - 0.5 * math.log(2.0 * math.pi)

    return concave_integral(log_f, -60.0, 60.0)


@pytest.mark.parametrize(("spread", "x", "transform", "first_moment"), ANCHORS)
def test_lognormal_values_agree_with_forty_digits(spread, x, transform, first_moment):
    assert lognormal(x, spread=spread) == pytest.approx(transform, rel=1e-12, abs=0.0)
    found = lognormal(x / 4096.0, 4096.0, spread, derivatives)
    assert found == pytest.approx(-4096.0 * first_moment, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("spread", SPREADS)
def test_lognormal_transforms_agree_with_another_integral_over_forty_decades(spread):
    law = np.full(PRODUCTS.size, LOGNORMAL)
    found = transforms(law, PRODUCTS, np.full(PRODUCTS.size, spread), 1.0)
    expected = np.array([outlived(x, spread) for x in PRODUCTS])
    large = expected > SMALLEST
    assert np.count_nonzero(large) >= 23
    np.testing.assert_allclose(found[large], expected[large], rtol=1e-11, atol=0.0)
    assert np.all(found[~large] <= 2.0 * SMALLEST)


@pytest.mark.parametrize("spread", SPREADS)
def test_lognormal_derivatives_agree_with_the_defining_integral_over_forty_decades(spread):
    for x, median in zip(PRODUCTS, DELAYS, strict=True):
        expected = -median * weighted(x, spread)
        found = lognormal(x / median, median, spread, derivatives)
        if -expected > SMALLEST:
            assert found == pytest.approx(expected, rel=1e-11, abs=0.0), (x, median)
        else:
            assert -2.0 * SMALLEST <= found <= 0.0, (x, median)


@given(median=positive, alpha=positive, spread=spreads)
def test_only_the_product_of_alpha_and_the_median_matters(median, alpha, spread):
    here = lognormal(alpha, median, spread)
    # log E exp(-x T), above -745, moves by at most 745 times the relative change of x: two roundings.
    there = lognormal(alpha * median, 1.0, spread)
    assert here == pytest.approx(there, rel=1e-12, abs=1e-300)


@given(law=st.sampled_from([FIXED, EXPONENTIAL, LOGNORMAL]), scale=positive, x=positive, spread=spreads)
def test_derivatives_are_those_of_the_transforms(law, scale, x, spread):
    laws = np.full(4, law), np.full(4, scale), np.full(4, spread)
    alpha, step = x / scale, 1e-3 * min(x, 1.0) / scale
    here = float(transforms(*laws, alpha)[0])
    assume(here > SMALLEST)
    far, near = (
        (transforms(*laws, alpha + h)[0] - transforms(*laws, alpha - h)[0]) / (2.0 * h)
        for h in (step, 0.5 * step)
    )
    slope = (4.0 * near - far) / 3.0  # Richardson: the error is of order step ** 4
    exact = derivatives(*laws, alpha)[0]
    # The difference quotient loses what its values round off, and little more.
    rounding = 4e-15 * (1.0 - math.log(here)) * here / step
    curve = 30.0 * (step * scale) ** 4 * (1.0 if law != LOGNORMAL else 1e3)
    assert slope == pytest.approx(exact, rel=1e-9 + curve, abs=rounding)


@given(median=positive, x=positive, spread=spreads)
def test_a_transform_is_completely_monotone(median, x, spread):
    # Differences of order k have sign (-1)**k (Bernstein), here up to the rounding of their terms.
    at = [lognormal(x / median * (1.0 + 0.5 * k), median, spread) for k in range(9)]
    for order in range(1, 9):
        terms = [(-1) ** k * math.comb(order, k) * at[k] for k in range(order + 1)]
        assert math.fsum(terms) >= -1e-12 * max(map(abs, terms))


@pytest.mark.parametrize("spread", SPREADS)
def test_a_transform_falls_from_one_to_nothing(spread):
    alphas = 10.0 ** np.arange(-20.0, 20.0, 0.05)
    values = transforms(np.full(alphas.size, LOGNORMAL), alphas, np.full(alphas.size, spread), 1.0)
    assert np.all(values <= 1.0)
    assert np.all(np.diff(values) <= 1e-14)
    assert np.all(np.diff(values)[(values[1:] < 0.999) & (values[1:] > 0.0)] < 0.0)
    # Jensen's inequality, and E exp(-x T) <= P(T <= t) + exp(-x t) at t = x ** -0.5.
    mean = math.exp(0.5 * spread**2)
    assert np.all(values >= np.exp(-alphas * mean) * (1.0 - 1e-12) - 1e-15)
    bound = special.ndtr(-0.5 * np.log(alphas) / spread) + np.exp(-np.sqrt(alphas))
    assert np.all(values <= bound + 1e-14)


def test_at_zero_a_transform_is_exactly_one_and_its_derivative_minus_the_mean():
    law = np.array([FIXED, EXPONENTIAL, LOGNORMAL, LOGNORMAL, LOGNORMAL])
    scale = np.array([2.0, 3.0, 5.0, 7.0, 1e-6])
    spread = np.array([0.0, 0.0, 0.4, 0.0, 10.0])
    assert transforms(law, scale, spread, 0.0).tolist() == [1.0] * 5
    means = [2.0, 3.0, 5.0 * math.exp(0.08), 7.0, 1e-6 * math.exp(50.0)]
    np.testing.assert_allclose(derivatives(law, scale, spread, 0.0), np.negative(means), rtol=1e-14)


@pytest.mark.parametrize("alpha", [-30.0, -0.4, -0.1, 1e-7, 2.0, 40.0])
def test_fixed_and_exponential_delays_have_closed_forms(alpha):
    law, scale, spread = np.array([FIXED, EXPONENTIAL]), np.array([0.7, 2.0]), np.zeros(2)
    fixed = math.exp(-0.7 * alpha)
    waiting = 1.0 / (1.0 + 2.0 * alpha) if alpha > -0.5 else math.inf
    assert transforms(law, scale, spread, alpha) == pytest.approx([fixed, waiting], rel=1e-15)
    expected = [-0.7 * fixed, -2.0 * waiting**2]
    assert derivatives(law, scale, spread, alpha) == pytest.approx(expected, rel=1e-15)


def test_what_diverges_is_infinite():
    law = np.array([EXPONENTIAL, EXPONENTIAL, EXPONENTIAL, LOGNORMAL, LOGNORMAL, LOGNORMAL, FIXED])
    scale = np.array([1.9, 2.0, 2.1, 1e-9, 3.0, 0.0, 0.0])
    spread = np.array([0.0, 0.0, 0.0, 0.001, 0.0, 1.0, 0.0])
    found = transforms(law, scale, spread, -0.5)
    assert found == pytest.approx([20.0, math.inf, math.inf, math.inf, math.exp(1.5), 1.0, 1.0])
    found = derivatives(law, scale, spread, -0.5)
    assert found == pytest.approx([-760.0, -math.inf, -math.inf, -math.inf, -3.0 * math.exp(1.5), 0.0, 0.0])


@pytest.mark.parametrize("alpha", [-1e300, -1e20, 1e-320, 1e-300, 1e20, 1e300])
def test_extreme_arguments_give_a_value_and_no_warning(alpha):
    law = np.repeat([FIXED, EXPONENTIAL, LOGNORMAL], 4)
    scale = np.tile([0.0, 1e-9, 1.0, 1e9], 3)
    for spread in (0.001, 1.0, 10.0):
        found = transforms(law, scale, np.full(12, spread), alpha)
        slopes = derivatives(law, scale, np.full(12, spread), alpha)
        assert np.all(found >= 0.0)
        assert np.all(slopes <= 0.0)
        if alpha > 0.0:
            assert np.all(found <= 1.0)
            assert np.all(np.isfinite(slopes))


@pytest.mark.parametrize("of", [transforms, derivatives])
def test_many_laws_at_once_give_what_each_gives_alone(of):
    random = np.random.default_rng(11)
    law = random.choice([FIXED, EXPONENTIAL, LOGNORMAL], 3000, p=[0.1, 0.1, 0.8])
    scale = 10.0 ** random.uniform(-6.0, 6.0, law.size)
    spread = random.choice([0.0, 0.2, 1.0, 4.0], law.size)
    together = of(law, scale, spread, 0.03)
    alone = np.concatenate([of(law[[i]], scale[[i]], spread[[i]], 0.03) for i in range(law.size)])
    np.testing.assert_allclose(together, alone, rtol=1e-14, atol=0.0)


def test_memory_stays_bounded_however_many_laws_there_are():
    laws = np.full(10_000, LOGNORMAL), np.full(10_000, 3.0), np.full(10_000, 5.0)
    tracemalloc.start()
    transforms(*laws, 1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6  # bytes; all nodes at once would take more than 100 MB


def test_no_laws_have_no_transforms():
    none = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    assert transforms(*none, 1.0).size == derivatives(*none, 1.0).size == medians(*none).size == 0


def test_medians_halve_the_laws():
    law, scale = np.array([FIXED, EXPONENTIAL, LOGNORMAL]), np.array([2.0, 3.0, 5.0])
    found = medians(law, scale, np.array([0.0, 0.0, 1.5]))
    assert found[0] == 2.0
    assert stats.expon(scale=3.0).cdf(found[1]) == pytest.approx(0.5, rel=1e-14)
    assert stats.lognorm(1.5, scale=5.0).cdf(found[2]) == pytest.approx(0.5, rel=1e-14)
