"""What players want: the terms of their utility, and what each possible move would change.

A term that a player's own posture alone decides is worked out exactly before and after a move. A term that rests on
the risk of crises uses the solver's slope on the present profile times the size of the move. All are in USD a year.
"""

from dataclasses import dataclass, field

import numpy as np

from detente.model.race.vocabulary import TERMS, Conduct, Race
from detente.race.postures import AUTONOMY, CAPABILITY, Floats

__all__ = ["MOVES", "Stakes", "Weights", "changes", "passes", "returns", "shares", "weights_of"]

MOVES: Floats = np.array(
    [[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64
)
"""What a player may do in a quarter, in steps of its posture: nothing, or one of the three a step up or down."""

_MARGIN = 0.05  # of safety: how blurred an audit is


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What each player has at stake; all are (players,), USD a year but where said."""

    conduct: Conduct
    market: Floats
    """number of the market, -1 for none"""
    rivals: Floats
    """(players, players) shares of each rival among a player's rivals; rows sum to 1, or to 0"""
    prize: Floats
    procurement: Floats
    certified: Floats
    budget: Floats
    catastrophe: Floats
    """USD each"""
    capability_cost: Floats
    safety_cost: Floats
    reversible: Floats
    """share of what its systems do that can be undone"""

    @classmethod
    def of(cls, race: Race, reversible: Floats) -> "Stakes":
        """Return the stakes of a race's players."""
        players = race.players
        markets = sorted({player.market for player in players if player.market})
        market = np.array([markets.index(p.market) if p.market else -1 for p in players], np.float64)
        same = (market[:, None] == market[None]) & (market[:, None] >= 0) & ~np.eye(len(players), dtype=bool)
        many = np.maximum(same.sum(axis=1), 1)

        def column(name: str) -> Floats:
            return np.array([getattr(player, name) for player in players], np.float64)

        return cls(
            conduct=race.conduct,
            market=market,
            rivals=same / many[:, None],
            prize=column("prize"),
            procurement=column("procurement"),
            certified=column("certified"),
            budget=column("budget"),
            catastrophe=column("catastrophe"),
            capability_cost=np.array([player.costs.capability for player in players]),
            safety_cost=np.array([player.costs.safety for player in players]),
            reversible=reversible,
        )


@dataclass(slots=True)
class Weights:
    """What stands for each player this quarter: weights of terms, and what measures take; all (players,)."""

    terms: dict[str, Floats]
    detection: Floats
    """chance that crossing the red line is found out"""
    slowed: Floats
    """share of autonomy's advantage that is lost"""
    drag: float = 0.0
    """share of everybody's innovation that is lost"""
    barrier: float = 0.0
    """what is added to the barrier against entry"""
    names: tuple[str, ...] = field(default=TERMS)


def weights_of(race: Race) -> Weights:
    """The weights before any measure."""
    count = len(race.players)
    return Weights(
        terms={name: np.full(count, float(getattr(race.terms, name))) for name in TERMS},
        detection=np.zeros(count),
        slowed=np.zeros(count),
    )


def shares(stakes: Stakes, postures: Floats, there: Floats, slowed: Floats) -> Floats:
    """(players,) the share of its market that each player wins: c^r (1 + b u)^r among those who are there."""
    power = _power(stakes, postures, slowed[:, None] if postures.ndim == 3 else slowed) * there
    found = np.zeros(power.shape)
    for number in range(int(stakes.market.max()) + 1):
        rows = stakes.market == number
        total = power[rows].sum()
        found[rows] = power[rows] / total if total > 0.0 else 0.0
    return found


def passes(conduct: Conduct, safety: Floats) -> Floats:
    """The chance of passing an audit."""
    found: Floats = 1.0 / (1.0 + np.exp(-(safety - conduct.certified_at) / _MARGIN))
    return found


def returns(stakes: Stakes, weights: Weights, postures: Floats, others: Floats) -> dict[str, Floats]:
    """Terms that a posture alone decides, of each player at each of some postures.

    Parameters
    ----------
    postures
        (players, moves, 3)
    others
        (players,) the power of all rivals in its market together.
    """
    u, c, s = (postures[..., k] for k in range(3))
    power = _power(stakes, postures, weights.slowed[:, None])
    whole = power + others[:, None]
    won = np.divide(power, whole, out=np.zeros_like(power), where=whole > 0.0)
    free_u = u * (1.0 - weights.slowed[:, None])
    beyond = np.maximum(0.0, u - stakes.conduct.red_line)

    def each(amount: Floats) -> Floats:
        return amount[:, None]

    return {
        "contest": each(stakes.prize * (stakes.market >= 0)) * won,
        "procurement": each(stakes.procurement) * free_u * c,
        "cost": -(each(stakes.capability_cost) * c + each(stakes.safety_cost) * s * s),
        "certified": each(stakes.certified) * passes(stakes.conduct, s),
        "penalty": -each(stakes.budget * weights.detection) * beyond,
        "experiment": each(stakes.budget * stakes.reversible) * free_u,
    }


def changes(
    stakes: Stakes,
    weights: Weights,
    postures: Floats,
    there: Floats,
    damage: Floats,
    suffering: Floats,
    insured: Floats,
) -> Floats:
    """(players, moves) what each move would add to each player's utility, USD a year.

    Parameters
    ----------
    damage
        (players, 3, players) how much a unit of a player's posture adds to the expected loss of each, a year.
    suffering
        (players, 3, players) the same of what catastrophes cost them beyond that.
    insured
        (2,) the share of a loss that insurers bear, and what a unit of it costs in premium.
    """
    conduct, terms = stakes.conduct, weights.terms
    tried = np.clip(postures[:, None] + conduct.step * MOVES, 0.0, 1.0)
    power = _power(stakes, postures, weights.slowed) * there
    same = (stakes.market[:, None] == stakes.market[None]) & ~np.eye(len(power), dtype=bool)
    worth = returns(stakes, weights, tried, same @ power)
    gained = np.zeros(tried.shape[:2])
    for name, values in worth.items():
        gained += terms[name][:, None] * (values - values[:, :1])
    return gained + _by_risk(stakes, weights, tried - postures[:, None], damage, suffering, insured)


def _by_risk(
    stakes: Stakes, weights: Weights, moved: Floats, damage: Floats, suffering: Floats, insured: Floats
) -> Floats:
    """The terms that rest on the risk of crises."""
    terms, conduct = weights.terms, stakes.conduct
    covered, priced = insured
    counted = (1.0 - covered) * damage + suffering  # (players, 3, who suffers)
    own = np.einsum("idi->id", counted)
    rivals = np.einsum("idj,ij->id", counted, stakes.rivals)
    at_risk = np.einsum("idi->id", damage)
    of_others = damage.sum(axis=2) - at_risk
    slope = -terms["internalised"][:, None] * (own - conduct.rivalry * rivals)
    slope -= terms["liability"][:, None] * of_others
    slope -= terms["insurance"][:, None] * priced * at_risk
    found: Floats = np.einsum("imd,id->im", moved, slope)
    return found


def _power(stakes: Stakes, postures: Floats, slowed: Floats) -> Floats:
    conduct = stakes.conduct
    strength = postures[..., CAPABILITY] * (
        1.0 + conduct.advantage * (1.0 - slowed) * postures[..., AUTONOMY]
    )
    found: Floats = strength**conduct.decisiveness
    return found
