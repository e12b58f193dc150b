"""One crisis, given that it ends in catastrophe: the event loop of `engine._kernel` under fates.

What becomes of an incident is laid down when it is planned, from the chances of success that
`Operator.chance` left behind; what it leads to is then drawn from the law that remains (`_fates`).
The horizon, alerts and down times are left out: with them lineages are not independent. Chance is keyed as
in the engine, and an incident that is left to chance leads to what it would lead to there.
"""

import math

import numpy as np

from detente.engine._chance import (
    APPROVE,
    ARRIVAL,
    AUTOMATED,
    COUNT,
    DELAY,
    GAMMA,
    ITSELF,
    PERCEIVE,
    REVIEW,
    SENSE,
    SPREAD,
    STEP,
    TARGET,
    child_key,
    delay,
    uniform,
)
from detente.engine._jit import entry, kernel
from detente.engine._kernel import CAPPED, CATASTROPHE, DIED_OUT
from detente.engine._queue import add, remove_first
from detente.engine._senses import blame
from detente.engine.tables import (
    ACTION,
    AT_BLAMED,
    AT_RUNG,
    AT_SYSTEM,
    BY,
    COUPLING,
    DEPTH,
    FIELDS,
    KIND,
    LOG_FULL,
    LOGGED,
    MAX_PENDING,
    NOBODY,
    ORDINAL,
    OUTAGE,
    OVERFLOWED,
    PARENT,
    PENDING,
    PHANTOM,
    POINTS_TO,
    REVIEWED,
    ROOT_ROW,
    STAMP,
    WORM,
)
from detente.engine.tables import RIGHT as WAS_RIGHT
from detente.exact._fates import (
    LEFT,
    SUCCEEDS,
    comes,
    fate_between,
    mark_among,
    mark_of,
    number,
    tilted,
)
from detente.exact._value import ACCIDENT, RIGHT, WRONG, choice, choices, join, landing, reading, some

# Purposes beside those of the engine: which of several things succeeds first, and blame that is not left to chance.
with np.errstate(over="ignore"):
    FIRST = np.uint64(17) * GAMMA
    FIRST_UNBLAMED = np.uint64(18) * GAMMA
    FIRST_BLAMED = np.uint64(19) * GAMMA
    BLAME = np.uint64(20) * GAMMA

# Fields of a pending incident beside those of the engine.
FATE, MARK, PERCEIVED, BLAMED = range(FIELDS, FIELDS + 4)
WIDTH = FIELDS + 4

STOPPED, AUTOMATIC, APPROVED = range(3)


@kernel
def plan(net, work, time, key, system, rung, mark, fate, kind, coupling, ordinal, root, depth, parent):
    """Put one incident among the pending ones; returns its slot, -1 when memory is full."""
    n = work.state[PENDING]
    if n == work.times.size:
        work.state[OVERFLOWED] = 1
        return -1
    slot = add(work.times, work.keys, work.slots, n, time, key)
    work.state[PENDING] = n + 1
    row = work.pending[slot]
    row[AT_SYSTEM] = system
    row[AT_RUNG] = rung
    row[BY] = net.author[mark]
    row[POINTS_TO] = net.points_to[mark]
    row[ROOT_ROW] = root
    row[DEPTH] = depth
    row[KIND] = kind
    row[COUPLING] = coupling
    row[PARENT] = parent
    row[WAS_RIGHT] = 0
    row[ORDINAL] = ordinal
    row[REVIEWED] = 0
    row[FATE] = fate
    row[MARK] = mark
    row[PERCEIVED] = -1
    row[BLAMED] = NOBODY
    return slot


@kernel
def plant(tables, net, work, key, marks, worth):
    """Plan the shocks and false alarms of the crisis `key`; where none is worth anything, all are left to chance."""
    first = -1.0
    for again in range(2):
        success = 0.0
        for i in range(tables.roots.size):
            root = tables.roots[i]
            is_stream = root["law"] >= 0
            if not is_stream and root["at"] > tables.horizon:
                continue
            before = success
            if is_stream:
                success = join(before, some(tables.laws[root["law"]], worth[i], False), False)
            else:
                success = join(before, worth[i], False)
            if again:
                arrive(tables, net, work, key, marks[i], worth[i], i, fate_between(before, success, first))
        if success > 0.0:
            first = uniform(key, ITSELF, FIRST) * success


@kernel
def arrive(tables, net, work, key, mark, worth, i, fate):
    """Plan the arrivals of root `i`."""
    root = tables.roots[i]
    n = 1
    if root["law"] >= 0:
        n = number(uniform(key, root["id"], COUNT), tables.cumulative, tables.laws[root["law"]], worth, fate)
    first = mark_among(uniform(key, root["id"], FIRST), n, worth, fate)
    success = 0.0
    for ordinal in range(n):
        before = success
        success = join(before, worth, False)
        root_key = child_key(key, root["id"], ordinal)
        time = root["at"]
        if root["law"] >= 0:
            time = tables.horizon * uniform(root_key, ITSELF, ARRIVAL)
        plan(
            net, work, time, root_key, root["system"], root["rung"], mark, fate_between(before, success, first),
            root["kind"], i, ordinal, i, 0, -1,
        )  # fmt: skip


@kernel
def perceived(system, state, r, ear, key, k, known, catastrophe, fate):
    """The rung that system `r` reads off an incident at `k`."""
    if system["inflates"] == 0.0 and system["deflates"] == 0.0:
        return k
    above, below = 0.0, 0.0
    if k + 1 < catastrophe and system["inflates"] > 0.0:
        above = tilted(system["inflates"], reading(state, r, ear, k + 1, known, False), fate)
    if k > 0 and system["deflates"] > 0.0:
        below = tilted(system["deflates"], reading(state, r, ear, k - 1, known, False), fate)
    plainly = (
        1.0 - (system["inflates"] if k + 1 < catastrophe else 0.0) - (system["deflates"] if k > 0 else 0.0)
    )
    here = tilted(max(0.0, plainly), reading(state, r, ear, k, known, False), fate)
    mark = uniform(key, system["id"], PERCEIVE) * (above + here + below)
    if mark < above:
        return k + 1
    return k if mark < above + here else k - 1


@kernel
def blamed(tables, net, state, r, ear, key, mark, p, fate):
    """The actor that system `r` blames, or NOBODY; NOBODY too where the blame leads to nothing."""
    system = tables.systems[r]
    author = net.author[mark]
    if fate == LEFT:
        b = blame(
            tables, system, key, author, net.points_to[mark], system["attribution"],
            system["recognises_accidents"], system["sees_through_spoofs"],
        )  # fmt: skip
        return NOBODY if b == system["owner"] else b
    u = uniform(key, system["id"], BLAME)
    stop = math.inf
    for _ in range(2):
        total, chances = 0.0, 0.0
        for b in range(tables.actors.size):
            chance, worth = net.blame_wrong[ear, b], state.blamed[r, WRONG, 0, b, p]
            if b == author:
                chance, worth = net.blame_right[ear], state.blamed[r, RIGHT, 0, b, p]
            chances += chance
            total += tilted(chance, worth, fate)
            if total > stop:
                return b
        stop = u * (total + tilted(max(0.0, 1.0 - chances), 0.0, fate))
    return NOBODY


@kernel
def permission(actor, rule, gain, right, child, x, fate):
    """Whether an action goes ahead, and how, when one that lands succeeds with probability `x`."""
    autonomy = rule["autonomy"]
    if fate == LEFT:
        if autonomy >= 1.0 or uniform(child, ITSELF, AUTOMATED) < autonomy:
            return AUTOMATIC
        approves = actor["approves_right"] if right else actor["approves_wrong"]
        if actor["has_command"] == 0 or uniform(child, ITSELF, APPROVE) >= approves:
            return STOPPED
        return APPROVED
    automatic = tilted(autonomy, x, fate)
    approved = tilted(max(0.0, gain - autonomy), x, fate)
    mark = uniform(child, ITSELF, AUTOMATED) * (automatic + approved + tilted(1.0 - gain, 0.0, fate))
    if mark < automatic:
        return AUTOMATIC
    return APPROVED if mark < automatic + approved else STOPPED


@kernel
def stepped(tables, net, sums, q, rule, pool, skipped, child, p, fate):
    """The rung of an action that answers what was perceived at `p`."""
    down, up = rule["step_down"], rule["step_up"]
    if down <= 0.0 and up <= 0.0:
        return p
    own = -1 if skipped < 0 else net.row_of[skipped, net.pools[pool]["mark"]]
    n = choices(net, pool, skipped)
    lower, upper = max(0, p - 1), min(p + 1, tables.catastrophe)
    same = tilted(max(0.0, 1.0 - down - up), choice(tables, net, sums, q, pool, own, 0, p) / n, fate)
    down = tilted(down, choice(tables, net, sums, q, pool, own, 0, lower) / n, fate)
    up = tilted(up, choice(tables, net, sums, q, pool, own, 0, upper) / n, fate)
    mark = uniform(child, ITSELF, STEP) * (down + same + up)
    if mark < down:
        return lower
    return p if mark < down + same else upper


@kernel
def target(tables, net, q, pool, skip, child, k, fate):
    """The system that an action at rung `k` lands at; the one at position `skip` of its pool is passed over."""
    first, last, mark = net.pools[pool]["first"], net.pools[pool]["last"], net.pools[pool]["mark"]
    u = uniform(child, ITSELF, TARGET)
    if fate == LEFT:
        position = int(u * (last - first - (1 if skip >= 0 else 0)))
        return tables.targets[first + position + (1 if 0 <= skip <= position else 0)]
    stop = math.inf
    found = -1
    for _ in range(2):
        total = 0.0
        for j in range(first, last):
            if j - first == skip:
                continue
            weight = tilted(1.0, q[net.row_of[tables.targets[j], mark], k], fate)
            total += weight
            if weight > 0.0:
                found = tables.targets[j]
            if total > stop:
                return found
        stop = u * total
    return found


@kernel
def act(tables, net, gains, state, q, work, now, time, key, i, pool, p, right, b, x, fate, ordinal, here):
    """One proposed action of rule `i`: whether it goes ahead, its rung, its target, when it lands."""
    rule = tables.rules[i]
    child = child_key(key, rule["id"], ordinal)
    actor = tables.actors[tables.systems[rule["system"]]["owner"]]
    allowed = permission(actor, rule, gains.right[i] if right else gains.wrong[i], right, child, x, fate)
    if allowed == STOPPED:
        return
    rung = stepped(tables, net, state.sums, q, rule, pool, net.rule_skips[i], child, p, fate)
    skip = -1 if net.rule_skips[i] < 0 else rule["skip"]
    system = target(tables, net, q, pool, skip, child, rung, fate)
    lag = delay(uniform(child, ITSELF, DELAY), rule["delay_law"], rule["delay_scale"], rule["delay_spread"])
    if allowed == APPROVED:
        lag += delay(
            uniform(child, ITSELF, REVIEW), actor["review_law"], actor["review_scale"], actor["review_spread"]
        )
    slot = plan(
        net, work, time + lag, child, system, rung, net.pools[pool]["mark"], fate, ACTION, i, ordinal,
        now[ROOT_ROW], now[DEPTH] + 1, here,
    )  # fmt: skip
    if slot >= 0:
        work.pending[slot, WAS_RIGHT] = 1 if right else 0
        work.pending[slot, REVIEWED] = 1 if allowed == APPROVED else 0
        work.pending[slot, PERCEIVED] = p
        work.pending[slot, BLAMED] = b


@kernel
def answer(tables, net, gains, state, q, work, now, time, key, r, p, right, b, is_blamed, fate, here):
    """Let the rules of system `r` that need blame, or those that do not, answer what it perceived at `p`."""
    system = tables.systems[r]
    column = b if is_blamed else 0
    u = uniform(key, system["id"], FIRST_BLAMED if is_blamed else FIRST_UNBLAMED)
    first = mark_of(u, 0.0, fate)
    for again in range(0 if fate == SUCCEEDS else 1, 2):
        success = 0.0
        for i in range(system["rules_first"], system["rules_last"]):
            rule, pool = tables.rules[i], net.rule_pools[i, column]
            if (rule["at"] == AT_BLAMED) != is_blamed or pool < 0 or p < rule["from_rung"]:
                continue
            law = tables.laws[rule["law"]]
            x = landing(tables, net, gains, state.sums, q, i, WRONG, 0, 0, pool, p)
            y = (gains.right[i] if right else gains.wrong[i]) * x
            before = success
            success = join(before, some(law, y, False), False)
            if not again:
                continue
            of_rule = fate_between(before, success, first)
            n = number(uniform(key, rule["id"], COUNT), tables.cumulative, law, y, of_rule)
            first_action = mark_among(uniform(key, rule["id"], FIRST), n, y, of_rule)
            so_far = 0.0
            for ordinal in range(n):
                earlier = so_far
                so_far = join(earlier, y, False)
                of_action = fate_between(earlier, so_far, first_action)
                act(
                    tables, net, gains, state, q, work, now, time, key, i, pool, p, right, b, x, of_action,
                    ordinal, here,
                )  # fmt: skip
        first = mark_of(u, success, fate)


@kernel
def attend(tables, net, gains, state, q, work, now, time, key, r, ear, fate, here):
    """System `r` has sensed an incident: read it, blame somebody, answer it."""
    system, mark = tables.systems[r], now[MARK]
    known = WRONG if net.author[mark] == NOBODY else RIGHT
    p = perceived(system, state, r, ear, key, now[AT_RUNG], known, tables.catastrophe, fate)
    unblamed = state.unblamed[r, known, p]
    either = join(unblamed, state.accused[ear, p], False)
    first = mark_of(uniform(key, system["id"], FIRST), either, fate)
    for part in range(2):
        is_blamed, right, b = part == 1, known == RIGHT, NOBODY
        of_part = fate_between(unblamed, either, first) if is_blamed else fate_between(0.0, unblamed, first)
        if is_blamed:
            if not net.has_blamed[r]:
                break
            b = blamed(tables, net, state, r, ear, key, mark, p, of_part)
            if b == NOBODY:
                break
            right = b == net.author[mark]
        answer(
            tables, net, gains, state, q, work, now, time, key, r, p, right, b, is_blamed, of_part, here
        )  # fmt: skip


@kernel
def spread(net, link, work, now, time, key, coupling, system, mark, kind, j, worth, fate, here):
    """Pass an incident on along one dependency, or to one system by contagion, if its fate has it so."""
    if comes(uniform(key, coupling, SPREAD), link["spreads"], worth, fate):
        child = child_key(key, coupling, 0)
        lag = delay(
            uniform(child, ITSELF, DELAY), link["delay_law"], link["delay_scale"], link["delay_spread"]
        )
        plan(
            net, work, time + lag, child, system, max(0, now[AT_RUNG] - link["drops"]), mark, fate, kind, j, 0,
            now[ROOT_ROW], now[DEPTH] + 1, here,
        )  # fmt: skip


@kernel
def follow(tables, net, gains, state, q, work, now, time, key, here):
    """Everything that the incident `now` leads to: outages, contagion, and those who watch; of a phantom, its own system."""
    s, k, mark, fate = now[AT_SYSTEM], now[AT_RUNG], now[MARK], now[FATE]
    system = tables.systems[s]
    is_phantom = now[KIND] == PHANTOM
    u = uniform(key, ITSELF, FIRST)
    first = mark_of(u, 0.0, fate)
    # Where one must succeed, once around to see how likely each is, and once more to let it happen.
    for again in range(0 if fate == SUCCEEDS else 1, 2):
        success = 0.0
        for j in range(system["outages_first"], system["outages_last"]):
            link = tables.outages[j]
            if is_phantom or k < link["at_least"]:
                continue
            worth = q[net.row_of[link["target"], ACCIDENT], max(0, k - link["drops"])]
            before = success
            success = join(before, link["spreads"] * worth, False)
            if again:
                spread(
                    net, link, work, now, time, key, link["id"], link["target"], ACCIDENT, OUTAGE, j,
                    worth, fate_between(before, success, first), here,
                )  # fmt: skip
        for c in range(system["infections_first"], system["infections_last"]):
            worm = tables.contagion[tables.infections[c]]
            if is_phantom or k < worm["at_least"]:
                continue
            for m in range(worm["members_first"], worm["members_last"]):
                other = tables.members[m]
                if other == s:
                    continue
                worth = q[net.row_of[other, mark], max(0, k - worm["drops"])]
                before = success
                success = join(before, worm["spreads"] * worth, False)
                if again:
                    spread(
                        net, worm, work, now, time, key, worm["id"] ^ tables.systems[other]["id"], other,
                        mark, WORM, tables.infections[c], worth, fate_between(before, success, first), here,
                    )  # fmt: skip
        for j in range(1 if is_phantom else system["watches_last"] - system["watches_first"]):
            r, chance = s, 1.0
            if not is_phantom:
                r = tables.watches[system["watches_first"] + j]["watcher"]
                chance = tables.watches[system["watches_first"] + j]["chance"]
            ear = net.ear_of[r, mark]
            if ear < 0:
                continue
            before = success
            success = join(before, chance * state.heard[ear, k], False)
            if again:
                of_watcher = fate_between(before, success, first)
                if comes(
                    uniform(key, tables.systems[r]["id"], SENSE), chance, state.heard[ear, k], of_watcher
                ):
                    attend(tables, net, gains, state, q, work, now, time, key, r, ear, of_watcher, here)
        first = mark_of(u, success, fate)


@kernel
def record(work, log, now, time, key):
    """Copy the incident `now` into the log; returns its position there, 0 when nothing is recorded."""
    here = work.state[LOGGED]
    if log.times.size == 0:
        return 0
    if here == log.times.size:
        work.state[LOG_FULL] = 1
        return 0
    log.times[here] = time
    log.keys[here] = key
    for field in range(WIDTH):
        log.rows[here, field] = now[field]
    work.state[LOGGED] = here + 1
    return here


@entry
def run_given(tables, net, gains, state, q, marks, worth, work, log, now, key, max_incidents, out, i):
    """Run the crisis `key` and write row `i` of `out`; False when memory ran out, as in `engine._kernel.run_crisis`.

    `q` is what each type of incident is worth, `worth` what one incident of each root is; `marks` are the
    roots' marks. `now` has room for one incident.
    """
    flags = work.state
    flags[PENDING] = 0
    flags[OVERFLOWED] = 0
    flags[LOGGED] = 0
    flags[LOG_FULL] = 0
    flags[STAMP] += 1
    stamp = flags[STAMP]

    ended = DIED_OUT
    incidents = 0
    actions = 0
    wrongful = 0
    peak = -1
    deepest = 0
    actors_reached = 0
    domains_reached = 0
    start = 0.0
    end = 0.0
    first_critical = math.nan
    for actor in range(tables.actors.size):
        out.loss_usd[i, actor] = 0.0

    plant(tables, net, work, key, marks, worth)
    if flags[OVERFLOWED] == 1 and work.times.size < MAX_PENDING:
        return False
    while flags[PENDING] > 0:
        if incidents == max_incidents:
            ended = CAPPED
            break
        time = work.times[0]
        key = work.keys[0]
        for field in range(WIDTH):
            now[field] = work.pending[work.slots[0], field]
        remove_first(work.times, work.keys, work.slots, flags[PENDING])
        flags[PENDING] -= 1
        here = record(work, log, now, time, key)

        s, k = now[AT_SYSTEM], now[AT_RUNG]
        if now[KIND] != PHANTOM:
            if incidents == 0:
                start = time
            end = time
            incidents += 1
            peak = max(peak, k)
            deepest = max(deepest, now[DEPTH])
            if k >= tables.critical and math.isnan(first_critical):
                first_critical = time - start
            owner, domain = tables.systems[s]["owner"], tables.systems[s]["domain"]
            harm = tables.harm[s, k]
            if now[KIND] == ACTION:
                actions += 1
                wrongful += 1 - now[WAS_RIGHT]
                harm *= tables.rules[now[COUPLING]]["keeps"]
            out.loss_usd[i, owner] += harm
            if work.actor_stamp[owner] != stamp:
                work.actor_stamp[owner] = stamp
                actors_reached += 1
            if work.domain_stamp[domain] != stamp:
                work.domain_stamp[domain] = stamp
                domains_reached += 1
            if k >= tables.catastrophe:
                ended = CATASTROPHE
                break
        follow(tables, net, gains, state, q, work, now, time, key, here)
        if flags[LOG_FULL] == 1:
            return False
        if flags[OVERFLOWED] == 1:
            if work.times.size < MAX_PENDING:
                return False
            ended = CAPPED
            break

    out.ended[i] = ended
    out.duration_s[i] = end - start if incidents > 0 else 0.0
    out.incidents[i] = incidents
    out.actions[i] = actions
    out.peak_rung[i] = peak
    out.first_critical_s[i] = first_critical
    out.catastrophe_s[i] = end - start if ended == CATASTROPHE else math.nan
    out.actors_reached[i] = actors_reached
    out.domains_reached[i] = domains_reached
    out.wrongful_actions[i] = wrongful
    out.depth[i] = deepest
    return True
