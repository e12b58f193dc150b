"""The pending incidents of one crisis: a binary heap in the order of (time, key).

The order is total, so simultaneous incidents have one written order (decision 0002). The heap
moves only (time, key, slot); what an incident is stays in its row `pending[slot]`. `slots` is always
a permutation of all slots: the first `n` are in the heap, the rest are free, so no free list is kept
and nothing is reset between crises.
"""

from detente.engine._jit import kernel


@kernel
def add(times, keys, slots, n, time, key):
    """Put an incident among the first `n` pending ones; returns the slot to describe it in.

    The caller makes sure that `n` is below the capacity.
    """
    slot = slots[n]
    i = n
    while i > 0:
        parent = (i - 1) >> 1
        if times[parent] < time or (times[parent] == time and keys[parent] <= key):
            break
        times[i] = times[parent]
        keys[i] = keys[parent]
        slots[i] = slots[parent]
        i = parent
    times[i] = time
    keys[i] = key
    slots[i] = slot
    return slot


@kernel
def remove_first(times, keys, slots, n):
    """Take the earliest of `n` pending incidents out: its slot is free again, at `slots[n - 1]`.

    Read `times[0]`, `keys[0]` and `slots[0]` before the call.
    """
    freed = slots[0]
    last = n - 1
    time = times[last]
    key = keys[last]
    slot = slots[last]
    i = 0
    child = 1
    while child < last:
        right = child + 1
        if right < last and (
            times[right] < times[child] or (times[right] == times[child] and keys[right] < keys[child])
        ):
            child = right
        if time < times[child] or (time == times[child] and key <= keys[child]):
            break
        times[i] = times[child]
        keys[i] = keys[child]
        slots[i] = slots[child]
        i = child
        child = 2 * i + 1
    times[i] = time
    keys[i] = key
    slots[i] = slot
    slots[last] = freed
