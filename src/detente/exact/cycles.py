"""A flow taken apart into cycles, strongest first."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from detente.exact import _cycles as k

__all__ = ["Cycle", "decompose"]

_ROUNDING = 1e-12  # of the total flow: what is closer than this is equal, and what is smaller is nothing


@dataclass(frozen=True, slots=True)
class Cycle:
    """Something that goes round."""

    nodes: tuple[int, ...]
    """in the direction of flow, from the smallest; a single node flows into itself"""
    amount: float
    """what it carries along each of its edges"""

    @property
    def strength(self) -> float:
        """Its part of the total flow: `amount` counted once per edge."""
        return self.amount * len(self.nodes)


def decompose(flow: npt.NDArray[np.float64], *, negligible: float = 1e-9) -> tuple[Cycle, ...]:
    """The cycles of a flow, each the widest that the earlier ones left, sorted by strength.

    A cycle is as wide as its narrowest edge. The widest is taken off, again and again, until nothing
    wider than `negligible` is left. Among equally wide ones the shortest comes first, then the first in the
    order of nodes; widths within 1e-12 of the total flow count as equal, so that rounding decides nothing.

    Where as much flows into every node as out of it, the cycles add up to the flow, edge by edge, but
    for the negligible ones: there are never more than edges. Elsewhere what belongs to no cycle is left.

    Parameters
    ----------
    flow
        (n, n), finite, at least 0: what flows from node i to node j.
    negligible
        The widest cycle that may be left, as a share of the total flow; less than 1e-12 counts as 1e-12.

    Returns
    -------
    The cycles, those of equal strength in the order of their nodes.
    """
    left = np.array(flow, dtype=np.float64, order="C")
    # INVARIANT: callers pass a square array of flows.
    assert left.ndim == 2, left.shape
    assert left.shape[0] == left.shape[1], left.shape
    assert np.isfinite(left).all(), "a flow is finite"
    assert (left >= 0.0).all(), "a flow is at least 0"
    # An exact sum, so that renaming the nodes does not change it.
    total = math.fsum(left.ravel().tolist())
    least = max(negligible, _ROUNDING) * total
    loops = [Cycle((i,), amount) for i, amount in enumerate(left.diagonal().tolist()) if amount > least]
    np.fill_diagonal(left, 0.0)
    longer = _longer_cycles(left, least, _ROUNDING * total)
    return _sorted([*loops, *longer], _ROUNDING * total)


def _longer_cycles(left: npt.NDArray[np.float64], least: float, slack: float) -> Iterator[Cycle]:
    """Cycles of two nodes and more; takes them off `left`."""
    search = _search(left, least)
    more = True
    while more:
        search.state[[k.FOUND, k.FILLED]] = 0
        more = k.take_cycles(search, least, slack)
        yield from _found(search)


def _found(search: k.Search) -> Iterator[Cycle]:
    found = int(search.state[k.FOUND])
    nodes = search.nodes[: search.state[k.FILLED]].tolist()
    ends = np.cumsum(search.lengths[:found]).tolist()
    for (first, last), amount in zip(pairwise([0, *ends]), search.amounts[:found].tolist(), strict=True):
        yield Cycle(tuple(nodes[first:last]), amount)


def _search(left: npt.NDArray[np.float64], least: float) -> k.Search:
    n = left.shape[0]
    words = n // k.BITS + 1
    edges = np.flatnonzero(left > least)
    # From the largest down, which makes it a heap.
    edges = edges[np.argsort(-left.ravel()[edges], kind="stable")]
    state = np.zeros(k.STATE_SIZE, np.int64)
    state[k.WAITING] = edges.size
    return k.Search(
        left=left,
        leaving=np.zeros((n, words), np.int64),
        arriving=np.zeros((n, words), np.int64),
        waiting=left.ravel()[edges],
        waiting_edge=edges.astype(np.int64),
        closing=np.empty(edges.size),
        closing_edge=np.empty(edges.size, np.int64),
        steps=np.empty((2, n), np.int64),
        queue=np.empty(n, np.int64),
        seen=np.empty(words, np.int64),
        floor=np.empty(1),
        nodes=np.empty(4 * edges.size + n, np.int64),
        lengths=np.empty(edges.size, np.int64),
        amounts=np.empty(edges.size),
        state=state,
    )


def _sorted(cycles: list[Cycle], slack: float) -> tuple[Cycle, ...]:
    """Strongest first; those as strong as the first of them, but for rounding, in the order of nodes."""
    cycles.sort(key=lambda cycle: -cycle.strength)
    first = 0
    for place in range(1, len(cycles) + 1):
        if place == len(cycles) or cycles[first].strength - cycles[place].strength > slack:
            cycles[first:place] = sorted(cycles[first:place], key=lambda cycle: cycle.nodes)
            first = place
    return tuple(cycles)
