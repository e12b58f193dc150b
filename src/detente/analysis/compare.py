"""Portfolios against each other, with the same luck for all: what each prevents, and what it costs in lost defence."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detente._version import __version__
from detente.analysis.halt import HaltDeadline, halt_deadline
from detente.analysis.pairs import Difference, of_means, of_proportions
from detente.engine.compile import compile_tables
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble.arguments import fraction, function, listed, threads_of, writable
from detente.ensemble.dataset import Dataset
from detente.ensemble.manifest import arms, held
from detente.ensemble.replicate import simulate
from detente.ensemble.results import Ensemble
from detente.ensemble.summary import Summary
from detente.errors import ResultError, SimulationError, SolverError
from detente.exact.solution import Solution
from detente.exact.solve import solve
from detente.model.library import load
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.several import load_several
from detente.model.vocabulary import Ending, Scenario

__all__ = ["Arm", "Comparison", "Paired", "compare", "under_each"]

_FEW = 5  # crises named of each kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One portfolio beside the first, over the same crises; differences are this one minus the first."""

    catastrophe: Difference
    critical: Difference
    loss_usd: Difference
    incidents: Difference
    prevented: int
    """crises that end in catastrophe under the first and not under this one"""
    caused: int
    """the other way round"""
    changed: int
    """crises that went otherwise in anything that the table tells"""
    changed_crises: tuple[int, ...]
    """indices of the first few of these"""
    prevented_crises: tuple[int, ...]
    """indices of the first few, to `trace` under both"""
    caused_crises: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        differences = ("catastrophe", "critical", "loss_usd", "incidents")
        return {
            **{name: getattr(self, name).as_dict() for name in differences},
            "prevented": self.prevented,
            "caused": self.caused,
            "changed": self.changed,
            "prevented_crises": list(self.prevented_crises),
            "caused_crises": list(self.caused_crises),
            "changed_crises": list(self.changed_crises),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What became of the crises under one portfolio."""

    portfolio: Portfolio
    ensemble: Ensemble
    summary: Summary
    solution: Solution | None
    """the exact figures of what of it is static; None where the solver had none"""
    unsolved: str
    """why it had none; empty where it had"""
    halt: HaltDeadline | None
    """None where it was left out"""
    paired: Paired | None
    """None for the first"""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        summary, solution = self.summary, self.solution
        whole = summary.as_dict()
        return {
            "portfolio": self.portfolio.name,
            "safeguards": list(self.portfolio.safeguards),
            "cost_usd_per_year": self.portfolio.cost_usd_per_year,
            **{name: whole[name] for name in _TOLD},
            "books": whole["safeguards"],
            "escalation_number": solution.escalation_number if solution else None,
            "doubling_time_s": solution.doubling_time_s if solution else None,
            "left_out": [entry.as_dict() for entry in solution.left_out] if solution else None,
            "unsolved": self.unsolved,
            "halt": self.halt.as_dict() if self.halt else None,
            "paired": self.paired.as_dict() if self.paired else None,
        }


_TOLD = (
    "ended", "catastrophe", "critical", "incidents", "actions", "loss_usd", "decision_window_s",
    "catastrophe_window_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Several portfolios over the same crises of one scenario; the first is what the others are held against."""

    scenario: Scenario
    seed: int
    runs: int
    arms: tuple[Arm, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "scenario": self.scenario.name,
            "runs": self.runs,
            "seed": self.seed,
            "version": __version__,
            "portfolios": [arm.as_dict() for arm in self.arms],
        }


def compare(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolios: Iterable[Portfolio | str | Path | Mapping[str, object]],
    runs: int = 100_000,
    seed: int = 0,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    halt_level: float | None = 0.01,
    progress: Callable[[str, int], None] | None = None,
    say: Callable[[str], None] | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    error: float | None = None,
    half_width: float | None = None,
) -> Comparison:
    """Run the same crises under each portfolio.

    Parameters
    ----------
    scenario, runs, seed, threads, max_incidents
        As in `detente.simulate`.
    portfolios
        At least two, each a portfolio or what `detente.load_portfolio` accepts; the others are held against the first.
        Those of one name are told apart as `model.portfolio.several` says.
    halt_level
        Also find the halt deadline at which P(catastrophe) is this, for each portfolio, which may take as long again;
        None leaves it out.
    progress
        Called now and then with the portfolio's name and the number of crises finished since the last call.
    say
        Told what goes on beside that.
    executor
        As in `detente.simulate`; it runs the crises, not what is worked out from them.
    checkpoint
        As there, with a directory inside for each portfolio. The tables are in memory all the same: crises are paired.
    error, half_width
        As there: the run goes on until P(catastrophe) is known so well under every portfolio, over the same crises.

    Raises
    ------
    ScenarioError, PortfolioError
        When a document cannot be used, or a portfolio not with this scenario.
    SimulationError
        When another argument cannot be used, or an executor fails.
    ResultError
        When a directory of the checkpoint cannot be used or written.
    SimulationInterrupted
        On Ctrl-C.
    """
    guarded = listed(portfolios)
    if len(guarded) < 2:
        raise SimulationError(f"portfolios: found {len(guarded)}, expected at least two to compare")
    return under_each(
        scenario,
        guarded,
        runs=runs,
        seed=seed,
        threads=threads,
        max_incidents=max_incidents,
        halt_level=halt_level,
        progress=progress,
        say=say,
        executor=executor,
        checkpoint=checkpoint,
        error=error,
        half_width=half_width,
    )


def under_each(
    scenario: Scenario | str | Path | Mapping[str, object],
    portfolios: Iterable[Portfolio | str | Path | Mapping[str, object]],
    *,
    runs: int,
    seed: int,
    threads: int | None = None,
    max_incidents: int = MAX_INCIDENTS,
    halt_level: float | None = 0.01,
    progress: Callable[[str, int], None] | None = None,
    say: Callable[[str], None] | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    error: float | None = None,
    half_width: float | None = None,
) -> Comparison:
    """What `compare` does, also for a single portfolio, which is then held against nothing."""
    resolved = load(scenario)
    guarded = load_several(portfolios)
    if halt_level is not None:
        fraction("halt_level", halt_level, "a probability")
    progress, say = function("progress", progress), function("say", say)
    folder = writable("checkpoint", checkpoint)
    if folder is not None:
        _require_place(folder)
    for one in guarded:
        compile_tables(resolved, one)  # every document is checked before hours are spent on the first

    def run(position: int, at_least: int) -> Ensemble:
        made = simulate(
            resolved,
            runs=runs,
            seed=seed,
            threads=threads,
            max_incidents=max_incidents,
            progress=_named(progress, guarded[position].name),
            portfolio=guarded[position],
            executor=executor,
            checkpoint=folder / _folder(position, guarded[position]) if folder else None,
            error=error,
            half_width=half_width,
            at_least=at_least,
        )
        return made.ensemble() if isinstance(made, Dataset) else made

    arms: list[Arm] = []
    for one, ensemble in zip(guarded, _over_the_same(run, len(guarded)), strict=True):
        solution, unsolved = _solved(resolved, one)
        arms.append(
            Arm(
                portfolio=one,
                ensemble=ensemble,
                summary=ensemble.summary(),
                solution=solution,
                unsolved=unsolved,
                halt=_halt(ensemble, halt_level, threads, say) if halt_level is not None else None,
                paired=_paired(arms[0].ensemble.frame, ensemble.frame) if arms else None,
            )
        )
    return Comparison(scenario=resolved, seed=seed, runs=arms[0].ensemble.runs, arms=tuple(arms))


def _require_place(folder: Path) -> None:
    """Refuse a directory that holds anything but the arms of a comparison."""
    if folder.is_dir() and not arms(folder) and (found := held(folder)):
        raise ResultError(
            f"{folder}: holds {found}, expected an empty directory or the checkpoint of a comparison"
        )


def _folder(position: int, portfolio: Portfolio) -> str:
    """Where an arm keeps its pieces: by the name in the document, which is no path whatever the arm is called."""
    return f"{position}-{portfolio.document['portfolio']}"


def _over_the_same(run: Callable[[int, int], Ensemble], portfolios: int) -> list[Ensemble]:
    """Run every portfolio over as many crises as the one that takes the most to be known well."""
    ensembles: list[Ensemble] = []
    for position in range(portfolios):
        ensembles.append(run(position, max((one.runs for one in ensembles), default=1)))
    while len({one.runs for one in ensembles}) > 1:
        most = max(one.runs for one in ensembles)
        ensembles = [one if one.runs == most else run(i, most) for i, one in enumerate(ensembles)]
    return ensembles


def _named(progress: Callable[[str, int], None] | None, name: str) -> Callable[[int], None] | None:
    return None if progress is None else lambda finished: progress(name, finished)


def _solved(scenario: Scenario, portfolio: Portfolio) -> tuple[Solution | None, str]:
    """The exact figures, or why there are none."""
    try:
        return solve(scenario, portfolio), ""
    except SolverError as error:
        return None, str(error)


def _halt(
    ensemble: Ensemble, level: float, threads: int | None, say: Callable[[str], None] | None
) -> HaltDeadline:
    name = ensemble.portfolio.name
    return halt_deadline(
        compile_tables(ensemble.scenario, ensemble.portfolio),
        level=level,
        runs=ensemble.runs,
        seed=ensemble.seed,
        threads=threads_of(threads),
        max_incidents=ensemble.provenance.max_incidents,
        progress=(lambda words: say(f"{name}: {words}")) if say else None,
    )


def _paired(first: pl.DataFrame, second: pl.DataFrame) -> Paired:
    lost, still = _lost(first), _lost(second)
    prevented, caused = np.flatnonzero(lost & ~still), np.flatnonzero(still & ~lost)
    changed = np.flatnonzero(_changed(first, second))
    return Paired(
        catastrophe=of_proportions(lost, still),
        critical=of_proportions(_critical(first), _critical(second)),
        loss_usd=of_means(_numbers(first, "loss_usd"), _numbers(second, "loss_usd")),
        incidents=of_means(_numbers(first, "incidents"), _numbers(second, "incidents")),
        prevented=prevented.size,
        caused=caused.size,
        changed=changed.size,
        prevented_crises=tuple(first["crisis"].gather(prevented[:_FEW]).to_list()),
        caused_crises=tuple(first["crisis"].gather(caused[:_FEW]).to_list()),
        changed_crises=tuple(first["crisis"].gather(changed[:_FEW]).to_list()),
    )


def _lost(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    return (frame["ended"] == Ending.CATASTROPHE.value).to_numpy()


def _critical(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    return frame["first_critical_s"].is_not_null().to_numpy()


def _numbers(frame: pl.DataFrame, column: str) -> npt.NDArray[np.float64]:
    return frame[column].cast(pl.Float64).to_numpy()


def _changed(first: pl.DataFrame, second: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which crises differ in any column that both could share."""
    told = [name for name in first.columns if not name.startswith(("stopped_", "review", "rightful_"))]
    differs = np.zeros(first.height, np.bool_)
    for name in told:
        differs |= first[name].ne_missing(second[name]).to_numpy()
    return differs
