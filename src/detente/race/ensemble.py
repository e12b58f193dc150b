"""Many runs of a race under several policies, over the same luck; pieces of work that any executor can do."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from detente._version import __version__
from detente.ensemble.arguments import whole
from detente.ensemble.executors import map_jobs
from detente.errors import Problem, RaceError
from detente.model.problems import nearest_of
from detente.model.race.library import load
from detente.model.race.vocabulary import Belief, Race
from detente.race.checkpoint import Pieces, Shelf, pieces_in
from detente.race.luck import draw
from detente.race.paths import evidence
from detente.race.play import SOBER, play
from detente.race.results import Arm, Outcome, summarise
from detente.race.stage import Stage
from detente.race.trajectory import Trajectory
from detente.race.utility import MOVES

__all__ = ["Job", "RaceResult", "default_order", "run_job", "run_race"]

_PIECE = 20  # runs of one job
_MOST_RUNS = 10_000_000
_MOST_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Some runs under some policies; plain values, so it goes to another process as it is."""

    document: str
    """the resolved race, as JSON"""
    policies: tuple[str, ...]
    scripted: bool
    """whether to run all but the first once more with the first one's postures"""
    belief: str | None
    seed: int
    first: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceResult:
    """What came of a race under each policy, the first being what the others are held against."""

    race: Race
    belief: Belief
    runs: int
    seed: int
    arms: tuple[Arm, ...]
    """policies in the order given, with adaptation; then, if asked for, all but the first without"""

    def arm(self, policy: str, *, adapts: bool = True) -> Arm:
        """The arm of a policy; KeyError when there is none."""
        for arm in self.arms:
            if arm.policy == policy and arm.adapts == adapts:
                return arm
        raise KeyError(policy)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "race": self.race.name,
            "version": __version__,
            "belief": self.belief.name,
            "runs": self.runs,
            "seed": self.seed,
            "quarters": self.race.quarters,
            "arms": [arm.as_dict() for arm in self.arms],
        }


def default_order(race: Race) -> tuple[str, ...]:
    """All policies, one that brings no measures first: what the others are naturally held against."""
    return tuple(p.name for p in sorted(race.policies, key=lambda p: (bool(p.measures), p.name)))


def run_race(
    race: Race | str | Path,
    policies: Sequence[str] = (),
    *,
    runs: int = 2000,
    seed: int = 0,
    belief: str | None = None,
    without_adaptation: bool = False,
    executor: Executor | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> RaceResult:
    """Run a race under several policies, every run with the same luck under each.

    Parameters
    ----------
    policies
        Names of the race's policies, the first being what the others are held against; default: `default_order`.
    belief
        One of the race's beliefs; default: the race as stated.
    without_adaptation
        Run all but the first once more with players who do what they do under the first.
    executor
        Who does the work; default: this process.
    checkpoint
        A directory for finished pieces: the same call goes on where a killed one ended.
    progress
        Called with the number of trajectories finished since the last call.

    Raises
    ------
    RaceError
        When there is no such race, policy or belief, or it does not fit its scenarios.
    SimulationError
        When a number is out of range, or workers keep dying.
    ResultError
        When the checkpoint belongs to another race, or cannot be written.
    SolverError
        When the exact solver does not settle.
    """
    race = race if isinstance(race, Race) else load(race)
    known = [policy.name for policy in race.policies]
    names = tuple(policies) or default_order(race)
    for name in names:
        _require(name, known, "policy", race.name)
    if belief is not None:
        _require(belief, [one.name for one in race.beliefs], "belief", race.name)
    whole("runs", runs, 1, _MOST_RUNS)
    whole("seed", seed, 0, _MOST_SEED)
    document = json.dumps(race.document, allow_nan=False)
    jobs = [
        Job(document=document, policies=names, scripted=without_adaptation, belief=belief,
            seed=seed, first=first, count=min(_PIECE, runs - first))
        for first in range(0, runs, _PIECE)
    ]  # fmt: skip
    asked = {
        "document": document, "policies": names, "fixed": without_adaptation, "belief": belief,
        "seed": seed, "runs": runs,
    }  # fmt: skip
    with nullcontext() if checkpoint is None else pieces_in(checkpoint, asked) as shelf:
        pieces = dict(_finished(jobs, executor, shelf, progress or (lambda _: None)))
    columns = [[one for place in range(len(jobs)) for one in pieces[place][k]] for k in range(len(pieces[0]))]
    arms = [
        summarise(race, name, column, columns[0], adapts=True)
        for name, column in zip(names, columns[: len(names)], strict=True)
    ]
    arms += [
        summarise(race, name, column, columns[0], adapts=False)
        for name, column in zip(names[1:], columns[len(names) :], strict=False)
    ]
    return RaceResult(race=race, belief=_belief(race, belief), runs=runs, seed=seed, arms=tuple(arms))


def _finished(
    jobs: list[Job], executor: Executor | None, shelf: Shelf | None, progress: Callable[[int], None]
) -> Iterator[tuple[int, Pieces]]:
    """Every piece with its place: those that are there already, then the others as they come."""
    missing: list[int] = []
    for place in range(len(jobs)):
        piece = shelf.read(place) if shelf else None
        if piece is None:
            missing.append(place)
        else:
            progress(sum(map(len, piece)))
            yield place, piece
    wanted = [jobs[place] for place in missing]
    for number, piece in map_jobs(run_job, wanted, executor) if executor else enumerate(map(run_job, wanted)):
        if shelf:
            shelf.write(missing[number], piece)
        progress(sum(map(len, piece)))
        yield missing[number], piece


def run_job(job: Job) -> Pieces:
    """The outcomes of a job: by arm, then by run."""
    stage = _stage(job.document)
    race, belief = stage.race, _belief(stage.race, job.belief)
    count = len(job.policies)
    columns: list[list[Outcome]] = [[] for _ in range(2 * count - 1 if job.scripted else count)]
    for run in range(job.first, job.first + job.count):
        luck = draw(race, job.seed, run, len(MOVES))
        script: Trajectory | None = None
        for k, name in enumerate(job.policies):
            trajectory = play(stage, race.policy(name), luck, belief=belief)
            columns[k].append(_outcome(race, trajectory))
            script = script or trajectory
            if job.scripted and k:
                told = play(stage, race.policy(name), luck, belief=belief, script=script)
                columns[count + k - 1].append(_outcome(race, told))
    return columns


@lru_cache(maxsize=2)
def _stage(document: str) -> Stage:
    """The stage of a race, made once in each process."""
    return Stage(load(json.loads(document)))


def _belief(race: Race, name: str | None) -> Belief:
    return next((one for one in race.beliefs if one.name == name), SOBER)


def _require(name: str, known: list[str], what: str, race: str) -> None:
    if name in known:
        return
    near = nearest_of(name, known)
    hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(known)})"
    raise RaceError(
        [Problem(path="", found=f"'{name}'", expected=f"the name of a {what} of the race '{race}'{hint}")]
    )


def _outcome(race: Race, run: Trajectory) -> Outcome:
    years = race.quarters // 4
    quarters = slice(0, 4 * years)
    there = run.there[quarters, :, None]
    present = np.where(there, run.postures[quarters], np.nan)
    means = np.nanmean(present, axis=1).reshape(years, 4, 3).mean(axis=1)
    counts = np.stack([run.critical, run.crises, run.catastrophes], axis=1)[quarters]
    yearly = [means, run.escalation[:years, :1], counts.reshape(years, 4, 3).sum(axis=1)]
    sells = np.array([player.certified > 0.0 for player in race.players])
    first = np.array([player.enters is None for player in race.players])
    return Outcome(
        evidence=evidence(race, run),
        yearly=np.concatenate(yearly, axis=1),
        kept=run.flows,
        premiums=run.premiums.mean(axis=0),
        certified=float(run.certified[-4:, sells].mean()) if sells.any() else 0.0,
        capability=float(run.postures[-1, first, 1].mean()),
        entered=run.there[-1],
    )
