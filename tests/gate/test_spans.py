"""Spans of time in words."""

import pytest

from detente.gate.spans import told_span


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0 s"), (0.0312, "0.0312 s"), (100.0, "100 s"), (120.0, "2 min"), (600.0, "10 min"), (5400.0, "90 min"),
        (7200.0, "2 h"), (86_400.0, "24 h"), (604_800.0, "7 d"), (10_000.0, "2.78 h"),
    ],
)  # fmt: skip
def test_a_span_is_told_in_the_unit_that_fits(seconds: float, told: str) -> None:
    assert told_span(seconds) == told
