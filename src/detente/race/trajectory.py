"""What became of one run of a race, quarter by quarter."""

from dataclasses import dataclass

import numpy as np

from detente.model.race.vocabulary import Race
from detente.race.accounts import FLOWS
from detente.race.postures import Floats, Mask

__all__ = ["Trajectory", "blank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """What became of one run; Q quarters, Y years, P players, B blocs."""

    postures: Floats
    """(Q, P, 3) autonomy, capability and safety"""
    there: Mask
    """(Q, P) who has entered"""
    covered: Mask
    """(Q, P) whom a measure in force covers"""
    certified: Mask
    """(Q, P) who has passed its audit"""
    escalation: Floats
    """(Y, 2 + B) R at the end of each year: in all, between blocs, within each; the largest of all scenarios; the
    parts only in the window that decides the path, 0 before"""
    chances: Floats
    """(Q, 2) chance of a critical incident and of catastrophe in the mean crisis that comes, as solved"""
    crises: Floats
    """(Q,) how many came"""
    near_misses: Floats
    """(Q,) those that ended one rung below critical"""
    critical: Floats
    """(Q,)"""
    catastrophes: Floats
    """(Q,)"""
    concern: Floats
    """(Q, B)"""
    trust: Floats
    """(Q,)"""
    premiums: Floats
    """(Q, P) USD a year"""
    flows: Floats
    """(P, flows) USD over the whole run, as `accounts.FLOWS`"""
    outside: Floats
    """(flows,) the same of those who are no players, where they are the other side of a payment between players"""


def blank(race: Race) -> Trajectory:
    """A trajectory in which nothing has happened yet."""
    quarters, players, blocs = race.quarters, len(race.players), len(race.blocs)

    def yes_no() -> Mask:
        return np.zeros((quarters, players), np.bool_)

    return Trajectory(
        postures=np.zeros((quarters, players, 3)),
        there=yes_no(),
        covered=yes_no(),
        certified=yes_no(),
        escalation=np.zeros((quarters // 4, 2 + blocs)),
        chances=np.zeros((quarters, 2)),
        crises=np.zeros(quarters),
        near_misses=np.zeros(quarters),
        critical=np.zeros(quarters),
        catastrophes=np.zeros(quarters),
        concern=np.zeros((quarters, blocs)),
        trust=np.zeros(quarters),
        premiums=np.zeros((quarters, players)),
        flows=np.zeros((players, len(FLOWS))),
        outside=np.zeros(len(FLOWS)),
    )
