"""From parents to children: the same steps as `_value`, backwards.

Given a weight on each type of incident, one pass gives every type the weight that reaches it: the
derivative of `_value`'s result, transposed. Where `linear` and weights are expected numbers of
incidents, it gives their expected numbers of children. On the way it can collect the derivative by
every number of the tables (reverse-mode differentiation: the adjoint of the design, section 6).
"""

import math

from detente.engine._jit import entry, kernel
from detente.engine.tables import AT_BLAMED, BERNOULLI, NEGATIVE_BINOMIAL, NOBODY, POISSON
from detente.exact._value import (
    ACCIDENT,
    NEVER_CERTAIN,
    RIGHT,
    WRONG,
    choice,
    choices,
    crossing,
    landing,
    let,
    others_worth,
    reading,
    some,
    way,
)

NEARLY_CERTAIN = 1.0 - 1e-9  # beyond it, dividing one factor out of a product would lose too many digits


@kernel
def fails(x):
    """The probability of no success, kept from 0 so that others behind it are still seen."""
    return 1.0 - min(x, NEVER_CERTAIN)


@kernel
def some_slope(law, y, linear):
    """The derivative of `some` by y."""
    mean = law["mean"]
    if linear or law["kind"] == BERNOULLI:
        return mean
    if law["kind"] == POISSON:
        return mean * math.exp(-mean * y)
    if law["kind"] == NEGATIVE_BINOMIAL:
        r = law["dispersion"]
        return mean * math.exp(-(r + 1.0) * math.log1p(mean * y / r))
    whole = math.floor(mean)
    part, none = mean - whole, 1.0 - y
    slope = part * none**whole
    return slope if whole == 0.0 else slope + whole * none ** (whole - 1.0) * (1.0 - part * y)


@kernel
def some_by_mean(law, y, linear):
    """The derivative of `some` by the mean; a whole number grows by one more action with a small chance."""
    mean = law["mean"]
    if linear or law["kind"] == BERNOULLI:
        return y
    if law["kind"] == POISSON:
        return y * math.exp(-mean * y)
    if law["kind"] == NEGATIVE_BINOMIAL:
        r = law["dispersion"]
        return y * math.exp(-(r + 1.0) * math.log1p(mean * y / r))
    return y * (1.0 - y) ** math.floor(mean)


@kernel
def some_by_dispersion(law, y, linear):
    """The derivative of `some` by the dispersion of a negative binomial."""
    if linear or law["kind"] != NEGATIVE_BINOMIAL:
        return 0.0
    r = law["dispersion"]
    x = law["mean"] * y / r
    return math.exp(-r * math.log1p(x)) * (math.log1p(x) - x / (1.0 + x))


@kernel
def survival(tables, net, gains, state, q, s, row, k):
    """The probability that nothing an incident leads to succeeds, its zeros kept small instead."""
    system = tables.systems[s]
    mark = net.row_mark[row]
    left = 1.0
    for j in range(system["outages_first"], system["outages_last"]):
        link = tables.outages[j]
        if k >= link["at_least"]:
            there = net.row_of[link["target"], ACCIDENT]
            left *= fails(gains.outages[j] * q[there, max(0, k - link["drops"])])
    for j in range(system["infections_first"], system["infections_last"]):
        c = tables.infections[j]
        if k >= tables.contagion[c]["at_least"]:
            there = max(0, k - tables.contagion[c]["drops"])
            left *= fails(others_worth(tables, net, gains, state.worms, q, c, row, there, False))
    for j in range(system["watches_first"], system["watches_last"]):
        ear = net.ear_of[tables.watches[j]["watcher"] * net.groups + net.group[s], mark]
        if ear >= 0:
            left *= fails(tables.watches[j]["chance"] * state.heard[ear, k])
    return left


@kernel
def scatter(tables, net, gains, state, back, q, weight, s, row, top, linear, collect, slopes, out):
    """Hand the weight of incidents of `row`, at system `s`, on to outages, contagion and watchers."""
    system = tables.systems[s]
    mark = net.row_mark[row]
    for k in range(top):
        left = weight[row, k]
        if left != 0.0 and not linear:
            left *= survival(tables, net, gains, state, q, s, row, k)
        back.left[row, k] = left
        if left == 0.0:
            continue
        for j in range(system["outages_first"], system["outages_last"]):
            link = tables.outages[j]
            if k >= link["at_least"]:
                there, k_there = net.row_of[link["target"], ACCIDENT], max(0, k - link["drops"])
                x = q[there, k_there]
                by = left if linear else left / fails(gains.outages[j] * x)
                out[there, k_there] += by * gains.outages[j]
                if collect:
                    slopes.outages[j] += by * x
        for j in range(system["infections_first"], system["infections_last"]):
            c = tables.infections[j]
            if k >= tables.contagion[c]["at_least"]:
                back.worms[c, mark, max(0, k - tables.contagion[c]["drops"])] += left
        for j in range(system["watches_first"], system["watches_last"]):
            listener = tables.watches[j]["watcher"] * net.groups + net.group[s]
            ear, chance = net.ear_of[listener, mark], tables.watches[j]["chance"]
            if ear >= 0:
                x = state.heard[ear, k]
                by = left if linear else left / fails(chance * x)
                back.heard[ear, k] += by * chance
                if collect:
                    slopes.watches[j] += by * x


@kernel
def infect(tables, net, gains, back, q, c, top, linear, collect, slopes, out):
    """Hand on what the contagion rule `c` carries: to every member from every other."""
    worm, gain = tables.contagion[c], gains.contagion[c]
    for i in range(worm["members_first"], worm["members_last"]):
        member = tables.members[i]
        for row in range(net.rows_first[member], net.rows_last[member]):
            own = 0.0
            for k in range(worm["at_least"], top):
                there = max(0, k - worm["drops"])
                own += back.left[row, k]
                if k + 1 < top and max(0, k + 1 - worm["drops"]) == there:
                    continue  # several rungs fall to the lowest
                by = max(0.0, back.worms[c, net.row_mark[row], there] - own)
                own = 0.0
                if not linear:
                    by /= fails(gain * q[row, there])
                out[row, there] += by * gain
                if collect:
                    slopes.contagion[c] += by * q[row, there]


@kernel
def infect_across(tables, net, gains, back, q, c, top, linear, collect, slopes, out):
    """The same from each member to each other, where compartments stand between some of them."""
    worm = tables.contagion[c]
    for i in range(worm["members_first"], worm["members_last"]):
        source = tables.members[i]
        for row in range(net.rows_first[source], net.rows_last[source]):
            for j in range(worm["members_first"], worm["members_last"]):
                other = net.row_of[tables.members[j], net.row_mark[row]]
                if other < 0 or other == row:
                    continue
                open_share = crossing(tables, source, tables.members[j])
                gain = gains.contagion[c] * open_share
                for k in range(worm["at_least"], top):
                    there = max(0, k - worm["drops"])
                    by = back.left[row, k] / (1.0 if linear else fails(gain * q[other, there]))
                    out[other, there] += by * gain
                    if collect:
                        slopes.contagion[c] += by * open_share * q[other, there]


@kernel
def unhear(tables, net, state, back, r, g, catastrophe, linear, collect, slopes):
    """From what a listener senses to what it answers, through what it perceives."""
    system, listener = tables.systems[r], r * net.groups + g
    for p in range(catastrophe):
        back.unblamed[listener, WRONG, p] = 0.0
        back.unblamed[listener, RIGHT, p] = 0.0
    for ear in range(net.ears_first[listener], net.ears_last[listener]):
        righteous = WRONG if net.author[net.ear_mark[ear]] == NOBODY else RIGHT
        for p in range(catastrophe):
            back.accused[ear, p] = 0.0
        for k in range(catastrophe):
            weight = back.heard[ear, k]
            if weight == 0.0:
                continue
            up = system["inflates"] if k + 1 < catastrophe else 0.0
            down = system["deflates"] if k > 0 else 0.0
            same = max(0.0, 1.0 - up - down)
            for p in range(max(0, k - 1), min(catastrophe, k + 2)):
                share = weight * (same if p == k else up if p > k else down)
                by_blamed, by_unblamed = share, share
                if not linear:
                    by_blamed *= 1.0 - state.unblamed[listener, righteous, p]
                    by_unblamed *= 1.0 - state.accused[ear, p]
                back.accused[ear, p] += by_blamed
                back.unblamed[listener, righteous, p] += by_unblamed
            if collect:
                here = reading(state, listener, ear, k, righteous, linear)
                if k + 1 < catastrophe:
                    above = reading(state, listener, ear, k + 1, righteous, linear)
                    slopes.inflates[r] += weight * (above - here)
                if k > 0:
                    below = reading(state, listener, ear, k - 1, righteous, linear)
                    slopes.deflates[r] += weight * (below - here)


@kernel
def unaccuse(tables, net, state, back, r, g, catastrophe, collect, slopes):
    """From the blame that a listener lays to its responses against each actor, as sure as it is."""
    listener = r * net.groups + g
    for judged in range(2):
        for c in range(net.class_share.shape[2]):
            for b in range(tables.actors.size):
                for p in range(catastrophe):
                    back.blamed[listener, judged, c, b, p] = 0.0
    for ear in range(net.ears_first[listener], net.ears_last[listener]):
        a = net.author[net.ear_mark[ear]]
        for c in range(net.class_share.shape[2]):
            share = net.class_share[r, WRONG, c]
            for b in range(tables.actors.size):
                chance = net.blame_wrong[ear, b]
                for p in range(catastrophe):
                    weight, worth = back.accused[ear, p], state.blamed[listener, WRONG, c, b, p]
                    back.blamed[listener, WRONG, c, b, p] += share * chance * weight
                    if collect:
                        slopes.classes[r, WRONG, c] += chance * weight * worth
                        if b != a:
                            slopes.blame[ear, b] += share * weight * worth
            if a != NOBODY:
                share, chance = net.class_share[r, RIGHT, c], net.blame_right[ear]
                for p in range(catastrophe):
                    weight, worth = back.accused[ear, p], state.blamed[listener, RIGHT, c, a, p]
                    back.blamed[listener, RIGHT, c, a, p] += share * chance * weight
                    if collect:
                        slopes.classes[r, RIGHT, c] += chance * weight * worth
                        slopes.blame[ear, a] += share * weight * worth


@kernel
def others_fail(tables, net, gains, state, q, r, g, i, b, judged, c, p):
    """The probability that no rule of a listener succeeds but, perhaps, its rule `i`."""
    left = 1.0
    for j in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        rule, pool = tables.rules[j], net.rule_pools[j, b]
        if j != i and rule["at"] == tables.rules[i]["at"] and pool >= 0 and p >= rule["from_rung"]:
            x = landing(tables, net, gains, state.sums, q, j, judged, c, g, pool, p)
            gain = gains.right[j] if judged == RIGHT else gains.wrong[j]
            left *= 1.0 - some(tables.laws[rule["law"]], gain * x, False)
    return left


@kernel
def unanswer(tables, net, gains, state, back, q, r, g, catastrophe, linear, collect, slopes):
    """From the responses of a listener to where their actions land."""
    listener = r * net.groups + g
    for i in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        rule = tables.rules[i]
        law = tables.laws[rule["law"]]
        is_blamed = rule["at"] == AT_BLAMED
        for b in range(tables.actors.size if is_blamed else 1):
            pool = net.rule_pools[i, b]
            if pool < 0:
                continue
            for p in range(rule["from_rung"], catastrophe):
                x = 0.0  # read only off the straight line, and by slopes
                if not tables.guarded and (collect or not linear):
                    x = landing(tables, net, gains, state.sums, q, i, WRONG, 0, g, pool, p)
                together = 0.0  # without safeguards, what lands is the same on right and on wrong blame
                for judged in range(2):
                    for c in range(net.class_share.shape[2] if is_blamed else 1):
                        if is_blamed:
                            weight = back.blamed[listener, judged, c, b, p]
                            total = state.blamed[listener, judged, c, b, p]
                        else:
                            weight = back.unblamed[listener, judged, p]
                            total = state.unblamed[listener, judged, p]
                        if weight == 0.0:
                            continue
                        if tables.guarded and (collect or not linear):
                            x = landing(tables, net, gains, state.sums, q, i, judged, c, g, pool, p)
                        gain = gains.right[i] if judged == RIGHT else gains.wrong[i]
                        if not linear and total > NEARLY_CERTAIN:
                            weight *= others_fail(tables, net, gains, state, q, r, g, i, b, judged, c, p)
                        elif not linear:
                            weight *= (1.0 - total) / (1.0 - some(law, gain * x, linear))
                        by = weight * some_slope(law, gain * x, linear)
                        if collect:
                            slopes.means[i] += weight * some_by_mean(law, gain * x, linear)
                            slopes.dispersions[i] += weight * some_by_dispersion(law, gain * x, linear)
                            if judged == RIGHT:
                                slopes.right[i] += by * x
                            else:
                                slopes.wrong[i] += by * x
                        if not tables.guarded:
                            together += by * gain
                        elif by * gain > 0.0:
                            unland(
                                tables, net, gains, state, back, q, i, judged, c, g, pool, p, by * gain,
                                collect, slopes,
                            )  # fmt: skip
                if together > 0.0:
                    unland(
                        tables, net, gains, state, back, q, i, WRONG, 0, g, pool, p, together, collect, slopes
                    )


@kernel
def unland(tables, net, gains, state, back, q, i, judged, c, g, pool, p, carried, collect, slopes):
    """Spread the weight of one rule's actions over the systems they choose among."""
    rule, skipped = tables.rules[i], net.rule_skips[i]
    own = -1 if skipped < 0 else net.row_of[skipped, net.pools[pool]["mark"]]
    each = carried / choices(net, pool, skipped)
    below, above = max(0, p - 1), min(p + 1, tables.catastrophe)
    same = max(0.0, 1.0 - rule["step_down"] - rule["step_up"])
    here = 0.0
    if collect:
        here = let(tables, gains, i, judged, c, p) * choice(tables, net, state.sums, q, pool, own, g, p)
    for step in range(3):
        k = below if step == 0 else above if step == 2 else p
        stepped = rule["step_down"] if step == 0 else rule["step_up"] if step == 2 else same
        passes = let(tables, gains, i, judged, c, k)
        back.sums[g, pool, k] += each * stepped * passes
        if own >= 0:
            skips = each * stepped * passes
            if tables.guarded:
                skips *= way(tables, net, net.author[net.pools[pool]["mark"]], skipped, g, k)
            back.skipped[own, k] += skips
        if collect:
            worth = choice(tables, net, state.sums, q, pool, own, g, k)
            if tables.guarded:
                slopes.lets[i, judged, c, k] += each * stepped * worth
            if step == 0:
                slopes.step_down[i] += each * (passes * worth - here)
            elif step == 2:
                slopes.step_up[i] += each * (passes * worth - here)


@kernel
def clear(back, out):
    for row in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[row, k] = 0.0
            back.skipped[row, k] = 0.0
    for ear in range(back.heard.shape[0]):
        for k in range(out.shape[1]):
            back.heard[ear, k] = 0.0
    for c in range(back.worms.shape[0]):
        for m in range(back.worms.shape[1]):
            for k in range(out.shape[1]):
                back.worms[c, m, k] = 0.0
    for g in range(back.sums.shape[0]):
        for pool in range(back.sums.shape[1]):
            for k in range(out.shape[1]):
                back.sums[g, pool, k] = 0.0


@entry
def flow(tables, net, gains, state, back, q, goal, linear, weight, alarms, collect, slopes, out):
    """One pass: `out[row, rung]`, what of `weight[row, rung]` reaches each type of child.

    `state` is what `value` left at `q`. `alarms[ear, rung]` is weight that enters where a system
    senses something: false alarms. Where `collect`, derivatives are added to `slopes`.
    """
    catastrophe = tables.catastrophe
    top = min(goal, catastrophe)
    clear(back, out)
    for row in range(weight.shape[0]):
        s = net.row_system[row]
        scatter(tables, net, gains, state, back, q, weight, s, row, top, linear, collect, slopes, out)
    for c in range(tables.contagion.size):
        if net.groups == 1:
            infect(tables, net, gains, back, q, c, top, linear, collect, slopes, out)
        else:
            infect_across(tables, net, gains, back, q, c, top, linear, collect, slopes, out)
    for r in range(tables.systems.size):
        for g in range(net.groups):
            first, last = net.ears_first[r * net.groups + g], net.ears_last[r * net.groups + g]
            if first == last:
                continue
            for ear in range(first, last):
                for k in range(catastrophe):
                    back.heard[ear, k] += alarms[ear, k]
            unhear(tables, net, state, back, r, g, catastrophe, linear, collect, slopes)
            if net.has_blamed[r]:
                unaccuse(tables, net, state, back, r, g, catastrophe, collect, slopes)
            unanswer(tables, net, gains, state, back, q, r, g, catastrophe, linear, collect, slopes)
    for pool in range(net.pools.size):
        mark = net.pools[pool]["mark"]
        for j in range(net.pools[pool]["first"], net.pools[pool]["last"]):
            target = tables.targets[j]
            row = net.row_of[target, mark]
            if row >= 0:
                for g in range(net.groups):
                    for k in range(out.shape[1]):
                        out[row, k] += back.sums[g, pool, k] * way(
                            tables, net, net.author[mark], target, g, k
                        )
    for row in range(out.shape[0]):
        for k in range(out.shape[1]):
            if back.skipped[row, k] > 0.0:
                out[row, k] = max(0.0, out[row, k] - back.skipped[row, k])
