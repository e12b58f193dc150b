"""Units: text to SI and back, exactly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.units import DURATION, MONEY, RATE, parse, write

AMOUNTS = st.floats(min_value=-1e300, max_value=1e300).map(lambda value: value + 0.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 ns", 2e-9),
        ("3 us", 3e-6),
        ("4 µs", 4e-6),
        ("4 \u03bcs", 4e-6),
        ("40 ms", 0.04),
        ("1.5 s", 1.5),
        ("2 min", 120.0),
        ("4 h", 14400.0),
        ("3 d", 259200.0),
        ("90s", 90.0),
        ("1e3 ms", 1.0),
        ("-1 h", -3600.0),
    ],
)
def test_durations_are_seconds(text, seconds):
    assert parse(text, DURATION) == seconds


@pytest.mark.parametrize(
    ("text", "per_second"),
    [("2 /s", 2.0), ("3 /min", 0.05), ("1 /h", 1 / 3600), ("0.2 /d", 0.2 / 86400)],
)
def test_rates_are_per_second(text, per_second):
    assert parse(text, RATE) == per_second


def test_money_is_dollars():
    assert parse("2.5e6 USD", MONEY) == 2.5e6


@pytest.mark.parametrize("unit", [DURATION, RATE, MONEY])
@given(value=AMOUNTS)
def test_what_is_written_reads_back_exactly(unit, value):
    assert parse(write(value, unit), unit) == value


def test_minus_zero_is_zero():
    assert math.copysign(1, parse("-0 s", DURATION)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "h",
        "4 H",
        "4  h",
        " 4 h",
        "4 h ",
        "+4 h",
        ".5 h",
        "4. h",
        "04 h",
        "1_000 h",
        "0x4 h",
        "4 /h",
        "nan s",
    ],
)
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError, match="a number with one of the units ns us ms s min h d, as `4 h`"):
        parse(text, DURATION)


@pytest.mark.parametrize("text", ["1e400 s", "1e308 d", "9" * 350 + " s"])
def test_numbers_beyond_floats_are_refused(text):
    with pytest.raises(ValueError, match="below 1e308"):
        parse(text, DURATION)


def test_endless_digits_are_refused_at_once():
    with pytest.raises(ValueError, match="a number with one of the units"):
        parse("9" * 10**6 + " s", DURATION)
