import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gate.meter import Event, Meter, may_cross, observe, probability_at_least, read
from detente.gate.meter.settings import Settings, bank_of
from detente.gate.meter.windows import CEILING, Fano, advanced, fano, first_windows, seen

SETTINGS = Settings(half_life_s=600.0, window_s=60.0)
BANK = bank_of(SETTINGS)
COUNTS = st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda counts: counts[0] > 0)


def filled(counts):
    windows = first_windows(0)
    for i, count in enumerate(counts):
        for k in range(count):
            windows = seen(windows, i * BANK.window + k, BANK)
    return advanced(windows, len(counts) * BANK.window, BANK)


@given(COUNTS)
def test_sums_are_those_over_all_windows(counts):
    windows = filled(counts)
    weights = [BANK.fade ** (len(counts) - 1 - i) for i in range(len(counts))]
    halved = [0.5 * (b - a) ** 2 for a, b in itertools.pairwise(counts)]
    assert windows.index == len(counts)
    assert windows.count == 0.0
    assert windows.number == pytest.approx(sum(weights[1:]))
    assert windows.number_squared == pytest.approx(sum(w * w for w in weights[1:]))
    assert windows.total == pytest.approx(sum(w * n for w, n in zip(weights[1:], counts[1:], strict=True)))
    assert windows.halved == pytest.approx(sum(w * h for w, h in zip(weights[1:], halved, strict=True)))
    assert windows.halved_squared == pytest.approx(
        sum(w * h * h for w, h in zip(weights[1:], halved, strict=True))
    )


def test_a_late_report_counts_in_the_open_window():
    windows = seen(filled([1, 2]), 5, BANK)
    assert (windows.index, windows.count) == (2, 1.0)


def test_nothing_seen_is_no_knowledge():
    low, high = fano(first_windows(0)).interval(0.95)
    assert low == 0.0
    assert high > 0.95


def test_a_steady_drift_is_no_clustering():
    # 0, 2, 4, ..., 120: the plain variance over the mean is 21; differences of 2 leave 2 / 60.
    assert fano(filled([1, *range(2, 121, 2)])).escalation() < 0.1


def test_clusters_are():
    # Poisson in nothing: sixteen at once, or none.
    assert fano(filled([16 if i % 3 == 0 else 0 for i in range(60)])).escalation() > 0.6


@given(st.floats(0.5, 200.0), st.floats(1.0, 500.0), st.floats(0.0, 0.94))
def test_the_probability_is_that_of_the_interval(shape, factor, level):
    law = Fano(shape, shape * factor)
    low, high = law.interval(0.9)
    assert low <= law.escalation() <= high or shape < 1.0
    probability = law.at_least(level)
    if level > high + 1e-6:
        assert probability < 0.0501
    if level < low - 1e-6:
        assert probability > 0.9499


def test_levels_it_cannot_see_are_read_at_its_ceiling():
    law = Fano(30.0, 30.0 * 900.0)
    assert law.at_least(1.0) == law.at_least(1.2) == law.at_least(CEILING) > 0.95
    assert law.at_least(0.0) == 1.0
    assert math.isclose(law.escalation(), 1 - 1 / 30)


@pytest.mark.parametrize("days", [0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 30, 365, 3650])
def test_a_silence_of_days_leaves_the_meter_as_it_was_at_first(days: float) -> None:
    settings = Settings(half_life_s=600.0)
    meter, at = Meter.empty(settings), 1_764_000_000_000_000_000
    for n in range(40):
        at += 1_000_000_000 * (1 + n % 7)
        meter = observe(meter, Event(f"e{n}", at, "avalon", "it", None), settings)
    at += round(days * 86_400e9)
    meter = observe(meter, Event("late", at, "avalon", "it", None), settings)
    for scope in (("overall",), ("compartment", "it"), ("pair", "avalon", "avalon")):
        estimate = read(meter, scope, at, settings)
        assert 0.0 <= estimate.low <= estimate.high < math.inf
        assert 0.0 <= probability_at_least(estimate, 1.0) <= 1.0
        may_cross(meter, scope, at, settings, 1.0)


@given(st.floats(0.2, 60.0), st.floats(0.01, 1000.0), st.floats(-0.5, 2.0))
def test_what_may_not_reach_a_level_is_less_than_one_half_sure_of_it(
    shape: float, scale: float, level: float
) -> None:
    law = Fano(shape, scale)
    if not law.may_reach(level):
        assert law.at_least(level) < 0.5
