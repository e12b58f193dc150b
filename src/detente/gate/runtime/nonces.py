"""Nonces: 64 bits from the system for each new action, fetched many at a time."""

import os

__all__ = ["Nonces"]

_AT_ONCE = 512


class Nonces:
    """Not to be shared between threads without a lock."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left: list[int] = []

    def nonce(self) -> int:
        """Return the next one: never 0, which stands for none, and never the same after a fork or a restart."""
        while True:
            if not self._left:
                data = os.urandom(8 * _AT_ONCE)
                self._left = [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]
            nonce = self._left.pop()
            if nonce:
                return nonce
