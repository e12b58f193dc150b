"""How often somebody may ask."""

import pytest

from detente.gate.service.rates import Rate, Rates


@pytest.mark.parametrize("burst", [1, 3, 10, 100])
@pytest.mark.parametrize("per_minute", [7.0, 90.0, 180.0, 600.0])
@pytest.mark.parametrize("start", [0.1, 1e3 + 0.3, 1e6 / 3])
def test_at_one_instant_a_burst_is_let_in_and_no_more(per_minute: float, burst: int, start: float) -> None:
    rates, rate = Rates(lambda: start), Rate(per_minute, burst)
    waits = [rates.take("ana", rate) for _ in range(burst + 1)]
    assert waits[:burst] == [0.0] * burst
    assert waits[burst] == pytest.approx(60.0 / per_minute, abs=1e-9)
    assert rates.take("ben", rate) == 0.0
