"""64-bit words as the engine derives them from lineages, in several orders of asking.

A word is what `detente.engine._chance.uniform` shifts and scales: the whole 64 bits of one draw. Only
the order differs, because a weak derivation shows in the order in which related keys are asked.
Everything here calls the kernel's own `mix`, `child_key` and `crisis_key`.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from detente.engine._chance import GAMMA, child_key, crisis_key, mix
from detente.engine.identity import stable_id

Words = npt.NDArray[np.uint64]

PURPOSES = 16
SIBLINGS = 4
_SHOCK = np.uint64(stable_id("shock", "harbour", "probe", "alder", "alder", "True", 0))
_RULE = np.uint64(stable_id("responds", "harbour", "signal", "systems", "net", "harbour", None, 0))
_SYSTEMS = np.array([0, stable_id("system", "harbour"), stable_id("system", "beacon")], np.uint64)


@numba.njit
def word(key: Any, coupling: Any, purpose: Any) -> Any:
    """The 64 bits behind `uniform(key, coupling, purpose * GAMMA)`."""
    return mix(key ^ (coupling + purpose * GAMMA))


@numba.njit
def _lineage(words: Any, seed: Any, first: Any, shock: Any, rule: Any, systems: Any) -> None:
    """Crisis by crisis: four siblings of the root, at three couplings, for all sixteen purposes."""
    i = 0
    crisis = np.uint64(first)
    while i < words.size:
        root = child_key(crisis_key(seed, crisis), shock, 0)
        for ordinal in range(SIBLINGS):
            key = child_key(root, rule, ordinal)
            for coupling in systems:
                for purpose in range(1, PURPOSES + 1):
                    if i < words.size:
                        words[i] = word(key, coupling, np.uint64(purpose))
                        i += 1
        crisis += np.uint64(1)


@numba.njit
def _siblings(words: Any, seed: Any, first: Any, shock: Any, rule: Any, systems: Any) -> None:
    """One root, one purpose, one ordinal after another."""
    root = child_key(crisis_key(seed, np.uint64(0)), shock, 0)
    for i in range(words.size):
        words[i] = word(child_key(root, rule, np.uint64(first) + np.uint64(i)), systems[0], np.uint64(11))


@numba.njit
def _crises(words: Any, seed: Any, first: Any, shock: Any, rule: Any, systems: Any) -> None:
    """The same draw of one crisis after another."""
    for i in range(words.size):
        key = child_key(crisis_key(seed, np.uint64(first) + np.uint64(i)), shock, 0)
        words[i] = word(key, rule, np.uint64(8))


@numba.njit
def _generations(words: Any, seed: Any, first: Any, shock: Any, rule: Any, systems: Any) -> None:
    """Only children of only children: the same draw down one line of descent per block."""
    key = child_key(crisis_key(seed, np.uint64(first)), shock, 0)
    for i in range(words.size):
        words[i] = word(key, rule, np.uint64(8))
        key = child_key(key, rule, 0)


@numba.njit
def _seeds(words: Any, seed: Any, first: Any, shock: Any, rule: Any, systems: Any) -> None:
    """The same draw of crisis 0 under one seed after another."""
    for i in range(words.size):
        key = child_key(crisis_key(seed + np.uint64(first) + np.uint64(i), np.uint64(0)), shock, 0)
        words[i] = word(key, rule, np.uint64(8))


ORDERS: dict[str, Callable[..., None]] = {
    "lineage": _lineage,
    "siblings": _siblings,
    "crises": _crises,
    "generations": _generations,
    "seeds": _seeds,
}


def words(order: str, size: int, *, seed: int, block: int = 0) -> Words:
    """`size` words in the order named; consecutive blocks of one size continue the stream."""
    found = np.empty(size, np.uint64)
    per_crisis = SIBLINGS * len(_SYSTEMS) * PURPOSES
    first = block * (size // per_crisis + 1) if order == "lineage" else block * size
    ORDERS[order](found, np.uint64(seed), np.uint64(first), _SHOCK, _RULE, _SYSTEMS)
    return found
