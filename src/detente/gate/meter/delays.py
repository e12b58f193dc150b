"""The law of delays between an event and what it provokes, learned as it goes.

A mixture of the exponentials of the bank, from milliseconds to the horizon. Each delay seen is shared out among the
components by their responsibility for it (one step of the EM algorithm per event). Slow offspring of young
parents have not been seen yet, so what fell to a component is divided by what that component has had of all events
so far: with Poisson offspring this is the likelihood's own correction for right truncation. A component that
has had next to nothing is known only by rule of succession: no delay in n was that slow.
"""

from math import exp

import msgspec

from detente.gate.meter.settings import SCALES, Bank, Bundle
from detente.gate.meter.sums import Exposure, owed

__all__ = ["FIRST_LAW", "Law", "expected", "is_due", "learned"]

_PRIOR = 0.02  # delays that each component is presumed to have had
_MOST = 1000.0  # delays remembered: beyond, old ones fade as new ones come
_FEWEST = 16.0  # the same while few were seen: half of them, so that the first guesses fade
_ONE_IN = 8
_RIDGE = 0.1  # of all exposure, added to what each component has had: slow ones are presumed rare until they are seen

_NOTHING: Bundle = (0.0,) * SCALES


class Law(msgspec.Struct, frozen=True, gc=False):
    """Shares of the components, and what they rest on."""

    shares: Bundle = (1.0 / SCALES,) * SCALES
    """add up to 1"""
    fell: Bundle = _NOTHING
    """delays that fell to each component"""
    had: Bundle = _NOTHING
    """events' exposure to each"""
    events: float = 0.0
    """events behind that exposure"""
    counted: int = 0
    """events there were at the last delay"""
    pending: Bundle = _NOTHING
    """what each component still owed then"""


FIRST_LAW = Law()


def expected(law: Law, each: Bundle) -> float:
    """Return the mean of a number per component."""
    p, q, r, s, t, u, v, w = law.shares
    a, b, c, d, e, f, g, h = each
    return p * a + q * b + r * c + s * d + t * e + u * f + v * g + w * h


def is_due(links: int) -> bool:
    """Tell whether the next delay is looked at: every one of the first thousand, then one in eight."""
    return links < _MOST or links % _ONE_IN == 0


def learned(law: Law, delay: int, share: float, exposure: Exposure, events: int, links: int, at: int, bank: Bank) -> Law:
    """Return the law after one more delay.

    Parameters
    ----------
    delay
        In ns.
    share
        How much of a delay it is: 1, or less where an event has several parents.
    exposure, events
        Of all events so far, and how many they are.
    links
        Delays seen so far, whether looked at or not.
    at
        When the child happened.

    """
    p, q, r, s, t, u, v, w = _densities(law.shares, delay, bank)
    total = p + q + r + s + t + u + v + w
    if total <= 0.0:  # slower than the slowest by far
        w = total = 1.0
    scale = share / total
    a, b, c, d, e, f, g, h = law.fell
    left = max(_FEWEST, min(_MOST, 0.5 * links))
    left /= max(left, a + b + c + d + e + f + g + h + share)
    fell = (
        (a + scale * p) * left,
        (b + scale * q) * left,
        (c + scale * r) * left,
        (d + scale * s) * left,
        (e + scale * t) * left,
        (f + scale * u) * left,
        (g + scale * v) * left,
        (h + scale * w) * left,
    )
    pending = owed(exposure.pending, max(0, at - exposure.at), bank)
    new = float(events - law.counted)
    had = _had(law, pending, new, left)
    seen = (law.events + new) * left
    return Law(_shares(fell, had, seen), fell, had, seen, events, pending)


def _had(law: Law, pending: Bundle, new: float, left: float) -> Bundle:
    """Add the exposure since the last delay: events that came, less what they and those before still owe."""
    a, b, c, d, e, f, g, h = law.had
    i, j, k, l, m, n, o, x = law.pending  # noqa: E741 - one letter per time scale
    p, q, r, s, t, u, v, w = pending
    return (
        (a + new + i - p) * left,
        (b + new + j - q) * left,
        (c + new + k - r) * left,
        (d + new + l - s) * left,
        (e + new + m - t) * left,
        (f + new + n - u) * left,
        (g + new + o - v) * left,
        (h + new + x - w) * left,
    )


def _shares(fell: Bundle, had: Bundle, events: float) -> Bundle:
    a, b, c, d, e, f, g, h = fell
    i, j, k, l, m, n, o, x = had  # noqa: E741 - one letter per time scale
    z = _RIDGE * events
    p, q, r, s = (a + _PRIOR) / (i + z), (b + _PRIOR) / (j + z), (c + _PRIOR) / (k + z), (d + _PRIOR) / (l + z)
    t, u, v, w = (e + _PRIOR) / (m + z), (f + _PRIOR) / (n + z), (g + _PRIOR) / (o + z), (h + _PRIOR) / (x + z)
    y = 1.0 / (p + q + r + s + t + u + v + w)
    return p * y, q * y, r * y, s * y, t * y, u * y, v * y, w * y


def _densities(shares: Bundle, delay: int, bank: Bank) -> Bundle:
    p, q, r, s, t, u, v, w = shares
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
