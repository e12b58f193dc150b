"""A fingerprint of a whole Parquet file, inside that file: a single changed byte anywhere is noticed.

Parquet checks nothing by itself. A fingerprint of the table alone would leave out the record beside it, and whatever
other readers go by: statistics, offsets, encodings. So the file is written with a blank in the place of its
fingerprint, the fingerprint is taken of that, and then put into the place, which is as long.
"""

from hashlib import blake2b
from pathlib import Path

__all__ = ["UNSEALED", "is_whole", "seal"]

_KEY = "detente-seal"
_BLANK = "0" * 32
_BEFORE = _KEY.encode() + bytes([0x18, len(_BLANK)])
"""its name as the footer has it, then a text of so many bytes; no JSON beside it holds such a byte as the first"""

UNSEALED = {_KEY: _BLANK}
"""what to add to the metadata of a Parquet file that is to be sealed"""


def seal(path: Path) -> None:
    """Put the fingerprint of a file that was written with `UNSEALED` into it."""
    content = path.read_bytes()
    place = _place(content)
    assert place is not None, "INVARIANT: written with UNSEALED"
    with path.open("r+b") as file:
        file.seek(place)
        file.write(_fingerprint(content, place))


def is_whole(content: bytes) -> bool:
    """Whether these are the bytes of a file that was sealed, all of them, unchanged."""
    place = _place(content)
    return place is not None and content[place : place + len(_BLANK)] == _fingerprint(content, place)


def _place(content: bytes) -> int | None:
    """Where the fingerprint stands: right behind its name."""
    found = content.rfind(_BEFORE)
    return None if found < 0 else found + len(_BEFORE)


def _fingerprint(content: bytes, place: int) -> bytes:
    blank = b"".join((content[:place], _BLANK.encode(), content[place + len(_BLANK) :]))
    return blake2b(blank, digest_size=len(_BLANK) // 2).hexdigest().encode()
