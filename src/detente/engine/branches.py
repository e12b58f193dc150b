"""What the event loop with splitting reads and writes beside `tables`: arrays handed to `_splitting`."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine.tables import Outcomes, Work

__all__ = ["Branches", "Guide", "Leaves"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Guide(NamedTuple):
    """What tells how near a path is to the event."""

    measure: int
    """one of those in `_splitting`"""
    goal: int
    """the rung, where it is about one"""
    mark_of: npt.NDArray[np.int32]
    """(A + 1, A + 1) position of (author, points to), each shifted by one"""
    row_of: npt.NDArray[np.int32]
    """(S, M) row of a system and such a position"""
    worth: Floats
    """(rows, rungs) -ln(1 - q)"""
    roots: Floats
    """the same for one incident of each root"""


class Branches(NamedTuple):
    """The states at which copies of a path still wait, one for each time it was copied; D of them."""

    kept: Work
    """with a first axis of D"""
    out: Outcomes
    """(D + 1 rows) what was counted by then; the last row is that of the path being followed"""
    left: Integers
    clone: Integers
    level: Integers
    serial: Integers
    """incidents that had happened by then"""
    weight: Floats
    peak: Floats


class Leaves(NamedTuple):
    """Finished paths that have passed every level, and those that ran out of their budget below."""

    out: Outcomes
    crisis: Integers
    weight: Floats
    peak: Floats
    """how near they came"""
    passed: npt.NDArray[np.bool_]
    """whether every level"""
    turns: Integers
    """how often they were copied"""
    script: npt.NDArray[np.int64]
    """(leaves, D, 2) after how many incidents that was, and which copy they are"""
