"""Which of the essay's four paths a trajectory took: a documented rule that gives exactly one.

The rule is a list, and the first line that fits decides:

1. A catastrophe happened: conflagration by accident.
2. Blocs diverge at the end: their shares of restrained players (under a measure in force, or certified) differ by at
   least `gap`, or an incident runs away within one bloc and not within another: fragmented containment.
3. Nothing runs away at the end (R below `escalation` as a whole, hence between blocs and within each), critical crises
   are no more frequent than `critical_a_year`, and in every bloc at least `adoption` of the players are restrained:
   managed stabilisation.
4. Whatever is left: incidents run away, or critical crises keep coming, or nobody is restrained; none of it has ended
   in catastrophe yet: arms-race equilibrium.

"At the end" is the mean over the last `window` quarters (of R, over the ends of the years in it).
"""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from detente.model.race.vocabulary import Paths, Race
from detente.race.trajectory import Trajectory

__all__ = ["Evidence", "Path", "classify", "evidence", "moved", "years_at_end"]


class Path(Enum):
    """What becomes of a race."""

    MANAGED = "managed-stabilisation"
    FRAGMENTED = "fragmented-containment"
    CONFLAGRATION = "conflagration-by-accident"
    ARMS_RACE = "arms-race-equilibrium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What of a trajectory decides its path."""

    catastrophes: int
    """over the whole run"""
    critical_a_year: float
    """critical crises without catastrophe, at the end"""
    escalation: float
    """R as a whole"""
    between: float
    """R between blocs"""
    within: tuple[float, ...]
    """R within each bloc"""
    restrained: tuple[float, ...]
    """by bloc, the share of its players that are under a measure or certified"""


def years_at_end(race: Race) -> int:
    """How many ends of years are looked at: those in the window, one at least."""
    return max(1, min(race.paths.window, race.quarters) // 4)


def evidence(race: Race, trajectory: Trajectory) -> Evidence:
    """What of a trajectory decides its path."""
    window = min(race.paths.window, race.quarters)
    radii = trajectory.escalation[-years_at_end(race) :].mean(axis=0)
    is_restrained = trajectory.covered[-window:] | trajectory.certified[-window:]
    there = trajectory.there[-window:]
    restrained = []
    for bloc in race.blocs:
        members = np.array([player.bloc == bloc for player in race.players])
        present = there[:, members].sum()
        restrained.append(float(is_restrained[:, members].sum() / present) if present else 0.0)
    mild = trajectory.critical[-window:].sum() - trajectory.catastrophes[-window:].sum()
    return Evidence(
        catastrophes=int(trajectory.catastrophes.sum()),
        critical_a_year=float(mild) / (window / 4.0),
        escalation=float(radii[0]),
        between=float(radii[1]),
        within=tuple(radii[2:].tolist()),
        restrained=tuple(restrained),
    )


def classify(seen: Evidence, bounds: Paths) -> Path:
    """The one path that the evidence speaks for; see the module for the rule."""
    if seen.catastrophes > 0:
        return Path.CONFLAGRATION
    if _diverges(seen, bounds):
        return Path.FRAGMENTED
    calm = max(seen.escalation, seen.between, *seen.within) < bounds.escalation
    rare = seen.critical_a_year <= bounds.critical_a_year
    everywhere = bool(seen.restrained) and min(seen.restrained) >= bounds.adoption
    return Path.MANAGED if calm and rare and everywhere else Path.ARMS_RACE


def _diverges(seen: Evidence, bounds: Paths) -> bool:
    if len(seen.restrained) < 2:
        return False
    apart = max(seen.restrained) - min(seen.restrained) >= bounds.gap
    return apart or min(seen.within) < bounds.escalation <= max(seen.within)


def moved(bounds: Paths, name: str, factor: float) -> Paths:
    """The rule with one of its boundaries moved, to see how much hangs on where exactly it lies."""
    value = getattr(bounds, name) * factor
    return replace(bounds, **{name: min(value, 1.0) if name in ("adoption", "gap") else value})
