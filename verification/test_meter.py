"""Claim: the criticality meter estimates R, and its interval holds R as often as it says.

Streams of one type with R known, immigrants in a Poisson stream, the meter read once at the end. Nulls: events provoked
less R times the exposure that the meter works out have mean 0, delays exponential or lognormal, immigrants
steady or ten times as many at the end; 95 in 100 intervals hold R. In a runaway most offspring are still to come,
the exposure rests on a learned law of delays, and the first null does not hold: at R = 1.1 the meter reads
about 0.01 low. There only the second is checked. Statistic: z, exact binomial. Bound: two-sided p of 0.001 / 7.
Seeds: 71 to 75.
"""

import numpy as np
import pytest

from detente.gate.meter import Estimate, Meter, Settings, observe, read
from verification.branching import SECOND, Delays, Rate, constant, exponential, lognormal, poisson, stream
from verification.evidence import Evidence

CLAIMS = Evidence(checks=7)
RUNS = 300
SETTINGS = Settings(half_life_s=600.0)
END_S = 1200.0


def rising(time: float) -> float:
    return 10.0 ** (time / END_S - 1.0)


@pytest.mark.parametrize(
    ("r", "delays", "rate", "immigrants", "seed"),
    [
        (0.5, exponential(1.0), constant(1.0), 150, 71),
        (0.8, lognormal(5.0, 2.0), constant(1.0), 60, 72),
        (0.8, exponential(1.0), rising, 150, 73),
        (0.0, exponential(1.0), constant(1.0), 100, 74),
        (1.1, exponential(20.0), constant(1.0), 30, 75),
    ],
)
def test_the_meter_finds_r(r: float, delays: Delays, rate: Rate, immigrants: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = [estimated(rng, r, delays, rate, immigrants / END_S) for _ in range(RUNS)]
    if 0.0 < r < 1.0:
        CLAIMS.mean(f"provoked less expected, R = {r}", [residual(estimate, r) for estimate in found], 0.0)
    if r > 0.0:
        held = sum(estimate.low <= r <= estimate.high for estimate in found)
        CLAIMS.share(f"intervals that hold R = {r}", held, RUNS, 0.95)
    else:
        assert all(estimate.provoked == 0.0 and estimate.high < 0.1 for estimate in found)


def estimated(rng: np.random.Generator, r: float, delays: Delays, rate: Rate, top: float) -> Estimate:
    born = poisson(rng, lambda time: top * rate(time), top, END_S)
    one = stream(rng, immigrants_s=born, mean=constant(r), delays=delays, until_s=END_S, most=3000)
    meter = Meter.empty(SETTINGS)
    for event in one.events():
        meter = observe(meter, event, SETTINGS)
    return read(meter, ("overall",), round(one.until_s * SECOND), SETTINGS)


def residual(estimate: Estimate, r: float) -> float:
    """Events provoked less R times the exposure, which the law of R gives back."""
    if estimate.provoked == 0.0:
        return -r * estimate.events  # hardly ever: no event had offspring, so nearly all exposure has passed
    ratio = (estimate.rate - SETTINGS.prior_rate) / (estimate.shape - SETTINGS.prior_shape)
    return estimate.provoked * (1.0 - r * ratio)
