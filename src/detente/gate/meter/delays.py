"""The law of delays between an event and what it provokes, learned as it goes.

A mixture of the exponentials of the bank, from milliseconds to the horizon. Each delay seen is shared out among the
components by their responsibility for it (one step of the EM algorithm per event). Slow offspring of young
parents have not been seen yet: a delay that falls to a component counts for the more, the smaller the part of that
component's exposure that has passed (inverse-probability weights against right truncation).
"""

import math

from detente.gate.meter.settings import Bank

__all__ = ["first_law", "learned", "shares"]

_PRIOR = 0.1  # delays that each component is presumed to have had
_MOST = 1000.0  # delays remembered: beyond, old ones fade as new ones come
_LEAST_SEEN = 0.05  # one delay stands for 20 at most

_exp = math.exp


def first_law(bank: Bank) -> tuple[float, ...]:
    """Return the weights before any delay was seen: the same for every component."""
    return (_PRIOR,) * len(bank.rates)


def shares(law: tuple[float, ...]) -> tuple[float, ...]:
    """Return the components' shares, which add up to 1."""
    scale = 1.0 / sum(law)
    return tuple([weight * scale for weight in law])


def learned(
    law: tuple[float, ...], delay: int, share: float, weight: float, exposures: list[float], bank: Bank
) -> tuple[float, ...]:
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
    densities = [w * b * _exp(-b * delay) for w, b in zip(law, bank.rates, strict=True)]
    total = sum(densities)
    if total <= 0.0:  # slower than the slowest by far
        densities[-1] = total = 1.0
    scale = share / total
    each = 1.0 / weight if weight > 0.0 else 0.0
    new = [
        w + scale * d / min(1.0, max(_LEAST_SEEN, e * each))
        for w, d, e in zip(law, densities, exposures, strict=True)
    ]
    held = sum(new)
    if held > _MOST:
        return tuple([w * _MOST / held for w in new])
    return tuple(new)
