import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from detente.gate.meter.settings import Settings, bank_of
from detente.gate.meter.sums import (
    NO_TALLY,
    added,
    counted,
    exposures,
    no_exposure,
    squared_exposure,
    weight_at,
)

BANK = bank_of(Settings(half_life_s=600.0))
TIMES = st.lists(st.integers(0, 4_000_000_000_000), min_size=1, max_size=8)


def summed(times):
    exposure = no_exposure()
    for time in times:
        exposure = added(exposure, time, BANK)
    return exposure


def weighed(exposure, now):
    """The weight of events, and what each component has had of it."""
    weight = weight_at(exposure, now, BANK)
    return weight, exposures(exposure, weight, now, BANK)


def lent(s, age, rate, forget):
    return math.exp(-forget * (age - s)) * rate * math.exp(-rate * s)


@pytest.mark.parametrize("age", [0, 1_000, 3_000_000, 1_000_000_000, 600_000_000_000, 90_000_000_000_000])
def test_exposures_are_the_integrals_they_stand_for(age):
    once = summed([0])
    _, each = weighed(once, age)
    squared = squared_exposure(once, age, BANK)
    for rate, had, had_squared in zip(BANK.rates, each, squared, strict=True):
        for forget, found in ((BANK.forget, had), (2 * BANK.forget, had_squared)):
            expected, _ = integrate.quad(lent, 0, min(age, 50 / rate), args=(age, rate, forget))
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(TIMES)
def test_exposures_add_up_over_events(times):
    now = max(times)
    together = weighed(summed(times), now)
    alone = [weighed(summed([time]), now) for time in times]
    assert together[0] == pytest.approx(sum(weight for weight, _ in alone))
    assert together[1] == pytest.approx(
        [sum(each) for each in zip(*(had for _, had in alone), strict=True)], abs=1e-9
    )


@given(TIMES, st.randoms())
def test_the_order_of_reports_does_not_matter(times, random):
    shuffled = random.sample(times, len(times))
    now = max(times)
    one, other = weighed(summed(times), now), weighed(summed(shuffled), now)
    assert one[0] == pytest.approx(other[0])
    assert one[1] == pytest.approx(other[1], abs=1e-9)


@given(TIMES, st.randoms())
def test_nor_that_of_counts(times, random):
    now = max(times)
    tallies = []
    for order in (times, random.sample(times, len(times))):
        tally = NO_TALLY
        for i in order:
            tally = counted(tally, i, BANK, 1.0, 2.0, 0.5, 0.25)
        tallies.append(counted(tally, now, BANK))
    assert tallies[0].count == pytest.approx(tallies[1].count)
    assert tallies[0].count == pytest.approx(sum(math.exp(-BANK.forget * (now - t)) for t in times))
    for factor, name in ((2.0, "siblings"), (0.5, "unplaced"), (0.25, "unsaid")):
        assert getattr(tallies[0], name) == pytest.approx(factor * tallies[0].count)


@pytest.mark.parametrize("half_life", [0.001, 0.693, 13.6e-3 * math.log(2), 59884.0, 1e6])
def test_no_time_scale_coincides_with_forgetting(half_life):
    bank = bank_of(Settings(half_life_s=half_life))
    for rate in bank.rates:
        assert abs(rate / bank.forget - 1) > 0.04
        assert abs(rate / bank.forget / 2 - 1) > 0.04
    assert all(map(math.isfinite, bank.gains + bank.gains_squared))
