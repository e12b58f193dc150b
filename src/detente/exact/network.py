"""What the solver adds to the compiled tables: marks, pools of targets, the law of blame.

Nothing here is a second reading of the scenario: all of it is derived from the kernel's own tables.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine.tables import Tables
from detente.exact._blame import blame_law
from detente.exact._occurrence import occurrence
from detente.exact.static import class_shares, group_of, lets, reviews

__all__ = [
    "NO_LETS",
    "POOL",
    "Floats",
    "Gains",
    "Ints",
    "Mask",
    "Network",
    "automation",
    "by_command",
    "gains",
    "network",
    "root_marks",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

POOL = np.dtype([("mark", "i4"), ("first", "i4"), ("last", "i4")], align=True)
"""Systems an action may choose among (a range of `Tables.targets`), and the mark it bears."""

NO_LETS: Floats = np.zeros((0, 2, 1, 0))
"""`Gains.lets` where no safeguard stands"""


class Network(NamedTuple):
    """Marks, pools, and the rows and ears that can occur; M marks, A actors, S systems, Q rules, R rows, E ears.

    A listener is a system and a group of domains, L = S x G of them: it hears what happens there.
    """

    author: Ints
    """(M,) who did it, by mark; mark 0 is an accident"""
    points_to: Ints
    """(M,) whom the evidence names"""
    pools: npt.NDArray[Any]
    """POOL"""
    rule_pools: Ints
    """(Q, A) pool of a rule by whom is blamed, -1 where nobody is there; a rule that needs no blame uses column 0"""
    rule_skips: Ints
    """(Q,) system that a rule passes over, or -1"""
    has_blamed: Mask
    """(S,) whether a system has rules that need blame"""
    row_of: Ints
    """(S, M) row of a system and a mark, -1 where it cannot occur"""
    row_system: Ints
    row_mark: Ints
    rows_first: Ints
    """(S,) the rows of each system lie together"""
    rows_last: Ints
    ear_of: Ints
    """(L, M) what a listener can sense of that mark, -1 where it cannot or would not answer"""
    ear_system: Ints
    """the system it belongs to"""
    ear_mark: Ints
    ears_first: Ints
    """(L,) the ears of each listener lie together"""
    ears_last: Ints
    groups: int
    """G, of domains that listeners tell apart; 1 unless compartments stand"""
    group: Ints
    """(S,) group of each system"""
    class_share: Floats
    """(S, wrong or right, C) how often the confidence in a blame falls into each class"""
    blame_wrong: Floats
    """(E, A) probability that a system blames that actor, and is wrong"""
    blame_right: Floats
    """(E,) probability that it blames the author"""


class Gains(NamedTuple):
    """The chance that a child comes about, coupling by coupling; under a growth rate, discounted by its delay."""

    right: Floats
    """(Q,) that an action on a right blame lands"""
    wrong: Floats
    """(Q,) that an action on a wrong blame lands"""
    outages: Floats
    """one per dependency"""
    contagion: Floats
    """one per contagion rule"""
    lets: Floats
    """(Q, wrong or right, C, K) that floor and review let an action of that rung through; empty without safeguards"""


class _Marks:
    """Gives each (author, points to) its position, in order of first use."""

    def __init__(self) -> None:
        self.of: dict[tuple[int, int], int] = {(t.NOBODY, t.NOBODY): 0}

    def __call__(self, author: int, points_to: int) -> int:
        return self.of.setdefault((author, points_to), len(self.of))


def network(tables: Tables) -> Network:
    """The solver's part of the tables."""
    marks = _Marks()
    rule_marks = _rule_marks(tables, marks)
    starts = np.array([marks(int(root["author"]), int(root["points_to"])) for root in tables.roots], np.int32)
    pools, rule_pools = _pools(tables, rule_marks)
    author, points_to = (np.array(side, np.int32) for side in zip(*marks.of, strict=True))
    has_blamed = np.zeros(len(tables.systems), np.bool_)
    has_blamed[tables.rules["system"][tables.rules["at"] == t.AT_BLAMED]] = True
    groups, group = group_of(tables)
    occurs, heard = _occurrence(tables, groups, group, pools, rule_pools, starts, author.size)
    row_of, row_system, row_mark, rows_first, rows_last = _numbered(occurs)
    ear_of, listener, ear_mark, ears_first, ears_last = _numbered(heard)
    ear_system = (listener // groups).astype(np.int32)
    wrong, right = np.zeros((ear_system.size, len(tables.actors))), np.zeros(ear_system.size)
    blame_law(
        tables.systems, tables.suspects, has_blamed, ear_system, ear_mark, author, points_to, wrong, right
    )
    return Network(
        author=author,
        points_to=points_to,
        pools=pools,
        rule_pools=rule_pools,
        rule_skips=_skips(tables),
        has_blamed=has_blamed,
        row_of=row_of,
        row_system=row_system,
        row_mark=row_mark,
        rows_first=rows_first,
        rows_last=rows_last,
        ear_of=ear_of,
        ear_system=ear_system,
        ear_mark=ear_mark,
        ears_first=ears_first,
        ears_last=ears_last,
        groups=groups,
        group=group,
        class_share=class_shares(tables),
        blame_wrong=wrong,
        blame_right=right,
    )


def root_marks(tables: Tables, net: Network) -> Ints:
    """The mark of each row of `Tables.roots`."""
    of = {pair: m for m, pair in enumerate(zip(net.author.tolist(), net.points_to.tolist(), strict=True))}
    pairs = zip(tables.roots["author"].tolist(), tables.roots["points_to"].tolist(), strict=True)
    return np.array([of[pair] for pair in pairs], np.int32)


def gains(tables: Tables) -> Gains:
    """The plain chances: automated, or approved by the owner's command; an outage or infection spreads."""
    automated = automation(tables)
    by_right, by_wrong = by_command(tables)
    acts = tables.guards["acts"][tables.systems["owner"][tables.rules["system"]]]
    return Gains(
        right=acts * (automated + by_right),
        wrong=acts * (automated + by_wrong),
        outages=np.ascontiguousarray(tables.outages["spreads"]),
        contagion=np.ascontiguousarray(tables.contagion["spreads"]),
        lets=lets(tables, reviews(tables)) if tables.guarded else NO_LETS,
    )


def automation(tables: Tables) -> Floats:
    """(Q,) the share of each rule's actions that needs no command, as the phased rollout permits."""
    cap = tables.guards["autonomy"][tables.systems["owner"][tables.rules["system"]]]
    found: Floats = np.minimum(tables.rules["autonomy"], cap)
    return found


def by_command(tables: Tables) -> tuple[Floats, Floats]:
    """(Q,) the share that the owner's command approves, on a right blame and on a wrong one."""
    owners = tables.systems["owner"][tables.rules["system"]]
    owner, guard = tables.actors[owners], tables.guards[owners]
    asked = (1.0 - automation(tables)) * owner["has_command"]
    return asked * owner["approves_right"], asked * owner["approves_wrong"] * guard["errs"]


def _occurrence(
    tables: Tables,
    groups: int,
    group: Ints,
    pools: npt.NDArray[Any],
    rule_pools: Ints,
    starts: Ints,
    marks: int,
) -> tuple[Mask, Mask]:
    """Which marks can occur at each system, and which each listener can sense and would answer."""
    systems = len(tables.systems)
    blames = np.repeat((tables.systems["attribution"] > 0.0)[:, None], len(tables.actors), axis=1)
    suspected = tables.suspects["share"] > 0.0
    holder = np.repeat(np.arange(systems), tables.systems["suspects_last"] - tables.systems["suspects_first"])
    blames[holder[suspected], tables.suspects["actor"][suspected]] = True
    occurs, heard = np.zeros((systems, marks), np.bool_), np.zeros((systems * groups, marks), np.bool_)
    alarms = tables.roots["kind"] == t.PHANTOM
    occurrence(
        tables, groups, group, pools, rule_pools, blames, starts, alarms, occurs, heard,
        np.zeros(len(pools), np.bool_),
        np.zeros(systems * marks, np.int64),
    )  # fmt: skip
    return occurs, heard


def _numbered(present: Mask) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Numbers what is present, by system and mark: (number of each, its system, its mark, first and last by system)."""
    system, mark = (side.astype(np.int32) for side in np.nonzero(present))
    of = np.full(present.shape, -1, np.int32)
    of[system, mark] = np.arange(system.size)
    ends = np.cumsum(present.sum(axis=1)).astype(np.int32)
    return of, system, mark, (ends - present.sum(axis=1)).astype(np.int32), ends


def _rule_marks(tables: Tables, marks: _Marks) -> list[int]:
    owners = tables.systems["owner"][tables.rules["system"]].tolist()
    poses = tables.rules["poses_as"].tolist()
    return [
        marks(owner, owner if pose == t.NOBODY else pose) for owner, pose in zip(owners, poses, strict=True)
    ]


def _pools(tables: Tables, rule_marks: list[int]) -> tuple[npt.NDArray[Any], Ints]:
    """Rules with the same mark and the same range of targets share a pool."""
    actors = len(tables.actors)
    found: dict[tuple[int, int, int], int] = {}
    blamed: dict[tuple[int, int, int], list[int]] = {}
    rule_pools = np.full((len(tables.rules), max(1, actors)), -1, np.int32)
    groups = tables.groups.tolist()
    owners = tables.systems["owner"][tables.rules["system"]].tolist()
    fields = (
        tables.rules[name].tolist() for name in ("at", "domain", "targets_first", "targets_last", "skip")
    )
    for i, (at, domain, first, last, skip) in enumerate(zip(*fields, strict=True)):
        if at != t.AT_BLAMED:
            if last - first > (1 if skip >= 0 else 0):
                rule_pools[i, 0] = found.setdefault((rule_marks[i], first, last), len(found))
            continue
        key = (rule_marks[i], domain, owners[i])
        if key not in blamed:
            row = [-1] * actors
            for b in range(actors):
                group = b * tables.domain_count + domain
                theirs = (rule_marks[i], groups[group], groups[group + 1])
                if theirs[2] > theirs[1] and b != owners[i]:
                    row[b] = found.setdefault(theirs, len(found))
            blamed[key] = row
        rule_pools[i] = blamed[key]
    return np.array(list(found), dtype=POOL) if found else np.zeros(0, POOL), rule_pools


def _skips(tables: Tables) -> Ints:
    skips = np.full(len(tables.rules), -1, np.int32)
    passes = np.flatnonzero((tables.rules["skip"] >= 0) & (tables.rules["at"] != t.AT_BLAMED))
    skips[passes] = tables.targets[tables.rules["targets_first"][passes] + tables.rules["skip"][passes]]
    return skips
