"""From children to parents: what an incident is worth, given what its children are worth.

One pass computes, for every type of incident, the probability that at least one child *succeeds*
(design, section 6), or, where `linear`, the sum of its children's values. Every quantity is the
probability that something succeeds, never that it fails: sums of small numbers keep their digits,
1 - (1 - a)(1 - b) does not, so two of them are joined as a + b - ab.

A type is a row and a rung; a row is a system and a mark, and a mark is (author, points_to). Only rows
that can occur are kept; so are ears, which are what a system can sense: a system and a mark.
Where static safeguards stand, ears are told apart by the domain of what is heard, and blame by how sure it is.
The pass goes through the kernel's own tables, in the order in which children come about, backwards:
where actions land, how many there are, who is blamed, what is perceived, who senses.
"""

import math

from detente.engine._jit import entry, kernel
from detente.engine.tables import AT_BLAMED, BERNOULLI, NEGATIVE_BINOMIAL, NOBODY, POISSON

ACCIDENT = 0  # the mark of what nobody did
NEVER_CERTAIN = 1.0 - 1e-12  # a chance of 1 would hide every other one behind it in a product
DOMINANT = 0.5  # share of a whole beyond which taking one part out of it would lose too many digits
WRONG, RIGHT = 0, 1


@kernel
def join(a, b, linear):
    """The probability of a or b, independent; their sum where `linear`."""
    return a + b if linear else a + b - a * b


@kernel
def some(law, y, linear):
    """The probability that one of N actions succeeds when each does with probability y; the mean number where `linear`."""
    mean = law["mean"]
    if linear or law["kind"] == BERNOULLI:
        return mean * y
    if law["kind"] == POISSON:
        return -math.expm1(-mean * y)
    if law["kind"] == NEGATIVE_BINOMIAL:
        r = law["dispersion"]
        return -math.expm1(-r * math.log1p(mean * y / r))
    whole = math.floor(mean)  # fixed; a fraction is one more with that chance
    if y >= 1.0:
        return 1.0 if whole > 0.0 else mean
    none = -math.expm1(whole * math.log1p(-y))
    last = (mean - whole) * y
    return none + last - none * last


@kernel
def way(tables, net, owner, target, g, k):
    """The chance that red lines and compartments of `owner` let an action at rung `k` through to `target`.

    `g` is the group of the incident that it answers.
    """
    if not tables.guarded:
        return 1.0
    domain = tables.systems[target]["domain"]
    free = 1.0
    if k >= tables.forbidden[owner, domain]:
        free -= tables.guards[owner]["compliance"]
    if net.groups > 1 and domain != g:
        free *= 1.0 - tables.guards[owner]["strength"]
    return free


@kernel
def crossing(tables, source, target):
    """The chance that compartments let a worm through from one system to another."""
    if not tables.guarded or tables.systems[source]["compartment"] == tables.systems[target]["compartment"]:
        return 1.0
    return 1.0 - tables.guards[tables.systems[target]["owner"]]["strength"]


@kernel
def choice(tables, net, sums, q, pool, own, g, k):
    """What the systems that an action may choose among are worth together at rung `k`; row `own` is passed over."""
    total = sums[g, pool, k]
    if own < 0 or q[own, k] == 0.0:
        return total
    mark = net.pools[pool]["mark"]
    owner = net.author[mark]
    worth = way(tables, net, owner, net.row_system[own], g, k) * q[own, k]
    if worth < DOMINANT * total:
        return total - worth
    rest = 0.0  # what one row dominates keeps its digits only when summed without it
    for j in range(net.pools[pool]["first"], net.pools[pool]["last"]):
        target = tables.targets[j]
        row = net.row_of[target, mark]
        if row >= 0 and row != own:
            rest += way(tables, net, owner, target, g, k) * q[row, k]
    return rest


@kernel
def let(tables, gains, i, judged, c, k):
    """The chance that floor and review let an action of rule `i` at rung `k` through."""
    return gains.lets[i, judged, c, k] if tables.guarded else 1.0


@kernel
def landing(tables, net, gains, sums, q, i, judged, c, g, pool, p):
    """The mean value of where one action of rule `i`, answering what was perceived at `p`, may land.

    It rests on blame that is wrong or right (`judged`), of the confidence class `c`, for an incident in group `g`.
    """
    rule, skipped = tables.rules[i], net.rule_skips[i]
    own = -1 if skipped < 0 else net.row_of[skipped, net.pools[pool]["mark"]]
    same = max(0.0, 1.0 - rule["step_down"] - rule["step_up"])
    x = same * let(tables, gains, i, judged, c, p) * choice(tables, net, sums, q, pool, own, g, p)
    if rule["step_down"] > 0.0:
        k = max(0, p - 1)
        down = rule["step_down"] * let(tables, gains, i, judged, c, k)
        x += down * choice(tables, net, sums, q, pool, own, g, k)
    if rule["step_up"] > 0.0:
        k = min(p + 1, tables.catastrophe)
        up = rule["step_up"] * let(tables, gains, i, judged, c, k)
        x += up * choice(tables, net, sums, q, pool, own, g, k)
    return x / choices(net, pool, skipped)


@kernel
def choices(net, pool, skipped):
    """Among how many systems an action chooses."""
    return net.pools[pool]["last"] - net.pools[pool]["first"] - (1 if skipped >= 0 else 0)


@kernel
def sum_pools(tables, net, q, sums):
    """What the systems of each pool of targets are worth together, by rung, for each group of incidents."""
    for pool in range(net.pools.size):
        mark = net.pools[pool]["mark"]
        for g in range(net.groups):
            for k in range(q.shape[1]):
                sums[g, pool, k] = 0.0
            for j in range(net.pools[pool]["first"], net.pools[pool]["last"]):
                target = tables.targets[j]
                row = net.row_of[target, mark]
                if row >= 0:
                    for k in range(q.shape[1]):
                        sums[g, pool, k] += way(tables, net, net.author[mark], target, g, k) * q[row, k]


@kernel
def sum_worms(tables, net, gains, q, linear, worms):
    """For each contagion rule, mark and rung there: that it succeeds at any member at all."""
    for c in range(tables.contagion.size):
        for m in range(worms.shape[1]):
            for k in range(q.shape[1]):
                worms[c, m, k] = 0.0
        for j in range(tables.contagion[c]["members_first"], tables.contagion[c]["members_last"]):
            member = tables.members[j]
            for row in range(net.rows_first[member], net.rows_last[member]):
                mark = net.row_mark[row]
                for k in range(q.shape[1]):
                    worms[c, mark, k] = join(worms[c, mark, k], gains.contagion[c] * q[row, k], linear)


@kernel
def others_worth(tables, net, gains, worms, q, c, row, k, linear):
    """That contagion `c` succeeds at another member than that of `row`: the whole without one, t = x + o - xo."""
    mark = net.row_mark[row]
    own, whole = gains.contagion[c] * q[row, k], worms[c, mark, k]
    if net.groups == 1:
        if own == 0.0:
            return whole
        if own < DOMINANT * whole and linear:
            return whole - own
        if own < DOMINANT * whole:
            return (whole - own) / (1.0 - own)
    rest = 0.0
    for j in range(tables.contagion[c]["members_first"], tables.contagion[c]["members_last"]):
        other = net.row_of[tables.members[j], mark]
        if other >= 0 and other != row:
            gain = gains.contagion[c] * crossing(tables, net.row_system[row], tables.members[j])
            rest = join(rest, gain * q[other, k], linear)
    return rest


@kernel
def answer(tables, net, gains, state, q, r, g, catastrophe, linear):
    """What the responses of a listener are worth, by what was perceived: those that need no blame, and by whom is blamed."""
    listener = r * net.groups + g
    actors, classes = tables.actors.size, net.class_share.shape[2]
    for judged in range(2):
        for p in range(catastrophe):
            state.unblamed[listener, judged, p] = 0.0
        if net.has_blamed[r]:
            for c in range(classes):
                for b in range(actors):
                    for p in range(catastrophe):
                        state.blamed[listener, judged, c, b, p] = 0.0
    for i in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        rule = tables.rules[i]
        law = tables.laws[rule["law"]]
        is_blamed = rule["at"] == AT_BLAMED
        same = not tables.guarded and gains.right[i] == gains.wrong[i]
        for b in range(actors if is_blamed else 1):
            pool = net.rule_pools[i, b]
            if pool < 0:
                continue
            for p in range(rule["from_rung"], catastrophe):
                for c in range(classes if is_blamed else 1):
                    x = landing(tables, net, gains, state.sums, q, i, WRONG, c, g, pool, p)
                    wrong = some(law, gains.wrong[i] * x, linear) if x > 0.0 else 0.0
                    if tables.guarded:
                        x = landing(tables, net, gains, state.sums, q, i, RIGHT, c, g, pool, p)
                    if same or x <= 0.0:
                        right = wrong if same else 0.0
                    else:
                        right = some(law, gains.right[i] * x, linear)
                    if is_blamed:
                        before = state.blamed[listener, WRONG, c, b, p]
                        state.blamed[listener, WRONG, c, b, p] = join(before, wrong, linear)
                        before = state.blamed[listener, RIGHT, c, b, p]
                        state.blamed[listener, RIGHT, c, b, p] = join(before, right, linear)
                    else:
                        before = state.unblamed[listener, WRONG, p]
                        state.unblamed[listener, WRONG, p] = join(before, wrong, linear)
                        before = state.unblamed[listener, RIGHT, p]
                        state.unblamed[listener, RIGHT, p] = join(before, right, linear)


@kernel
def accuse(tables, net, state, r, g, catastrophe):
    """What the blame that a listener lays is worth, by ear and perceived rung: an average over whom, and how surely."""
    listener = r * net.groups + g
    for ear in range(net.ears_first[listener], net.ears_last[listener]):
        for p in range(catastrophe):
            state.accused[ear, p] = 0.0
        if not net.has_blamed[r]:
            continue
        author = net.author[net.ear_mark[ear]]
        for c in range(net.class_share.shape[2]):
            for b in range(tables.actors.size):
                chance = net.class_share[r, WRONG, c] * net.blame_wrong[ear, b]
                if chance > 0.0:
                    for p in range(catastrophe):
                        state.accused[ear, p] += chance * state.blamed[listener, WRONG, c, b, p]
            chance = net.class_share[r, RIGHT, c] * net.blame_right[ear]
            if chance > 0.0:
                for p in range(catastrophe):
                    state.accused[ear, p] += chance * state.blamed[listener, RIGHT, c, author, p]


@kernel
def reading(state, listener, ear, p, righteous, linear):
    """What it is worth that a listener reads an incident at rung `p`."""
    return join(state.unblamed[listener, righteous, p], state.accused[ear, p], linear)


@kernel
def hear(tables, net, state, r, g, catastrophe, linear):
    """What it is worth that a listener senses an incident, by ear and rung: an average over what it perceives."""
    system, listener = tables.systems[r], r * net.groups + g
    for ear in range(net.ears_first[listener], net.ears_last[listener]):
        righteous = WRONG if net.author[net.ear_mark[ear]] == NOBODY else RIGHT
        for k in range(catastrophe):
            up = system["inflates"] if k + 1 < catastrophe else 0.0
            down = system["deflates"] if k > 0 else 0.0
            heard = max(0.0, 1.0 - up - down) * reading(state, listener, ear, k, righteous, linear)
            if up > 0.0:
                heard += up * reading(state, listener, ear, k + 1, righteous, linear)
            if down > 0.0:
                heard += down * reading(state, listener, ear, k - 1, righteous, linear)
            state.heard[ear, k] = heard


@kernel
def befall(tables, net, gains, state, q, s, row, top, linear, out):
    """What an incident of `row`, at system `s`, is worth by rung: by outages, contagion and those who watch."""
    system = tables.systems[s]
    mark = net.row_mark[row]
    for k in range(top):
        out[row, k] = 0.0
    for j in range(system["outages_first"], system["outages_last"]):
        link = tables.outages[j]
        there = net.row_of[link["target"], ACCIDENT]
        for k in range(link["at_least"], top):
            x = gains.outages[j] * q[there, max(0, k - link["drops"])]
            out[row, k] = join(out[row, k], x, linear)
    for j in range(system["infections_first"], system["infections_last"]):
        c = tables.infections[j]
        worm = tables.contagion[c]
        for k in range(worm["at_least"], top):
            k_there = max(0, k - worm["drops"])
            x = others_worth(tables, net, gains, state.worms, q, c, row, k_there, linear)
            out[row, k] = join(out[row, k], x, linear)
    for j in range(system["watches_first"], system["watches_last"]):
        listener = tables.watches[j]["watcher"] * net.groups + net.group[s]
        ear, chance = net.ear_of[listener, mark], tables.watches[j]["chance"]
        if ear >= 0:
            for k in range(top):
                out[row, k] = join(out[row, k], chance * state.heard[ear, k], linear)


@entry
def value(tables, net, gains, state, q, goal, pin, linear, out):
    """One pass: `out[row, rung]` from `q[row, rung]`.

    Incidents at `goal` or above are worth `pin`; those at the catastrophe rung have no children.
    Leaves in `state` what every step on the way was worth.
    """
    catastrophe = tables.catastrophe
    top = min(goal, catastrophe)
    sum_pools(tables, net, q, state.sums)
    sum_worms(tables, net, gains, q, linear, state.worms)
    for r in range(tables.systems.size):
        for g in range(net.groups):
            if net.ears_first[r * net.groups + g] < net.ears_last[r * net.groups + g]:
                answer(tables, net, gains, state, q, r, g, catastrophe, linear)
                accuse(tables, net, state, r, g, catastrophe)
                hear(tables, net, state, r, g, catastrophe, linear)
    for row in range(q.shape[0]):
        befall(tables, net, gains, state, q, net.row_system[row], row, top, linear, out)
        for k in range(top, q.shape[1]):
            out[row, k] = pin if k >= goal else 0.0
