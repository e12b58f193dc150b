"""What stops or holds a proposed action: the safeguards, in the order of the design's section 7.

`screen` reads top to bottom: what denies comes before what holds. Static safeguards ask one draw of
the action's own key, so switching one on takes lineages away and changes nothing else. The others
remember something per adopter: the mode what was sensed, the throttle when it is next idle, reviewers
when each is free again.
"""

import math

from detente.engine._armed import has_verdict, is_armed, verdict_time
from detente.engine._chance import (
    CONFIDENCE,
    CUT_OFF,
    ITSELF,
    RED_LINE,
    RESTRAIN,
    SERVICE,
    VOTE,
    WITHHOLD,
    delay,
    uniform,
)
from detente.engine._jit import kernel
from detente.engine._senses import is_on, judge
from detente.engine.tables import (
    AT_BLAMED,
    BY_COMMAND,
    BY_REVIEWERS,
    CERTIFICATION,
    COMPARTMENTS,
    CONFIDENCE_FLOOR,
    DE_ESCALATION_MODE,
    DENIED,
    DENY,
    EXPORT_CONTROLS,
    HELD,
    HUMAN_ON_THE_LOOP,
    NO_FLOOR,
    PASSES,
    RED_LINES,
    REVERSIBLE_ONLY,
    REVIEW_QUEUE,
    REVIEW_WAIT,
    ROBUSTNESS,
    SHARED_ATTRIBUTION,
    STAMP,
    THROTTLE,
    TIMED_OUT,
    UNLIMITED,
    WITHDRAWN,
)

REFUSED = -2  # instead of a safeguard: people said no
NANOSECOND = 1e-9  # the gate's clock counts in these


@kernel
def is_cut_off(tables, crisis, child, owner):
    """Whether compartments of `owner` stop what would cross into another one."""
    strength = tables.guards[owner]["strength"]
    return (
        strength > 0.0
        and is_armed(tables, crisis, owner, COMPARTMENTS)
        and uniform(child, ITSELF, CUT_OFF) < strength
    )


@kernel
def is_forbidden(tables, crisis, child, owner, target, rung):
    """Whether red lines stop an action."""
    lowest = tables.forbidden[owner, tables.systems[target]["domain"]]
    return (
        rung >= lowest
        and is_armed(tables, crisis, owner, RED_LINES)
        and uniform(child, ITSELF, RED_LINE) < tables.guards[owner]["compliance"]
    )


@kernel
def is_doubted(tables, crisis, r, key, rung, right, time, root, root_key):
    """Whether the confidence of system `r` in its blame is below the floor for `rung`."""
    floor = tables.floors[rung]
    system = tables.systems[r]
    owner = system["owner"]
    if floor <= 0.0 or not is_armed(tables, crisis, owner, CONFIDENCE_FLOOR):
        return False
    if has_verdict(tables, crisis, owner, time, root, root_key):
        return tables.guards[owner]["accuracy"] < floor
    certified = 0
    if system["certified"] and is_armed(tables, crisis, owner, CERTIFICATION):
        certified = 1
    doubt = tables.doubt[certified, r, 1 if right else 0, rung]
    return uniform(key, system["id"], CONFIDENCE) < doubt


@kernel
def throttled(guard, work, owner, time):
    """Seconds until the throttle lets an action of `owner` go, by the generic cell rate algorithm.

    With excess dropped, an action that would have to wait leaves no mark.

    What is left of an interval is counted from when the throttle was last idle, not added up: in a burst at one instant the
    time cancels and the last of the burst waits for exactly nothing, however late it is and however large the burst.
    Below a nanosecond a wait is the rounding of other sums of times, as of an action that comes just when the next is free.
    """
    stamp, interval = work.state[STAMP], guard["interval"]
    if work.throttle_stamp[owner] != stamp:
        work.throttle_stamp[owner] = stamp
        work.busy_since[owner], work.let_go[owner] = -math.inf, 0
    if work.busy_since[owner] + work.let_go[owner] * interval <= time:
        work.busy_since[owner], work.let_go[owner] = time, 0
    wait = work.busy_since[owner] - time + (work.let_go[owner] + 1 - guard["burst"]) * interval
    if wait < NANOSECOND:
        wait = 0.0
    elif guard["delays_excess"] == 0:
        return wait
    work.let_go[owner] += 1
    return wait


@kernel
def commanded(tables, work, owner, child, right, asks, takes_time, time, contradicted_at):
    """What the owner's human command makes of the action `child`, asked at `time`: (PASSES, REFUSED, or the
    safeguard that withdraws it, seconds until that is known).

    `asks` and `takes_time` are the purposes of its draws: an order is one thing, standing in for reviewers another.
    """
    actor, guard = tables.actors[owner], tables.guards[owner]
    if actor["has_command"] == 0:
        return REFUSED, 0.0
    errs, takes = 1.0, 1.0
    if tables.guarded and is_armed(tables, work.crisis[0], owner, ROBUSTNESS):
        errs, takes = guard["errs"], guard["takes"]
    lag = takes * delay(
        uniform(child, ITSELF, takes_time), actor["review_law"], actor["review_scale"], actor["review_spread"]
    )
    if contradicted_at < time + lag:
        work.tally[WITHDRAWN] += 1
        return SHARED_ATTRIBUTION, contradicted_at - time
    approves = actor["approves_right"] if right else actor["approves_wrong"] * errs
    return (PASSES if uniform(child, ITSELF, asks) < approves else REFUSED), lag


@kernel
def first_free(guard, work, owner):
    """The place in `Work.free` of the reviewer of `owner` who is free first."""
    stamp, first = work.state[STAMP], guard["reviewers_first"]
    if work.free_stamp[owner] != stamp:
        work.free_stamp[owner] = stamp
        for i in range(first, first + guard["reviewers"]):
            work.free[i] = -math.inf
    best = first
    for i in range(first + 1, first + guard["reviewers"]):
        if work.free[i] < work.free[best]:
            best = i
    return best


@kernel
def reviewed(tables, work, owner, child, right, contradicted_at, time):
    """What reviewers make of an action held at `time`: (whether it goes ahead, seconds until that is known).

    First come, first served: whoever is free first takes it, and drops it when it times out, or when a verdict
    at `contradicted_at` takes away what it rests on.
    """
    guard = tables.guards[owner]
    errs, takes = 1.0, 1.0
    if is_armed(tables, work.crisis[0], owner, ROBUSTNESS):
        errs, takes = guard["errs"], guard["takes"]
    service = takes * delay(
        uniform(child, ITSELF, SERVICE), guard["review_law"], guard["review_scale"], guard["review_spread"]
    )
    begins, place = time, -1
    if guard["reviewers"] != UNLIMITED:
        place = first_free(guard, work, owner)
        begins = max(time, work.free[place])
    decided = begins + service
    ends = min(decided, time + guard["timeout"], contradicted_at)
    if place >= 0 and begins < ends:
        work.free[place] = ends
    work.tally[HELD] += 1
    work.waits[REVIEW_WAIT] += ends - time
    work.waits[REVIEW_QUEUE] += min(begins, ends) - time
    if contradicted_at < decided and contradicted_at <= time + guard["timeout"]:
        work.tally[WITHDRAWN] += 1
        return SHARED_ATTRIBUTION, ends - time
    if decided > ends:
        work.tally[TIMED_OUT] += 1
        return (PASSES if guard["allows_on_timeout"] else HUMAN_ON_THE_LOOP), ends - time
    approves = guard["approves_right"] if right else guard["approves_wrong"] * errs
    if uniform(child, ITSELF, VOTE) < approves:
        return PASSES, ends - time
    work.tally[DENIED] += 1
    return HUMAN_ON_THE_LOOP, ends - time


@kernel
def contradiction(tables, work, q, key, author, points_to, blamed, time, root, root_key):
    """When a verdict that contradicts the blame behind an action of rule `q` arrives; infinite if none does."""
    rule = tables.rules[q]
    system = tables.systems[rule["system"]]
    owner = system["owner"]
    guard = tables.guards[owner]
    if rule["at"] != AT_BLAMED:
        return math.inf
    if not is_armed(tables, work.crisis[0], owner, SHARED_ATTRIBUTION):
        return math.inf
    arrives = verdict_time(tables, guard, root, root_key)
    if arrives <= time:  # the blame is the verdict's already
        return math.inf
    told = judge(tables, work.crisis[0], system, key, author, points_to, arrives, root, root_key)
    return math.inf if told == blamed else arrives


@kernel
def screen(
    tables, work, time, child, q, target, rung, domain, right, blamed, key, author, points_to, root, root_key
):
    """What safeguards make of an action of rule `q`: (which stops it or PASSES, seconds held, who looked at it,
    when a verdict would contradict the blame it rests on).

    `domain` is that of the incident `key` it answers.
    """
    rule, crisis = tables.rules[q], work.crisis[0]
    r = rule["system"]
    owner = tables.systems[r]["owner"]
    guard = tables.guards[owner]
    acts = guard["acts"]
    if acts < 1.0 and uniform(child, ITSELF, WITHHOLD) >= acts:
        if is_armed(tables, crisis, owner, EXPORT_CONTROLS):
            return EXPORT_CONTROLS, 0.0, 0, math.inf
    if is_forbidden(tables, crisis, child, owner, target, rung):
        return RED_LINES, 0.0, 0, math.inf
    if tables.systems[target]["domain"] != domain and is_cut_off(tables, crisis, child, owner):
        return COMPARTMENTS, 0.0, 0, math.inf

    sent_by = PASSES  # what sends it to review
    if guard["below_floor"] != NO_FLOOR and rule["at"] == AT_BLAMED:
        if is_doubted(tables, crisis, r, key, rung, right, time, root, root_key):
            if guard["below_floor"] == DENY:
                return CONFIDENCE_FLOOR, 0.0, 0, math.inf
            if guard["below_floor"] == REVERSIBLE_ONLY:
                if rule["reversible"] == 0:
                    return CONFIDENCE_FLOOR, 0.0, 0, math.inf
            else:
                sent_by = CONFIDENCE_FLOOR
    if guard["trips_at"] > 0 and is_on(guard, work, tables.actors.size + owner, time, work.state[STAMP]):
        if is_armed(tables, crisis, owner, DE_ESCALATION_MODE):
            if rung >= guard["mode_review_from"]:
                sent_by = DE_ESCALATION_MODE if sent_by == PASSES else sent_by
            elif uniform(child, ITSELF, RESTRAIN) < guard["restraint"]:
                return DE_ESCALATION_MODE, 0.0, 0, math.inf

    wait = 0.0
    if guard["interval"] > 0.0 and is_armed(tables, crisis, owner, THROTTLE):
        wait = throttled(guard, work, owner, time)
        if wait > 0.0 and guard["delays_excess"] == 0:
            return THROTTLE, 0.0, 0, math.inf

    contradicted_at = math.inf
    if guard["uses_verdicts"]:
        contradicted_at = contradiction(tables, work, q, key, author, points_to, blamed, time, root, root_key)
    if wait > 0.0 and contradicted_at <= time + wait:
        work.tally[WITHDRAWN] += 1
        return SHARED_ATTRIBUTION, 0.0, 0, math.inf
    has_reviewers = guard["reviewers"] != 0 and is_armed(tables, crisis, owner, HUMAN_ON_THE_LOOP)
    if has_reviewers and (sent_by != PASSES or rung >= guard["review_from"]):
        stopper, longer = reviewed(tables, work, owner, child, right, contradicted_at, time + wait)
        return stopper, wait + longer, BY_REVIEWERS, contradicted_at
    if sent_by != PASSES:  # nobody stands by to review, so the owner's command stands in
        stopper, longer = commanded(
            tables, work, owner, child, right, VOTE, SERVICE, time + wait, contradicted_at
        )
        return (sent_by if stopper == REFUSED else stopper), wait + longer, BY_COMMAND, contradicted_at
    return PASSES, wait, 0, contradicted_at
