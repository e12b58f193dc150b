import pytest

from detente.errors import DetenteError
from detente.gate.meter import Settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("half_life_s", 0.0),
        ("half_life_s", float("inf")),
        ("prior_shape", -1.0),
        ("prior_rate", float("nan")),
        ("window_s", 0.0),
        ("fastest_s", 0.0),
        ("confidence", 1.0),
        ("confidence", 0.0),
        ("horizon_s", 1e-3),
        ("max_events", 1),
        ("max_scopes", 0),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_was_expected(setting, value):
    with pytest.raises(DetenteError, match=f"meter: {setting}: found .*, expected"):
        Settings(**{setting: value})
