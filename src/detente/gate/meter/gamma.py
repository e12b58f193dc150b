"""The Gamma law: tail probabilities and quantiles, to about 1e-7, in a few microseconds and without scipy.

Large shapes use Temme's uniform expansion (SIAM J. Math. Anal. 10, 1979; DLMF 8.12.3 and 8.12.7):

    Q(a, x) = erfc(eta sqrt(a/2)) / 2 + exp(-a eta^2 / 2) / sqrt(2 pi a) * sum_k c_k(eta) a^-k

with eta^2 / 2 = x/a - 1 - ln(x/a). The coefficients below are the Taylor series of c_k in eta, from the reversion of
that equation in exact rationals: c_0 = 1/mu - 1/eta and c_k = c_(k-1)'/eta + (-1)^k g_k/mu, mu = x/a - 1, g_k Stirling's.
Small shapes climb to a large one by Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1).
"""

import math
from functools import lru_cache
from statistics import NormalDist

__all__ = ["above", "below", "quantile"]

_LARGE = 12.0  # shapes from here on use the expansion alone
_SMALLEST = math.ulp(0.0)  # what is above 0 stays so when it is divided
_STEPS = 60  # a bound that no input reaches


def above(shape: float, x: float) -> float:
    """Return Q(shape, x), the chance that a Gamma law of unit rate exceeds `x`; shape > 0."""
    return _tails(shape, x)[1]


def below(shape: float, x: float) -> float:
    """Return P(shape, x) = 1 - Q(shape, x), without loss where it is small."""
    return _tails(shape, x)[0]


def quantile(shape: float, share: float) -> float:
    """Return the x with P(shape, x) = share, for a shape > 0 and 0 < share < 1.

    Wilson and Hilferty's cube, or the power law near 0 of small shapes, mended by Halley steps in ln x.
    """
    x = _first_guess(shape, share)
    for _ in range(_STEPS):
        error = below(shape, x) - share
        slope = math.exp(shape * math.log(x) - x - math.lgamma(shape))  # dP / d ln x
        if slope <= 0.0:
            break
        newton = error / slope
        step = newton / max(0.5, 1.0 - 0.5 * newton * (shape - x))
        x *= math.exp(-min(2.0, max(-2.0, step)))
        # Halley's steps are of third order: after one of 1e-3 nothing is left to mend.
        if abs(step) < 1e-3:
            break
    return x


def _first_guess(shape: float, share: float) -> float:
    ninth = 1.0 / (9.0 * shape)
    root = 1.0 - ninth + _normal(share) * math.sqrt(ninth)
    if shape >= 1.0 and root > 0.3:
        return shape * root * root * root
    low = math.exp((math.log(share) + math.lgamma(shape + 1.0)) / shape)
    return max(low, 1e-300) if low < 0.5 else max(low, shape * max(root, 0.3) ** 3)


@lru_cache(maxsize=64)
def _normal(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _tails(shape: float, x: float) -> tuple[float, float]:
    if x <= 0.0:
        return 0.0, 1.0
    if shape >= _LARGE:
        return _expansion(shape, x)
    steps = math.ceil(_LARGE - shape)
    # In logarithms first: x^a alone may overflow or vanish.
    term = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1.0))
    added = 0.0
    for step in range(1, steps + 1):
        added += term
        term *= x / (shape + step)
    low, high = _expansion(shape + steps, x)
    return min(1.0, low + added), max(0.0, high - added)


def _expansion(shape: float, x: float) -> tuple[float, float]:
    mu = x / shape - 1.0
    if -1e-3 < mu < 1e-3:  # where the logarithm would cancel
        half = mu * mu * (0.5 - mu * (1.0 / 3.0 - mu * (0.25 - mu * 0.2)))
    else:
        half = mu - (math.log1p(mu) if mu > -0.5 else math.log(max(x / shape, _SMALLEST)))
    exponent = shape * half
    if exponent > 700.0:
        return (0.0, 1.0) if mu < 0.0 else (1.0, 0.0)
    eta = math.copysign(math.sqrt(2.0 * half), mu)
    rest = math.exp(-exponent) / math.sqrt(2.0 * math.pi * shape) * _series(eta, shape)
    root = math.copysign(math.sqrt(exponent), mu)
    return min(1.0, max(0.0, 0.5 * math.erfc(-root) - rest)), min(1.0, max(0.0, 0.5 * math.erfc(root) + rest))


def _series(eta: float, shape: float) -> float:
    """Return the sum of c_k(eta) shape^-k, written out: a loop over coefficients takes three times as long."""
    c0 = -1.766595273682608e-07 * eta + 8.296711340953087e-07
    c0 = ((c0 * eta - 1.85406221071516e-06) * eta - 2.185448510679992e-06) * eta + 3.919263178522438e-05
    c0 = ((c0 * eta - 0.0001787551440329218) * eta + 0.0003527336860670194) * eta + 0.0011574074074074073
    c0 = ((c0 * eta - 0.014814814814814815) * eta + 0.08333333333333333) * eta - 0.3333333333333333
    c1 = (-1.8098550334489977e-05 * eta - 4.018775720164609e-07) * eta + 0.00020576131687242798
    c1 = ((c1 * eta - 0.0009902263374485596) * eta + 0.0026455026455026454) * eta - 0.003472222222222222
    c1 = c1 * eta - 0.001851851851851852
    c2 = (0.0007716049382716049 * eta - 0.0026813271604938273) * eta + 0.004133597883597883
    return ((0.0006494341563786008 / shape + c2) / shape + c1) / shape + c0
