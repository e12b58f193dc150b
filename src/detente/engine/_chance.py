"""Lineage-keyed chance: every draw is a hash of who asks, and nothing is ever consumed.

A draw belongs to (key of the incident, id of the coupling, purpose); a child's key to (key of the
parent, id of the coupling, ordinal). Ids are 64-bit hashes of names. Because a draw does not
depend on any other draw, one that is not needed may be left out, in any order, on any thread.

Counts invert one uniform and yes/no questions compare one uniform with the probability, so a
larger mean or probability only adds (design, section 5).

References
----------
Mixing: the `moremur` constants of P. Evensen, 2019, an improvement on the SplitMix64 finaliser of
Steele, Lea and Flood, OOPSLA 2014. Normal quantile: M. J. Wichura, Algorithm AS 241,
Applied Statistics 37 (1988), routine PPND16.
"""

import math

import numpy as np

from detente.engine._jit import entry, kernel
from detente.engine.tables import EXPONENTIAL, FIXED

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # odd, 2**64 / golden ratio: spreads ordinals and purposes
_A = np.uint64(0x3C79AC492BA7B653)
_B = np.uint64(0x1C69B3F74AC4AE35)
_27 = np.uint64(27)
_33 = np.uint64(33)
_11 = np.uint64(11)
_TO_UNIT = 2.0**-53

# Purposes. Zero is taken: it is the lane from which children's keys are made.
SENSE = np.uint64(1) * GAMMA
with np.errstate(over="ignore"):
    PERCEIVE = np.uint64(2) * GAMMA
    RECOGNISE = np.uint64(3) * GAMMA
    SEE_THROUGH = np.uint64(4) * GAMMA
    ATTRIBUTE = np.uint64(5) * GAMMA
    SUSPECT = np.uint64(6) * GAMMA
    CONFIDENCE = np.uint64(7) * GAMMA
    COUNT = np.uint64(8) * GAMMA
    STEP = np.uint64(9) * GAMMA
    TARGET = np.uint64(10) * GAMMA
    DELAY = np.uint64(11) * GAMMA
    AUTOMATED = np.uint64(12) * GAMMA
    REVIEW = np.uint64(13) * GAMMA
    APPROVE = np.uint64(14) * GAMMA
    SPREAD = np.uint64(15) * GAMMA
    ARRIVAL = np.uint64(16) * GAMMA
    # What safeguards ask; those between are the solver's, for conditioned histories.
    RED_LINE = np.uint64(21) * GAMMA
    CUT_OFF = np.uint64(22) * GAMMA
    RESTRAIN = np.uint64(23) * GAMMA
    VOTE = np.uint64(24) * GAMMA
    SERVICE = np.uint64(25) * GAMMA
    WITHHOLD = np.uint64(26) * GAMMA
    DISARM = np.uint64(27) * GAMMA
    VERDICT = np.uint64(28) * GAMMA
    VERDICT_DELAY = np.uint64(29) * GAMMA
    THIN = np.uint64(30) * GAMMA

# Ids of no coupling: draws that belong to a key alone.
ITSELF = np.uint64(0)
SEED = np.uint64(0xD37E27E5EED)


@kernel
def mix(x):
    """A 64-bit finaliser: a bijection whose every output bit depends on every input bit."""
    x = (x ^ (x >> _27)) * _A
    x = (x ^ (x >> _33)) * _B
    return x ^ (x >> _27)


@kernel
def uniform(key, coupling, purpose):
    """The draw of `key` for `purpose` at `coupling`: uniform on [0, 1), 53 bits."""
    return (mix(key ^ (coupling + purpose)) >> _11) * _TO_UNIT


@kernel
def child_key(key, coupling, ordinal):
    """The key of the `ordinal`-th child that `coupling` makes of the incident `key`."""
    return mix(mix(key ^ coupling) + np.uint64(ordinal) * GAMMA)


@kernel
def crisis_key(seed, crisis):
    """The key of one crisis of an ensemble."""
    return child_key(mix(np.uint64(seed)), SEED, np.uint64(crisis))


@kernel
def count(u, cumulative, first, last):
    """The smallest n with u < P(N <= n); `cumulative[first:last]` holds P(N <= 0), P(N <= 1), ..., 1."""
    if u < cumulative[first]:
        return 0
    low, high = first, last - 1  # INVARIANT: u >= cumulative[low], u < cumulative[high]
    while high - low > 1:
        middle = (low + high) // 2
        if u < cumulative[middle]:
            high = middle
        else:
            low = middle
    return high - first


@entry
def normal_quantile(p):
    """The standard normal quantile, relative error about 1e-16 (AS 241); `p` strictly inside (0, 1)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2.5090809287301226727e3
        top = top * r + 3.3430575583588128105e4
        top = top * r + 6.7265770927008700853e4
        top = top * r + 4.5921953931549871457e4
        top = top * r + 1.3731693765509461125e4
        top = top * r + 1.9715909503065514427e3
        top = top * r + 1.3314166789178437745e2
        top = top * r + 3.3871328727963666080e0
        low = 5.2264952788528545610e3
        low = low * r + 2.8729085735721942674e4
        low = low * r + 3.9307895800092710610e4
        low = low * r + 2.1213794301586595867e4
        low = low * r + 5.3941960214247511077e3
        low = low * r + 6.8718700749205790830e2
        low = low * r + 4.2313330701600911252e1
        return q * top / (low * r + 1.0)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        top = 7.74545014278341407640e-4
        top = top * r + 2.27238449892691845833e-2
        top = top * r + 2.41780725177450611770e-1
        top = top * r + 1.27045825245236838258e0
        top = top * r + 3.64784832476320460504e0
        top = top * r + 5.76949722146069140550e0
        top = top * r + 4.63033784615654529590e0
        top = top * r + 1.42343711074968357734e0
        low = 1.05075007164441684324e-9
        low = low * r + 5.47593808499534494600e-4
        low = low * r + 1.51986665636164571966e-2
        low = low * r + 1.48103976427480074590e-1
        low = low * r + 6.89767334985100004550e-1
        low = low * r + 1.67638483018380384940e0
        low = low * r + 2.05319162663775882187e0
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7
        top = top * r + 2.71155556874348757815e-5
        top = top * r + 1.24266094738807843860e-3
        top = top * r + 2.65321895265761230930e-2
        top = top * r + 2.96560571828504891230e-1
        top = top * r + 1.78482653991729133580e0
        top = top * r + 5.46378491116411436990e0
        top = top * r + 6.65790464350110377720e0
        low = 2.04426310338993978564e-15
        low = low * r + 1.42151175831644588870e-7
        low = low * r + 1.84631831751005468180e-5
        low = low * r + 7.86869131145613259100e-4
        low = low * r + 1.48753612908506148525e-2
        low = low * r + 1.36929880922735805310e-1
        low = low * r + 5.99832206555887937690e-1
    value = top / (low * r + 1.0)
    return -value if q < 0.0 else value


@kernel
def delay(u, law, scale, spread):
    """A delay in seconds from one uniform: fixed, exponential (mean) or lognormal (median, sigma)."""
    if law == FIXED:
        return scale
    if law == EXPONENTIAL:
        return -scale * math.log1p(-u)
    return scale * math.exp(spread * normal_quantile(max(u, 0.5 * _TO_UNIT)))
