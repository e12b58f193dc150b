"""The law of delays between an event and what it provokes, learned as it goes.

A mixture of the exponentials of the bank, from milliseconds to the horizon. Each delay seen is shared out among the
components by their responsibility for it (one step of the EM algorithm per event). Slow offspring of young
parents have not been seen yet, so what fell to a component is divided by what that component has had of all events
so far: with Poisson offspring this is the likelihood's own correction for right truncation. A component that
has had next to nothing is presumed rare.

The time scales are far apart. So the mean of the delays that fell to a component is kept too, and the component's
exposure is read off between those of its neighbours, at that mean.
"""

from math import exp, log, pow  # noqa: A004 - of floats only, so that it gives a float

import msgspec

from detente.gate.meter.settings import NOTHING, SCALES, Bank, Bundle
from detente.gate.meter.sums import Exposure, owed

__all__ = ["FIRST_LAW", "Law", "expected", "expected_exposure", "is_due", "learned"]

_PRIOR = 0.02  # delays that each component is presumed to have had
_MOST = 1000.0  # delays remembered: beyond, old ones fade as new ones come
_FEWEST = 16.0  # the same while few were seen: half of them, so that the first guesses fade
_ONE_IN = 8
_SLIGHT = 0.005  # shares below are not looked at closely
_RIDGE = 0.1  # of all exposure, added to what each component has had: slow ones are presumed rare until they are seen


class Law(msgspec.Struct, frozen=True, gc=False):
    """Shares of the components, and what they rest on."""

    shares: Bundle = (0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125)
    """add up to 1"""
    fell: Bundle = NOTHING
    """delays that fell to each component"""
    spent: Bundle = NOTHING
    """ns; what those delays add up to"""
    had: Bundle = NOTHING
    """events' exposure to each"""
    events: float = 0.0
    """events behind that exposure"""
    counted: int = 0
    """events there were at the last delay"""
    pending: Bundle = NOTHING
    """what each component still owed then"""


FIRST_LAW = Law()


def expected(law: Law, each: Bundle) -> float:
    """Return the mean of a number per component."""
    p, q, r, s, t, u, v, w = law.shares
    a, b, c, d, e, f, g, h = each
    return p * a + q * b + r * c + s * d + t * e + u * f + v * g + w * h


def expected_exposure(law: Law, weight: float, each: Bundle, bank: Bank) -> float:
    """Return the exposure of events under the law, from that of each component and the events' weight."""
    total = 0.0
    for k in range(SCALES):
        share, rate = law.shares[k], bank.rates[k]
        if share < _SLIGHT:
            total += share * each[k]
            continue
        on = log((law.spent[k] * rate + _PRIOR) / (law.fell[k] + _PRIOR)) / bank.spacing
        # The longest delays of a component that has had little are still to come: its mean says less.
        trust = min(1.0, 1.5 * max(0.0, law.had[k]) / law.events) if law.events else 0.0
        total += share * _between(each, weight, k, on * trust)
    return total


def _between(each: Bundle, weight: float, k: int, scales_on: float) -> float:
    """Return the exposure at a delay that lies some scales on from component k, or back."""
    other = min(SCALES - 1, max(0, k + (1 if scales_on > 0.0 else -1)))
    part = min(1.0, abs(scales_on))
    near, far = each[k], each[other]
    if not (0.0 < near < weight and 0.0 < far < weight):
        return near + part * (far - near)
    # Where events multiply exponentially, what was had stands to what is owed as a power of the delay.
    odds = near / (weight - near) * pow(far * (weight - near) / ((weight - far) * near), part)
    return weight * odds / (1.0 + odds)


def is_due(links: int) -> bool:
    """Tell whether the next delay is looked at: every one of the first thousand, then one in eight."""
    return links < _MOST or links % _ONE_IN == 0


def learned(
    law: Law, delay: int, share: float, exposure: Exposure, events: int, links: int, at: int, bank: Bank
) -> Law:
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
    p, q, r, s, t, u, v, w = (
        p * scale,
        q * scale,
        r * scale,
        s * scale,
        t * scale,
        u * scale,
        v * scale,
        w * scale,
    )
    spent = _spent(law.spent, (p, q, r, s, t, u, v, w), delay, left)
    fell = (
        (a + p) * left,
        (b + q) * left,
        (c + r) * left,
        (d + s) * left,
        (e + t) * left,
        (f + u) * left,
        (g + v) * left,
        (h + w) * left,
    )
    pending = owed(exposure.pending, max(0, at - exposure.at), bank)
    new = float(events - law.counted)
    had = _had(law, pending, new, left)
    seen = (law.events + new) * left
    return Law(_shares(fell, had, seen), fell, spent, had, seen, events, pending)


def _spent(spent: Bundle, fallen: Bundle, delay: int, left: float) -> Bundle:
    a, b, c, d, e, f, g, h = spent
    p, q, r, s, t, u, v, w = fallen
    return (
        (a + p * delay) * left,
        (b + q * delay) * left,
        (c + r * delay) * left,
        (d + s * delay) * left,
        (e + t * delay) * left,
        (f + u * delay) * left,
        (g + v * delay) * left,
        (h + w * delay) * left,
    )


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
    p, q, r, s = (
        (a + _PRIOR) / (i + z),
        (b + _PRIOR) / (j + z),
        (c + _PRIOR) / (k + z),
        (d + _PRIOR) / (l + z),
    )
    t, u, v, w = (
        (e + _PRIOR) / (m + z),
        (f + _PRIOR) / (n + z),
        (g + _PRIOR) / (o + z),
        (h + _PRIOR) / (x + z),
    )
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
