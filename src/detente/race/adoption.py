"""Which measures are in force, for whom: what concern, trust, lags and verification make of a policy.

A domestic measure begins in each bloc by itself: in the quarter stated, or when the bloc's concern passes the
measure's. A treaty begins in all blocs it covers together, in a quarter in which each of them is ready, with the chance
that trust and verification give it. Either is in force once its lag is over, and stays. Players of no bloc are covered
once every bloc is that the measure covers.
"""

from dataclasses import dataclass, field

import numpy as np

from detente.model.race.vocabulary import Measure, Race
from detente.model.race.words import TREATY
from detente.race.postures import Mask
from detente.race.theatre import Regime
from detente.race.utility import Weights, weights_of

__all__ = ["Adoption", "Standing"]

_NOBODY = ""  # the bloc of those who belong to none


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is in force in a quarter."""

    weights: Weights
    regime: Regime
    covered: Mask
    """(players,) whom any measure covers"""


@dataclass(slots=True)
class Adoption:
    """The measures of one run, on their way."""

    race: Race
    measures: tuple[Measure, ...]
    _covers: list[Mask] = field(default_factory=list)
    _units: list[list[str]] = field(default_factory=list)
    _begun: list[dict[str, int]] = field(default_factory=list)
    _made: dict[bytes, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for measure in self.measures:
            covers = np.array([_is_covered(measure, p.bloc, p.kind) for p in self.race.players])
            blocs = {p.bloc for p, is_in in zip(self.race.players, covers, strict=True) if is_in and p.bloc}
            self._covers.append(covers)
            self._units.append(sorted(blocs) or [_NOBODY])
            self._begun.append({})

    def advance(self, quarter: int, concern: dict[str, float], trust: float, luck: float) -> None:
        """Begin what is due; quarters count from 0, `luck` is uniform."""
        for measure, units, begun in zip(self.measures, self._units, self._begun, strict=True):
            due = [unit for unit in units if unit in begun or _is_due(measure, quarter, concern.get(unit))]
            if measure.how != TREATY:
                for unit in due:
                    begun.setdefault(unit, quarter)
            elif len(due) == len(units) and not begun and luck < trust * measure.verification:
                begun.update(dict.fromkeys(units, quarter))

    def standing(self, quarter: int) -> Standing:
        """What is in force in a quarter."""
        rows = [self._in_force(i, quarter) for i in range(len(self.measures))]
        covered = np.array(rows, np.bool_).reshape(len(rows), len(self.race.players))
        key = covered.tobytes()
        if key not in self._made:
            self._made[key] = self._make(covered)
        return self._made[key]

    def _in_force(self, i: int, quarter: int) -> Mask:
        """(players,) whom a measure covers now."""
        lag, begun = self.measures[i].lag, self._begun[i]
        in_force = {unit for unit, since in begun.items() if quarter >= since + lag}
        everywhere = in_force.issuperset(self._units[i])
        rows = [(p.bloc in in_force) if p.bloc else everywhere for p in self.race.players]
        found: Mask = self._covers[i] & np.array(rows)
        return found

    def _make(self, covered: Mask) -> Standing:
        weights = weights_of(self.race)
        regime: list[tuple[Measure, tuple[bool, ...]]] = []
        for measure, players in zip(self.measures, covered, strict=True):
            if not players.any():
                continue
            for name, value in measure.sets:
                weights.terms[name][players] = value
            if any(name == "penalty" for name, _ in measure.sets):
                weights.detection[players] = measure.verification
            weights.slowed[players] = 1.0 - (1.0 - weights.slowed[players]) * (1.0 - measure.slows)
            reach = float(players.mean())
            weights.drag = 1.0 - (1.0 - weights.drag) * (1.0 - measure.drag * reach)
            weights.barrier += measure.barrier * reach
            if measure.portfolio is not None:
                regime.append((measure, tuple(players.tolist())))
        return Standing(weights=weights, regime=tuple(regime), covered=np.any(covered, axis=0))


def _is_covered(measure: Measure, bloc: str | None, kind: str) -> bool:
    return measure.covers is None or bloc in measure.covers or kind in measure.covers


def _is_due(measure: Measure, quarter: int, concern: float | None) -> bool:
    by_time = measure.from_quarter is not None and quarter + 1 >= measure.from_quarter
    by_concern = measure.concern is not None and concern is not None and concern >= measure.concern
    return by_time or by_concern
