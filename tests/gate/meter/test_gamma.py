import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special

from detente.gate.meter.gamma import above, below, quantile

SHAPES = st.floats(0.05, 1e6)
SHARES = st.floats(1e-4, 1 - 1e-4)


@given(shape=SHAPES, share=SHARES)
def test_tails_are_those_of_scipy(shape, share):
    x = float(special.gammaincinv(shape, share))
    assert below(shape, x) == pytest.approx(special.gammainc(shape, x), abs=2e-8)
    assert above(shape, x) == pytest.approx(special.gammaincc(shape, x), abs=2e-8)


@given(shape=SHAPES, share=SHARES)
def test_quantiles_are_those_of_scipy(shape, share):
    assert quantile(shape, share) == pytest.approx(float(special.gammaincinv(shape, share)), rel=1e-4)
    assert below(shape, quantile(shape, share)) == pytest.approx(share, rel=1e-3)


@example(shape=1.0, ratio=5e-324)
@given(shape=SHAPES, ratio=st.floats(0.0, 20.0))
def test_the_tails_make_one(shape, ratio):
    low, high = below(shape, shape * ratio), above(shape, shape * ratio)
    assert 0.0 <= low <= 1.0
    assert 0.0 <= high <= 1.0
    assert low + high == pytest.approx(1.0, abs=1e-9)


@given(shape=SHAPES, one=SHARES, other=SHARES)
def test_quantiles_rise(shape, one, other):
    low, high = sorted((one, other))
    assert quantile(shape, low) <= quantile(shape, high) * (1 + 1e-6)


@pytest.mark.parametrize("x", [0.0, -1.0])
def test_nothing_lies_below_zero(x):
    assert (below(2.0, x), above(2.0, x)) == (0.0, 1.0)


@pytest.mark.parametrize(("x", "tails"), [(1e-9, (0.0, 1.0)), (1e9, (1.0, 0.0))])
def test_far_out_the_tails_are_sure(x, tails):
    assert (below(5000.0, x), above(5000.0, x)) == pytest.approx(tails)
