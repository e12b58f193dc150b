"""A circulation taken apart into cycles in the one way that chance does it.

Read a circulation as a Markov chain (each node sends on what comes in) and let a walk close cycles: when
it returns to a node, what it walked since is a cycle, and is erased. How often each cycle is closed is unique,
changes smoothly with the flow, and adds up to it edge by edge:

    w(c) = prod p_ij over the edges of c  x  D(all nodes but those of c)  /  sum over j of D(all nodes but j)

where D(H) = det(I - P) on the nodes H. (J. MacQueen, Ann. Probab. 9, 1981; M. Qian and M. Qian, Z. Wahrsch.
verw. Gebiete 59, 1982; S. Kalpazidou, Cycle Representations of Markov Processes, 2006.)
"""

import numpy as np

from detente.exact.cycles import Cycle, decompose
from detente.exact.network import Floats

__all__ = ["cycle_weights"]

_CANDIDATES = 1_000
_ROUNDS, _REST = 3, 1e-3  # rounds, and the share of the flow that ends them
_LEAST = 1e-9  # product of chances of a cycle that is not looked at
_ROUNDING = 1e-12


def cycle_weights(flow: Floats, *, negligible: float) -> tuple[Cycle, ...]:
    """The cycles of a circulation, strongest first.

    The likeliest cycles, a thousand at most, have their exact weights. What the rest carries is a circulation
    again, and is taken apart likewise, then widest first, so that all of it is accounted for.

    Parameters
    ----------
    flow
        (n, n), at least 0, as much into every node as out of it, and one communicating class.
    negligible
        The widest cycle that may be left out, as a share of the total flow.
    """
    total = float(flow.sum())
    left = flow.copy()
    found: dict[tuple[int, ...], float] = {}
    for _ in range(_ROUNDS):
        _take(left, found, negligible * total)
        left[left < _ROUNDING * total] = 0.0
        if left.sum() <= _REST * total:
            break
    for cycle in decompose(left, negligible=max(negligible, _ROUNDING)):
        found[cycle.nodes] = found.get(cycle.nodes, 0.0) + cycle.amount
    cycles = [Cycle(nodes, amount) for nodes, amount in found.items()]
    return tuple(sorted(cycles, key=lambda cycle: (-_rounded(cycle.strength / total), cycle.nodes)))


def _take(left: Floats, found: dict[tuple[int, ...], float], least: float) -> None:
    """Move the weights of the likeliest cycles from `left` to `found`; a part that nothing enters is nobody's."""
    out = left.sum(axis=1)
    there = np.flatnonzero(out > least)
    out, inside = out[there], left[np.ix_(there, there)]
    chances = np.minimum(inside / out[:, None], 1.0)
    total = float(out.sum())
    for places, weight in _weigh(chances, _likely(chances)):
        nodes = tuple(there[list(places)].tolist())
        edges = (list(nodes), [*nodes[1:], nodes[0]])
        amount = min(weight * total, float(left[edges].min()))  # rounding must not take more than there is
        if amount > least:
            found[nodes] = found.get(nodes, 0.0) + amount
            left[edges] -= amount


def _rounded(share: float) -> float:
    """So that rounding does not decide the order."""
    return round(share, 12)


def _likely(chances: Floats) -> list[tuple[tuple[int, ...], float]]:
    """Simple cycles with the largest products of chances, and those products; each starts at its smallest node."""
    least = 1e-2
    while True:
        found = _at_least(chances, least)
        if len(found) >= _CANDIDATES or least <= _LEAST:
            return sorted(found, key=lambda item: (-item[1], item[0]))[:_CANDIDATES]
        least *= 0.1


def _at_least(chances: Floats, least: float) -> list[tuple[tuple[int, ...], float]]:
    onward = [[(j, p) for j, p in enumerate(row) if p >= least] for row in chances.tolist()]
    found: list[tuple[tuple[int, ...], float]] = []
    for start in range(len(onward)):
        paths: list[tuple[tuple[int, ...], float]] = [((start,), 1.0)]
        while paths and len(found) < 20 * _CANDIDATES:
            path, product = paths.pop()
            for j, p in onward[path[-1]]:
                if product * p < least:
                    continue
                if j == start:
                    found.append((path, product * p))
                elif j > start and j not in path:
                    paths.append(((*path, j), product * p))
    return found


def _weigh(
    chances: Floats, cycles: list[tuple[tuple[int, ...], float]]
) -> list[tuple[tuple[int, ...], float]]:
    """The share of steps that close each cycle."""
    n = len(chances)
    rest = np.eye(n) - chances
    once = sum(_minor(rest, (j,)) for j in range(n))
    if once <= _ROUNDING:  # several classes, which only what is left after the first round can be
        return []
    return [(nodes, product * _minor(rest, nodes) / once) for nodes, product in cycles]


def _minor(matrix: Floats, without: tuple[int, ...]) -> float:
    """The determinant without the rows and columns of some nodes; 1 where none is left."""
    kept = np.delete(np.arange(len(matrix)), without)
    return float(np.linalg.det(matrix[kept[:, None], kept])) if kept.size else 1.0
