"""Chance is an argument: whoever decides again with the same nonce decides the same.

Two settings of a portfolio ask for chance: the restraint of de-escalation mode, which lets a share of mild actions go
on, and the autonomy of a phased rollout, which sends the rest to people. A draw is a hash of (nonce, purpose). The nonce
is drawn by the gate once per action, kept in the ledger, and used again whenever the same action is decided again, so
asking twice is no second try.
"""

import hashlib
from typing import Protocol

__all__ = ["AUTOMATED", "CUT_OFF", "RED_LINE", "RESTRAIN", "WITHHOLD", "Chance", "Drawn"]

RESTRAIN = b"restrain"
AUTOMATED = b"automated"
# Asked only where a policy is compiled as it is modelled, not as it is enforced.
RED_LINE = b"red-line"
CUT_OFF = b"cut-off"
WITHHOLD = b"withhold"


class Chance(Protocol):
    """Where draws come from."""

    @property
    def nonce(self) -> int:
        """What to keep, so that the same is drawn again."""

    def uniform(self, purpose: bytes) -> float:
        """Return the draw for a purpose, uniform on [0, 1)."""


class Drawn:
    """Draws from a nonce of 64 bits."""

    __slots__ = ("nonce",)

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce

    def uniform(self, purpose: bytes) -> float:
        """Return the draw for a purpose, uniform on [0, 1), 53 bits."""
        digest = hashlib.blake2b(purpose, digest_size=8, key=self.nonce.to_bytes(8, "big")).digest()
        return (int.from_bytes(digest, "big") >> 11) * 2.0**-53
