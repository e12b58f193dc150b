"""The event loop with splitting: a crisis that comes nearer to a rare event goes on as several.

When a path rises past a level, it is copied, and each copy carries its share of the weight. A copy has the same
past; what is pending gets new keys, so its future is another one. A path that falls below the level again goes on
only by a draw, and then with as much more weight, and may be copied anew. The mean weight of the paths that meet the
event is then its probability, whatever the levels and however many copies (see M. J. J. Garvels, The splitting
method in rare event simulation, thesis, University of Twente, 2000). How high a path stands is how near it is to the event
or, where the guide knows, how much hangs on the incident that comes next (decision 0013).

Paths are followed depth first, so one state is kept for each level at which copies still wait.
"""

import math

import numpy as np

from detente.engine._chance import GAMMA, child_key, crisis_key, uniform
from detente.engine._jit import entry, kernel
from detente.engine._kernel import AGAIN, CAPPED, GOES_ON, HORIZON, advance, begin, finish
from detente.engine._queue import add
from detente.engine.tables import (
    AT_RUNG,
    AT_SYSTEM,
    BY,
    KIND,
    PENDING,
    PHANTOM,
    POINTS_TO,
    ROOT_ROW,
    SERIAL,
    STOP,
)

# What tells how near a path is to the event.
WORTH, INCIDENTS, ACTIONS, WRONGFUL, DEEPEST, LOSS, SECONDS, SPREADS = range(8)
with np.errstate(over="ignore"):
    SPARE = np.uint64(31) * GAMMA  # purpose: whether a path that fell back goes on
# Why a crisis is not finished: no room for its leaves, none for what is pending, or another thread said so.
NO_ROOM, NO_MEMORY, STOPPED = -1, -2, -3
GIVEN_UP = -3  # beside how a path can end


@kernel
def nearness(tables, work, guide, out, i):
    """How near the crisis in `work` is to the event."""
    if guide.measure == INCIDENTS:
        return float(out.incidents[i])
    if guide.measure == ACTIONS:
        return float(out.actions[i])
    if guide.measure == WRONGFUL:
        return float(out.wrongful_actions[i])
    if guide.measure == DEEPEST:
        return float(out.depth[i])
    if guide.measure == SECONDS:
        return work.begun[1] - work.begun[0] if out.incidents[i] > 0 else 0.0
    if guide.measure == LOSS:
        lost = 0.0
        for actor in range(tables.actors.size):
            lost += out.loss_usd[i, actor]
        return lost
    if out.peak_rung[i] >= guide.goal:
        return math.inf
    worth = 0.0
    for j in range(work.state[PENDING]):
        worth += worth_of(work, guide, work.slots[j])
    return worth


@kernel
def worth_of(work, guide, slot):
    """What the guide says of the pending incident in `slot`."""
    row = work.pending[slot]
    if row[AT_RUNG] >= guide.goal:
        return math.inf
    if row[KIND] == PHANTOM:
        return guide.roots[row[ROOT_ROW]]
    there = guide.row_of[row[AT_SYSTEM], guide.mark_of[row[BY] + 1, row[POINTS_TO] + 1]]
    return guide.worth[there, row[AT_RUNG]] if there >= 0 else 0.0  # else nothing that the solver knows of


@kernel
def urgency(work, guide, near):
    """What decides whether to copy now: how near the path is, or how much hangs on the very next incident."""
    if guide.measure != SPREADS:
        return near
    if near == math.inf or work.state[PENDING] == 0:
        return 0.0  # what is certain gains nothing from copies
    return worth_of(work, guide, work.slots[0])


@kernel
def rekey(work, clone):
    """Give what is pending another future, that of copy number `clone`; the heap is built anew on the way."""
    for m in range(work.state[PENDING]):
        # `add` takes the slot at `m`, which is that of the incident at `m`, and reads nothing else from there.
        add(work.times, work.keys, work.slots, m, work.times[m], child_key(work.keys[m], GAMMA, clone))


@kernel
def copy(source, target):
    for j in range(source.size):
        target[j] = source[j]


@kernel
def copy_pending(
    n, slots, times, keys, root_keys, pending, slots_to, times_to, keys_to, root_keys_to, pending_to
):
    copy(slots, slots_to)
    for m in range(n):
        times_to[m], keys_to[m] = times[m], keys[m]
        slot = slots[m]
        root_keys_to[slot] = root_keys[slot]
        copy(pending[slot], pending_to[slot])


@kernel
def save(work, kept, d):
    """Copy the state of a crisis to place `d` of `kept`."""
    copy(work.state, kept.state[d])
    copy_pending(
        work.state[PENDING], work.slots, work.times, work.keys, work.root_keys, work.pending,
        kept.slots[d], kept.times[d], kept.keys[d], kept.root_keys[d], kept.pending[d],
    )  # fmt: skip
    copy(work.begun, kept.begun[d])
    copy(work.down_until, kept.down_until[d])
    copy(work.down_stamp, kept.down_stamp[d])
    copy(work.ring, kept.ring[d])
    copy(work.sensed, kept.sensed[d])
    copy(work.noted, kept.noted[d])
    copy(work.on_until, kept.on_until[d])
    copy(work.ring_stamp, kept.ring_stamp[d])
    copy(work.busy_since, kept.busy_since[d])
    copy(work.let_go, kept.let_go[d])
    copy(work.throttle_stamp, kept.throttle_stamp[d])
    copy(work.free, kept.free[d])
    copy(work.free_stamp, kept.free_stamp[d])
    copy(work.tally, kept.tally[d])
    copy(work.waits, kept.waits[d])
    copy(work.actor_stamp, kept.actor_stamp[d])
    copy(work.domain_stamp, kept.domain_stamp[d])


@kernel
def restore(work, kept, d):
    """Copy it back."""
    stop = work.state[STOP]  # another thread may have set it since
    copy(kept.state[d], work.state)
    work.state[STOP] = stop
    copy_pending(
        work.state[PENDING], kept.slots[d], kept.times[d], kept.keys[d], kept.root_keys[d], kept.pending[d],
        work.slots, work.times, work.keys, work.root_keys, work.pending,
    )  # fmt: skip
    copy(kept.begun[d], work.begun)
    copy(kept.down_until[d], work.down_until)
    copy(kept.down_stamp[d], work.down_stamp)
    copy(kept.ring[d], work.ring)
    copy(kept.sensed[d], work.sensed)
    copy(kept.noted[d], work.noted)
    copy(kept.on_until[d], work.on_until)
    copy(kept.ring_stamp[d], work.ring_stamp)
    copy(kept.busy_since[d], work.busy_since)
    copy(kept.let_go[d], work.let_go)
    copy(kept.throttle_stamp[d], work.throttle_stamp)
    copy(kept.free[d], work.free)
    copy(kept.free_stamp[d], work.free_stamp)
    copy(kept.tally[d], work.tally)
    copy(kept.waits[d], work.waits)
    copy(kept.actor_stamp[d], work.actor_stamp)
    copy(kept.domain_stamp[d], work.domain_stamp)


@kernel
def copy_row(out, i, target, j):
    """Copy what the loop counts, and what `finish` writes, from row `i` of `out` to row `j` of `target`."""
    target.ended[j] = out.ended[i]
    target.duration_s[j] = out.duration_s[i]
    target.incidents[j] = out.incidents[i]
    target.actions[j] = out.actions[i]
    target.peak_rung[j] = out.peak_rung[i]
    target.first_critical_s[j] = out.first_critical_s[i]
    target.catastrophe_s[j] = out.catastrophe_s[i]
    copy(out.loss_usd[i], target.loss_usd[j])
    target.actors_reached[j] = out.actors_reached[i]
    target.domains_reached[j] = out.domains_reached[i]
    target.wrongful_actions[j] = out.wrongful_actions[i]
    target.depth[j] = out.depth[i]
    target.reviewed[j] = out.reviewed[i]
    target.review_wait_s[j] = out.review_wait_s[i]
    target.review_queue_s[j] = out.review_queue_s[i]
    target.denied[j] = out.denied[i]
    target.timed_out[j] = out.timed_out[i]
    target.withdrawn[j] = out.withdrawn[i]
    target.rightful_stopped[j] = out.rightful_stopped[i]
    target.rightful_delay_s[j] = out.rightful_delay_s[i]
    copy(out.stopped[i], target.stopped[j])


@kernel
def is_spared(work, level, copies):
    """Whether a path that fell below level `level` goes on, with that many times the weight."""
    # Whatever is next has the path's own key, and the number of incidents tells one draw from another.
    asked = np.uint64(work.state[SERIAL]) * np.uint64(1 << 16) + np.uint64(level)
    return uniform(work.keys[0], asked, SPARE) * copies < 1.0


@kernel
def add_leaf(tables, work, branches, depth, ended, crisis, weight, peak, passed, leaves, at):
    """Write a finished path as row `at` of `leaves`; `passed`: whether it has passed every level."""
    live = branches.left.size
    finish(tables, work, ended, branches.out, live)
    copy_row(branches.out, live, leaves.out, at)
    leaves.crisis[at], leaves.weight[at], leaves.peak[at], leaves.passed[at] = crisis, weight, peak, passed
    leaves.turns[at] = depth
    for d in range(depth):
        leaves.script[at, d, 0] = branches.serial[d]
        leaves.script[at, d, 1] = branches.clone[d]


@kernel
def split_crisis(
    tables,
    work,
    branches,
    log,
    guide,
    levels,
    floors,
    factors,
    nominal,
    most,
    seed,
    crisis,
    max_incidents,
    leaves,
    at,
):
    """Follow every path of one crisis; returns the row after its last leaf, NO_ROOM, NO_MEMORY or STOPPED.

    A path that has passed `levels[i]` is copied to make `factors[i]`; below `floors[i]` it has fallen back from there.
    `nominal[i]` is the weight of a path that has passed `i` levels.
    """
    out, live = branches.out, branches.left.size
    if not begin(tables, work, crisis_key(seed, crisis), out, live):
        return NO_MEMORY
    depth, level, weight, peak = 0, 0, 1.0, -math.inf
    while True:
        if work.state[STOP] == 1:
            return STOPPED
        ended = GOES_ON
        while ended == GOES_ON:
            near = nearness(tables, work, guide, out, live)
            peak = max(peak, near)
            while level > 0 and near < floors[level - 1] and work.state[PENDING] > 0:
                level -= 1
                if weight >= nominal[level]:
                    continue  # it has all the weight there is at that level
                if not is_spared(work, level, factors[level]):
                    ended = GIVEN_UP
                    break
                weight *= factors[level]
            if ended == GIVEN_UP:
                break
            copies, urgent = 1, urgency(work, guide, near)
            while level < levels.size and urgent >= levels[level]:
                copies = min(most, copies * factors[level])
                level += 1
            if copies > 1 and depth < live:
                weight /= copies
                save(work, branches.kept, depth)
                copy_row(out, live, out, depth)
                branches.left[depth], branches.clone[depth], branches.serial[depth] = (
                    copies - 1, 0, work.state[SERIAL],
                )  # fmt: skip
                branches.level[depth], branches.weight[depth], branches.peak[depth] = level, weight, peak
                depth += 1
            ended = advance(tables, work, log, max_incidents, out, live)
        if ended == AGAIN:
            return NO_MEMORY
        if ended != GIVEN_UP:
            near = nearness(tables, work, guide, out, live)
            if guide.measure == SECONDS and ended == HORIZON:
                near = tables.horizon - work.begun[0]  # what was cut off makes it last until then
            peak = max(peak, near)
            while level < levels.size and near >= levels[level]:
                level += 1  # at its very end: copies would be all the same
        # What hit its budget below a level might have passed it: its end is unknown, not another one.
        if ended == CAPPED or (ended != GIVEN_UP and level == levels.size):
            if at == leaves.weight.size:
                return NO_ROOM
            passed = level == levels.size
            add_leaf(tables, work, branches, depth, ended, crisis, weight, peak, passed, leaves, at)
            at += 1
        while depth > 0 and branches.left[depth - 1] == 0:
            depth -= 1
        if depth == 0:
            return at
        d = depth - 1
        restore(work, branches.kept, d)
        copy_row(out, d, out, live)
        branches.left[d] -= 1
        branches.clone[d] += 1
        rekey(work, branches.clone[d])
        level, weight, peak = branches.level[d], branches.weight[d], branches.peak[d]


@entry
def split_block(
    tables, work, branches, log, guide, levels, floors, factors, nominal, most, seed, first, last, max_incidents, leaves,
    place,
):  # fmt: skip
    """Follow the crises from `first` to before `last`; leaves go to the rows of `leaves` from `place[0]` on.

    Returns the first crisis that is not finished: `last`, or one that ran out of memory, or room, as
    `place[1]` says. `place[0]` is then the row after the last leaf of the one before it.
    """
    for crisis in range(first, last):
        if work.state[STOP] == 1:
            return crisis
        at = split_crisis(
            tables, work, branches, log, guide, levels, floors, factors, nominal, most, seed, crisis, max_incidents,
            leaves, place[0],
        )  # fmt: skip
        if at < 0:
            place[1] = at
            return crisis
        place[0] = at
    return last


@entry
def follow(tables, work, log, key, script, turns, max_incidents, out, i):
    """Run one path of the crisis `key` to its end, as `run_crisis`: `script` holds when it became which copy."""
    if not begin(tables, work, key, out, i):
        return False
    ended, turn = GOES_ON, 0
    while ended == GOES_ON:
        while turn < turns and script[turn, 0] == work.state[SERIAL]:
            # Of the copies of copies, each was given its keys when it left.
            if script[turn, 1] > 0:
                rekey(work, script[turn, 1])
            turn += 1
        ended = advance(tables, work, log, max_incidents, out, i)
    if ended == AGAIN:
        return False
    finish(tables, work, ended, out, i)
    return True
