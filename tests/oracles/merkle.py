"""Trees of RFC 6962 by its own recursive definitions, on lists of entries: slow, obvious, and nothing shared with `detente.ledger`."""

from hashlib import sha256


def root(entries: list[bytes]) -> bytes:
    """MTH (section 2.1)."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    middle = split(len(entries))
    return sha256(b"\x01" + root(entries[:middle]) + root(entries[middle:])).digest()


def inclusion(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH (section 2.1.1)."""
    if len(entries) == 1:
        return []
    middle = split(len(entries))
    if index < middle:
        return [*inclusion(index, entries[:middle]), root(entries[middle:])]
    return [*inclusion(index - middle, entries[middle:]), root(entries[:middle])]


def consistency(old: int, entries: list[bytes]) -> list[bytes]:
    """PROOF (section 2.1.2)."""
    return _beginning(old, entries, whole=True)


def _beginning(old: int, entries: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF: `whole` while the older tree is still the one the checker knows the root of."""
    if old == len(entries):
        return [] if whole else [root(entries)]
    middle = split(len(entries))
    if old <= middle:
        return [*_beginning(old, entries[:middle], whole=whole), root(entries[middle:])]
    return [*_beginning(old - middle, entries[middle:], whole=False), root(entries[:middle])]


def split(count: int) -> int:
    """Return the largest power of two below `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power
