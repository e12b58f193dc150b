"""The event loop: one crisis from its roots until it ends (design, section 4).

The loop allocates nothing and touches only the arrays handed to it. Time runs through
`work.times`, a heap; every draw is a hash (see `_chance`), so the loop carries no generator.
`advance` is one turn of it and reads top to bottom; what a watcher makes of an incident is in `_senses`.
"""

import math

import numpy as np

from detente.engine._armed import is_armed, root_time
from detente.engine._chance import (
    APPROVE,
    AUTOMATED,
    COUNT,
    DELAY,
    ITSELF,
    REVIEW,
    SENSE,
    SPREAD,
    STEP,
    TARGET,
    THIN,
    child_key,
    count,
    crisis_key,
    delay,
    uniform,
)
from detente.engine._guards import REFUSED, commanded, is_cut_off, screen
from detente.engine._jit import entry, kernel
from detente.engine._queue import add, remove_first
from detente.engine._senses import inflation, is_down, is_on, judge, note, perceive
from detente.engine.tables import (
    ACTION,
    AT_BLAMED,
    AT_RUNG,
    AT_SYSTEM,
    BY,
    BY_COMMAND,
    COMPARTMENTS,
    COUPLING,
    CUT,
    DENIED,
    DEPTH,
    FIELDS,
    HELD,
    KIND,
    LOG_FULL,
    LOGGED,
    MAX_PENDING,
    NOBODY,
    ORDINAL,
    OUTAGE,
    OVERFLOWED,
    PARENT,
    PASSES,
    PENDING,
    PHANTOM,
    PHASED_ROLLOUT,
    POINTS_TO,
    REVIEW_QUEUE,
    REVIEW_WAIT,
    REVIEWED,
    RIGHT,
    RIGHTFUL_DELAY,
    RIGHTFUL_STOPPED,
    ROOT_ROW,
    SAFEGUARD_COUNT,
    SERIAL,
    STAMP,
    STOP,
    STOPPER,
    STOPS_LOGGED,
    TIMED_OUT,
    WITHDRAWN,
    WORM,
)

DIED_OUT, CATASTROPHE, HORIZON, CAPPED = range(4)  # positions in tuple(Ending)
GOES_ON, AGAIN = -1, -2  # not an end: there is more to come; memory ran out
UNASKED = -2  # blame not drawn yet


@kernel
def schedule(
    tables,
    work,
    time,
    key,
    system,
    rung,
    author,
    points_to,
    root,
    root_key,
    depth,
    kind,
    coupling,
    parent,
    right,
    ordinal,
    reviewed,
):
    """Put one incident among the pending ones, unless it lies beyond the horizon or memory is full."""
    if time > tables.horizon:
        work.state[CUT] = 1
        return
    n = work.state[PENDING]
    if n == work.times.size:
        work.state[OVERFLOWED] = 1
        return
    slot = add(work.times, work.keys, work.slots, n, time, key)
    work.state[PENDING] = n + 1
    work.root_keys[slot] = root_key
    row = work.pending[slot]
    row[AT_SYSTEM] = system
    row[AT_RUNG] = rung
    row[BY] = author
    row[POINTS_TO] = points_to
    row[ROOT_ROW] = root
    row[DEPTH] = depth
    row[KIND] = kind
    row[COUPLING] = coupling
    row[PARENT] = parent
    row[RIGHT] = right
    row[ORDINAL] = ordinal
    row[REVIEWED] = reviewed


@kernel
def plant_roots(tables, work, key):
    """Schedule the shocks and the phantoms of the crisis `key`."""
    for i in range(tables.roots.size):
        root = tables.roots[i]
        arrivals = 1
        if root["law"] >= 0:
            law = tables.laws[root["law"]]
            arrivals = count(uniform(key, root["id"], COUNT), tables.cumulative, law["first"], law["last"])
        for ordinal in range(arrivals):
            root_key = child_key(key, root["id"], ordinal)
            if root["share"] < 1.0 and uniform(root_key, ITSELF, THIN) >= root["share"]:
                if is_armed(tables, key, root["guarded_by"], root["safeguard"]):
                    continue
            schedule(
                tables, work, root_time(tables, i, root_key), root_key, root["system"], root["rung"],
                root["author"], root["points_to"], i, root_key, 0, root["kind"], i, -1, 0, ordinal, 0,
            )  # fmt: skip


@kernel
def spread_outages(tables, work, time, key, system, rung, root, root_key, depth, here):
    """Pass an outage on along each dependency of `system`."""
    for j in range(tables.systems[system]["outages_first"], tables.systems[system]["outages_last"]):
        link = tables.outages[j]
        if rung >= link["at_least"] and uniform(key, link["id"], SPREAD) < link["spreads"]:
            child = child_key(key, link["id"], 0)
            lag = delay(
                uniform(child, ITSELF, DELAY), link["delay_law"], link["delay_scale"], link["delay_spread"]
            )
            schedule(
                tables, work, time + lag, child, link["target"], max(0, rung - link["drops"]),
                NOBODY, NOBODY, root, root_key, depth + 1, OUTAGE, j, here, 0, 0, 0,
            )  # fmt: skip


@kernel
def infect(tables, work, log, time, key, system, rung, author, points_to, root, root_key, depth, here):
    """Pass an incident on to every other system with a component of `system`."""
    for j in range(tables.systems[system]["infections_first"], tables.systems[system]["infections_last"]):
        worm = tables.contagion[tables.infections[j]]
        if rung < worm["at_least"]:
            continue
        there = max(0, rung - worm["drops"])
        for m in range(worm["members_first"], worm["members_last"]):
            other = tables.members[m]
            coupling = worm["id"] ^ tables.systems[other]["id"]
            if other == system or uniform(key, coupling, SPREAD) >= worm["spreads"]:
                continue
            child = child_key(key, coupling, 0)
            if tables.guarded:
                crosses = tables.systems[system]["compartment"] != tables.systems[other]["compartment"]
                if crosses and is_cut_off(tables, work.crisis[0], child, tables.systems[other]["owner"]):
                    stop(
                        work, log, COMPARTMENTS, False, child, other, there, author, points_to, root, depth,
                        WORM, tables.infections[j], here, 0,
                    )  # fmt: skip
                    continue
            lag = delay(
                uniform(child, ITSELF, DELAY), worm["delay_law"], worm["delay_scale"], worm["delay_spread"]
            )
            schedule(
                tables, work, time + lag, child, other, there, author, points_to, root, root_key,
                depth + 1, WORM, tables.infections[j], here, 0, 0, 0,
            )  # fmt: skip


@kernel
def stop(
    work,
    log,
    stopper,
    right,
    child,
    system,
    rung,
    author,
    points_to,
    root,
    depth,
    kind,
    coupling,
    here,
    ordinal,
):
    """Keep the books of what a safeguard stopped."""
    work.tally[stopper] += 1
    if right:
        work.tally[RIGHTFUL_STOPPED] += 1
    at = work.state[STOPS_LOGGED]
    if log.times.size == 0:
        return
    if at == log.stop_keys.size:
        work.state[LOG_FULL] = 1
        return
    log.stop_keys[at] = child
    row = log.stops[at]
    row[AT_SYSTEM] = system
    row[AT_RUNG] = rung
    row[BY] = author
    row[POINTS_TO] = points_to
    row[ROOT_ROW] = root
    row[DEPTH] = depth + 1
    row[KIND] = kind
    row[COUPLING] = coupling
    row[PARENT] = here
    row[RIGHT] = 1 if right else 0
    row[ORDINAL] = ordinal
    row[REVIEWED] = 0
    row[STOPPER] = stopper
    work.state[STOPS_LOGGED] = at + 1


@kernel
def act(
    tables, work, log, time, child, q, perceived, first, last, skip, alert, right, blamed, domain,
    key, author, points_to, root, root_key, depth, here, ordinal,
):  # fmt: skip
    """One proposed action of rule `q`: its rung, its target, what may stop it, when it lands.

    `key`, `author`, `points_to` and `domain` are those of the incident it answers.
    """
    rule = tables.rules[q]
    owner = tables.systems[rule["system"]]["owner"]

    rung = perceived
    if rule["step_down"] > 0.0 or rule["step_up"] > 0.0:
        u = uniform(child, ITSELF, STEP)
        if u < rule["step_down"]:
            rung = max(0, rung - 1)
        elif u >= 1.0 - rule["step_up"]:
            rung = min(rung + 1, tables.catastrophe)

    choices = last - first - (1 if skip >= 0 else 0)
    choice = first
    if choices > 1:
        choice += int(uniform(child, ITSELF, TARGET) * choices)
    if skip >= 0 and choice - first >= skip:
        choice += 1
    target = tables.targets[choice]
    stated = owner if rule["poses_as"] == NOBODY else rule["poses_as"]

    stopper, held, wait, looked, contradicted_at = PASSES, 0.0, 0.0, 0, math.inf
    autonomy = rule["autonomy_alert"] if alert else rule["autonomy"]
    permitted = autonomy
    if tables.guarded:
        stopper, held, looked, contradicted_at = screen(
            tables, work, time, child, q, target, rung, domain, right, blamed, key, author, points_to,
            root, root_key,
        )  # fmt: skip
        cap = tables.guards[owner]["autonomy"]
        if cap < autonomy and is_armed(tables, work.crisis[0], owner, PHASED_ROLLOUT):
            permitted = cap
    u = uniform(child, ITSELF, AUTOMATED) if permitted < 1.0 else 0.0
    if stopper == PASSES and u < permitted and time >= work.begun[0] + tables.halt_s:
        return  # all automation has been stopped
    if stopper == PASSES and u >= permitted:
        stopper, wait = commanded(
            tables, work, owner, child, right, APPROVE, REVIEW, time + held, contradicted_at
        )
        looked |= BY_COMMAND
        if stopper == REFUSED:
            if u >= autonomy:
                return
            stopper = PHASED_ROLLOUT
        elif u < autonomy:
            held, wait = held + wait, 0.0
    if stopper != PASSES:
        stop(
            work,
            log,
            stopper,
            right,
            child,
            target,
            rung,
            owner,
            stated,
            root,
            depth,
            ACTION,
            q,
            here,
            ordinal,
        )
        return
    if tables.guarded and right:
        work.waits[RIGHTFUL_DELAY] += held

    lag = delay(uniform(child, ITSELF, DELAY), rule["delay_law"], rule["delay_scale"], rule["delay_spread"])
    schedule(
        tables, work, time + (lag + wait + held), child, target, rung, owner, stated,
        root, root_key, depth + 1, ACTION, q, here, 1 if right else 0, ordinal, looked,
    )  # fmt: skip


@kernel
def respond(
    tables, work, log, r, time, key, perceived, author, points_to, alert, domain, root, root_key, depth, here
):
    """Let every rule of system `r` answer an incident that it perceives at rung `perceived`."""
    system = tables.systems[r]
    blamed = UNASKED
    for q in range(system["rules_first"], system["rules_last"]):
        rule = tables.rules[q]
        if perceived < rule["from_rung"]:
            continue
        # How many comes before against whom: draws have no order, and none makes the rest needless.
        law = tables.laws[rule["law_alert"] if alert else rule["law"]]
        actions = count(uniform(key, rule["id"], COUNT), tables.cumulative, law["first"], law["last"])
        if actions == 0:
            continue
        if rule["at"] == AT_BLAMED:
            if blamed == UNASKED:
                blamed = judge(tables, work.crisis[0], system, key, author, points_to, time, root, root_key)
            if blamed == NOBODY or blamed == system["owner"]:
                continue
            group = blamed * tables.domain_count + rule["domain"]
            first, last, skip = tables.groups[group], tables.groups[group + 1], -1
            right = blamed == author
        else:
            first, last, skip = rule["targets_first"], rule["targets_last"], rule["skip"]
            right = author != NOBODY
        if last - first <= (1 if skip >= 0 else 0):
            continue  # nobody there: nothing happens
        for ordinal in range(actions):
            child = child_key(key, rule["id"], ordinal)
            act(
                tables, work, log, time, child, q, perceived, first, last, skip, alert, right, blamed, domain,
                key, author, points_to, root, root_key, depth, here, ordinal,
            )  # fmt: skip


@kernel
def attend(tables, work, log, r, time, key, rung, author, points_to, domain, root, root_key, depth, here):
    """System `r` has sensed an incident: keep count, read it, answer it."""
    system = tables.systems[r]
    owner = system["owner"]
    alert = False
    if tables.actors[owner]["trips_at"] > 0:
        note(tables.actors[owner], work, owner, time, work.state[STAMP], work.state[SERIAL])
        alert = is_on(tables.actors[owner], work, owner, time, work.state[STAMP])
    if tables.guarded and tables.guards[owner]["trips_at"] > 0:
        slot = tables.actors.size + owner
        note(tables.guards[owner], work, slot, time, work.state[STAMP], work.state[SERIAL])
    inflates = inflation(tables, system, work.crisis[0])
    perceived = perceive(system, inflates, key, rung, tables.catastrophe)
    if perceived >= system["threshold"]:
        respond(
            tables, work, log, r, time, key, perceived, author, points_to, alert, domain,
            root, root_key, depth, here,
        )  # fmt: skip


@kernel
def sense(tables, work, log, system, time, key, rung, author, points_to, root, root_key, depth, kind, here):
    """Let every watcher of `system` sense the incident, each with its own chance; a phantom, `system` alone."""
    domain = tables.systems[system]["domain"]
    watches = tables.systems[system]["watches_last"] - tables.systems[system]["watches_first"]
    for j in range(1 if kind == PHANTOM else watches):
        r = system
        if kind != PHANTOM:
            watch = tables.watches[tables.systems[system]["watches_first"] + j]
            r = watch["watcher"]
            if watch["chance"] < 1.0 and uniform(key, tables.systems[r]["id"], SENSE) >= watch["chance"]:
                continue
        if not is_down(work, r, time, work.state[STAMP]):
            attend(
                tables, work, log, r, time, key, rung, author, points_to, domain, root, root_key, depth, here
            )


@kernel
def record(work, log, time, key, slot):
    """Copy the incident in `slot` into the log; returns its position there, 0 when nothing is recorded."""
    here = work.state[LOGGED]
    if log.times.size == 0:
        return 0
    if here == log.times.size:
        work.state[LOG_FULL] = 1
        return 0
    log.times[here] = time
    log.keys[here] = key
    log.root_keys[here] = work.root_keys[slot]
    for field in range(FIELDS):
        log.rows[here, field] = work.pending[slot, field]
    work.state[LOGGED] = here + 1
    return here


@kernel
def begin(tables, work, key, out, i):
    """Clear the memory for the crisis `key`, plant its roots and open row `i` of `out`; False when memory ran out."""
    state = work.state
    state[PENDING] = 0
    state[OVERFLOWED] = 0
    state[CUT] = 0
    state[LOGGED] = 0
    state[LOG_FULL] = 0
    state[STOPS_LOGGED] = 0
    state[SERIAL] = 0
    state[STAMP] += 1
    work.crisis[0] = key
    work.begun[0] = math.inf
    work.begun[1] = math.inf
    if tables.guarded:
        work.tally[:] = 0
        work.waits[:] = 0.0
    for actor in range(tables.actors.size):
        out.loss_usd[i, actor] = 0.0
    out.incidents[i] = 0
    out.actions[i] = 0
    out.wrongful_actions[i] = 0
    out.peak_rung[i] = -1
    out.first_critical_s[i] = math.nan
    out.actors_reached[i] = 0
    out.domains_reached[i] = 0
    out.depth[i] = 0
    plant_roots(tables, work, key)
    return state[OVERFLOWED] == 0 or work.times.size >= MAX_PENDING


@kernel
def keep_books(tables, work, time, s, k, depth, kind, coupling, right, out, i):
    """Count one incident in row `i` of `out`, and put its system out of action where it does that."""
    stamp, system = work.state[STAMP], tables.systems[s]
    if out.incidents[i] == 0:
        work.begun[0] = time
    work.begun[1] = time
    out.incidents[i] += 1
    out.peak_rung[i] = max(out.peak_rung[i], k)
    out.depth[i] = max(out.depth[i], depth)
    if k >= tables.critical and math.isnan(out.first_critical_s[i]):
        out.first_critical_s[i] = time - work.begun[0]
    owner = system["owner"]
    harm = tables.harm[s, k]
    if kind == ACTION:
        out.actions[i] += 1
        out.wrongful_actions[i] += 1 - right
        harm *= tables.rules[coupling]["keeps"]
    out.loss_usd[i, owner] += harm
    if work.actor_stamp[owner] != stamp:
        work.actor_stamp[owner] = stamp
        out.actors_reached[i] += 1
    if work.domain_stamp[system["domain"]] != stamp:
        work.domain_stamp[system["domain"]] = stamp
        out.domains_reached[i] += 1
    if k >= system["down_from"]:
        until = time + system["down_lasts"]
        if not (work.down_stamp[s] == stamp and work.down_until[s] > until):
            work.down_until[s] = until
        work.down_stamp[s] = stamp


@kernel
def advance(tables, work, log, max_incidents, out, i):
    """Let the earliest pending incident happen: GOES_ON, how the crisis ended, or AGAIN when memory ran out."""
    state = work.state
    if state[PENDING] == 0:
        return HORIZON if state[CUT] == 1 else DIED_OUT
    if out.incidents[i] == max_incidents:
        return CAPPED

    # Take it out and read it before its slot is used again.
    slot = work.slots[0]
    time = work.times[0]
    key = work.keys[0]
    remove_first(work.times, work.keys, work.slots, state[PENDING])
    state[PENDING] -= 1
    state[SERIAL] += 1
    root_key = work.root_keys[slot]
    row = work.pending[slot]
    s, k, author, points_to = row[AT_SYSTEM], row[AT_RUNG], row[BY], row[POINTS_TO]
    root, depth, kind, coupling, right = row[ROOT_ROW], row[DEPTH], row[KIND], row[COUPLING], row[RIGHT]
    here = record(work, log, time, key, slot)
    if state[LOG_FULL] == 1:
        return AGAIN

    if kind != PHANTOM:
        keep_books(tables, work, time, s, k, depth, kind, coupling, right, out, i)
        if k >= tables.catastrophe:
            return CATASTROPHE
        spread_outages(tables, work, time, key, s, k, root, root_key, depth, here)
        infect(tables, work, log, time, key, s, k, author, points_to, root, root_key, depth, here)
    sense(tables, work, log, s, time, key, k, author, points_to, root, root_key, depth, kind, here)
    if state[LOG_FULL] == 1:
        return AGAIN
    if state[OVERFLOWED] == 1:
        return AGAIN if work.times.size < MAX_PENDING else CAPPED
    return GOES_ON


@kernel
def finish(tables, work, ended, out, i):
    """Close row `i` of `out`."""
    start, end = work.begun[0], work.begun[1]
    if ended == HORIZON:
        end = tables.horizon
    out.ended[i] = ended
    out.duration_s[i] = end - start if out.incidents[i] > 0 else 0.0
    out.catastrophe_s[i] = end - start if ended == CATASTROPHE else math.nan
    if tables.guarded:  # else all of it is 0, as it was
        out.reviewed[i] = work.tally[HELD]
        out.review_wait_s[i] = work.waits[REVIEW_WAIT]
        out.review_queue_s[i] = work.waits[REVIEW_QUEUE]
        out.denied[i] = work.tally[DENIED]
        out.timed_out[i] = work.tally[TIMED_OUT]
        out.withdrawn[i] = work.tally[WITHDRAWN]
        out.rightful_stopped[i] = work.tally[RIGHTFUL_STOPPED]
        out.rightful_delay_s[i] = work.waits[RIGHTFUL_DELAY]
        for safeguard in range(SAFEGUARD_COUNT):
            out.stopped[i, safeguard] = work.tally[safeguard]


@entry
def run_crisis(tables, work, log, key, max_incidents, out, i):
    """Run the crisis `key` to its end and write row `i` of `out`; False when memory ran out.

    Memory is `work` (pending incidents) and `log`; after False the caller makes them larger and
    runs the same crisis again, which is the same crisis.
    """
    if not begin(tables, work, key, out, i):
        return False
    ended = GOES_ON
    while ended == GOES_ON:
        ended = advance(tables, work, log, max_incidents, out, i)
    if ended == AGAIN:
        return False
    finish(tables, work, ended, out, i)
    return True


@entry
def run_block(tables, work, log, seed, crises, max_incidents, out, start, stop):
    """Run the crises `crises[start:stop]` of an ensemble, each into its row of `out`.

    Returns the row at which memory ran out or another thread set `work.state[STOP]`, or `stop`.
    """
    for i in range(start, stop):
        if work.state[STOP] == 1:
            return i
        if not run_crisis(tables, work, log, crisis_key(seed, np.uint64(crises[i])), max_incidents, out, i):
            return i
    return stop
