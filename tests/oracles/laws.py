"""Laws of numbers and of delays, as the solver of the branching process needs them: plain formulas."""

import math
from collections.abc import Iterable
from functools import lru_cache

from scipy import integrate, special

from detente.model.vocabulary import CountLaw, Delay, DelayLaw


def either(chances: Iterable[float]) -> float:
    """Chance that at least one of several independent things happens."""
    none_of = 0.0  # its logarithm, so that small chances keep all their digits
    for chance in chances:
        if chance >= 1.0:
            return 1.0
        none_of += math.log1p(-chance)
    return 0.0 - math.expm1(none_of)


def some(law: CountLaw, mean: float, hit: float) -> float:
    """Chance that at least one action hits, when each does with chance `hit` by itself: 1 - E[(1 - hit)^N]."""
    if law.law == "poisson":
        return -math.expm1(-mean * hit)
    if law.law == "bernoulli":
        return mean * hit
    if law.law == "fixed":
        return 1.0 if hit >= 1.0 else -math.expm1(mean * math.log1p(-hit))
    assert law.law == "negative-binomial"
    assert law.dispersion is not None
    return -math.expm1(-law.dispersion * math.log1p(mean * hit / law.dispersion))


def transform(delays: Iterable[Delay], alpha: float) -> float:
    """E[exp(-alpha * T)] for the sum T of independent delays; alpha per second, infinite where it diverges."""
    return math.prod(laplace(delay, alpha) for delay in delays)


@lru_cache(maxsize=10_000)
def laplace(delay: Delay, alpha: float) -> float:
    """E[exp(-alpha * T)] for one delay; alpha per second, infinite where it diverges."""
    scale = delay.scale_s
    if alpha == 0.0 or scale == 0.0:
        return 1.0
    if delay.law is DelayLaw.EXPONENTIAL:
        return 1.0 / (1.0 + alpha * scale) if alpha * scale > -1.0 else math.inf
    if delay.law is DelayLaw.FIXED or delay.spread == 0.0:
        return math.exp(-alpha * scale) if alpha * scale > -700.0 else math.inf
    return _lognormal(alpha * scale, delay.spread) if alpha > 0.0 else math.inf


def _lognormal(x: float, spread: float) -> float:
    """E[exp(-x * exp(spread * Z))] for a standard normal Z and x > 0.

    The integrand is exp(-h(z)) with h(z) = x exp(spread z) + z^2/2, whose second derivative is at least
    1: from its top, at z = -W(spread^2 x) / spread, it falls at least as fast as a normal density, so
    that nothing is left beyond 9 on either side.
    """
    if x > 1e200:
        return 0.0
    top = -float(special.lambertw(spread * spread * x).real) / spread

    def depth(z: float) -> float:
        return x * math.exp(spread * z) + z * z / 2.0

    sides = [
        integrate.quad(lambda z: math.exp(depth(top) - depth(z)), *side, epsabs=0.0, epsrel=1e-13, limit=500)[
            0
        ]
        for side in ((top - 9.0, top), (top, top + 9.0))
    ]
    return math.exp(-depth(top)) * sum(sides) / math.sqrt(2.0 * math.pi)
