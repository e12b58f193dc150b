"""The search over sets and settings together: NSGA-II of Optuna, one generation at a time.

References
----------
K. Deb, A. Pratap, S. Agarwal and T. Meyarivan (2002), A fast and elitist multiobjective genetic algorithm: NSGA-II,
IEEE Transactions on Evolutionary Computation 6, 182-197.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from detente.analysis.planner.examine import Examiner, Verdict
from detente.analysis.planner.menu import Candidate, Menu
from detente.analysis.planner.optional import load_optuna

__all__ = ["evolve"]

_GENERATION = 40
_VIOLATION = "violation"
_STANDS = "stands:"


def evolve(
    examiner: Examiner, starts: Iterable[Candidate], trials: int, seed: int, tried: Callable[[int], None]
) -> None:
    """Examine up to `trials` candidates, bred for cost, risk and defence kept; verdicts are left with the examiner.

    Cost, P(catastrophe), the share of rightful actions stopped and their delay are made small together; a candidate that
    misses the standard loses against any that keeps it. Whole generations are examined at once, so that who is
    bred from whom does not depend on how many threads there are.
    """
    if trials <= 0:
        return
    optuna = load_optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.NSGAIISampler(
            population_size=min(_GENERATION, trials),
            mutation=optuna.samplers.nsgaii.PolynomialMutation(),
            seed=seed % 2**32,
        )
        study = optuna.create_study(directions=["minimize"] * 4, sampler=sampler)
        space = _space(optuna, examiner.menu)
        for start in list(starts)[: _GENERATION // 2]:
            study.enqueue_trial(_parameters(examiner.menu, start))
        for first in range(0, trials, _GENERATION):
            generation = [study.ask(space) for _ in range(min(_GENERATION, trials - first))]
            chosen = [_candidate(examiner.menu, trial.params) for trial in generation]
            for trial, verdict in zip(generation, examiner.search(chosen), strict=True):
                trial.set_constraint(_VIOLATION, verdict.violation)
                study.tell(trial, _objectives(verdict))
            tried(len(generation))


def _objectives(verdict: Verdict) -> Sequence[float]:
    return verdict.cost, verdict.risk, verdict.stopped, verdict.delay_s


def _space(optuna: Any, menu: Menu) -> dict[str, Any]:
    laws = optuna.distributions
    space: dict[str, Any] = {
        _STANDS + name: laws.IntDistribution(0, 1) for name in menu.names if name not in menu.kept
    }
    for one in menu.settings:
        # A logarithm needs a positive end; a range from 0 is searched by differences.
        by_factors = one.logarithmic and one.low > 0.0
        space[one.path] = (
            laws.IntDistribution(round(one.low), round(one.high), log=by_factors)
            if one.whole
            else laws.FloatDistribution(one.low, one.high, log=by_factors)
        )
    return space


def _parameters(menu: Menu, candidate: Candidate) -> dict[str, float]:
    numbers = dict(candidate.numbers)
    stands = {_STANDS + name: int(name in candidate.names) for name in menu.names if name not in menu.kept}
    settings = {
        one.path: int(value) if one.whole else value
        for one in menu.settings
        for value in (numbers.get(one.path, one.stated),)
    }
    return {**stands, **settings}


def _candidate(menu: Menu, parameters: dict[str, float]) -> Candidate:
    names = {name for name in menu.names if parameters.get(_STANDS + name, 1)}
    return menu.candidate(names, {one.path: float(parameters[one.path]) for one in menu.settings})
