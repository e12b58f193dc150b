"""Draws of the engine, called from Python: keys go in and come out as 64 bits, unsigned."""

from typing import Any

import numpy as np

from detente.engine import _chance

__all__ = ["Key", "child_of", "draw", "is_below", "lag_of"]

Key = np.uint64


def draw(key: Key, coupling: Key, purpose: Key) -> float:
    """Return the draw of `key` for `purpose` at `coupling`, uniform on [0, 1)."""
    return float(_chance.uniform(key, coupling, purpose))


def is_below(chance: float, key: Key, coupling: Key, purpose: Key) -> bool:
    """Whether a draw says yes to a probability."""
    return chance > 0.0 and draw(key, coupling, purpose) < chance


def child_of(key: Key, coupling: Key, ordinal: int) -> Key:
    """Return the key of a child."""
    # Compiled functions hand 64-bit keys back as plain integers, which would come in again as signed.
    return np.uint64(_chance.child_key(key, coupling, ordinal))


def lag_of(key: Key, row: Any) -> float:
    """Return how long after its cause the incident `key` happens, in seconds."""
    u = draw(key, _chance.ITSELF, _chance.DELAY)
    return float(_chance.delay(u, row.delay_law, row.delay_scale, row.delay_spread))
