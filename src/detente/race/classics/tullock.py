"""Tullock's contest: a prize goes to each player with the chance that its effort has among all efforts.

Player i values the prize at v_i and wins it with probability p_i = x_i^r / (x_1^r + ... + x_n^r), where x_i is what it
spends, in the unit of v; its payoff is v_i p_i - x_i. `decisiveness` is r: 1 is a lottery in which each unit spent is
a ticket, and the larger it is, the surer the highest effort wins. Where nobody spends anything nobody wins.

There is no equilibrium in pure strategies for every r: above n / (n - 1) a field of n equals spends more than the
prize is worth, so at most r / (r - 1) of them can take part, and above 2 not even two.

References
----------
G. Tullock (1980), Efficient rent seeking, in J. M. Buchanan, R. D. Tollison and G. Tullock (eds), Toward a theory of
the rent-seeking society, Texas A&M University Press, 97-112: the game, and equals.
A. L. Hillman and J. G. Riley (1989), Politically contestable rents and transfers, Economics and Politics 1, 17-39: a
lottery among players who value the prize differently, and who of them takes part.
K. O. Nti (1999), Rent-seeking with asymmetric valuations, Public Choice 98, 415-430: two players, any decisiveness.
R. Cornes and R. Hartley (2005), Asymmetric contests with general technologies, Economic Theory 26, 923-946: the
method of `equilibrium`, by the share each player would have of a given whole.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from detente.errors import ClassicError
from detente.race.classics.arguments import Floats, floats, member, real, whole

__all__ = ["Contest", "Outcome", "duel", "equals", "equilibrium", "lottery", "most_equals"]

MOST_PLAYERS = 10_000
_FAR = 700.0  # log-odds next to certainty
_HALVINGS = 64  # of the log-odds: down to their last digit
_ROUNDING = 1e-10  # relative; how far past the brink of taking part still counts as on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Who contends for what.

    Raises
    ------
    ClassicError
        When there are not at least two values, all above 0, or the decisiveness is not above 0.
    """

    values: tuple[float, ...]
    """what the prize is worth to each player, in any one unit"""
    decisiveness: float = 1.0
    """r: the elasticity of the odds of winning in effort"""

    def __post_init__(self) -> None:
        values = floats("values", self.values, least=0.0)
        whole("values: how many", values.size, 2, MOST_PLAYERS)
        for i, value in enumerate(values):
            real(f"values[{i}]", value, above=0.0)
        real("decisiveness", self.decisiveness, above=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What each player spends, and what it can expect of it; players in the order of the contest's values."""

    efforts: tuple[float, ...]
    """in the unit of the values; 0 for who does not take part"""
    chances: tuple[float, ...]
    """of winning the prize; they sum to 1"""
    payoffs: tuple[float, ...]
    """in the unit of the values; never below 0"""

    @property
    def spent(self) -> float:
        """What all players spend together."""
        return math.fsum(self.efforts)


def most_equals(decisiveness: float) -> float:
    """Return how many equals can take part in an equilibrium: r / (r - 1) rounded down; infinite where r <= 1.

    Below 2 there is no equilibrium in pure strategies at all.

    Raises
    ------
    ClassicError
        When the decisiveness is not above 0.
    """
    r = real("decisiveness", decisiveness, above=0.0)
    return math.floor(r / (r - 1.0) * (1.0 + _ROUNDING)) if r > 1.0 else math.inf


def equals(players: int, value: float = 1.0, decisiveness: float = 1.0) -> Outcome:
    """Return the symmetric equilibrium of equals, in closed form: each spends v r (n - 1) / n^2.

    Raises
    ------
    ClassicError
        When an argument is out of range, or there are more players than `most_equals`.
    """
    n = whole("players", players, 2, MOST_PLAYERS)
    contest = Contest(values=(real("value", value, above=0.0),) * n, decisiveness=decisiveness)
    if n > most_equals(decisiveness):
        raise ClassicError(
            f"decisiveness: found {decisiveness:g} with {n} players, expected at most n / (n - 1) = "
            f"{n / (n - 1):g}: above it each would spend more than it can expect to win"
        )
    return _outcome(contest, np.full(n, 1.0 / n), np.full(n, (n - 1.0) / n))


def lottery(contest: Contest) -> Outcome:
    """Return the equilibrium of a lottery (r = 1), in closed form.

    Those take part whose value exceeds what all spend together, X = (m - 1) / (1 / v_1 + ... + 1 / v_m) over the m
    who do; each of them spends X (1 - X / v_i).

    Raises
    ------
    ClassicError
        When the contest's decisiveness is not 1.
    """
    member("contest", contest, Contest)
    if contest.decisiveness != 1.0:
        raise ClassicError(
            f"decisiveness: found {contest.decisiveness:g}, expected 1 for a lottery; use `equilibrium`"
        )
    values = np.array(contest.values, np.float64)
    descending = np.sort(values)[::-1]
    # Let in one after the other, the keenest first, as long as the next values the prize above what is spent.
    spent = np.arange(values.size) / np.cumsum(1.0 / descending)
    whole_spent = spent[np.count_nonzero(descending[1:] > spent[:-1])]
    losing = np.minimum(whole_spent / values, 1.0)
    return _outcome(contest, 1.0 - losing, losing)


def duel(contest: Contest) -> Outcome:
    """Return the equilibrium of two players, in closed form: efforts stand as the values, so p_i ~ v_i^r.

    Raises
    ------
    ClassicError
        When there are not two players, or r > 1 + (v_2 / v_1)^r with v_2 the smaller value: the weaker would do
        better to stay out, and the stronger then to spend next to nothing.
    """
    member("contest", contest, Contest)
    whole("values: how many", len(contest.values), 2, 2)
    values, r = np.array(contest.values, np.float64), contest.decisiveness
    weaker = float(values.min() / values.max()) ** r
    if r > (1.0 + weaker) * (1.0 + _ROUNDING):
        raise ClassicError(
            f"decisiveness: found {r:g}, expected at most 1 + (v2 / v1)^r = {1.0 + weaker:g}: "
            "above it the weaker player would stay out, and there is no equilibrium in pure strategies"
        )
    odds = (values / values[::-1]) ** r
    return _outcome(contest, odds / (1.0 + odds), 1.0 / (1.0 + odds))


def equilibrium(contest: Contest) -> Outcome:
    """Return the equilibrium of any contest, numerically.

    Up to r = 1 it is the only one. Above, it is looked for among those in which the keenest players take part and
    the others stay out, and the one with most players is returned; there may be others.

    Raises
    ------
    ClassicError
        When there is no such equilibrium in pure strategies.
    """
    member("contest", contest, Contest)
    r = contest.decisiveness
    order = np.argsort(-np.array(contest.values, np.float64), kind="stable")
    values = np.array(contest.values, np.float64)[order]
    fewest = values.size if r <= 1.0 else 2
    for taking_part in range(int(min(values.size, most_equals(r))), fewest - 1, -1):
        found = _among(values[:taking_part], r)
        if found is not None and _stay_out(values[taking_part:], r, found[1]):
            log_odds = np.full(values.size, -np.inf)
            log_odds[order[:taking_part]] = found[0]
            return _outcome(contest, *_shares(log_odds))
    raise ClassicError(
        f"decisiveness: found {r:g}, expected less: among players who value the prize at "
        f"{values[0]:g} and {values[1]:g} at most there is no equilibrium in pure strategies "
        "in which the keenest take part"
    )


def _among(values: Floats, r: float) -> tuple[Floats, float] | None:
    """The equilibrium if all of these take part: log-odds of their winning and the log of the sum of x^r; else None.

    A player with the share p of a whole A = sum of x^r spends x = (p A)^(1/r), and is content where
    v r p (1 - p) = x, so log A = r log(v r) + (r - 1) log p + r log(1 - p). For r > 1 a share below 1 - 1/r pays less
    than nothing, and above it the right-hand side falls.
    """

    def excess(log_whole: float) -> float:
        return float(_shares(_content(values, r, log_whole))[0].sum()) - 1.0

    # Of the lower end everybody wants the n-th part or more, of the upper end at most that.
    nth_part = _whole(values, r, -math.log(values.size - 1.0))
    low, high = float(nth_part.min()), float(nth_part.max())
    brackets = excess(low) > 0.0 > excess(high)
    log_whole = brentq(excess, low, high, xtol=1e-14, rtol=1e-14) if brackets else high
    if r > 1.0 and log_whole > float(_whole(values, r, _least_odds(r)).min()) + _ROUNDING:
        return None
    return _content(values, r, log_whole), log_whole


def _content(values: Floats, r: float, log_whole: float) -> Floats:
    """The log-odds at which each player is content with its share of the whole, found by halving."""
    least = max(_least_odds(r), -_FAR)
    low, high = np.full(values.size, least), np.full(values.size, _FAR)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        wants_more = _whole(values, r, middle) > log_whole
        low, high = np.where(wants_more, middle, low), np.where(wants_more, high, middle)
    found: Floats = 0.5 * (low + high)
    if r <= 1.0:  # in a lottery some want none of it
        found[_whole(values, r, least) <= log_whole] = -np.inf
    return found


def _whole(values: Floats, r: float, log_odds: Any) -> Floats:
    """The log of the whole of which players are content with the share that these log-odds are."""
    log_p, log_q = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
    found: Floats = r * np.log(values * r) + (r - 1.0) * log_p + r * log_q
    return found


def _stay_out(values: Floats, r: float, log_whole: float) -> bool:
    """Say whether players outside a whole of others' efforts do well to stay there."""
    if values.size == 0:
        return True
    # Content with p against B = A (1 - p), so log B is the same but for one more log(1 - p); it pays from 1 - 1/r up.
    bar = _whole(values, r, _least_odds(r)) - math.log(r)
    return bool((bar <= log_whole + _ROUNDING).all())


def _least_odds(r: float) -> float:
    """The log-odds of the smallest share that pays for itself, 1 - 1/r."""
    return math.log(r - 1.0) if r > 1.0 else -math.inf


def _shares(log_odds: Floats) -> tuple[Floats, Floats]:
    """The chances of winning and of losing."""
    return np.exp(-np.logaddexp(0.0, -log_odds)), np.exp(-np.logaddexp(0.0, log_odds))


def _outcome(contest: Contest, winning: Floats, losing: Floats) -> Outcome:
    """What follows from everybody's chance: each spends v r p (1 - p), and keeps v p (1 - r (1 - p))."""
    values, r = np.array(contest.values, np.float64), contest.decisiveness
    payoffs = values * winning * np.maximum(1.0 - r * losing, 0.0)
    return Outcome(
        efforts=tuple((values * r * winning * losing).tolist()),
        chances=tuple(winning.tolist()),
        payoffs=tuple(payoffs.tolist()),
    )
