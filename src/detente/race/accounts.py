"""Who gained and who lost: money of each player by where it came from, USD; what a player pays somebody else gets."""

from typing import Final

from detente.race.postures import Floats

__all__ = ["FLOWS", "liabilities"]

FLOWS: Final = (
    "contest", "procurement", "cost", "certified", "penalty", "experiment", "premium", "claims", "loss",
    "catastrophe", "liability",
)  # fmt: skip
"""Where a player's money comes from (positive) and goes to (negative), in the order of `Trajectory.flows`."""


def liabilities(weights: Floats, answers_for: Floats, losses: Floats, outside: float) -> tuple[Floats, float]:
    """What each player receives (positive) or pays for loss that others caused or bore, and what goes outside.

    Each player makes good its weight times its part in what happened, of the loss of every other. All of it sums to 0.

    Parameters
    ----------
    weights
        (players,) the share that is made good.
    answers_for
        (players,) parts in what happened; they sum to at most 1.
    losses
        (players,) USD.
    outside
        The loss of those who are no players, USD.
    """
    pays = weights * answers_for
    to_each = (pays.sum() - pays) * losses
    of_each = pays * (losses.sum() - losses + outside)
    return to_each - of_each, float(pays.sum() * outside)
