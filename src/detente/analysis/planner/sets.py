"""Which safeguards at all: every set of them, in the order of cost, each at its tightest settings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from detente.analysis.planner.examine import Examiner, Verdict
from detente.analysis.planner.menu import Menu

__all__ = ["Sets", "cheapest_sets"]

_WANTED = 6  # sets that hold, from which the search over settings starts
_MOST = 300  # candidates that are looked at beyond the quickest look, which is what takes long where the level is low
_BATCH = 8  # sets that are tried together, so that several threads have something to do
_TIGHTNESS = (0.0, 0.5, 1.0)
"""the settings at which a set is tried: as stated, half-way to the tightest, and the tightest"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """What came of trying sets of safeguards."""

    held: tuple[Verdict, ...]
    """the cheapest that keep the risk at one of the settings tried, none of them with another inside"""
    refuted: int
    """those that do not, before the first that does"""
    of: int
    """how many sets there are"""


def cheapest_sets(examiner: Examiner, tried: Callable[[int], None]) -> Sets:
    """Try sets from the cheapest up, until some hold or enough were tried; a set that has one of these inside is passed over.

    What a set costs at its cheapest settings decides the order. Tighter settings are not always safer: what also stops
    rightful defence lets go on what it would have ended. So a set is tried at several settings, and one that misses the
    risk at all of them is not proved to be useless: the search over settings is free to come back to it.
    """
    held: list[Verdict] = []
    refuted = 0
    menu = examiner.menu
    every = (menu.kept.union(names) for names in _by_cost(menu))
    while some := list(islice(every, _BATCH)):
        batch = [names for names in some if not _has_inside(names, held)]
        for names, found in zip(batch, _tried(examiner, batch), strict=True):
            if found is not None and not _has_inside(names, held):
                held.append(found)
            refuted += not held
        tried(len(batch))
        if len(held) >= _WANTED or len(examiner.seen) >= _MOST:
            break
    return Sets(held=tuple(held[:_WANTED]), refuted=refuted, of=count_of(menu))


def _has_inside(names: frozenset[str], held: Sequence[Verdict]) -> bool:
    return any(one.candidate.names <= names for one in held)


def _tried(examiner: Examiner, batch: Sequence[frozenset[str]]) -> list[Verdict | None]:
    """For each set the first choice that keeps the risk; None where none of those tried does."""
    choices = [
        tuple(dict.fromkeys(examiner.menu.tight(names, share) for share in _TIGHTNESS)) for names in batch
    ]
    every = [one for some in choices for one in some]
    left = {one.key for one, is_out in zip(every, examiner.refute(every), strict=True) if not is_out}
    examiner.search([one for one in every if one.key in left])
    found: list[Verdict | None] = []
    for some in choices:
        verdicts = (examiner.seen[one.key] for one in some if one.key in left)
        # What it stops is for the settings to mend.
        found.append(next((one for one in verdicts if one.missed == 0.0), None))
    return found


def count_of(menu: Menu) -> int:
    """How many sets a menu offers."""
    return 1 << len(set(menu.names) - menu.kept)


def _by_cost(menu: Menu) -> Iterator[tuple[str, ...]]:
    free = [name for name in menu.names if name not in menu.kept]
    every = (names for size in range(len(free) + 1) for names in combinations(free, size))
    yield from sorted(every, key=lambda names: (menu.least_cost(names), len(names), names))
