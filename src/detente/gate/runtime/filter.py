"""A Bloom filter of fixed size: which hashes have certainly never been added.

Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970; the positions by double hashing as in
Kirsch and Mitzenmacher, "Less hashing, same performance", ESA 2006. Of 2^27 bits and 4 positions, with ten million hashes in it
one strange hash in 250 looks familiar; with thirty million, one in 8.
"""

from collections.abc import Iterable

__all__ = ["Filter"]

_BITS = 27
_MASK = (1 << _BITS) - 1
_POSITIONS = 4


class Filter:
    """Holds hashes of 63 or 64 bits, or rather whether one may be among them."""

    __slots__ = ("bits",)

    def __init__(self, bits: bytearray | None = None) -> None:
        self.bits = bytearray(1 << (_BITS - 3)) if bits is None else bits
        if len(self.bits) != 1 << (_BITS - 3):
            raise ValueError(f"filter: found {len(self.bits)} bytes, expected {1 << (_BITS - 3)}")

    def add(self, hashes: Iterable[int]) -> None:
        """Add hashes."""
        bits = self.bits
        for one in hashes:
            place, step = one, (one >> 31) | 1
            for _ in range(_POSITIONS):
                bits[(place & _MASK) >> 3] |= 1 << (place & 7)
                place += step

    def __contains__(self, one: int) -> bool:
        """Whether it may have been added; False: certainly not."""
        bits, place, step = self.bits, one, (one >> 31) | 1
        for _ in range(_POSITIONS):
            if not bits[(place & _MASK) >> 3] >> (place & 7) & 1:
                return False
            place += step
        return True
