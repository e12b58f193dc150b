"""Summaries without the table: the same numbers, however the crises were cut and in whatever order they came."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente
from detente.ensemble.estimators import mean, quantile, tvar
from detente.ensemble.moments import moments
from detente.ensemble.sketch import RELATIVE_ERROR, sketch
from detente.ensemble.summary import summarise, summarise_tally
from detente.ensemble.tally import merged, tally

GIVEN = {
    "scenario": "s", "portfolio": "p", "requested": 20_000, "seed": 3, "version": "v", "wall_s": 1.0,
}  # fmt: skip
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100)


@pytest.fixture(scope="module")
def frame():
    return detente.simulate("attribution-error", runs=20_000, seed=3, portfolio="human-on-the-loop").frame


def pieces(frame, size, order=0):
    cut = [frame.slice(start, size) for start in range(0, frame.height, size)]
    random.Random(order).shuffle(cut)
    return [tally(piece) for piece in cut]


def test_neither_cut_nor_order_changes_a_bit(frame):
    whole = tally(frame)
    for size, order in ((1, 1), (777, 2), (4096, 3), (19_999, 4)):
        limited = frame.head(300) if size == 1 else frame
        assert merged(pieces(limited, size, order)) == (tally(limited) if size == 1 else whole), size


def numbers(document, path=""):
    if isinstance(document, dict):
        for key, value in document.items():
            yield from numbers(value, f"{path}.{key}")
    elif isinstance(document, list):
        for position, value in enumerate(document):
            yield from numbers(value, f"{path}.{position}")
    else:
        yield path.lstrip("."), document


def test_a_summary_without_the_table_says_the_same(frame):
    exact = summarise(frame, **GIVEN)
    other = summarise_tally(merged(pieces(frame, 3000)), **GIVEN)
    sketched = set(other.sketched)
    told = dict(numbers(other.as_dict()))
    for path, value in numbers(exact.as_dict()):
        if path.startswith("sketch") or isinstance(value, str):
            continue
        figure = path.replace("intervals.", "").removesuffix(".low").removesuffix(".high")
        if value is None:
            assert told[path] is None, path
        elif figure not in sketched:
            assert told[path] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), path
        elif "intervals" not in path:
            assert abs(told[path] - value) <= RELATIVE_ERROR * value, path
        elif figure.endswith("tvar99"):
            assert told[path] == pytest.approx(value, rel=0.02), path
        elif path.endswith(".low"):
            assert value * (1 - 2 * RELATIVE_ERROR) <= told[path] <= value, path
        elif path.endswith(".high"):
            assert value <= told[path] <= value * (1 + 2 * RELATIVE_ERROR), path
    assert {path for path in sketched if "p" in path} <= set(told)


def test_a_table_has_no_sketched_figures_and_a_tally_names_its_own(frame):
    assert summarise(frame, **GIVEN).as_dict()["sketch"] is None
    told = summarise_tally(tally(frame), **GIVEN).as_dict()["sketch"]
    assert told["relative_error"] == 1 / 1024
    assert "loss_usd.tvar99" in told["figures"]


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(0, 60))
def test_sums_are_exact(values, cut):
    found = moments(np.array(values[:cut])) + moments(np.array(values[cut:]))
    assert Fraction(found.total, 1 << 1127) == sum(map(Fraction, values))
    assert found.mean == float(sum(map(Fraction, values)) / len(values))


def test_sums_of_the_smallest_and_the_largest_doubles_are_exact():
    for values in ([5e-324, -1e-310, 1.0], [1e150, 1e-160, -1e150], [2.0**52 + 1] * 3):
        assert Fraction(moments(np.array(values)).total, 1 << 1127) == sum(map(Fraction, values))


def test_the_mean_of_moments_has_the_interval_of_the_mean():
    values = np.random.default_rng(5).lognormal(10, 2, 5000)
    found, wanted = moments(values).estimate(), mean(values)
    for name in ("value", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-12)
    assert math.isnan(moments(np.array([1.0])).estimate().low)


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e300, allow_subnormal=False), min_size=1, max_size=200), st.floats(0.01, 0.99))
def test_no_quantile_is_off_by_more_than_it_says(values, probability):
    ordered = np.sort(np.array(values))
    drawn = sketch(ordered[::2]) + sketch(ordered[1::2])
    (found,) = drawn.quantiles((probability,))
    wanted = quantile(ordered, probability)
    assert abs(found.value - wanted.value) <= RELATIVE_ERROR * wanted.value
    assert math.isnan(found.low) == math.isnan(wanted.low)
    assert not found.low > wanted.low
    assert not found.high < wanted.high


@given(st.lists(st.integers(0, 1023), min_size=1, max_size=200))
def test_small_whole_numbers_come_back_exactly(values):
    ordered = np.sort(np.array(values, dtype=np.float64))
    shares = (0.1, 0.5, 0.9)
    found = sketch(ordered, is_whole=True).quantiles(shares)
    assert [one.value for one in found] == [quantile(ordered, share).value for share in shares]


def test_the_worst_hundredth_of_a_sketch():
    ordered = np.sort(np.random.default_rng(6).lognormal(10, 2, 30_000))
    found, wanted = sketch(ordered).tvar(0.99), tvar(ordered, 0.99)
    assert abs(found.value - wanted.value) <= RELATIVE_ERROR * wanted.value
    assert found.low == pytest.approx(wanted.low, rel=0.01)
    empty = sketch(np.array([]))
    assert math.isnan(empty.tvar(0.99).value)
    assert math.isnan(empty.quantiles((0.5,))[0].value)
