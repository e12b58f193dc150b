"""The law of delays between an event and what it provokes, learned as it goes.

A mixture of the exponentials of the bank, from milliseconds to the horizon. Each delay seen is shared out among the
components by their responsibility for it (one step of the EM algorithm per event). Slow offspring of young
parents have not been seen yet: a delay that falls to a component counts for the more, the smaller the part of that
component's exposure that has passed (inverse-probability weights against right truncation).
"""

from math import exp

from detente.gate.meter.settings import SCALES, Bank, Bundle

__all__ = ["FIRST_LAW", "expected", "is_due", "learned"]

_PRIOR = 0.1  # delays that each component is presumed to have had
_MOST = 1000.0  # delays remembered: beyond, old ones fade as new ones come
_ONE_IN = 8
_LEAST_SEEN = 0.05  # one delay stands for 20 at most

_ONES: Bundle = (1.0,) * SCALES
FIRST_LAW: Bundle = (_PRIOR,) * SCALES
"""The weights before any delay was seen: the same for every component."""


def expected(law: Bundle, each: Bundle) -> float:
    """Return the mean of a number per component."""
    p, q, r, s, t, u, v, w = law
    a, b, c, d, e, f, g, h = each
    total = p * a + q * b + r * c + s * d + t * e + u * f + v * g + w * h
    return total / (p + q + r + s + t + u + v + w)


def is_due(links: int) -> bool:
    """Tell whether the next delay is looked at: every one of the first thousand, then one in eight."""
    return links < _MOST or links % _ONE_IN == 0


def learned(law: Bundle, delay: int, share: float, weight: float, exposures: Bundle, bank: Bank) -> Bundle:
    """Return the weights after one more delay.

    Parameters
    ----------
    law
        Delays that fell to each component so far, the presumed ones included.
    delay
        In ns.
    share
        How much of a delay it is: 1, or less where an event has several parents.
    weight, exposures
        Of the events that could have had such a delay: how many, and what each component has had of them.

    """
    p, q, r, s, t, u, v, w = _densities(law, delay, bank)
    total = p + q + r + s + t + u + v + w
    if total <= 0.0:  # slower than the slowest by far
        w = total = 1.0
    scale = share / total
    a, b, c, d, e, f, g, h = law
    i, j, k, l, m, n, o, x = _stands_for(weight, exposures)  # noqa: E741 - one letter per time scale
    return _faded(
        (
            a + scale * p * i,
            b + scale * q * j,
            c + scale * r * k,
            d + scale * s * l,
            e + scale * t * m,
            f + scale * u * n,
            g + scale * v * o,
            h + scale * w * x,
        )
    )


def _stands_for(weight: float, exposures: Bundle) -> Bundle:
    """Return how many delays of each component one that was seen stands for."""
    p, q, r, s, t, u, v, w = exposures
    least = _LEAST_SEEN * weight
    if least <= 0.0:
        return _ONES
    return (
        (1.0 if p >= weight else weight / (p if p > least else least)),
        (1.0 if q >= weight else weight / (q if q > least else least)),
        (1.0 if r >= weight else weight / (r if r > least else least)),
        (1.0 if s >= weight else weight / (s if s > least else least)),
        (1.0 if t >= weight else weight / (t if t > least else least)),
        (1.0 if u >= weight else weight / (u if u > least else least)),
        (1.0 if v >= weight else weight / (v if v > least else least)),
        (1.0 if w >= weight else weight / (w if w > least else least)),
    )


def _faded(law: Bundle) -> Bundle:
    """Keep what is remembered to `_MOST` delays."""
    p, q, r, s, t, u, v, w = law
    held = p + q + r + s + t + u + v + w
    if held <= _MOST:
        return law
    left = _MOST / held
    return p * left, q * left, r * left, s * left, t * left, u * left, v * left, w * left


def _densities(law: Bundle, delay: int, bank: Bank) -> Bundle:
    p, q, r, s, t, u, v, w = law
    a, b, c, d, e, f, g, h = bank.rates
    return (
        p * a * exp(-a * delay),
        q * b * exp(-b * delay),
        r * c * exp(-c * delay),
        s * d * exp(-d * delay),
        t * e * exp(-e * delay),
        u * f * exp(-f * delay),
        v * g * exp(-g * delay),
        w * h * exp(-h * delay),
    )
