"""The race to the precipice when each team knows its own capability: the strategy that is its own best reply.

A strategy says how safe a team of each capability is. It is kept at nodes and straight between them, which makes the
chance to beat it, and the safety of the rivals who would win instead, exact sums of powers. What a score is worth
depends only on the rivals below it, so the strategy is built from the least capable up: the score of the next node
is the one to which a team as capable as the rivals in between would not care to move. A search over all scores
then says how much a team of any capability could still gain.
"""

from typing import TypeVar

import numpy as np

from detente.race.classics.arguments import Floats

__all__ = ["climb", "expected_safety", "most_to_gain"]

_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_NARROWINGS = 40  # to the square root of a double's last digit, beyond which a maximum is flat

Number = TypeVar("Number", float, Floats)


def climb(nodes: Floats, teams: int, enmity: float) -> Floats:
    """Return the strategy by which nobody cares to move up to, or down from, a neighbour's score, (nodes,).

    Parameters
    ----------
    nodes
        Capabilities, ascending from 0.
    teams
        How many there are.
    enmity
        How much of a win's worth a rival's safe win lacks.
    """
    rivals, mu = teams - 1, float(nodes[-1])
    here, safety = 0.0, [0.0]
    for there in nodes[1:].tolist():
        # What a team in between gains by moving up rises in a straight line with the next node's safety.
        reckless, safe = (
            _moving_up(here / mu, there / mu, safety[-1], after, rivals, enmity, mu) for after in (0.0, 1.0)
        )
        indifferent = reckless / (reckless - safe)
        # No safer than safe, and not below the score of a less capable team, which would be safer for nothing.
        safety.append(min(max(indifferent, 0.0), 1.0, safety[-1] + there - here))
        here = there
    return np.array(safety)


def expected_safety(nodes: Floats, safety: Floats, teams: int) -> float:
    """Return the expected safety of the most capable of the teams, who wins where scores rise with capability."""
    return float(_Best(nodes, safety, teams).below(nodes[-1:])[0])


def most_to_gain(nodes: Floats, safety: Floats, teams: int, enmity: float) -> float:
    """Return the most that a team of any capability at the nodes gains by another score, all others as they are."""
    scores = nodes - safety
    best = _Best(nodes, safety, teams - 1)

    def worth(own: Floats, score: Floats) -> Floats:
        """The own safe win, less what of rivals' safe wins it forgoes; the rest is the same for every score."""
        beaten = np.interp(score, scores, nodes)
        found: Floats = (own - score) * best.is_below(beaten) - (1.0 - enmity) * best.below(beaten)
        return found

    # From x - 1 to x: first the rivals' own scores, then what lies around the best of them.
    own = nodes[:, None]
    possible = (scores <= own) & (scores >= own - 1.0)
    tried = np.argmax(np.where(possible, worth(own, scores), -np.inf), axis=1)
    low = np.maximum(scores[np.maximum(tried - 1, 0)], nodes - 1.0)
    high = np.minimum(scores[np.minimum(tried + 1, nodes.size - 1)], nodes)
    for _ in range(_NARROWINGS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        falls = worth(nodes, left) > worth(nodes, right)
        low, high = np.where(falls, low, left), np.where(falls, right, high)
    gains = np.maximum(worth(nodes, 0.5 * (low + high)), worth(nodes, scores[tried])) - worth(nodes, scores)
    return max(float(gains.max()), 0.0)


class _Best:
    """The best of some teams who follow a strategy."""

    def __init__(self, nodes: Floats, safety: Floats, teams: int) -> None:
        self._nodes, self._safety, self._teams, self._mu = nodes, safety, teams, nodes[-1]
        self._slopes = np.diff(safety) / np.diff(nodes)
        pieces = self._between(np.arange(nodes.size - 1), nodes[1:])
        self._sums = np.concatenate([[0.0], np.cumsum(pieces)])

    def is_below(self, capability: Floats) -> Floats:
        """The chance that its capability is below this."""
        chance: Floats = (capability / self._mu) ** self._teams
        return chance

    def below(self, capability: Floats) -> Floats:
        """Its expected safety, counted as 0 where its capability is not below this."""
        cell = np.clip(np.searchsorted(self._nodes, capability, side="right") - 1, 0, self._nodes.size - 2)
        found: Floats = self._sums[cell] + self._between(cell, capability)
        return found

    def _between(self, cell: np.ndarray, capability: Floats) -> Floats:
        start = self._nodes[cell] / self._mu
        slope = self._slopes[cell] * self._mu
        return _mass(start, capability / self._mu, self._safety[cell], slope, self._teams)


def _moving_up(
    here: float, there: float, safety: float, after: float, rivals: int, enmity: float, mu: float
) -> float:
    """What a team between `here` and `there`, shares of mu, gains by the higher score instead of the lower.

    It is as capable as the best rival is on average where that lies between the two.
    """
    lower, higher = here**rivals, there**rivals
    between = _mass(here, there, here, 1.0, rivals) / (higher - lower)
    forgone = _mass(here, there, safety, (after - safety) / (there - here), rivals)
    up = (after - (there - between) * mu) * higher
    return up - (safety + (between - here) * mu) * lower - (1.0 - enmity) * forgone


def _mass(low: Number, high: Number, safety: Number, slope: Number, teams: int) -> Number:
    """Expected safety of the best of so many teams, counted only from `low` to `high`, shares of mu.

    Safety rises from `safety` by `slope`, and the best's share of mu has the density n t^(n - 1).
    """
    power_low, power_high = low**teams, high**teams
    level = safety - slope * low
    return level * (power_high - power_low) + slope * teams / (teams + 1.0) * (
        high * power_high - low * power_low
    )
