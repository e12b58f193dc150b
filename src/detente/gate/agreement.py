"""How sure a share is: the lower Clopper-Pearson bound, without a library of statistics.

Of `judged` proposals people agreed with `agreed`. The bound p is the share at which so many or more would be seen with
probability 1 - confidence: P(Binomial(judged, p) >= agreed) = I_p(agreed, judged - agreed + 1) = 1 - confidence, where I is the
regularised incomplete beta function. It is exact, so never too generous (Clopper and Pearson, Biometrika 26, 1934).
"""

import math

__all__ = ["lower_bound"]

_TINY = 1e-300
_STEPS = 60
"""Bisections: the bound is found to 2**-60."""


def lower_bound(agreed: int, judged: int, confidence: float) -> float:
    """Return the lower bound of the share, one-sided with `confidence`, rounded to nine places; 0 where nothing was agreed with."""
    if agreed == 0:
        return 0.0
    low, high = 0.0, agreed / judged
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if _beta(middle, agreed, judged - agreed + 1) < 1.0 - confidence:
            low = middle
        else:
            high = middle
    return round(low, 9)


def _beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b); DLMF 8.17.22, on the side of its symmetry 8.17.4 on which the fraction converges quickly."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(log_front)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction by the modified Lentz algorithm (Thompson and Barnett, J. Comput. Phys. 64, 1986)."""
    numerator, denominator = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    denominator = 1.0 / (denominator if abs(denominator) > _TINY else _TINY)
    fraction = denominator
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1.0 + term * denominator
            denominator = 1.0 / (denominator if abs(denominator) > _TINY else _TINY)
            numerator = 1.0 + term / numerator
            numerator = numerator if abs(numerator) > _TINY else _TINY
            fraction *= denominator * numerator
        if abs(denominator * numerator - 1.0) < 1e-15:
            break
    return fraction
