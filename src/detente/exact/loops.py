"""The loops that R rests on: who provokes whom, how strongly, and how long one turn takes.

With the Perron vectors v and w, e_ij = v_i M_ij w_j / (R v w) is the elasticity of R by each entry of the
mean operator. Summed over the types of each pair of systems it is a circulation: as much comes into a
system as goes out, and all of it sums to 1. Taken apart into cycles, each has its share of R.
(H. Caswell, Matrix Population Models, 2001, chapter 9; loop analysis: van Groenendael, de Kroon,
Kalisz and Tuljapurkar, Ecology 75, 1994.)
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from detente.engine.tables import ACTION, OUTAGE, WORM
from detente.exact._flux import block_between, flux
from detente.exact._radius import turn_radius
from detente.exact.criticality import Perron
from detente.exact.cycle_weights import cycle_weights
from detente.exact.cycles import Cycle, decompose
from detente.exact.laplace import medians
from detente.exact.network import Floats, Ints
from detente.exact.operator import Operator
from detente.model.vocabulary import Scenario

__all__ = ["MOST_LOOPS", "MOST_SYSTEMS", "Loop", "Turn", "loops"]

MOST_SYSTEMS = 300
"""Loops are looked for among so many systems, those that carry most of R."""
MOST_LOOPS = 1_000
"""So many loops are told, strongest first."""

_MOST_TURNS = 2_000
_MOST_WEIGHED = 120  # systems; beyond them cycles are too many to weigh each
_NEGLIGIBLE, _COARSE = 1e-9, 1e-4  # widest cycle left out, as a share of what is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step of a loop: what most of it goes through."""

    kind: str
    """action, outage or contagion"""
    by: str | None
    """the system that senses and acts; None for outages and contagion"""
    rule: str
    """path of the document's entry"""
    median_s: float
    """median delay, in seconds; with the command's review where most of it is not automated"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Incidents at each system provoke incidents at the next, and those at the last provoke the first again."""

    systems: tuple[str, ...]
    share: float
    """its share of R; all loops sum to 1"""
    gain: float
    """spectral radius of one turn of this loop alone: it runs away by itself where this is above 1; 0 where a turn
    comes back in a way that leads to no other turn, and only other loops that it crosses lead there again"""
    period_s: float
    """sum of the median delays of its steps"""
    turns: tuple[Turn, ...]
    """the steps, from each system to the next"""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def loops(scenario: Scenario, op: Operator, strongest: Perron) -> tuple[Loop, ...]:
    """The loops of a communicating class, strongest first; ties in the order of systems.

    In a class of `MOST_SYSTEMS` systems or more only the wider loops among those that carry most of R are
    found, and the shares sum to less than 1.
    """
    systems = _heaviest(op, strongest)
    carried, kinds, rows = _circulation(op, strongest, systems)
    cycles = _cycles(carried)
    gains, known = _Gains(op, strongest, systems), _Turns(scenario, op, kinds, rows)
    found = []
    for cycle in cycles[:MOST_LOOPS]:
        steps = [*pairwise(cycle.nodes), (cycle.nodes[-1], cycle.nodes[0])]
        turns = tuple(known.of(step) for step in steps)
        found.append(
            Loop(
                systems=tuple(scenario.systems[systems[node]].name for node in cycle.nodes),
                share=cycle.strength,
                gain=gains.of(steps),
                period_s=sum(turn.median_s for turn in turns),
                turns=turns,
            )
        )
    return tuple(found)


def _cycles(carried: Floats) -> tuple[Cycle, ...]:
    """Each cycle with the weight that chance gives it; among very many systems, widest first."""
    if len(carried) <= _MOST_WEIGHED:
        return cycle_weights(carried, negligible=_NEGLIGIBLE)
    return decompose(carried, negligible=_NEGLIGIBLE if len(carried) < MOST_SYSTEMS else _COARSE)


def _heaviest(op: Operator, strongest: Perron) -> Ints:
    """The systems of the class, or those that carry most of R, in the order of their names."""
    weight = (strongest.left * strongest.right).sum(axis=1)
    by_system = np.bincount(op.net.row_system, weights=weight, minlength=len(op.tables.systems))
    order = np.argsort(-by_system, kind="stable")
    return np.sort(order[by_system[order] > 0.0][:MOST_SYSTEMS])


def _circulation(op: Operator, strongest: Perron, systems: Ints) -> tuple[Floats, Ints, Ints]:
    """The share of R that goes from each system to each, and the kind and row of the coupling that carries most of it."""
    n = systems.size
    place = np.full(len(op.tables.systems), -1, np.int32)
    place[systems] = np.arange(n)
    carried, best = np.zeros((2, n, n))
    kinds, rows = np.zeros((2, n, n), np.int32)
    fired = np.zeros((2, len(op.tables.actors) + 1, op.rungs))
    flux(
        op.tables, op.net, op.plain, strongest.left, strongest.right, place, fired, np.zeros(n), carried, best,
        kinds, rows,
    )  # fmt: skip
    return carried / (strongest.radius * strongest.overlap), kinds, rows


class _Gains:
    """Spectral radii of single loops; the operator between two systems is worked out once.

    Only types of the class take part: no other type comes back.
    """

    def __init__(self, op: Operator, strongest: Perron, systems: Ints) -> None:
        self.op, self.systems = op, systems
        first, last = op.net.rows_first, op.net.rows_last
        self._types = [np.flatnonzero(strongest.members[first[s] : last[s]]) for s in systems.tolist()]
        widest = int((last - first)[systems].max(initial=1)) * op.rungs
        self._whole = np.empty((widest, widest))
        size = max((types.size for types in self._types), default=1)
        self._blocks = np.zeros((64, size, size))
        self._place: dict[tuple[int, int], int] = {}
        self._scratch = (np.empty((size, size)), np.empty((size, size)), np.empty((size, size), np.bool_))
        self._x, self._y = np.empty((2, size))

    def of(self, steps: Sequence[tuple[int, int]]) -> float:
        edges = np.array([self._block(*step) for step in steps])
        return float(turn_radius(self._blocks, edges, *self._scratch, self._x, self._y, _MOST_TURNS))

    def _block(self, a: int, b: int) -> int:
        place = self._place.setdefault((a, b), len(self._place))
        if place == len(self._place) - 1:
            if place == len(self._blocks):
                self._blocks = np.concatenate([self._blocks, np.zeros_like(self._blocks)])
            net, (s, t) = self.op.net, self.systems[[a, b]]
            block_between(self.op.tables, net, self.op.plain, s, t, self.op.rungs, self._whole)
            rows, columns = self._types[a], self._types[b]
            self._blocks[place, : rows.size, : columns.size] = self._whole[rows[:, None], columns]
        return place


class _Turns:
    """The steps between systems in words; each is worked out once."""

    def __init__(self, scenario: Scenario, op: Operator, kinds: Ints, rows: Ints) -> None:
        self.op, self.kinds, self.rows = op, kinds, rows
        tables = op.tables
        responses = [(system.name, rule.path) for system in scenario.systems for rule in system.responds]
        self._words: dict[int, tuple[str, Sequence[tuple[str | None, str]], list[float]]] = {
            ACTION: ("action", responses, self._rule_medians()),
            OUTAGE: (
                "outage",
                [(None, link.path) for link in scenario.dependencies],
                _medians(tables.outages),
            ),
            WORM: (
                "contagion",
                [(None, worm.path) for worm in scenario.contagion],
                _medians(tables.contagion),
            ),
        }
        self._found: dict[tuple[int, int], Turn] = {}

    def of(self, step: tuple[int, int]) -> Turn:
        if step not in self._found:
            kind, entries, seconds = self._words[int(self.kinds[step])]
            row = int(self.rows[step])
            by, rule = entries[row]
            self._found[step] = Turn(kind=kind, by=by, rule=rule, median_s=seconds[row])
        return self._found[step]

    def _rule_medians(self) -> list[float]:
        """Of each rule's delay; with the command's review where most of it goes through the command."""
        tables = self.op.tables
        commands = tables.actors[tables.systems["owner"][tables.rules["system"]]]
        asked = 1.0 - tables.rules["autonomy"]
        approved = asked * np.maximum(commands["approves_right"], commands["approves_wrong"])
        review = np.array(_medians(commands, "review"))
        mostly = (commands["has_command"] == 1) & (approved > tables.rules["autonomy"])
        found: list[float] = (np.array(_medians(tables.rules)) + np.where(mostly, review, 0.0)).tolist()
        return found


def _medians(rows: Any, prefix: str = "delay") -> list[float]:
    found: list[float] = medians(*(rows[f"{prefix}_{name}"] for name in ("law", "scale", "spread"))).tolist()
    return found
