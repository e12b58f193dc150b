"""A finite population that copies what pays: pairwise comparison, fixation, and what it does in the long run.

Z players hold one strategy each and play all others. At each step one of them compares itself with another and takes
over its strategy with probability 1 / (1 + exp(-beta (its payoff - mine))); now and then one tries a strategy
at random. When that is rare, one newcomer at a time either takes over or dies out, so the population moves
between states in which all do the same: a small Markov chain, whose stationary law says how often each is seen.

Chances of taking over are as small as e^-1000 where selection is strong, so they are kept as logarithms.

References
----------
A. Traulsen, M. A. Nowak and J. M. Pacheco (2006), Stochastic dynamics of invasion and fixation, Physical Review E 74,
011909: pairwise comparison, and the chance of fixation.
D. Fudenberg and L. A. Imhof (2006), Imitation processes with small mutations, Journal of Economic Theory 131,
251-262: the chain between uniform states.
W. K. Grassmann, M. I. Taksar and D. P. Heyman (1985), Regenerative analysis and steady state distributions for Markov
chains, Operations Research 33, 1107-1116: its stationary law without a subtraction.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from detente.errors import ClassicError
from detente.race.classics.arguments import Floats, member, real, square, whole

__all__ = ["LongRun", "Population", "fixation", "log_fixation", "rare_mutations", "time_with"]

MOST_PLAYERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who imitates, and how keenly.

    Raises
    ------
    ClassicError
        When a number is outside its range.
    """

    players: int = 100
    """Z, at least 2"""
    strength: float = 0.01
    """beta, of selection: per unit of payoff; 0 is drift, a large number strict imitation of the better"""

    def __post_init__(self) -> None:
        whole("players", self.players, 2, MOST_PLAYERS)
        real("strength", self.strength, least=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """How a population moves between states in which all do the same."""

    shares: Floats
    """of the time spent in each state, (strategies,); they sum to 1"""
    takeovers: Floats
    """chance that a newcomer (column) takes over from residents (row), (strategies, strategies); 0 on the diagonal"""


def fixation(payoffs: Floats, population: Population, *, resident: int = 0, newcomer: int = 1) -> float:
    """Return the chance that one newcomer among residents takes over; 1 / Z when payoffs do not matter.

    Parameters
    ----------
    payoffs
        What the row earns against the column, (strategies, strategies).
    population
        Who imitates.
    resident, newcomer
        Which strategies; positions in `payoffs`.

    Raises
    ------
    ClassicError
        When the matrix is not square and finite, or has no such strategies.
    """
    return math.exp(log_fixation(payoffs, population, resident=resident, newcomer=newcomer))


def log_fixation(payoffs: Floats, population: Population, *, resident: int = 0, newcomer: int = 1) -> float:
    """Return the logarithm of `fixation`: 1 / (1 + sum_i exp(-beta sum_{k <= i} gain(k))) over i = 1 .. Z - 1.

    `gain(k)` is what one of k newcomers earns more than a resident. Raises as `fixation` does.
    """
    matrix = square("payoffs", payoffs)
    member("population", population, Population)
    last = len(matrix) - 1
    pair = (whole("resident", resident, 0, last), whole("newcomer", newcomer, 0, last))
    uphill = population.strength * np.cumsum(_gains(matrix, population.players, *pair))
    return -float(logsumexp(np.concatenate([[0.0], -uphill])))


def rare_mutations(payoffs: Floats, population: Population) -> LongRun:
    """Return what the population does in the long run, when all strategies are tried equally often, and rarely.

    Raises
    ------
    ClassicError
        When the matrix is not square and finite.
    """
    matrix = square("payoffs", payoffs)
    strategies = range(len(matrix))
    logs = np.full(matrix.shape, -np.inf)
    for resident in strategies:
        for newcomer in strategies:
            if resident != newcomer:
                logs[resident, newcomer] = log_fixation(
                    matrix, population, resident=resident, newcomer=newcomer
                )
    return LongRun(shares=_stationary(logs), takeovers=np.exp(logs))


def time_with(payoffs: Floats, population: Population, mutation: float) -> Floats:
    """Return the share of the time with 0, 1, ..., Z players of the second of two strategies, in the long run.

    Exact for any rate of mutation: `mutation` is the chance that a step is a trial of the other strategy instead of
    an imitation.

    Raises
    ------
    ClassicError
        When there are not two strategies, or `mutation` is not above 0 and at most 1.
    """
    matrix = square("payoffs", payoffs)
    member("population", population, Population)
    if len(matrix) != 2:
        raise ClassicError(f"payoffs: found {len(matrix)} strategies, expected 2")
    mu = real("mutation", mutation, above=0.0, most=1.0)
    size = population.players
    # Up from k = 0 .. Z - 1, and down from k = 1 .. Z: the ends are left by mutation only.
    gain = population.strength * np.concatenate([[0.0], _gains(matrix, size, 0, 1), [0.0]])
    k = np.arange(size + 1)
    with np.errstate(divide="ignore"):
        of_other = np.log1p(-mu) + np.log(np.stack([k, size - k]) / (size - 1.0))
        moved = np.logaddexp(of_other - np.logaddexp(0.0, np.stack([-gain, gain])), math.log(mu))
        chosen = np.log(np.stack([size - k, k]) / size)
    rise = (moved + chosen)[0, :-1] - (moved + chosen)[1, 1:]
    logs = np.concatenate([[0.0], np.cumsum(rise)])
    shares: Floats = np.exp(logs - logsumexp(logs))
    return shares


def _gains(matrix: Floats, size: int, resident: int, newcomer: int) -> Floats:
    """What one of k newcomers earns more than one resident, for k = 1 .. Z - 1; nobody plays itself."""
    k = np.arange(1, size)
    new = ((k - 1) * matrix[newcomer, newcomer] + (size - k) * matrix[newcomer, resident]) / (size - 1)
    old = (k * matrix[resident, newcomer] + (size - k - 1) * matrix[resident, resident]) / (size - 1)
    gains: Floats = new - old
    return gains


def _stationary(logs: Floats) -> Floats:
    """The stationary law of a chain with these logarithms of rates, by taking out one state after another."""
    rates = logs.copy()
    states = len(rates)
    leaving = np.zeros(states)
    for k in range(states - 1, 0, -1):
        leaving[k] = logsumexp(rates[k, :k])
        detour = rates[:k, k, None] + rates[k, :k] - leaving[k]
        rates[:k, :k] = np.logaddexp(rates[:k, :k], detour)
    weights = np.zeros(states)
    for k in range(1, states):
        weights[k] = logsumexp(weights[:k] + rates[:k, k]) - leaving[k]
    shares: Floats = np.exp(weights - logsumexp(weights))
    return shares
