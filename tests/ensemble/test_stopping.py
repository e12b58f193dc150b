"""Stopping when the interval is tight: few looks, an interval that holds in spite of them, and an end in any case."""

import numpy as np
import pytest
from scipy.stats import binom

from detente.ensemble.estimators import LEVEL
from detente.ensemble.stopping import FIRST_LOOK, from_record, precision
from detente.errors import SimulationError

REPEATS = 4000
SEED = 20240917


def stops(asked, chance, ceiling, generator):
    """One run of Bernoulli trials up to where it stops."""
    successes, before = 0, 0
    for look in asked.looks(ceiling):
        successes += int(generator.binomial(look - before, chance))
        before = look
        if (found := asked.stopping(successes, look, ceiling)).is_met:
            break
    return found


def share_missed(asked, chance, interval_of):
    generator = np.random.default_rng(SEED)
    missed = 0
    for _ in range(REPEATS):
        low, high = interval_of(stops(asked, chance, 1 << 17, generator))
        missed += not low <= chance <= high
    return missed


def bound(side):
    """What the count of misses stays within at the level of the promise, with a false alarm in 10^4 on a side."""
    return binom.ppf(1e-4 if side == "low" else 1 - 1e-4, REPEATS, 1 - LEVEL)


@pytest.mark.parametrize(
    ("asked", "chance"),
    [
        (precision(0.1, None), 0.3),
        (precision(0.1, None), 0.02),
        (precision(0.5, None), 0.0005),
        (precision(None, 0.01), 0.1),
    ],
)
def test_the_interval_at_the_stop_misses_no_more_often_than_it_says(asked, chance):
    missed = share_missed(asked, chance, lambda end: (end.interval.low, end.interval.high))
    assert missed <= bound("high")


def test_the_interval_is_not_absurdly_wide():
    """Two-sided: with a single look it is Clopper and Pearson's, whose misses come close to what is allowed."""
    asked, chance, generator = precision(None, 0.5), 0.3, np.random.default_rng(SEED)
    ends = [stops(asked, chance, FIRST_LOOK, generator) for _ in range(REPEATS)]
    missed = sum(not end.interval.low <= chance <= end.interval.high for end in ends)
    assert bound("low") - 0.02 * REPEATS <= missed <= bound("high")


def test_looks_double_and_end_at_the_ceiling():
    asked = precision(0.05, None)
    assert asked.looks(100) == (100,)
    assert asked.looks(FIRST_LOOK) == (FIRST_LOOK,)
    assert asked.looks(FIRST_LOOK * 4 + 1) == (
        FIRST_LOOK, 2 * FIRST_LOOK, 4 * FIRST_LOOK, 4 * FIRST_LOOK + 1,
    )  # fmt: skip


def test_what_is_asked_is_what_is_met():
    tight = precision(0.05, None).stopping(5000, 10_000, 10_000)
    assert tight.is_met
    assert tight.interval.high - tight.interval.value <= 0.05 * tight.interval.value
    loose = precision(0.05, None).stopping(50, 10_000, 10_000)
    assert not loose.is_met
    assert 200_000 < loose.needed < 600_000
    assert not precision(0.05, 0.0001).stopping(5000, 10_000, 10_000).is_met
    assert precision(None, 0.02).stopping(5000, 10_000, 10_000).is_met


def test_a_chance_of_nothing_is_never_precise_relatively_but_may_be_absolutely():
    asked = precision(0.05, None)
    assert all(not asked.stopping(0, look, 1 << 20).is_met for look in asked.looks(1 << 20))
    assert asked.stopping(0, 1 << 20, 1 << 20).needed is None
    assert precision(None, 0.001).stopping(0, 1 << 14, 1 << 20).is_met


@pytest.mark.parametrize("value", [0.0, -0.1, 1.0, float("nan"), float("inf")])
def test_what_is_no_precision_is_refused(value):
    for name in ("error", "half_width"):
        with pytest.raises(
            SimulationError, match=rf"{name}: found .*, expected a number above 0 and below 1"
        ):
            precision(**{"error": None, "half_width": None, name: value})


def test_a_record_comes_back():
    asked = precision(0.05, 0.001)
    assert from_record(asked.as_dict()) == asked
    assert from_record(None) is None
    assert precision(None, None) is None
