"""One scenario, ready to be solved: tables, network, chances, and the memory for passes over them."""

from typing import NamedTuple

import numpy as np

from detente.engine.tables import PHANTOM, Tables
from detente.exact._flow import flow
from detente.exact._passes import descend, power, power_back
from detente.exact._value import value
from detente.exact.fixed_point import Mixing, tolerance_for
from detente.exact.network import Floats, Gains, Network, gains, network, root_marks
from detente.exact.static import effective

__all__ = ["Operator", "Slopes"]


class State(NamedTuple):
    """What each step of a pass was worth, or the weight that reached it.

    R rows, E ears, M marks, K rungs, A actors, L listeners, G groups, C classes of confidence.
    """

    sums: Floats
    """(G, pools, K)"""
    worms: Floats
    """(contagion rules, M, K)"""
    unblamed: Floats
    """(L, wrong or right, K)"""
    blamed: Floats
    """(L, wrong or right, C, A, K)"""
    accused: Floats
    """(E, K)"""
    heard: Floats
    """(E, K)"""
    left: Floats
    """(R, K), only on the way back"""
    skipped: Floats
    """(R, K), only on the way back"""


class Slopes(NamedTuple):
    """Derivatives by the numbers of the tables, in the shapes of the tables."""

    watches: Floats
    outages: Floats
    contagion: Floats
    inflates: Floats
    deflates: Floats
    blame: Floats
    """(E, A), by the probability of that blame"""
    right: Floats
    wrong: Floats
    means: Floats
    dispersions: Floats
    step_down: Floats
    step_up: Floats
    classes: Floats
    """as `Network.class_share`"""
    lets: Floats
    """as `Gains.lets`"""


class Operator:
    """Passes over the tables. `value` must come before the `flow` that goes back over it."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables = effective(tables)
        self.net: Network = network(tables)
        self.plain: Gains = gains(tables)
        self.rungs = tables.harm.shape[1]
        self.shape = (self.net.row_system.size, self.rungs)
        self._starts = self._root_rows()
        self._state = self._memory()
        self._back = self._memory(back=True)
        self._quiet = np.zeros((self.net.ear_system.size, self.rungs))
        self._nothing = self.zeros()
        self._no_slopes = _slopes(tables, (0, 0), self.net.class_share.shape, self.plain.lets.shape)

    @property
    def heard(self) -> Floats:
        """(ears, rungs) what it is worth that a system senses an incident, as the last `value` left it."""
        return self._state.heard

    @property
    def state(self) -> State:
        """What every step was worth in the last `value`."""
        return self._state

    def zeros(self) -> Floats:
        """One number per type: (rows, rungs)."""
        return np.zeros(self.shape)

    def chance(self, q: Floats, goal: int, out: Floats | None = None) -> Floats:
        """Per type, the chance that its children reach `goal` when each does with chance `q`; 1 at `goal` and above."""
        return self._value(self.plain, q, goal, 1.0, out, linear=False)

    def mean(self, q: Floats, rates: Gains | None = None, out: Floats | None = None) -> Floats:
        """Per type, the sum of `q` over its children, in the mean; nothing at the catastrophe rung."""
        return self._value(rates or self.plain, q, self.rungs, 0.0, out, linear=True)

    def chance_back(
        self,
        q: Floats,
        goal: int,
        weight: Floats,
        alarms: Floats | None = None,
        slopes: Slopes | None = None,
        out: Floats | None = None,
    ) -> Floats:
        """The derivative of `chance` at `q`, transposed, applied to `weight`; the last pass must be that `chance`."""
        return self._flow(self.plain, q, goal, weight, alarms, slopes, out, linear=False)

    def mean_back(
        self,
        weight: Floats,
        rates: Gains | None = None,
        *,
        q: Floats | None = None,
        alarms: Floats | None = None,
        slopes: Slopes | None = None,
        out: Floats | None = None,
    ) -> Floats:
        """The children of `weight` incidents of each type, in the mean; `slopes` need the `mean` of `q` just before."""
        at = self._nothing if q is None else q
        return self._flow(rates or self.plain, at, self.rungs, weight, alarms, slopes, out, linear=True)

    def descend(self, m: Mixing, safe: Floats, passes: int, goal: int) -> bool:
        """At most so many passes of `chance`, from above, as `fixed_point_below` wants them."""
        tolerance = tolerance_for(m.x)
        found: bool = descend(
            self.tables, self.net, self.plain, self._state, goal, m, safe, tolerance, passes
        )
        return found

    def power(
        self, m: Mixing, passes: int, weight: Floats, shift: float, tolerance: float, rates: Gains | None
    ) -> bool:
        """At most so many passes of `mean`, masked, shifted and normalised; `weight` is flat."""
        rates = rates or self.plain
        found: bool = power(self.tables, self.net, rates, self._state, weight, shift, m, tolerance, passes)
        return found

    def power_back(
        self, m: Mixing, passes: int, weight: Floats, shift: float, tolerance: float, rates: Gains | None
    ) -> bool:
        """The same of `mean_back`."""
        found: bool = power_back(
            self.tables, self.net, rates or self.plain, self._state, self._back, self._quiet, self._no_slopes,
            weight, shift, m, tolerance, passes,
        )  # fmt: skip
        return found

    def slopes(self) -> Slopes:
        """Zeros to collect derivatives in."""
        shapes = self.net.blame_wrong.shape, self.net.class_share.shape, self.plain.lets.shape
        return _slopes(self.tables, *shapes)

    def seed(self, by_root: Floats) -> tuple[Floats, Floats]:
        """Weights of the roots, spread over types (rows, rungs) and, for false alarms, over what is sensed (ears, rungs)."""
        types, alarms = self.zeros(), np.zeros_like(self._quiet)
        for kind, place, rung, weight in zip(*self._starts, by_root, strict=True):
            (alarms if kind == PHANTOM else types)[place, rung] += weight
        return types, alarms

    def at_roots(self, q: Floats) -> Floats:
        """The value of one incident of each root: `q`, and for a false alarm what the last pass heard."""
        return np.array(
            [
                (self._state.heard if kind == PHANTOM else q)[place, rung]
                for kind, place, rung in zip(*self._starts, strict=True)
            ]
        )

    def _root_rows(self) -> tuple[list[int], list[int], list[int]]:
        """Of each root: its kind, its row (of a false alarm: the ear), its rung."""
        roots, marks = self.tables.roots, root_marks(self.tables, self.net)
        is_alarm = roots["kind"] == PHANTOM
        listener = roots["system"] * self.net.groups + self.net.group[roots["system"]]
        places = np.where(is_alarm, self.net.ear_of[listener, marks], self.net.row_of[roots["system"], marks])
        return roots["kind"].tolist(), places.tolist(), roots["rung"].tolist()

    def _value(
        self, rates: Gains, q: Floats, goal: int, pin: float, out: Floats | None, *, linear: bool
    ) -> Floats:
        result = np.empty(self.shape) if out is None else out
        value(self.tables, self.net, rates, self._state, q, goal, pin, linear, result)
        return result

    def _flow(
        self,
        rates: Gains,
        q: Floats,
        goal: int,
        weight: Floats,
        alarms: Floats | None,
        slopes: Slopes | None,
        out: Floats | None,
        *,
        linear: bool,
    ) -> Floats:
        result = np.empty(self.shape) if out is None else out
        flow(
            self.tables, self.net, rates, self._state, self._back, q, goal, linear, weight,
            self._quiet if alarms is None else alarms, slopes is not None, slopes or self._no_slopes, result,
        )  # fmt: skip
        return result

    def _memory(self, *, back: bool = False) -> State:
        listeners, actors = len(self.net.ears_first), len(self.tables.actors)
        groups, classes = self.net.groups, self.net.class_share.shape[2]
        ears = (self.net.ear_system.size, self.rungs)
        extra = self.shape if back else (0, 0)
        return State(
            sums=np.zeros((groups, len(self.net.pools), self.rungs)),
            worms=np.zeros((len(self.tables.contagion), self.net.author.size, self.rungs)),
            unblamed=np.zeros((listeners, 2, self.rungs)),
            blamed=np.zeros((listeners, 2, classes, actors, self.rungs)),
            accused=np.zeros(ears),
            heard=np.zeros(ears),
            left=np.zeros(extra),
            skipped=np.zeros(extra),
        )


def _slopes(
    tables: Tables, blame: tuple[int, ...], classes: tuple[int, ...], lets: tuple[int, ...]
) -> Slopes:
    systems, rules = len(tables.systems), len(tables.rules)
    return Slopes(
        watches=np.zeros(len(tables.watches)),
        outages=np.zeros(len(tables.outages)),
        contagion=np.zeros(len(tables.contagion)),
        inflates=np.zeros(systems),
        deflates=np.zeros(systems),
        blame=np.zeros(blame),
        right=np.zeros(rules),
        wrong=np.zeros(rules),
        means=np.zeros(rules),
        dispersions=np.zeros(rules),
        step_down=np.zeros(rules),
        step_up=np.zeros(rules),
        classes=np.zeros(classes),
        lets=np.zeros(lets),
    )
