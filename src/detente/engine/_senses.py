"""What a watcher makes of an incident: does it sense it, how bad does it look, who is to blame.

Each function is one paragraph of design section 4. All are pure but for `note`, which keeps the one
memory an actor has of what it sensed, for its alert and its de-escalation mode.
"""

import math

from detente.engine._armed import has_verdict, is_armed, root_time
from detente.engine._chance import (
    ATTRIBUTE,
    ITSELF,
    PERCEIVE,
    RECOGNISE,
    SEE_THROUGH,
    SUSPECT,
    VERDICT,
    uniform,
)
from detente.engine._jit import kernel
from detente.engine.tables import CERTIFICATION, INCIDENT_SHARING, NOBODY, ROBUSTNESS


@kernel
def perceive(system, inflates, key, rung, catastrophe):
    """The rung that `system` reads off an incident at `rung`; inflation alone never reads catastrophe."""
    deflates = system["deflates"]
    if inflates == 0.0 and deflates == 0.0:
        return rung
    u = uniform(key, system["id"], PERCEIVE)
    # The two ends of the unit interval, so that raising one never takes from the other.
    if u < inflates and rung + 1 < catastrophe:
        return rung + 1
    if u >= 1.0 - deflates and rung > 0:
        return rung - 1
    return rung


@kernel
def inflation(tables, system, crisis):
    """The chance that `system` reads one rung too high, certified or not."""
    if tables.guarded and system["certified"] and is_armed(tables, crisis, system["owner"], CERTIFICATION):
        return system["inflates"] * tables.guards[system["owner"]]["inflates"]
    return system["inflates"]


@kernel
def judge(tables, crisis, system, key, author, points_to, time, root, root_key):
    """The actor that `system` blames for an incident, or NOBODY, with what its safeguards add to its senses."""
    attribution, recognises = system["attribution"], system["recognises_accidents"]
    sees_through, owner = system["sees_through_spoofs"], system["owner"]
    if tables.guarded:
        guard = tables.guards[owner]
        if has_verdict(tables, crisis, owner, time, root, root_key):
            if uniform(root_key, ITSELF, VERDICT) < guard["accuracy"]:
                return author
            return suspect(tables, system, key, author)
        if system["certified"] and is_armed(tables, crisis, owner, CERTIFICATION):
            attribution = max(attribution, guard["attribution"])
        if guard["sees_through_spoofs"] > sees_through and is_armed(tables, crisis, owner, ROBUSTNESS):
            sees_through = guard["sees_through_spoofs"]
        if guard["shared_after"] < math.inf and is_armed(tables, crisis, owner, INCIDENT_SHARING):
            if time >= root_time(tables, root, root_key) + guard["shared_after"]:
                recognises = max(recognises, guard["shared_recognises"])
                sees_through = max(sees_through, guard["shared_sees_through"])
    return blame(tables, system, key, author, points_to, attribution, recognises, sees_through)


@kernel
def blame(tables, system, key, author, points_to, attribution, recognises, sees_through):
    """The actor that `system` blames for an incident, or NOBODY."""
    basis = author
    if points_to != author and not (uniform(key, system["id"], SEE_THROUGH) < sees_through):
        basis = points_to
    if basis == NOBODY:
        if uniform(key, system["id"], RECOGNISE) < recognises:
            return NOBODY
    elif uniform(key, system["id"], ATTRIBUTE) < attribution:
        return basis
    return suspect(tables, system, key, basis)


@kernel
def suspect(tables, system, key, innocent):
    """An actor drawn from the suspects of `system` without `innocent`; NOBODY when nobody is left."""
    first, last = system["suspects_first"], system["suspects_last"]
    left = 0.0
    for i in range(first, last):
        if tables.suspects[i]["actor"] != innocent:
            left += tables.suspects[i]["share"]
    if left <= 0.0:
        return NOBODY
    u = uniform(key, system["id"], SUSPECT) * left
    drawn = NOBODY
    for i in range(first, last):
        if tables.suspects[i]["actor"] != innocent and tables.suspects[i]["share"] > 0.0:
            drawn = tables.suspects[i]["actor"]
            u -= tables.suspects[i]["share"]
            if u < 0.0:
                break
    return drawn  # the last one where rounding leaves u at 0


@kernel
def note(trigger, work, slot, time, stamp, serial):
    """Remember that a system of an actor sensed incident `serial`; may trip its alert, or its mode.

    `trigger` says when it trips, `slot` is its place in memory. An incident counts once per actor, however
    many of its systems sense it.
    """
    trips_at = trigger["trips_at"]
    if work.ring_stamp[slot] != stamp:
        work.ring_stamp[slot] = stamp
        work.sensed[slot] = 0
        work.noted[slot] = -1
        work.on_until[slot] = -1.0
    if work.noted[slot] == serial:
        return
    work.noted[slot] = serial
    seen = work.sensed[slot]
    work.ring[trigger["ring_first"] + seen % trips_at] = time
    work.sensed[slot] = seen + 1
    if seen + 1 >= trips_at:
        oldest = work.ring[trigger["ring_first"] + (seen + 1) % trips_at]
        if time - oldest <= trigger["within"]:
            work.on_until[slot] = time + trigger["lasts"]


@kernel
def is_on(trigger, work, slot, time, stamp):
    """Whether an actor's alert, or its mode, is on at `time`."""
    return trigger["trips_at"] > 0 and work.ring_stamp[slot] == stamp and time < work.on_until[slot]


@kernel
def is_down(work, system, time, stamp):
    """Whether `system` is out of action at `time`."""
    return work.down_stamp[system] == stamp and time < work.down_until[system]
