"""Widest cycles of a flow, one after another.

The graph holds the edges that still carry at least the current level, as bit sets, and the rest wait in a
heap, largest first. Between levels the graph has no cycle. The first edge from the heap that closes one fixes
the next level; every cycle at that level then runs through an edge that closed one when it was added. Those
edges wait in a second heap under the order (length, smallest node) of the first cycle through them. Taking
cycles only removes edges, so such an order can only grow, and is looked at again only when it comes first.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine._jit import entry, kernel

BITS = 63  # per word of a bit set: the sign stays 0, so no shift or subtraction overflows

# 2 generates the integers modulo 67, so that powers of 2 below 2**66 differ modulo 67.
_PLACE = np.zeros(67, np.int64)
for _bit in range(BITS):
    _PLACE[(1 << _bit) % 67] = _bit

# Positions in `Search.state`.
WAITING, CLOSING, FOUND, FILLED, UNTOUCHED = range(5)
STATE_SIZE = 5


class Search(NamedTuple):
    """What is left of the flow, the graph at this level, the cycles found. Edge i -> j is i * n + j."""

    left: npt.NDArray[np.float64]  # (n, n)
    leaving: npt.NDArray[np.int64]  # (n, words): bit j of row i is set when i -> j is in the graph
    arriving: npt.NDArray[np.int64]  # (n, words): bit i of row j, for the same edges
    waiting: npt.NDArray[np.float64]  # heap: flow of the edges outside the graph
    waiting_edge: npt.NDArray[np.int64]
    closing: npt.NDArray[
        np.float64
    ]  # heap: minus (length * n + smallest node) of the first cycle through the edge
    closing_edge: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]  # (2, n)
    queue: npt.NDArray[np.int64]  # (n,)
    seen: npt.NDArray[np.int64]  # (words,)
    floor: npt.NDArray[np.float64]  # (1,): the least that an edge of the graph carries
    nodes: npt.NDArray[np.int64]  # nodes of the cycles found, end to end
    lengths: npt.NDArray[np.int64]
    amounts: npt.NDArray[np.float64]
    state: npt.NDArray[np.int64]


@entry
def take_cycles(search, least, slack):
    """Take cycles wider than `least` until none is left (returns False) or there is no more room (True).

    Widths that differ by no more than `slack` count as equal. To go on, call again with FOUND and FILLED
    set to 0.
    """
    n = search.left.shape[0]
    state = search.state
    while True:
        if state[CLOSING] == 0 and not next_level(search, slack):
            return False
        if state[FOUND] == search.amounts.size or state[FILLED] + n > search.nodes.size:
            return True
        edge = search.closing_edge[0]
        order = search.closing[0]
        state[CLOSING] = drop(search.closing, search.closing_edge, state[CLOSING])
        if not holds(search.leaving[edge // n], edge % n):
            continue
        if state[UNTOUCHED] == 0:
            now = first_through(search, edge)
            if now == 0.0:
                continue
            if now < order:
                state[CLOSING] = push(search.closing, search.closing_edge, state[CLOSING], now, edge)
                continue
        length = write_cycle(search, -order)
        subtract(search, length, least)
        state[UNTOUCHED] = 0
        state[CLOSING] = push(search.closing, search.closing_edge, state[CLOSING], order, edge)


@entry
def next_level(search, slack):
    """Add edges, largest first, down to the widest cycle's width; whether there is a cycle at all."""
    n = search.left.shape[0]
    state = search.state
    state[UNTOUCHED] = 1
    search.floor[0] = -1.0
    while state[WAITING] > 0 and search.waiting[0] >= search.floor[0]:
        width = search.waiting[0]
        edge = search.waiting_edge[0]
        state[WAITING] = drop(search.waiting, search.waiting_edge, state[WAITING])
        include(search.leaving[edge // n], edge % n)
        include(search.arriving[edge % n], edge // n)
        order = first_through(search, edge)
        if order != 0.0:
            state[CLOSING] = push(search.closing, search.closing_edge, state[CLOSING], order, edge)
            search.floor[0] = max(search.floor[0], width - slack)
    return state[CLOSING] > 0


@entry
def first_through(search, edge):
    """Minus (length * n + smallest node) of the first cycle through an edge of the graph; 0 without one."""
    n = search.left.shape[0]
    tail = edge // n
    head = edge % n
    ahead = search.steps[0]
    behind = search.steps[1]
    away = walk(search.leaving, head, tail, n, ahead, search.queue, search.seen)
    if away < 0:
        return 0.0
    walk(search.arriving, tail, head, n, behind, search.queue, search.seen)
    smallest = 0
    while ahead[smallest] < 0 or behind[smallest] < 0 or ahead[smallest] + behind[smallest] != away:
        smallest += 1
    return -float((away + 1) * n + smallest)


@entry
def walk(links, start, goal, limit, steps, queue, seen):
    """Steps from `start` along `links`, breadth first, to all nodes up to `limit` steps away, -1 elsewhere.

    Stops when it comes to `goal`; returns the steps to it, -1 when it is out of reach.
    """
    steps[:] = -1
    seen[:] = 0
    include(seen, start)
    steps[start] = 0
    queue[0] = start
    first = 0
    last = 1
    while first < last:
        node = queue[first]
        first += 1
        if steps[node] == limit:
            return -1
        for word in range(seen.size):
            new = links[node, word] & ~seen[word]
            seen[word] |= new
            while new != 0:
                found = word * BITS + lowest(new)
                new &= new - 1
                steps[found] = steps[node] + 1
                if found == goal:
                    return steps[found]
                queue[last] = found
                last += 1
    return -1


@entry
def write_cycle(search, order):
    """Write down the first cycle of a given (length, smallest node); returns its length.

    It is a shortest cycle of the graph, so whatever closes in time closes without a repeated node.
    """
    n = search.left.shape[0]
    length = int(order) // n
    node = int(order) % n
    back = search.steps[0]
    at = search.state[FILLED]
    walk(search.arriving, node, -1, length - 1, back, search.queue, search.seen)
    search.nodes[at] = node
    for place in range(1, length):
        node = first_at(search.leaving[node], back, length - place)
        search.nodes[at + place] = node
    return length


@entry
def first_at(words, steps, distance):
    """The first node of a set that is at that many steps; there is one."""
    for word in range(words.size):
        rest = words[word]
        while rest != 0:
            found = word * BITS + lowest(rest)
            rest &= rest - 1
            if steps[found] == distance:
                return found
    return -1


@entry
def subtract(search, length, least):
    """Take the width of the cycle written last from its edges; those below the level leave the graph."""
    n = search.left.shape[0]
    state = search.state
    at = state[FILLED]
    amount = np.inf
    for place in range(length):
        tail = search.nodes[at + place]
        head = search.nodes[at + (place + 1) % length]
        amount = min(amount, search.left[tail, head])
    for place in range(length):
        tail = search.nodes[at + place]
        head = search.nodes[at + (place + 1) % length]
        search.left[tail, head] -= amount
        left = search.left[tail, head]
        if left < search.floor[0] or left <= least:
            exclude(search.leaving[tail], head)
            exclude(search.arriving[head], tail)
            if left > least:
                state[WAITING] = push(
                    search.waiting, search.waiting_edge, state[WAITING], left, tail * n + head
                )
    search.lengths[state[FOUND]] = length
    search.amounts[state[FOUND]] = amount
    state[FOUND] += 1
    state[FILLED] += length


@kernel
def lowest(bits):
    """Position of the lowest bit set, of at least one."""
    return _PLACE[(bits & -bits) % 67]


@kernel
def holds(words, bit):
    return (words[bit // BITS] >> (bit % BITS)) & 1 != 0


@kernel
def include(words, bit):
    words[bit // BITS] |= np.int64(1) << (bit % BITS)


@kernel
def exclude(words, bit):
    words[bit // BITS] &= ~(np.int64(1) << (bit % BITS))


@entry
def push(values, edges, n, value, edge):
    """Put an edge on a heap of `n`, largest value first; returns the new size."""
    i = n
    while i > 0:
        parent = (i - 1) >> 1
        if values[parent] >= value:
            break
        values[i] = values[parent]
        edges[i] = edges[parent]
        i = parent
    values[i] = value
    edges[i] = edge
    return n + 1


@entry
def drop(values, edges, n):
    """Take the largest off a heap of `n`; returns the new size."""
    last = n - 1
    value = values[last]
    edge = edges[last]
    i = 0
    child = 1
    while child < last:
        if child + 1 < last and values[child + 1] > values[child]:
            child += 1
        if value >= values[child]:
            break
        values[i] = values[child]
        edges[i] = edges[child]
        i = child
        child = 2 * i + 1
    values[i] = value
    edges[i] = edge
    return last
