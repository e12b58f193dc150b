"""Claim: words derived from lineages look random, in whatever order related keys are asked.

Orders: purposes, couplings and siblings of one lineage interleaved; siblings; crises; generations; seeds.
Null: independent uniform 64-bit words. Per order: each of the 64 bits is set half of the time (sum of squared
z), words fall evenly into 4,096 cells, neighbours fall evenly into 64 x 64 cells and so do words 16, 48 and
192 apart (in the first order: the same draw at the next coupling, sibling and crisis), neighbours are
uncorrelated, neighbours differ in 32 bits on average with variance 16. Besides: one bit flipped in the key changes each bit
of a draw and of a child's key half of the time, and no key is drawn twice.
Statistic: chi-square, z. Bound: two-sided p of 0.001 / 44. Seeds: 111 to 116. An outside battery is in README.md.
"""

import numba
import numpy as np
import pytest
from scipy import stats

from detente.engine._chance import child_key
from verification.evidence import Evidence
from verification.lineages import ORDERS, Words, word, words

CLAIMS = Evidence(checks=44)
SIZE = 192 * 6_000
SEEDS = {order: 111 + i for i, order in enumerate(ORDERS)}
CELLS = 4096


def bits(found: Words) -> np.ndarray:
    """How many words have bit 0, 1, ... set."""
    return np.array([int(((found >> np.uint64(i)) & np.uint64(1)).sum()) for i in range(64)])


def spread_evenly(what: str, cells: np.ndarray) -> None:
    seen = np.bincount(cells.astype(np.int64), minlength=CELLS)
    CLAIMS.counts(what, np.append(seen, 0), np.full(CELLS, 1.0 / CELLS))


def pairs(found: Words, apart: int) -> np.ndarray:
    """Cell of the top six bits of each word and of the word `apart` places on; every word is used once."""
    whole = found[: found.size // (2 * apart) * 2 * apart].reshape(-1, 2, apart)
    top = whole >> np.uint64(58)
    return (top[:, 0] * np.uint64(64) + top[:, 1]).ravel()


@pytest.mark.parametrize("order", ORDERS)
def test_words_look_random(order: str) -> None:
    found = words(order, SIZE, seed=SEEDS[order])
    assert np.unique(found).size == SIZE  # 7e11 pairs among 2e19 values
    z = (bits(found) - SIZE / 2) / (SIZE / 4) ** 0.5
    CLAIMS.chi_square(f"{order}: bits", float((z**2).sum()), 64, SIZE)
    spread_evenly(f"{order}: cells", found >> np.uint64(52))
    for apart in (1, 16, 48, 192):
        spread_evenly(f"{order}: pairs {apart} apart", pairs(found, apart))
    centred = (found >> np.uint64(11)) * 2.0**-53 - 0.5
    products = centred[:-1:2] * centred[1::2]
    CLAIMS.score(f"{order}: correlation", float(products.mean()), 0.0, 1 / 12 / products.size**0.5, SIZE)
    differing = np.bitwise_count(found[:-1:2] ^ found[1::2])
    CLAIMS.sizes(f"{order}: differing bits", differing, stats.binom(64, 0.5).pmf, 64)


@numba.njit
def flipped(keys: Words, found: Words, coupling: np.uint64, ordinals: Words) -> None:
    """How often bit j of a draw, then of a child's key, changes when bit i of the key does."""
    for key in keys:
        for i in range(64):
            other = key ^ (np.uint64(1) << np.uint64(i))
            draw = word(key, coupling, np.uint64(8)) ^ word(other, coupling, np.uint64(8))
            child = child_key(key, coupling, ordinals[0]) ^ child_key(other, coupling, ordinals[0])
            for j in range(64):
                found[i, j] += (draw >> np.uint64(j)) & np.uint64(1)
                found[64 + i, j] += (child >> np.uint64(j)) & np.uint64(1)


def test_every_bit_depends_on_every_bit() -> None:
    """64 x 64 shares of keys, for a draw (one round of mixing) and for a child's key (two rounds).

    For a key's child the null is the random one. One round of a 64-bit finaliser cannot be random in this
    strict sense; for a draw, every bit is required to change between 47 % and 53 % of the time.
    """
    keys, size = words("generations", 40_000, seed=116), 40_000
    found = np.zeros((128, 64), np.uint64)
    flipped(keys, found, np.uint64(0x1234567890ABCDEF), np.array([2], np.uint64))
    shares = found / size
    print(f"a draw's bits change between {shares[:64].min():.4f} and {shares[:64].max():.4f} of the time")
    assert shares[:64].min() > 0.47
    assert shares[:64].max() < 0.53
    z = (shares[64:] - 0.5) * 2.0 * size**0.5
    for name, sums in (("by bit of the key", z.sum(axis=1)), ("by bit of the child's", z.sum(axis=0))):
        CLAIMS.chi_square(f"avalanche {name}", float((sums**2 / 64.0).sum()), 64, size)
    worst = float(np.abs(z).max())
    p = float(-np.expm1(4096 * np.log1p(-2.0 * stats.norm.sf(worst))))
    CLAIMS.decide("avalanche, worst pair of bits", p, f"largest z {worst:.2f} of 4096", size)
    CLAIMS.score("avalanche, all bits", float(shares[64:].mean()), 0.5, 0.5 / (size * 4096) ** 0.5, size)
