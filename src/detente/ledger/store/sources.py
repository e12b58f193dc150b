"""How far each source has counted: what the next number must be. Folded from entries, and kept as a shortcut in a file."""

from hashlib import sha256

from detente.errors import FormatError
from detente.ledger.formats.entry import Entry

__all__ = ["Sources"]

_FIRST = "detente-sources/v1"


class Sources:
    """The last number and the last time of the entries of a log's first `size`."""

    def __init__(self, size: int = 0, time: int = 0, last: dict[str, int] | None = None) -> None:
        self.size = size
        self.time = time
        self.last = {} if last is None else last

    def take(self, entry: Entry) -> None:
        """Count an entry that is in the log."""
        self.size += 1
        self.time = entry.time
        self.last[entry.source] = entry.number

    def __bytes__(self) -> bytes:
        rows = [f"{number} {source}" for source, number in sorted(self.last.items())]
        text = "\n".join((_FIRST, f"{self.size} {self.time}", *rows, ""))
        return text.encode() + sha256(text.encode()).hexdigest().encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> "Sources":
        """Read what `bytes()` gave. Raises FormatError where it is not whole: then count anew."""
        text, digest = data[:-65], data[-65:]
        if sha256(text).hexdigest().encode() + b"\n" != digest:
            raise FormatError("sources: the file is not what was written")
        first, totals, *rows = text.decode().split("\n")[:-1]
        if first != _FIRST:
            raise FormatError(f"sources: found {first!r}, expected {_FIRST}")
        size, time = map(int, totals.split(" "))
        pairs = (row.split(" ", 1) for row in rows)
        return cls(size, time, {source: int(number) for number, source in pairs})
