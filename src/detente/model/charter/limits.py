"""How much a charter may hold: far above what one site needs, far below what would slow its gate down."""

from collections.abc import Sized
from typing import TypeVar

from pydantic import AfterValidator

from detente.model.entries import hold
from detente.model.problems import Fault

__all__ = [
    "LONGEST_CONDITION",
    "MOST_ACTIONS",
    "MOST_ACTORS",
    "MOST_ARGUMENTS",
    "MOST_ASSETS",
    "MOST_CHOICES",
    "MOST_CONDITIONS",
    "MOST_GROUPS",
    "MOST_PEOPLE",
    "MOST_RUNGS",
    "MOST_SYSTEMS",
    "MOST_TARGETS",
    "at_most",
]

MOST_RUNGS = 64
MOST_ACTORS = 10_000
MOST_SYSTEMS = 10_000
MOST_ASSETS = 100_000
MOST_ACTIONS = 1_000
MOST_ARGUMENTS = 100
"""of one kind of action"""
MOST_CHOICES = 1_000
"""texts that one argument may be"""
MOST_GROUPS = 200
MOST_PEOPLE = 1_000
"""in one group, and operators of one system"""
MOST_TARGETS = 1_000
"""names and beginnings of names that one system may act upon"""
MOST_CONDITIONS = 256
"""every one is asked about every action"""
LONGEST_CONDITION = 4_096
"""letters"""

Collected = TypeVar("Collected", bound=Sized)


def at_most(most: int, what: str) -> AfterValidator:
    """The rule that a list or mapping holds no more than `most`."""

    def check(found: Collected) -> Collected:
        hold(Fault((), f"{len(found)} {what}", f"at most {most}") if len(found) > most else None)
        return found

    return AfterValidator(check)
