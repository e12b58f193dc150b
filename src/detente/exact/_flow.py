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
    landing,
    others_worth,
    reading,
    some,
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
        ear = net.ear_of[tables.watches[j]["watcher"], mark]
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
            ear, chance = net.ear_of[tables.watches[j]["watcher"], mark], tables.watches[j]["chance"]
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
def unhear(tables, net, state, back, r, catastrophe, linear, collect, slopes):
    """From what `r` senses to what it answers, through what it perceives."""
    system = tables.systems[r]
    for p in range(catastrophe):
        back.unblamed[r, WRONG, p] = 0.0
        back.unblamed[r, RIGHT, p] = 0.0
    for ear in range(net.ears_first[r], net.ears_last[r]):
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
                    by_blamed *= 1.0 - state.unblamed[r, righteous, p]
                    by_unblamed *= 1.0 - state.accused[ear, p]
                back.accused[ear, p] += by_blamed
                back.unblamed[r, righteous, p] += by_unblamed
            if collect:
                here = reading(state, r, ear, k, righteous, linear)
                if k + 1 < catastrophe:
                    above = reading(state, r, ear, k + 1, righteous, linear)
                    slopes.inflates[r] += weight * (above - here)
                if k > 0:
                    below = reading(state, r, ear, k - 1, righteous, linear)
                    slopes.deflates[r] += weight * (below - here)


@kernel
def unaccuse(tables, net, state, back, r, catastrophe, collect, slopes):
    """From the blame that `r` lays to its responses against each actor."""
    for b in range(tables.actors.size):
        for p in range(catastrophe):
            back.blamed[r, WRONG, b, p] = 0.0
            back.blamed[r, RIGHT, b, p] = 0.0
    for ear in range(net.ears_first[r], net.ears_last[r]):
        a = net.author[net.ear_mark[ear]]
        for b in range(tables.actors.size):
            for p in range(catastrophe):
                back.blamed[r, WRONG, b, p] += net.blame_wrong[ear, b] * back.accused[ear, p]
                if collect and b != a:
                    slopes.blame[ear, b] += back.accused[ear, p] * state.blamed[r, WRONG, b, p]
        if a != NOBODY:
            for p in range(catastrophe):
                back.blamed[r, RIGHT, a, p] += net.blame_right[ear] * back.accused[ear, p]
                if collect:
                    slopes.blame[ear, a] += back.accused[ear, p] * state.blamed[r, RIGHT, a, p]


@kernel
def others_fail(tables, net, gains, state, q, r, i, b, judged, p, catastrophe):
    """The probability that no rule of `r` succeeds but, perhaps, its rule `i`."""
    left = 1.0
    for j in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        rule, pool = tables.rules[j], net.rule_pools[j, b]
        if j != i and rule["at"] == tables.rules[i]["at"] and pool >= 0 and p >= rule["from_rung"]:
            x = landing(tables, net, state.sums, q, rule, pool, net.rule_skips[j], p, catastrophe)
            gain = gains.right[j] if judged == RIGHT else gains.wrong[j]
            left *= 1.0 - some(tables.laws[rule["law"]], gain * x, False)
    return left


@kernel
def unanswer(tables, net, gains, state, back, q, r, catastrophe, linear, collect, slopes):
    """From the responses of `r` to where their actions land."""
    for i in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        rule = tables.rules[i]
        law = tables.laws[rule["law"]]
        skipped = net.rule_skips[i]
        for b in range(tables.actors.size if rule["at"] == AT_BLAMED else 1):
            pool = net.rule_pools[i, b]
            if pool < 0:
                continue
            for p in range(rule["from_rung"], catastrophe):
                x = 0.0  # read only off the straight line, and by slopes
                if collect or not linear:
                    x = landing(tables, net, state.sums, q, rule, pool, skipped, p, catastrophe)
                carried = 0.0
                for judged in range(2):
                    if rule["at"] == AT_BLAMED:
                        weight, total = back.blamed[r, judged, b, p], state.blamed[r, judged, b, p]
                    else:
                        weight, total = back.unblamed[r, judged, p], state.unblamed[r, judged, p]
                    if weight == 0.0:
                        continue
                    gain = gains.right[i] if judged == RIGHT else gains.wrong[i]
                    if not linear and total > NEARLY_CERTAIN:
                        weight *= others_fail(tables, net, gains, state, q, r, i, b, judged, p, catastrophe)
                    elif not linear:
                        weight *= (1.0 - total) / (1.0 - some(law, gain * x, linear))
                    by = weight * some_slope(law, gain * x, linear)
                    carried += by * gain
                    if collect:
                        slopes.means[i] += weight * some_by_mean(law, gain * x, linear)
                        slopes.dispersions[i] += weight * some_by_dispersion(law, gain * x, linear)
                        if judged == RIGHT:
                            slopes.right[i] += by * x
                        else:
                            slopes.wrong[i] += by * x
                if carried > 0.0:
                    unland(
                        tables,
                        net,
                        state,
                        back,
                        q,
                        i,
                        rule,
                        pool,
                        skipped,
                        p,
                        catastrophe,
                        carried,
                        collect,
                        slopes,
                    )


@kernel
def unland(tables, net, state, back, q, i, rule, pool, skipped, p, catastrophe, carried, collect, slopes):
    """Spread the weight of one rule's actions over the systems they choose among."""
    own = -1 if skipped < 0 else net.row_of[skipped, net.pools[pool]["mark"]]
    each = carried / choices(net, pool, skipped)
    below, above = max(0, p - 1), min(p + 1, catastrophe)
    for step in range(3):
        k = below if step == 0 else above if step == 2 else p
        if step == 0:
            share = each * rule["step_down"]
        elif step == 2:
            share = each * rule["step_up"]
        else:
            share = each * max(0.0, 1.0 - rule["step_down"] - rule["step_up"])
        back.sums[pool, k] += share
        if own >= 0:
            back.skipped[own, k] += share
    if collect:
        here = choice(tables, net, state.sums, q, pool, own, p)
        slopes.step_down[i] += each * (choice(tables, net, state.sums, q, pool, own, below) - here)
        slopes.step_up[i] += each * (choice(tables, net, state.sums, q, pool, own, above) - here)


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
    for pool in range(back.sums.shape[0]):
        for k in range(out.shape[1]):
            back.sums[pool, k] = 0.0


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
        infect(tables, net, gains, back, q, c, top, linear, collect, slopes, out)
    for r in range(tables.systems.size):
        if net.ears_first[r] == net.ears_last[r]:
            continue
        for ear in range(net.ears_first[r], net.ears_last[r]):
            for k in range(catastrophe):
                back.heard[ear, k] += alarms[ear, k]
        unhear(tables, net, state, back, r, catastrophe, linear, collect, slopes)
        if net.has_blamed[r]:
            unaccuse(tables, net, state, back, r, catastrophe, collect, slopes)
        unanswer(tables, net, gains, state, back, q, r, catastrophe, linear, collect, slopes)
    for pool in range(net.pools.size):
        mark = net.pools[pool]["mark"]
        for j in range(net.pools[pool]["first"], net.pools[pool]["last"]):
            row = net.row_of[tables.targets[j], mark]
            if row >= 0:
                for k in range(out.shape[1]):
                    out[row, k] += back.sums[pool, k]
    for row in range(out.shape[0]):
        for k in range(out.shape[1]):
            if back.skipped[row, k] > 0.0:
                out[row, k] = max(0.0, out[row, k] - back.skipped[row, k])
