"""How an ensemble is cut into pieces of work: by crisis index alone, never by who does the work.

Every crisis is the same whatever piece it falls into (design, section 5). The cut is fixed all the same,
so that a run which is taken up again finds its pieces where it left them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["CHUNK", "Span", "cut"]

CHUNK = 1 << 15
"""Crises in one piece of work, unless the caller says otherwise: some tenths of a second of one core, about 1 MB stored."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Consecutive crises of an ensemble: from the index `first`, `count` of them."""

    first: int
    count: int

    @property
    def stop(self) -> int:
        """The index after the last."""
        return self.first + self.count

    def __str__(self) -> str:
        return f"crises {self.first:,} to {self.stop - 1:,}"


def cut(runs: int, chunk: int, looks: Iterable[int] = ()) -> list[Span]:
    """Return the pieces of an ensemble of `runs` crises, in order.

    None is larger than `chunk`, and none straddles a multiple of it or one of `looks`.
    """
    ends = {0, runs, *range(chunk, runs, chunk), *(look for look in looks if look < runs)}
    return [Span(first, stop - first) for first, stop in pairwise(sorted(ends))]
