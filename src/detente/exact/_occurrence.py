"""Which marks can occur at which system, and which of them each system can sense, whatever the rung.

A search from the shocks and false alarms along everything that has a chance at all.
"""

from detente.engine._jit import entry, kernel
from detente.engine.tables import AT_BLAMED

ACCIDENT = 0


@kernel
def arrive(s, m, occurs, queue, size):
    """Note that mark `m` can occur at system `s`."""
    if not occurs[s, m]:
        occurs[s, m] = True
        queue[size] = s * occurs.shape[1] + m
        return size + 1
    return size


@kernel
def react(tables, pools, rule_pools, blames, r, listener, m, heard, pool_done, occurs, queue, size):
    """Everything that system `r` may do once it has sensed mark `m` as that listener."""
    if heard[listener, m]:
        return size
    heard[listener, m] = True
    for i in range(tables.systems[r]["rules_first"], tables.systems[r]["rules_last"]):
        is_blamed = tables.rules[i]["at"] == AT_BLAMED
        for b in range(tables.actors.size if is_blamed else 1):
            pool = rule_pools[i, b]
            if pool < 0 or pool_done[pool] or (is_blamed and not blames[r, b]):
                continue
            pool_done[pool] = True
            for j in range(pools[pool]["first"], pools[pool]["last"]):
                size = arrive(tables.targets[j], pools[pool]["mark"], occurs, queue, size)
    return size


@entry
def occurrence(
    tables, groups, group, pools, rule_pools, blames, root_marks, alarms, occurs, heard, pool_done, queue
):
    """Write `occurs[system, mark]` and `heard[listener, mark]`; `alarms` says which roots are false alarms."""
    size = 0
    for i in range(tables.roots.size):
        s = tables.roots[i]["system"]
        if alarms[i]:
            size = react(
                tables, pools, rule_pools, blames, s, s * groups + group[s], root_marks[i], heard, pool_done,
                occurs, queue, size,
            )  # fmt: skip
        else:
            size = arrive(s, root_marks[i], occurs, queue, size)
    done = 0
    while done < size:
        s, m = queue[done] // occurs.shape[1], queue[done] % occurs.shape[1]
        done += 1
        system = tables.systems[s]
        for j in range(system["outages_first"], system["outages_last"]):
            size = arrive(tables.outages[j]["target"], ACCIDENT, occurs, queue, size)
        for j in range(system["infections_first"], system["infections_last"]):
            worm = tables.contagion[tables.infections[j]]
            for i in range(worm["members_first"], worm["members_last"]):
                size = arrive(tables.members[i], m, occurs, queue, size)
        for j in range(system["watches_first"], system["watches_last"]):
            r = tables.watches[j]["watcher"]
            if tables.systems[r]["rules_first"] < tables.systems[r]["rules_last"]:
                size = react(
                    tables, pools, rule_pools, blames, r, r * groups + group[s], m, heard, pool_done,
                    occurs, queue, size,
                )  # fmt: skip
