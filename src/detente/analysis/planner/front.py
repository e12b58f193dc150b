"""Candidates of which none is better than another in everything."""

from collections.abc import Iterable

import numpy as np

from detente.analysis.planner.examine import Verdict

__all__ = ["front", "ladder"]


def front(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that no other beats in one of cost, P(catastrophe), rightful actions stopped and their delay without losing in another.

    In the order of cost. Of several that are alike in all four, the one with the fewest safeguards stays.
    """
    listed = sorted(verdicts, key=lambda one: (one.cost, len(one.candidate.names), one.candidate.key))
    if not listed:
        return ()
    figures = np.array([[one.cost, one.risk, one.stopped, one.delay_s] for one in listed])
    kept: list[int] = []
    for i, row in enumerate(figures):
        no_worse = (figures <= row).all(axis=1)
        better = no_worse & (figures < row).any(axis=1)
        alike = no_worse[:i] & (figures[:i] == row).all(axis=1)
        if not better.any() and not alike.any():
            kept.append(i)
    return tuple(listed[i] for i in kept)


def ladder(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Of a front, from the cheapest up, those that each have a lower P(catastrophe) than all that cost less."""
    found: list[Verdict] = []
    for one in sorted(verdicts, key=lambda one: (one.cost, one.risk, one.stopped)):
        if not found or one.risk < found[-1].risk:
            found.append(one)
    return tuple(found)
