"""The race to the precipice in closed form: safety and risk at the equilibria that `precipice` finds by search.

Derived for this game as it stands in `precipice`, from the conditions under which no team gains by departing
alone; K = e (n - 1) + 1:

    nobody knows             s = min(1, mu / (n e))
    each knows its own       s(x) = min(1, x / K)
    everybody knows all      s = min(1, lead / e), the safety at which the next team is indifferent
"""

import numpy as np

from detente.race.classics.arguments import Floats, floats, member
from detente.race.classics.precipice import Knowledge, Race

__all__ = ["risk", "safety"]


def safety(race: Race, knowledge: Knowledge, knows: Floats) -> Floats:
    """Return how safe a team is that knows `knows` (see `Equilibrium.knows`), an array of its shape.

    Raises
    ------
    ClassicError
        When an argument is of another kind, or a number in `knows` is below 0.
    """
    member("race", race, Race)
    member("knowledge", knowledge, Knowledge)
    known = floats("knows", knows, least=0.0)
    if knowledge is Knowledge.NONE:
        known = np.full_like(known, race.capability / (race.teams * race.enmity))
    elif knowledge is Knowledge.PRIVATE:
        known = known / _divisor(race)
    else:
        known = known / race.enmity
    return np.minimum(known, 1.0)


def risk(race: Race, knowledge: Knowledge) -> float:
    """Return the probability of disaster.

    With m = min(mu, K) where each knows its own capability, and m = min(mu, e) where all are known:

        nobody knows             1 - min(1, mu / (n e))
        each knows its own       1 - n / (n + 1) m^(n + 1) / (K mu^n) - 1 + (m / mu)^n
        everybody knows all      1 - mu / (e (n + 1)) (1 - (1 - m / mu)^(n + 1))

    Raises
    ------
    ClassicError
        When an argument is of another kind.
    """
    member("race", race, Race)
    member("knowledge", knowledge, Knowledge)
    n, e, mu = race.teams, race.enmity, race.capability
    if knowledge is Knowledge.NONE:
        return 1.0 - min(1.0, mu / (n * e))
    if knowledge is Knowledge.PRIVATE:
        share = min(1.0, _divisor(race) / mu)
        return share**n * (1.0 - n / (n + 1.0) * share * mu / _divisor(race))
    share = min(1.0, e / mu)
    return 1.0 - mu / (e * (n + 1.0)) * (1.0 - (1.0 - share) ** (n + 1))


def _divisor(race: Race) -> float:
    """K."""
    return race.enmity * (race.teams - 1) + 1.0
