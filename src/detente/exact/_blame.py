"""Whom a system blames, in law: the probabilities behind `detente.engine._senses.blame`, and their slopes.

Whom it blames depends on the mark of an incident alone. Blame that leads to nothing (nobody, or the
system's own actor) is left out.
"""

from detente.engine._jit import entry, kernel
from detente.engine.tables import NOBODY


@kernel
def sides(system, author, points_to, i):
    """The `i`-th basis a system may judge on, and its chance: what the evidence says, or what lies behind it."""
    if points_to == author:
        return author, (1.0 if i == 0 else 0.0)
    if i == 0:
        return author, system["sees_through_spoofs"]
    return points_to, 1.0 - system["sees_through_spoofs"]


@kernel
def left_over(suspects, first, last, innocent):
    """The weight of the suspects without one."""
    left = 0.0
    for i in range(first, last):
        if suspects[i]["actor"] != innocent:
            left += suspects[i]["share"]
    return left


@entry
def blame_law(systems, suspects, has_blamed, ear_system, ear_mark, author, points_to, wrong, right):
    """Write, for each ear, the probability of blaming each actor wrongly (`wrong[ear, b]`), and the author (`right[ear]`)."""
    for ear in range(ear_system.size):
        system, m = systems[ear_system[ear]], ear_mark[ear]
        if not has_blamed[ear_system[ear]]:
            continue
        first, last = system["suspects_first"], system["suspects_last"]
        for i in range(2):
            basis, chance = sides(system, author[m], points_to[m], i)
            if chance <= 0.0:
                continue
            if basis == NOBODY:
                chance *= 1.0 - system["recognises_accidents"]
            else:
                wrong[ear, basis] += chance * system["attribution"]
                chance *= 1.0 - system["attribution"]
            left = left_over(suspects, first, last, basis)
            if left <= 0.0:
                continue
            for j in range(first, last):
                b = suspects[j]["actor"]
                if b != basis:
                    wrong[ear, b] += chance * suspects[j]["share"] / left
        wrong[ear, system["owner"]] = 0.0
        if author[m] != NOBODY:
            right[ear] = wrong[ear, author[m]]
            wrong[ear, author[m]] = 0.0


@entry
def blame_slopes(
    systems,
    suspects,
    has_blamed,
    ear_system,
    ear_mark,
    author,
    points_to,
    by,
    attribution,
    recognises,
    through,
    shares,
):
    """From the slope by each probability (`by[ear, b]`) to the slopes by what a scenario states of a system's senses."""
    for ear in range(ear_system.size):
        s, m = ear_system[ear], ear_mark[ear]
        if not has_blamed[s]:
            continue
        system = systems[s]
        first, last = system["suspects_first"], system["suspects_last"]
        by[ear, system["owner"]] = 0.0
        for i in range(2):
            basis, chance = sides(system, author[m], points_to[m], i)
            if i == 1 and points_to[m] == author[m]:
                continue
            left = left_over(suspects, first, last, basis)
            among = 0.0  # the mean slope over whom it suspects
            if left > 0.0:
                for j in range(first, last):
                    if suspects[j]["actor"] != basis:
                        among += by[ear, suspects[j]["actor"]] * suspects[j]["share"] / left
            if basis == NOBODY:
                kept = 1.0 - system["recognises_accidents"]
                worth = kept * among
                recognises[s] -= chance * among
            else:
                kept = 1.0 - system["attribution"]
                worth = system["attribution"] * by[ear, basis] + kept * among
                attribution[s] += chance * (by[ear, basis] - among)
            if points_to[m] != author[m]:
                through[s] += worth if i == 0 else -worth
            if left > 0.0:
                for j in range(first, last):
                    if suspects[j]["actor"] != basis:
                        shares[j] += chance * kept * (by[ear, suspects[j]["actor"]] - among) / left
