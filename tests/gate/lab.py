"""The lab's side of the comparison: the kernel's own functions, driven with a stream of what happens when.

`answers` walks through a stream once. At each incident it does what `_kernel.attend` does with an adopter's memory
(`note`), at each proposed action what `_kernel.respond` does (`judge`, the targets, `act`). Nothing of a safeguard
is written again here: what becomes of an action is read off the place where `act` puts it.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine._armed import has_verdict, verdict_time
from detente.engine._chance import (
    AUTOMATED,
    CONFIDENCE,
    CUT_OFF,
    ITSELF,
    RED_LINE,
    RESTRAIN,
    WITHHOLD,
    uniform,
)
from detente.engine._guards import contradiction
from detente.engine._jit import entry
from detente.engine._kernel import act
from detente.engine._senses import judge, note
from detente.engine.run import new_log, new_work
from detente.engine.tables import (
    AT_BLAMED,
    AT_RUNG,
    AT_SYSTEM,
    NOBODY,
    PASSES,
    PENDING,
    REVIEWED,
    SERIAL,
    STAMP,
    STOPPER,
    STOPS_LOGGED,
    Tables,
)

INCIDENT, ACTION = range(2)

EVENT = np.dtype(
    [
        ("kind", "i4"),
        ("time", "f8"),
        ("key", "u8"),  # incident: its key; action: the key of the action
        ("system", "i4"),  # incident: where it happens
        ("rung", "i4"),  # incident: its rung; action: the rung perceived
        ("author", "i4"),
        ("points_to", "i4"),
        ("root", "i4"),
        ("root_key", "u8"),
        ("sensed", "u8"),  # incident: a bit for each actor that senses it
        ("rule", "i4"),  # action: the rule
        ("trigger", "i4"),  # action: position of the incident answered
    ],
    align=True,
)

ANSWER = np.dtype(
    [
        ("proposed", "i4"),  # 0: nobody to act against
        ("stopper", "i4"),
        ("target", "i4"),
        ("rung", "i4"),
        ("lands", "f8"),
        ("reviewed", "i4"),
        ("blamed", "i4"),
        ("right", "i4"),
        ("has_verdict", "i4"),
        ("verdict_at", "f8"),
        ("contradicted_at", "f8"),
        ("told", "i4"),  # whom the verdict blames when it comes
        ("confidence", "f8"),  # draws
        ("red_line", "f8"),
        ("cut_off", "f8"),
        ("restrain", "f8"),
        ("withhold", "f8"),
        ("automated", "f8"),
    ],
    align=True,
)
UNKNOWN = -2  # an actor that was not asked for


class Lab(NamedTuple):
    """Scratch memory of the kernel, used again for stream after stream."""

    work: t.Work
    log: t.Log


def lab(tables: Tables) -> Lab:
    return Lab(new_work(tables), new_log(8))


def ask(tables: Tables, lab: Lab, events: npt.NDArray[np.void], crisis: int) -> npt.NDArray[np.void]:
    """What the kernel makes of each action of a stream; rows of incidents stay empty."""
    found = np.zeros(events.size, ANSWER)
    answers(tables, lab.work, lab.log, np.uint64(crisis), events, found)
    return found


@entry
def answers(tables, work, log, crisis, events, found):
    work.state[STAMP] += 1
    work.state[SERIAL] = 0
    work.crisis[0] = crisis
    work.begun[0] = math.inf
    for i in range(events.size):
        event = events[i]
        if event["kind"] == INCIDENT:
            work.state[SERIAL] += 1
            for actor in range(tables.actors.size):
                if (event["sensed"] >> np.uint64(actor)) & np.uint64(1) and tables.guards[actor][
                    "trips_at"
                ] > 0:
                    for _ in range(2):  # two of its systems sense it, which counts once
                        note(
                            tables.guards[actor], work, tables.actors.size + actor, event["time"],
                            work.state[STAMP], work.state[SERIAL],
                        )  # fmt: skip
        else:
            answer(tables, work, log, event, events[event["trigger"]], found[i])


@entry
def answer(tables, work, log, event, trigger, row):
    time, child, q = event["time"], event["key"], event["rule"]
    rule = tables.rules[q]
    system = tables.systems[rule["system"]]
    owner = system["owner"]
    key, author, points_to = trigger["key"], trigger["author"], trigger["points_to"]
    root, root_key = trigger["root"], trigger["root_key"]
    domain = tables.systems[trigger["system"]]["domain"]
    crisis = work.crisis[0]
    blamed, right = NOBODY, author != NOBODY
    first, last, skip = rule["targets_first"], rule["targets_last"], rule["skip"]
    if rule["at"] == AT_BLAMED:
        blamed = judge(tables, crisis, system, key, author, points_to, time, root, root_key)
        row["blamed"] = blamed
        if blamed == NOBODY or blamed == owner:  # noqa: PLR1714, SIM109 -- compiled
            return
        group = blamed * tables.domain_count + rule["domain"]
        first, last, skip = tables.groups[group], tables.groups[group + 1], -1
        right = blamed == author
    if last - first <= (1 if skip >= 0 else 0):
        return
    row["proposed"] = 1
    row["blamed"] = blamed
    row["right"] = 1 if right else 0
    row["confidence"] = uniform(key, system["id"], CONFIDENCE)
    row["red_line"] = uniform(child, ITSELF, RED_LINE)
    row["cut_off"] = uniform(child, ITSELF, CUT_OFF)
    row["restrain"] = uniform(child, ITSELF, RESTRAIN)
    row["withhold"] = uniform(child, ITSELF, WITHHOLD)
    row["automated"] = uniform(child, ITSELF, AUTOMATED)
    row["contradicted_at"], row["verdict_at"], row["told"] = math.inf, math.inf, UNKNOWN
    if tables.guards[owner]["uses_verdicts"]:
        row["verdict_at"] = verdict_time(tables, tables.guards[owner], root, root_key)
        row["has_verdict"] = 1 if has_verdict(tables, crisis, owner, time, root, root_key) else 0
        row["contradicted_at"] = contradiction(
            tables, work, q, key, author, points_to, blamed, time, root, root_key
        )
        if rule["at"] == AT_BLAMED:
            after = max(time, row["verdict_at"])
            row["told"] = judge(tables, crisis, system, key, author, points_to, after, root, root_key)
    work.state[PENDING] = 0
    work.state[STOPS_LOGGED] = 0
    act(
        tables, work, log, time, child, q, event["rung"], first, last, skip, False, right, blamed, domain,
        key, author, points_to, root, root_key, 0, 0, 0,
    )  # fmt: skip
    if work.state[STOPS_LOGGED] == 1:
        row["stopper"] = log.stops[0, STOPPER]
        row["target"], row["rung"] = log.stops[0, AT_SYSTEM], log.stops[0, AT_RUNG]
        return
    row["stopper"] = PASSES
    slot = work.slots[0]
    row["target"], row["rung"] = work.pending[slot, AT_SYSTEM], work.pending[slot, AT_RUNG]
    row["reviewed"], row["lands"] = work.pending[slot, REVIEWED], work.times[0]
