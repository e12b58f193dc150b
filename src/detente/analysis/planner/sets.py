"""Which safeguards at all: every set of them, in the order of cost, each at its tightest settings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from detente.analysis.planner.examine import Examiner, Verdict
from detente.analysis.planner.menu import Menu

__all__ = ["Sets", "cheapest_sets"]

_WANTED = 6  # sets that hold, from which the search over settings starts
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
    """Try sets from the cheapest up, until some hold; a set that has one of these inside is passed over.

    What a set costs at its cheapest settings decides the order. Tighter settings are not always safer: what also stops
    rightful defence lets go on what it would have ended. So a set is tried at several settings, and one that misses the
    risk at all of them is not proved to be useless: the search over settings is free to come back to it.
    """
    held: list[Verdict] = []
    refuted = 0
    menu = examiner.menu
    for names in _by_cost(menu):
        if any(one.candidate.names <= menu.kept.union(names) for one in held):
            continue
        found = _tried(examiner, names)
        if found is not None:
            held.append(found)
        refuted += not held
        tried(1)
        if len(held) >= _WANTED:
            break
    return Sets(held=tuple(held), refuted=refuted, of=count_of(menu))


def _tried(examiner: Examiner, names: tuple[str, ...]) -> Verdict | None:
    """The first choice of these safeguards that keeps the risk; None where none of those tried does."""
    for candidate in dict.fromkeys(examiner.menu.tight(names, share) for share in _TIGHTNESS):
        if not examiner.refutes(candidate):
            (verdict,) = examiner.search([candidate])
            if verdict.missed == 0.0:  # what it stops is for the settings to mend
                return verdict
    return None


def count_of(menu: Menu) -> int:
    """How many sets a menu offers."""
    return 1 << len(set(menu.names) - menu.kept)


def _by_cost(menu: Menu) -> Iterator[tuple[str, ...]]:
    free = [name for name in menu.names if name not in menu.kept]
    every = (names for size in range(len(free) + 1) for names in combinations(free, size))
    yield from sorted(every, key=lambda names: (menu.least_cost(names), len(names), names))
