"""What a watcher makes of an incident: does it sense it, how bad does it look, who is to blame.

Each function is one paragraph of design section 4. All are pure but for `note`, which keeps the one
memory an actor has: its alert.
"""

from detente.engine._chance import (
    ATTRIBUTE,
    PERCEIVE,
    RECOGNISE,
    SEE_THROUGH,
    SUSPECT,
    uniform,
)
from detente.engine._jit import kernel
from detente.engine.tables import NOBODY


@kernel
def perceive(system, key, rung, catastrophe):
    """The rung that `system` reads off an incident at `rung`; inflation alone never reads catastrophe."""
    inflates = system["inflates"]
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
def blame(tables, system, key, author, points_to):
    """The actor that `system` blames for an incident, or NOBODY."""
    basis = author
    if points_to != author and not (uniform(key, system["id"], SEE_THROUGH) < system["sees_through_spoofs"]):
        basis = points_to
    if basis == NOBODY:
        if uniform(key, system["id"], RECOGNISE) < system["recognises_accidents"]:
            return NOBODY
    elif uniform(key, system["id"], ATTRIBUTE) < system["attribution"]:
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
def note(actors, work, actor, time, stamp, serial):
    """Remember that a system of `actor` sensed incident `serial`; may trip the actor's alert.

    An incident counts once per actor, however many of its systems sense it.
    """
    who = actors[actor]
    trips_at = who["trips_at"]
    if work.alert_stamp[actor] != stamp:
        work.alert_stamp[actor] = stamp
        work.sensed[actor] = 0
        work.noted[actor] = -1
        work.alert_until[actor] = -1.0
    if work.noted[actor] == serial:
        return
    work.noted[actor] = serial
    seen = work.sensed[actor]
    work.ring[who["ring_first"] + seen % trips_at] = time
    work.sensed[actor] = seen + 1
    if seen + 1 >= trips_at:
        oldest = work.ring[who["ring_first"] + (seen + 1) % trips_at]
        if time - oldest <= who["within"]:
            work.alert_until[actor] = time + who["lasts"]


@kernel
def on_alert(actors, work, actor, time, stamp):
    """Whether `actor` is on alert at `time`."""
    return (
        actors[actor]["trips_at"] > 0 and work.alert_stamp[actor] == stamp and time < work.alert_until[actor]
    )


@kernel
def is_down(work, system, time, stamp):
    """Whether `system` is out of action at `time`."""
    return work.down_stamp[system] == stamp and time < work.down_until[system]
