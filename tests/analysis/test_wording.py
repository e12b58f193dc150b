import math

import pytest

from detente.analysis.wording import (
    chance_with_interval,
    count,
    counted,
    duration,
    money,
    one_in,
    share,
    share_with_interval,
)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (3.5e-10, "0.35 ns"),
        (9.996e-7, "1.00 µs"),
        (2.304e-6, "2.30 µs"),
        (0.0409, "40.9 ms"),
        (0.99949, "999 ms"),
        (0.99951, "1.00 s"),
        (1, "1 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (200.2, "3 min 20 s"),
        (7199.6, "2 h"),
        (15 * 3600 + 59 * 60 + 45, "16 h"),
        (47 * 3600, "47 h"),
        (172_790, "2 d"),
        (100_000_000, "1,157 d 10 h"),
        (-0.5, "-500 ms"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0, "$0"),
        (812.4, "$812"),
        (45_230, "$45.2k"),
        (999_600, "$1.00m"),
        (1.2e9, "$1.2bn"),
        (3e12, "$3tn"),
        (None, "-"),
    ],
)
def test_money(usd, said):
    assert money(usd) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (3, "3"), (16.437, "16.4"), (1234.5, "1,234"), (math.nan, "-")]
)
def test_counts(value, said):
    assert count(value) == said


def test_things_are_counted_in_the_right_number():
    assert [counted(n, "shock") for n in (0, 1, 2000)] == ["0 shocks", "1 shock", "2,000 shocks"]
    assert counted(2, "dependency", "dependencies") == "2 dependencies"


def test_a_share_has_as_many_decimals_as_its_interval_deserves():
    assert share_with_interval(0.08312, 0.0814, 0.0848) == "8.31 % (8.14 to 8.48)"
    assert share_with_interval(0.5, 0.2, 0.8) == "50 % (20 to 80)"
    assert share_with_interval(0, 0, 3.8e-5) == "0 % (under 0.0038)"
    assert share_with_interval(1, 0.999962, 1) == "100 % (over 99.9962)"
    assert share_with_interval(math.nan, math.nan, math.nan) == "-"
    assert share(0.291, 0.5) == "29 %"


@pytest.mark.parametrize(
    ("value", "said"), [(0, ""), (0.08, "about 1 in 12"), (1e-5, "about 1 in 100,000"), (0.7, "")]
)
def test_one_in(value, said):
    assert one_in(value) == said


def test_a_chance_is_told_however_small():
    assert chance_with_interval(0.0053, 0.0048, 0.0058) == share_with_interval(0.0053, 0.0048, 0.0058)
    assert chance_with_interval(3.47e-6, 2.86e-6, 4.21e-6) == "3.47e-06 (2.86e-06 to 4.21e-06)"
    assert chance_with_interval(0, 0, 3.84e-6) == "0 (under 3.84e-06)"
    assert chance_with_interval(0, 0, 0.0154) == "0 % (under 1.54)"
    assert chance_with_interval(math.nan, 3.1e-5, 0.021) == "3.1e-05 to 2.1 %"
    assert chance_with_interval(math.nan, 0, 1) == "0 % to 100 %"
