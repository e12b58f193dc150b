"""The cheapest portfolio that keeps a stated risk: sets, then settings, then single steps, then a proof by other luck."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from detente.analysis.planner.cases import cases_of
from detente.analysis.planner.examine import MARGIN, Examiner, Standard, Verdict
from detente.analysis.planner.front import front
from detente.analysis.planner.menu import Candidate, Menu
from detente.analysis.planner.notebook import Notebook
from detente.analysis.planner.optional import load_optuna
from detente.analysis.planner.relax import relax
from detente.analysis.planner.results import Plan, PlanInterrupted, Without
from detente.analysis.planner.search import evolve
from detente.analysis.planner.sets import Sets, cheapest_sets
from detente.analysis.planner.verify import Verified, verify
from detente.analysis.planner.write import compose
from detente.engine.compile import compile_tables
from detente.engine.run import warm_up
from detente.ensemble.arguments import budget, seed_of, threads_of, whole
from detente.errors import SimulationError
from detente.model.library import load
from detente.model.names import NAME_PATTERN
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["DRAWS", "SHARE", "TRIALS", "plan"]

DRAWS, SHARE, TRIALS = 64, 0.9, 400
MAX_INCIDENTS = 10_000
"""of a crisis; whoever exceeds it is running away, and counts as a catastrophe here"""

_RELAXED = 3  # sets of either kind from whose best candidate single steps are taken
_FINALISTS = 8
_NEAR = 0.1  # a violation: a tenth of the draws too many, or of rightful actions stopped
_ATTEMPTS = 3

_Documents = Scenario | str | Path | Mapping[str, object]


def plan(
    scenarios: Iterable[_Documents] | _Documents,
    risk: float,
    menu: Portfolio | str | Path | Mapping[str, object] = "essay",
    *,
    draws: int = DRAWS,
    share: float = SHARE,
    lost: float = 1.0,
    keep: Iterable[str] = (),
    without: Iterable[str] = (),
    trials: int = TRIALS,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    checkpoint: str | Path | None = None,
    name: str = "plan",
    progress: Callable[[int], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Plan:
    """Find the cheapest safeguards, with their settings, that keep P(catastrophe) at most at `risk` in every scenario.

    Parameters
    ----------
    scenarios
        One or more, each a scenario or what `detente.load` accepts.
    risk
        The level, above 0 and below 1.
    menu
        A portfolio with all safeguards on offer; default: those of the essay. Of its numbers that have a range, those that
        somebody sets are chosen within it (`planner.menu`), all others are drawn.
    draws
        In how many draws of everything uncertain a plan is tried, besides the stated values; 0 for these alone.
    share
        In at least this share of the draws the level must be kept, in each scenario.
    lost
        At most this share of rightful actions may be stopped, on average over the scenarios; default: any.
    keep, without
        Safeguards that stand in every plan, and in none.
    trials
        How many candidates the search over settings may breed.
    seed, threads
        As in `detente.simulate`; the plan does not depend on the number of threads.
    max_incidents
        As there; a crisis that exceeds it counts as a catastrophe.
    checkpoint
        A file to write every examination to; the same call goes on where a killed one ended.
    name
        Of the portfolio that is found.
    progress
        Called with the number of candidates looked at since the last call.
    say
        Told what goes on beside that.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used.
    SimulationError
        When another argument cannot be used, or the optimiser is not installed.
    ResultError
        When `checkpoint` holds something else, or cannot be written.
    PlanInterrupted
        On Ctrl-C, with the best so far.
    """
    if not isinstance(scenarios, Scenario | str | Path | Mapping | Iterable):
        raise SimulationError(f"scenarios: found {scenarios!r}, expected a scenario or a list of them")
    if checkpoint is not None and not (isinstance(checkpoint, str | Path) and str(checkpoint)):
        raise SimulationError(f"checkpoint: found {checkpoint!r}, expected the path of a file")
    listed = [scenarios] if isinstance(scenarios, Scenario | str | Path | Mapping) else list(scenarios)
    worlds = tuple(one if isinstance(one, Scenario) else load(one) for one in listed)
    _distinct(worlds)
    guarded = menu if isinstance(menu, Portfolio) else load_portfolio(menu)
    task = _Task(
        scenarios=worlds,
        menu=Menu.of(guarded, keep=keep, without=without),
        standard=Standard(
            level=_between("risk", risk, 0.0, 1.0),
            share=_between("share", share, 0.0, 1.0, closed=True),
            lost=_between("lost", lost, 0.0, 1.0, closed=True),
        ),
        draws=whole("draws", draws, 0, 10_000),
        trials=whole("trials", trials, 0, 100_000),
        seed=seed_of(seed),
        max_incidents=budget(max_incidents),
        name=_named(name),
        tried=progress or (lambda _: None),
        say=say or (lambda _: None),
    )
    load_optuna()  # whoever lacks it is told now, and not after minutes
    for world in worlds:
        warm_up(compile_tables(world, task.menu.portfolio))
    threads = threads_of(threads)
    notebook = Notebook(Path(checkpoint), task.identity()) if checkpoint is not None else None
    pool = ThreadPoolExecutor(threads, thread_name_prefix="detente-plan")
    with closing(notebook) if notebook else nullcontext():
        try:
            return task.run(pool, notebook)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """The arguments of `plan`, checked."""

    scenarios: tuple[Scenario, ...]
    menu: Menu
    standard: Standard
    draws: int
    trials: int
    seed: int
    max_incidents: int
    name: str
    tried: Callable[[int], None]
    say: Callable[[str], None]

    def identity(self) -> dict[str, object]:
        """Everything that verdicts depend on."""
        return {
            "scenarios": [one.document for one in self.scenarios],
            "menu": self.menu.portfolio.document,
            "settings": [one.path for one in self.menu.settings],
            "level": self.standard.level,
            "share": self.standard.share,
            "lost": self.standard.lost,
            "draws": self.draws,
            "seed": self.seed,
            "max_incidents": self.max_incidents,
        }

    def run(self, pool: ThreadPoolExecutor, notebook: Notebook | None) -> Plan:
        self.say("drawing what is not known")
        examiner = Examiner(
            menu=self.menu,
            cases=tuple(cases_of(one, self.menu, self.draws, self.seed) for one in self.scenarios),
            standard=self.standard,
            pool=pool,
            max_incidents=self.max_incidents,
        )
        if notebook is not None:
            examiner.known, examiner.done = notebook.read(), notebook.add
        try:
            examiner.prepare()
            sets = self._look(examiner)
            chosen, verified, attempts, closest = self._choose(examiner, pool)
        except KeyboardInterrupt:
            best = min(_holding(examiner), key=_order, default=None)
            raise PlanInterrupted(best, len(examiner.seen)) from None
        nearest = None if chosen else closest or min(examiner.seen.values(), key=_nearness)
        return self._told(examiner, sets, chosen, verified, attempts, nearest)

    def _look(self, examiner: Examiner) -> Sets:
        self.say("trying sets of safeguards, the cheapest first")
        sets = cheapest_sets(examiner, self.tried)
        self.say("breeding candidates")
        everything = self.menu.names
        starts = [one.candidate for one in sets.held]
        starts += [self.menu.tight(one.candidate.names, share) for one in sets.held for share in (0.0, 1.0)]
        starts += [self.menu.tight(everything), self.menu.candidate(everything), self.menu.candidate(())]
        examiner.search(starts)
        evolve(examiner, starts, self.trials, self.seed, self.tried)
        self.say("leaving out what is not needed")
        for start in _promising(examiner):
            relax(examiner, start, self.tried)
        return sets

    def _choose(
        self, examiner: Examiner, pool: ThreadPoolExecutor
    ) -> tuple[Verdict | None, tuple[Verified, ...], int, Verdict | None]:
        """The first finalist, from the cheapest up, that a long look confirms, and what its verification says.

        With the number of verifications, and the verdict of the long look that came nearest.
        """
        closest: Verdict | None = None
        attempts = 0
        chosen: Verdict | None = None
        verified: tuple[Verified, ...] = ()
        finalists, margin = _finalists(_holding(examiner)), MARGIN
        if not finalists:
            # What misses by less than the margin may hold all the same: the verification decides.
            near = sorted(examiner.seen.values(), key=_nearness)
            finalists, margin = _finalists([one for one in near if one.violation < _NEAR]), 1.0
        for finalist in finalists:
            self.say("looking at a finalist more closely")
            verdict = examiner.thoroughly(finalist, margin)
            closest = min((one for one in (closest, verdict) if one), key=_nearness)
            if not verdict.holds:
                continue
            self.say("verifying with other luck and other draws")
            attempts += 1
            chosen, verified = verdict, verify(
                self.menu, finalist, self.scenarios, self.standard, draws=self.draws,
                seed=(self.seed + attempts) % 2**64, max_incidents=self.max_incidents, pool=pool,
            )  # fmt: skip
            if all(one.held for one in verified) or attempts == _ATTEMPTS:
                break
        return chosen, verified, attempts, closest

    def _told(
        self,
        examiner: Examiner,
        sets: Sets,
        chosen: Verdict | None,
        verified: tuple[Verified, ...],
        attempts: int,
        nearest: Verdict | None,
    ) -> Plan:
        portfolio: Portfolio | None = None
        without: tuple[Without, ...] = ()
        document: dict[str, object] = {}
        if chosen is not None:
            document = compose(self.menu, chosen, self.standard, verified, self.name)
            portfolio, without = load_portfolio(document), tuple(self._without(examiner, chosen.candidate))
        return Plan(
            scenarios=tuple(one.name for one in self.scenarios),
            menu=self.menu.portfolio.name,
            standard=self.standard,
            draws=self.draws,
            seed=self.seed,
            max_incidents=self.max_incidents,
            portfolio=portfolio,
            document=document,
            settings=self.menu.settings,
            chosen=chosen,
            verified=verified,
            attempts=attempts,
            nearest=nearest,
            without=without,
            front=front(examiner.seen.values()),
            examined=len(examiner.seen),
            refuted_sets=sets.refuted,
            sets=sets.of,
        )

    def _without(self, examiner: Examiner, chosen: Candidate) -> Iterator[Without]:
        """By brief looks: what each safeguard of the plan is needed for."""
        names = [name for name in self.menu.names if name in chosen.names - self.menu.kept]
        numbers = dict(chosen.numbers)
        fewer = [self.menu.candidate(chosen.names - {name}, numbers) for name in names]
        for name, verdict in zip(names, examiner.search(fewer), strict=True):
            yield Without(safeguard=name, verdict=verdict)


def _order(verdict: Verdict) -> tuple[float, float, float, str]:
    return verdict.cost, verdict.stopped, verdict.delay_s, verdict.candidate.key


def _nearness(verdict: Verdict) -> tuple[float, tuple[float, float, float, str]]:
    return verdict.violation, _order(verdict)


def _promising(examiner: Examiner) -> list[Verdict]:
    """From where single steps are taken: the best candidates, each of another set, and cheaper ones that barely miss."""
    by_set: dict[frozenset[str], Verdict] = {}
    for one in sorted(examiner.seen.values(), key=_nearness):
        by_set.setdefault(one.candidate.names, one)
    listed = list(by_set.values())
    best, others = listed[:_RELAXED], listed[_RELAXED:]
    cheaper = [one for one in others if one.violation > 0.0 and one.cost < best[0].cost]
    return best + cheaper[:_RELAXED]


def _holding(examiner: Examiner) -> list[Verdict]:
    return [one for one in examiner.seen.values() if one.holds]


def _finalists(verdicts: Sequence[Verdict]) -> list[Candidate]:
    """From the cheapest sets up, of each the cheapest choice that costs defence least, and then the safest one."""
    by_set: dict[frozenset[str], list[Verdict]] = {}
    for one in sorted(verdicts, key=_order):
        by_set.setdefault(one.candidate.names, []).append(one)
    found: list[Candidate] = []
    for alike in by_set.values():
        safest = min(alike, key=lambda one: (one.risk, sum(one.failing.values()), _order(one)))
        found += dict.fromkeys((alike[0].candidate, safest.candidate))
    return found[:_FINALISTS]


def _distinct(scenarios: Sequence[Scenario]) -> None:
    names = [one.name for one in scenarios]
    if not names:
        raise SimulationError("scenarios: found none, expected at least one")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SimulationError(f"scenarios: found two that are called {twice!r}, expected names that differ")


def _between(what: str, value: float, low: float, high: float, *, closed: bool = False) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (low <= value <= high if closed else low < value < high):
        return float(value)
    bounds = f"{low:g} to {high:g}" if closed else f"a number above {low:g} and below {high:g}"
    raise SimulationError(f"{what}: found {value!r}, expected {bounds}")


def _named(name: str) -> str:
    if isinstance(name, str) and re.fullmatch(NAME_PATTERN, name):
        return name
    raise SimulationError(
        f"name: found {name!r}, expected letters, digits, '.', '_' and '-', a letter or digit first"
    )
