"""Racing to the precipice: teams that give up safety to be first (Armstrong, Bostrom and Shulman).

Each of n teams has a capability x, drawn uniformly from 0 to `capability`, and chooses how safe to be, s from 0 to 1.
The largest x - s wins, and the winner brings disaster with probability 1 - s. A team counts its own safe win as 1, a
rival's safe win as 1 - e, and disaster as 0; e is the `enmity` between them. Where two scores are equal the more capable
team wins. What the teams know of capabilities, their own included, makes three games.

Here they are solved by search over the game's own payoffs, for the equilibria in which equals do the same;
`precipice_forms` has the closed forms. With public information there are many equilibria, from min(1, gap) to
min(1, gap / e) for the leader's safety; the safest is everybody's best, and the one found here: teams
start out safe and undercut each other as long as it pays.

References
----------
S. Armstrong, N. Bostrom and C. Shulman (2016), Racing to the precipice: a model of artificial intelligence
development, AI & Society 31, 201-206: the game.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from detente.errors import ClassicError
from detente.race.classics.arguments import Floats, member, real, whole
from detente.race.classics.precipice_private import climb, expected_safety, most_to_gain

__all__ = ["Equilibrium", "Knowledge", "Race", "equilibrium", "undercut"]

MOST_TEAMS = 100
_CELLS = 20_000  # of the leader's lead
_STEPS = (
    1e-2,
    1e-4,
    1e-6,
    1e-8,
)  # of undercutting, each from a little above where the one before came to rest
_GRID = 513  # safeties tried before the best of them is refined
_NODES = 1_001  # capabilities at which the private strategy is looked for
_PROFIT = 1e-6  # more than that to gain, and it was no equilibrium


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who races, and how they feel about each other.

    Raises
    ------
    ClassicError
        When a number is outside its range.
    """

    teams: int
    """n, from 2 to 100"""
    enmity: float
    """e: how much of a win's worth a rival's safe win lacks; above 0, where all would be safe, to 1, where a rival's
    win is as bad as disaster"""
    capability: float
    """mu: of the most capable team there could be; 1 is what giving up all safety is worth in the race"""

    def __post_init__(self) -> None:
        whole("teams", self.teams, 2, MOST_TEAMS)
        real("enmity", self.enmity, above=0.0, most=1.0)
        real("capability", self.capability, above=0.0)


class Knowledge(Enum):
    """What teams know when they choose their safety."""

    NONE = "none"
    """of nobody's capability"""
    PRIVATE = "private"
    """of their own"""
    PUBLIC = "public"
    """of everybody's"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equilibrium:
    """What teams do, from which none gains by departing alone."""

    knows: Floats
    """what safety depends on: with private information a team's capability, with public information the leader's
    lead over the next team, with none nothing (a single 0)"""
    safety: Floats
    """of a team that knows this; with public information, of the leader, who wins; from 0 to 1"""
    risk: float
    """probability of disaster"""
    gain: float
    """the most that any team could still gain by departing alone: how well it was found"""


def equilibrium(race: Race, knowledge: Knowledge) -> Equilibrium:
    """Find the symmetric equilibrium by search over the game's payoffs.

    Raises
    ------
    ClassicError
        When an argument is of another kind, or the search finds none.
    """
    member("race", race, Race)
    member("knowledge", knowledge, Knowledge)
    find = {Knowledge.NONE: _unknowing, Knowledge.PRIVATE: _private, Knowledge.PUBLIC: _public}[knowledge]
    found = find(race)
    if found.gain > _PROFIT:
        raise ClassicError(
            f"race: found {race}, in which a team would still gain {found.gain:g} by departing from the best "
            "candidate; expected other numbers: with these no symmetric equilibrium was found"
        )
    return found


def undercut(lead: Floats, enmity: float) -> Floats:
    """Return the safety of leaders with these leads, after all undercutting: public information.

    The next team wins only by being less safe than the leader by more than the lead. It does so as long as its own safe
    win is worth more to it than the leader's, and the leader answers by being just as much less safe.
    """
    member("lead", lead, np.ndarray)
    real("enmity", enmity, above=0.0, most=1.0)
    safety = np.ones_like(lead)
    for step in _STEPS:
        racing = np.arange(lead.size)
        while racing.size:
            below = safety[racing] - lead[racing] - step
            racing = racing[(below >= 0.0) & (below > (1.0 - enmity) * safety[racing])]
            safety[racing] -= step
        if step != _STEPS[-1]:
            safety = np.minimum(safety + step, 1.0)
    return safety


def _unknowing(race: Race) -> Equilibrium:
    """Nobody knows anything: one safety for all, the best reply to itself."""

    def surplus(safety: float) -> float:
        return _reply(race, safety) - safety

    safety = 1.0 if surplus(1.0) >= 0.0 else float(brentq(surplus, 0.0, 1.0, xtol=1e-12))
    best = _worth(race, np.array([_reply(race, safety), safety]), safety)
    return Equilibrium(
        knows=np.zeros(1),
        safety=np.array([safety]),
        risk=1.0 - safety,
        gain=max(float(best[0] - best[1]), 0.0),
    )


def _reply(race: Race, rivals: float) -> float:
    """The safety that is best when all rivals have the safety `rivals`."""
    tried = np.linspace(0.0, 1.0, _GRID)
    best = int(np.argmax(_worth(race, tried, rivals)))
    around = (tried[max(best - 1, 0)], tried[min(best + 1, _GRID - 1)])
    refined = minimize_scalar(
        lambda safety: -float(_worth(race, np.array([safety]), rivals)[0]),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-13},
    )
    candidates = np.array([float(refined.x), *around])
    return float(candidates[np.argmax(_worth(race, candidates, rivals))])


def _worth(race: Race, safety: Floats, rivals: float) -> Floats:
    """What a team that knows nothing can expect of each safety."""
    wins = _win_chance(race, safety - rivals)
    found: Floats = safety * wins + (1.0 - race.enmity) * rivals * (1.0 - wins)
    return found


def _win_chance(race: Race, safer: Floats) -> Floats:
    """The chance to win when safer than all rivals by this much: over the own capability, all rivals score less."""
    mu, rivals = race.capability, race.teams - 1
    low, high = np.clip(safer, 0.0, mu), np.clip(mu + safer, 0.0, mu)
    nodes, weights = np.polynomial.legendre.leggauss(rivals // 2 + 1)  # exact for this power
    own = 0.5 * (low + high) + 0.5 * (high - low) * nodes[:, None]
    close = 0.5 * (high - low) * (weights[:, None] * np.clip((own - safer) / mu, 0.0, 1.0) ** rivals).sum(0)
    found: Floats = (close + (mu - high)) / mu  # from `high` on nobody can keep up
    return found


def _private(race: Race) -> Equilibrium:
    """Each knows its own capability: a strategy, the best reply to rivals who use it too."""
    nodes = np.linspace(0.0, race.capability, _NODES)
    safety = climb(nodes, race.teams, race.enmity)
    return Equilibrium(
        knows=nodes,
        safety=safety,
        risk=1.0 - expected_safety(nodes, safety, race.teams),
        gain=most_to_gain(nodes, safety, race.teams, race.enmity),
    )


def _public(race: Race) -> Equilibrium:
    """Everybody's capability is known: only the leader and the next team matter."""
    edges = np.linspace(0.0, race.capability, _CELLS + 1)
    lead = 0.5 * (edges[:-1] + edges[1:])
    safety = undercut(lead, race.enmity)
    # The lead of the largest of n uniform numbers over the next exceeds g with probability (1 - g / mu)^n.
    chance = -np.diff((1.0 - edges / race.capability) ** race.teams)
    # The next team's safety stands at the leader's less the lead, so the leader cannot be safer and win.
    for_next = safety - lead - (1.0 - race.enmity) * safety
    for_leader = np.minimum(lead, 1.0) - safety
    gain = max(float(for_next[safety > lead].max(initial=0.0)), float(for_leader.max()), 0.0)
    return Equilibrium(knows=lead, safety=safety, risk=1.0 - math.fsum(safety * chance), gain=gain)
