"""What comes about, given what becomes of it: the plain laws of chance, tilted.

An incident *succeeds* when it, or something that follows from it, reaches catastrophe. Its fate is what
is laid down about that: it succeeds, it fails, or it is left to chance. Of several independent things of
which one must succeed, those before the first that does fail, and those behind it are left to chance:
no other law has to be known. Where nothing is laid down, every function here gives what the engine's
own draw gives. (Harris and Sevastyanov split lineages that survive from those that die out in the same way:
K. B. Athreya and P. E. Ney, Branching Processes, 1972, section I.12.)
"""

import math

from detente.engine._chance import count
from detente.engine._jit import kernel
from detente.exact._value import join

FAILS, LEFT, SUCCEEDS = range(3)


@kernel
def mark_of(u, total, fate):
    """Where, along chances of success that add up to `total`, the first success falls; see `fate_between`."""
    if fate == SUCCEEDS:
        return u * total
    return math.inf if fate == FAILS else -1.0


@kernel
def fate_between(before, after, mark):
    """The fate of one of several things; `before` and `after` are the chances that one succeeds without it and with it."""
    if after <= mark:
        return FAILS
    return LEFT if before > mark else SUCCEEDS


@kernel
def comes(u, chance, worth, fate):
    """Whether something with that `chance`, which then succeeds with probability `worth`, comes about."""
    if fate == SUCCEEDS:
        return True
    return u * (1.0 - chance * worth) < chance * (1.0 - worth) if fate == FAILS else u < chance


@kernel
def tilted(weight, worth, fate):
    """The weight of a case of which success has probability `worth`."""
    if fate == SUCCEEDS:
        return weight * worth
    return weight * max(0.0, 1.0 - worth) if fate == FAILS else weight


@kernel
def number(u, cumulative, law, y, fate):
    """How many there are, each succeeding with probability `y`."""
    if fate == LEFT:
        return count(u, cumulative, law["first"], law["last"])
    mark = 0.0
    found = 0
    for again in range(2):
        total, below, success = 0.0, 0.0, 0.0
        for n in range(law["last"] - law["first"]):
            weight = tilted(cumulative[law["first"] + n] - below, success, fate)
            below = cumulative[law["first"] + n]
            success = join(success, y, False)
            total += weight
            if again and weight > 0.0:
                found = n
                if total > mark:
                    break
        mark = u * total
    return max(1, found) if fate == SUCCEEDS else found


@kernel
def mark_among(u, n, y, fate):
    """`mark_of` for `n` things that each succeed with probability `y`."""
    total = 0.0
    if fate == SUCCEEDS:
        for _ in range(n):
            total = join(total, y, False)
    return mark_of(u, total, fate)
