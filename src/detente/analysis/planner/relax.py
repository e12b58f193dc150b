"""From a good candidate to one of which nothing can be left out: step by step, as long as it keeps the standard."""

from collections.abc import Callable
from functools import partial

from detente.analysis.planner.examine import Examiner, Verdict
from detente.analysis.planner.menu import Candidate, Menu, Setting

__all__ = ["relax"]

_STEPS = (1.0, 0.5, 0.25, 0.1)
"""how far a setting is moved towards either end of its range, largest first"""
_MOST_ROUNDS = 6
_WORTH = 1e-3
"""the share of rightful actions that must be won for a change of settings to be worth while"""
_SOONER = 0.02
"""the share of their delay, likewise"""


def relax(examiner: Examiner, start: Verdict, tried: Callable[[int], None]) -> Verdict:
    """The best that single steps from a candidate lead to.

    A step leaves out a safeguard, or moves a setting. It is taken if it comes nearer to the standard; or, where that is
    kept, if it costs less, or as much and stops fewer rightful actions, or as many and delays them less.
    """
    best = start
    moves = [partial(_moved, one) for one in examiner.menu.settings]
    steps: list[Callable[[Menu, Candidate], list[Candidate]]] = [_fewer, *moves]
    for _ in range(_MOST_ROUNDS):
        before = best
        for neighbours in steps:
            # Those of one kind together, so that several threads have something to do.
            for verdict in examiner.search(neighbours(examiner.menu, best.candidate)):
                tried(1)
                if _better(verdict, best):
                    best = verdict
        if best is before:
            break
    return best


def _better(one: Verdict, other: Verdict) -> bool:
    if one.violation != other.violation:
        return one.violation < other.violation
    if abs(one.cost - other.cost) > 1.0:  # a dollar
        return one.cost < other.cost
    if abs(one.stopped - other.stopped) > _WORTH:
        return one.stopped < other.stopped
    return one.stopped <= other.stopped and one.delay_s < (1.0 - _SOONER) * other.delay_s


def _fewer(menu: Menu, start: Candidate) -> list[Candidate]:
    """With one safeguard less."""
    numbers = dict(start.numbers)
    return [menu.candidate(start.names - {name}, numbers) for name in sorted(start.names - menu.kept)]


def _moved(one: Setting, menu: Menu, start: Candidate) -> list[Candidate]:
    """With another value of one setting."""
    numbers = dict(start.numbers)
    if one.path not in numbers:
        return []
    now = numbers[one.path]
    values = {one.between(now, end, share) for end in (one.low, one.high) for share in _STEPS} - {now}
    return [menu.candidate(start.names, {**numbers, one.path: value}) for value in sorted(values)]
