"""Chance as decision 0001 words it, in big integers: draws, keys, ids, and the laws of counts and delays."""

import hashlib
import math
from bisect import bisect_right

from scipy import stats

from detente.model.vocabulary import CountLaw, Delay, DelayLaw

_64 = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_PURPOSES = {
    name: number
    for first, names in (
        (1, (
            "sense", "perceive", "recognise", "see-through", "attribute", "suspect", "confidence", "count",
            "step", "target", "delay", "automated", "review", "approve", "spread", "arrival",
        )),
        (21, (
            "red line", "cut off", "restrain", "vote", "service", "withhold", "disarm", "verdict",
            "verdict delay", "thin",
        )),
    )
    for number, name in enumerate(names, first)
}  # fmt: skip


def _mix(x: int) -> int:
    x = ((x ^ (x >> 27)) * 0x3C79AC492BA7B653) & _64
    x = ((x ^ (x >> 33)) * 0x1C69B3F74AC4AE35) & _64
    return x ^ (x >> 27)


def uniform(key: int, coupling: int, purpose: str) -> float:
    offset = _PURPOSES[purpose] * _GAMMA
    return (_mix(key ^ ((coupling + offset) & _64)) >> 11) * 2.0**-53


def child(key: int, coupling: int, ordinal: int) -> int:
    return _mix((_mix(key ^ coupling) + ordinal * _GAMMA) & _64)


def crisis_key(seed: int, crisis: int) -> int:
    return child(_mix(seed), 0xD37E27E5EED, crisis)


def name_id(*names: object) -> int:
    text = "\x1f".join(map(str, names)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=b"detente").digest(), "little")


def quantile(law: CountLaw, mean: float, u: float) -> int:
    """The smallest n with u < P(N <= n)."""
    if law.law == "bernoulli":
        return 0 if u < 1.0 - min(mean, 1.0) else 1
    if law.law == "fixed":
        whole = math.floor(mean)
        return whole if u < 1.0 - (mean - whole) else whole + 1
    if mean == 0.0:
        return 0
    top = 4
    while (chances := _at_most(law, mean, top))[-1] <= u and top < 10**7:
        top *= 2
    return bisect_right(chances, u)


def _at_most(law: CountLaw, mean: float, top: int) -> list[float]:
    """P(N <= n) for n = 0 to top."""
    n = range(top + 1)
    if law.law == "poisson":
        return list(stats.poisson.cdf(n, mean))
    assert law.dispersion is not None
    return list(stats.nbinom.cdf(n, law.dispersion, law.dispersion / (law.dispersion + mean)))


def lag(delay: Delay, u: float) -> float:
    if delay.law is DelayLaw.FIXED:
        return delay.scale_s
    if delay.law is DelayLaw.EXPONENTIAL:
        return -delay.scale_s * math.log1p(-u)
    return delay.scale_s * math.exp(delay.spread * stats.norm.ppf(max(u, 2.0**-54)))
