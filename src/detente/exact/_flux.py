"""Along which couplings a loop runs: the mean operator taken apart by system hit and system hit next.

What `_value` sums over targets, these kernels keep apart, for a few systems (`place[system]` is the
position of each, -1 for the rest).
"""

from detente.engine._jit import entry, kernel
from detente.engine.tables import ACTION, AT_BLAMED, NOBODY, OUTAGE, WORM
from detente.exact._value import ACCIDENT, RIGHT, WRONG, choices, crossing, let, way


@kernel
def freely(tables, net, gains, i, judged, owner, target, g, k):
    """The chance that static safeguards let an action of rule `i` through, however sure the blame."""
    if not tables.guarded:
        return 1.0
    r, passes = tables.rules[i]["system"], 0.0
    for c in range(net.class_share.shape[2]):
        passes += net.class_share[r, judged, c] * let(tables, gains, i, judged, c, k)
    if tables.rules[i]["at"] != AT_BLAMED:
        passes = let(tables, gains, i, judged, 0, k)
    return passes * way(tables, net, owner, target, g, k)


@kernel
def stepped(tables, net, gains, i, judged, owner, target, g, x, row, p):
    """The mean of `x` over where the rung of an action that answers p may step to, as far as it is let through."""
    rule = tables.rules[i]
    same = max(0.0, 1.0 - rule["step_down"] - rule["step_up"])
    below, above = max(0, p - 1), min(p + 1, tables.catastrophe)
    return (
        rule["step_down"] * x[row, below] * freely(tables, net, gains, i, judged, owner, target, g, below)
        + same * x[row, p] * freely(tables, net, gains, i, judged, owner, target, g, p)
        + rule["step_up"] * x[row, above] * freely(tables, net, gains, i, judged, owner, target, g, above)
    )


@kernel
def fire(tables, net, s, r, chance, weight, fired):
    """How often, by judgement, blamed actor and perceived rung, incidents at `s` move `r`: in the last column, without blame."""
    system = tables.systems[r]
    nobody = tables.actors.size
    for judged in range(2):
        for b in range(nobody + 1):
            for p in range(tables.catastrophe):
                fired[judged, b, p] = 0.0
    for row in range(net.rows_first[s], net.rows_last[s]):
        ear = net.ear_of[r * net.groups + net.group[s], net.row_mark[row]]
        author = net.author[net.row_mark[row]]
        righteous = WRONG if author == NOBODY else RIGHT
        for k in range(tables.catastrophe):
            if weight[row, k] <= 0.0:
                continue
            up = system["inflates"] if k + 1 < tables.catastrophe else 0.0
            down = system["deflates"] if k > 0 else 0.0
            for p in range(max(0, k - 1), min(tables.catastrophe, k + 2)):
                often = (
                    weight[row, k] * chance * (max(0.0, 1.0 - up - down) if p == k else up if p > k else down)
                )
                fired[righteous, nobody, p] += often
                if net.has_blamed[r]:
                    for b in range(nobody):
                        fired[WRONG, b, p] += often * net.blame_wrong[ear, b]
                    if author != NOBODY:
                        fired[RIGHT, author, p] += often * net.blame_right[ear]


@kernel
def keep_best(through, best, best_kind, best_row, i, n, kind, row):
    """Add what one coupling carries from system `i`, and note it where it carries the most."""
    for j in range(n):
        if through[j] > best[i, j]:
            best[i, j] = through[j]
            best_kind[i, j] = kind
            best_row[i, j] = row


@entry
def flux(tables, net, gains, left, right, place, fired, through, carried, best, best_kind, best_row):
    """Write `carried[i, j]`: left x mean operator x right from the i-th system to the j-th, and which coupling carries most."""
    n = carried.shape[0]
    nobody = tables.actors.size
    for s in range(tables.systems.size):
        i = place[s]
        if i < 0:
            continue
        system = tables.systems[s]
        for j in range(system["outages_first"], system["outages_last"]):
            link = tables.outages[j]
            to = place[link["target"]]
            if to < 0:
                continue
            through[:] = 0.0
            there = net.row_of[link["target"], ACCIDENT]
            for row in range(net.rows_first[s], net.rows_last[s]):
                for k in range(link["at_least"], tables.catastrophe):
                    through[to] += left[row, k] * gains.outages[j] * right[there, max(0, k - link["drops"])]
            carried[i, to] += through[to]
            keep_best(through, best, best_kind, best_row, i, n, OUTAGE, j)
        for j in range(system["infections_first"], system["infections_last"]):
            c = tables.infections[j]
            worm = tables.contagion[c]
            through[:] = 0.0
            for member in range(worm["members_first"], worm["members_last"]):
                to = place[tables.members[member]]
                if to < 0 or tables.members[member] == s:
                    continue
                for row in range(net.rows_first[s], net.rows_last[s]):
                    there = net.row_of[tables.members[member], net.row_mark[row]]
                    for k in range(worm["at_least"], tables.catastrophe):
                        gain = gains.contagion[c] * crossing(tables, s, tables.members[member])
                        through[to] += left[row, k] * gain * right[there, max(0, k - worm["drops"])]
                carried[i, to] += through[to]
            keep_best(through, best, best_kind, best_row, i, n, WORM, c)
        for j in range(system["watches_first"], system["watches_last"]):
            r = tables.watches[j]["watcher"]
            listener = r * net.groups + net.group[s]
            if net.ears_first[listener] == net.ears_last[listener]:
                continue
            fire(tables, net, s, r, tables.watches[j]["chance"], left, fired)
            for q in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
                rule = tables.rules[q]
                mean = tables.laws[rule["law"]]["mean"]
                is_blamed = rule["at"] == AT_BLAMED
                through[:] = 0.0
                for b in range(nobody if is_blamed else 1):
                    pool = net.rule_pools[q, b]
                    if pool < 0:
                        continue
                    column = b if is_blamed else nobody
                    share = mean / choices(net, pool, net.rule_skips[q])
                    for p in range(rule["from_rung"], tables.catastrophe):
                        wrongly = fired[WRONG, column, p] * gains.wrong[q] * share
                        rightly = fired[RIGHT, column, p] * gains.right[q] * share
                        if wrongly + rightly <= 0.0:
                            continue
                        owner = net.author[net.pools[pool]["mark"]]
                        for target in range(net.pools[pool]["first"], net.pools[pool]["last"]):
                            t = tables.targets[target]
                            there = net.row_of[t, net.pools[pool]["mark"]]
                            if place[t] < 0 or t == net.rule_skips[q] or there < 0:
                                continue
                            g = net.group[s]
                            worth = stepped(tables, net, gains, q, WRONG, owner, t, g, right, there, p)
                            through[place[t]] += wrongly * worth
                            if tables.guarded:
                                worth = stepped(tables, net, gains, q, RIGHT, owner, t, g, right, there, p)
                            through[place[t]] += rightly * worth
                for to in range(n):
                    carried[i, to] += through[to]
                keep_best(through, best, best_kind, best_row, i, n, ACTION, q)


@kernel
def contains(tables, net, pool, skipped, t):
    """Whether system `t` is among those that an action may choose."""
    if t == skipped:
        return False
    for target in range(net.pools[pool]["first"], net.pools[pool]["last"]):
        if tables.targets[target] == t:
            return True
    return False


@kernel
def add_step(tables, net, gains, block, i, q, judged, owner, t, g, column, p, amount):
    """Add the children of one response to a row of a block, by the rung they land at."""
    rule = tables.rules[q]
    below, above = max(0, p - 1), min(p + 1, tables.catastrophe)
    same = max(0.0, 1.0 - rule["step_down"] - rule["step_up"])
    free = freely(tables, net, gains, q, judged, owner, t, g, below)
    block[i, column + below] += amount * rule["step_down"] * free
    block[i, column + p] += amount * same * freely(tables, net, gains, q, judged, owner, t, g, p)
    free = freely(tables, net, gains, q, judged, owner, t, g, above)
    block[i, column + above] += amount * rule["step_up"] * free


@entry
def block_between(tables, net, gains, s, t, rungs, block):
    """Write the mean operator from incidents at `s` to incidents at `t`: `block[(row of s, rung), (row of t, rung)]`."""
    system = tables.systems[s]
    catastrophe = tables.catastrophe
    first = net.rows_first[t]
    block[:] = 0.0
    for row in range(net.rows_first[s], net.rows_last[s]):
        mark = net.row_mark[row]
        author = net.author[mark]
        righteous = WRONG if author == NOBODY else RIGHT
        for k in range(catastrophe):
            i = (row - net.rows_first[s]) * rungs + k
            for j in range(system["outages_first"], system["outages_last"]):
                link = tables.outages[j]
                if link["target"] == t and k >= link["at_least"]:
                    column = (net.row_of[t, ACCIDENT] - first) * rungs
                    block[i, column + max(0, k - link["drops"])] += gains.outages[j]
            for j in range(system["infections_first"], system["infections_last"]):
                c = tables.infections[j]
                worm = tables.contagion[c]
                for member in range(worm["members_first"], worm["members_last"]):
                    if tables.members[member] == t and t != s and k >= worm["at_least"]:
                        column = (net.row_of[t, mark] - first) * rungs
                        block[i, column + max(0, k - worm["drops"])] += gains.contagion[c] * crossing(
                            tables, s, t
                        )
            for j in range(system["watches_first"], system["watches_last"]):
                r = tables.watches[j]["watcher"]
                ear = net.ear_of[r * net.groups + net.group[s], mark]
                if ear < 0:
                    continue
                up = tables.systems[r]["inflates"] if k + 1 < catastrophe else 0.0
                down = tables.systems[r]["deflates"] if k > 0 else 0.0
                for q in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
                    rule = tables.rules[q]
                    is_blamed = rule["at"] == AT_BLAMED
                    for b in range(tables.actors.size if is_blamed else 1):
                        pool = net.rule_pools[q, b]
                        if pool < 0 or not contains(tables, net, pool, net.rule_skips[q], t):
                            continue
                        mean = tables.laws[rule["law"]]["mean"] / choices(net, pool, net.rule_skips[q])
                        there = net.row_of[t, net.pools[pool]["mark"]]
                        if there < 0:
                            continue
                        column = (there - first) * rungs
                        owner = net.author[net.pools[pool]["mark"]]
                        for judged in range(2):
                            gain = gains.right[q] if judged == RIGHT else gains.wrong[q]
                            if is_blamed and judged == WRONG:
                                lands = net.blame_wrong[ear, b] * gain
                            elif is_blamed:
                                lands = net.blame_right[ear] * gain if b == author else 0.0
                            else:
                                lands = gain if judged == righteous else 0.0
                            if lands <= 0.0:
                                continue
                            for p in range(max(rule["from_rung"], k - 1, 0), min(catastrophe, k + 2)):
                                read = max(0.0, 1.0 - up - down) if p == k else up if p > k else down
                                amount = tables.watches[j]["chance"] * read * lands * mean
                                add_step(
                                    tables, net, gains, block, i, q, judged, owner, t, net.group[s], column, p,
                                    amount,
                                )  # fmt: skip
