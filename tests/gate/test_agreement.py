"""The lower Clopper-Pearson bound, beside scipy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from detente.gate.agreement import lower_bound


@given(st.integers(1, 20_000), st.data(), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999]))
def test_it_is_the_quantile_of_a_beta_distribution(
    judged: int, data: st.DataObject, confidence: float
) -> None:
    agreed = data.draw(st.integers(1, judged))
    expected = float(beta.ppf(1.0 - confidence, agreed, judged - agreed + 1))
    assert lower_bound(agreed, judged, confidence) == pytest.approx(expected, abs=2e-9)


@pytest.mark.parametrize("judged", [1, 50, 1000])
def test_where_all_agree_it_is_a_root(judged: int) -> None:
    assert lower_bound(judged, judged, 0.9) == pytest.approx(0.1 ** (1 / judged), abs=2e-9)


def test_nothing_shown_is_nothing_known() -> None:
    assert lower_bound(0, 0, 0.9) == lower_bound(0, 10, 0.9) == 0.0
