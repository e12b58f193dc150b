"""One piece of work that any executor can do: some crises of an ensemble, as a Parquet table and its tally.

A job holds nothing but plain values, so it goes to another process or machine as it is, and `run_chunk` is a
plain function, so every `concurrent.futures.Executor` can run it. The same job gives the same bytes
wherever it is done, with the same versions of what detente stands on.
"""

import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import polars as pl

from detente._version import __version__
from detente.engine._jit import CACHE_FOLDER
from detente.engine.compile import compile_tables
from detente.engine.run import Interrupted, simulate_block
from detente.engine.tables import Outcomes, Tables
from detente.ensemble.disk import UNREADABLE, first_line
from detente.ensemble.frame import digest, schema, to_frame
from detente.ensemble.spans import Span
from detente.ensemble.store import KEY
from detente.ensemble.tally import Tally, tally
from detente.errors import ResultError, SimulationError
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.vocabulary import Scenario

__all__ = ["CODE", "Chunk", "Job", "Recipe", "compiled", "encode", "read_chunk", "require_code", "run_chunk"]

CODE = f"detente {__version__} ({CACHE_FOLDER.name})"
"""What decides crises besides their arguments: the version, and a fingerprint of the kernels and of Numba's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What all pieces of one ensemble have in common; picklable."""

    code: str
    documents: bytes
    """scenario and portfolio, resolved, as compressed JSON"""
    seed: int
    max_incidents: int

    @classmethod
    def of(
        cls, scenario: Mapping[str, object], portfolio: Mapping[str, object], *,
        seed: int, max_incidents: int, code: str = CODE,
    ) -> "Recipe":  # fmt: skip
        """Return the recipe for two resolved documents."""
        text = json.dumps([scenario, portfolio], allow_nan=False)
        return cls(code=code, documents=zlib.compress(text.encode()), seed=seed, max_incidents=max_incidents)

    @property
    def fingerprint(self) -> str:
        """The same for the same crises."""
        state = blake2b(zlib.decompress(self.documents), digest_size=16)
        state.update(f"\0{self.code}\0{self.seed}\0{self.max_incidents}".encode())
        return state.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What `run_chunk` takes."""

    recipe: Recipe
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What `run_chunk` gives."""

    span: Span
    parquet: bytes
    """the table, as a file that says of itself what it is and whether it is whole"""
    tally: Tally

    def frame(self) -> pl.DataFrame:
        """Return the table."""
        return pl.read_parquet(io.BytesIO(self.parquet))


def run_chunk(job: Job) -> Chunk:
    """Simulate the crises of a job, on one thread.

    Raises
    ------
    SimulationError
        When this process runs another version of detente than the one that made the job, or a crisis does not fit
        into memory.
    """
    recipe = job.recipe
    scenario, tables = compiled(recipe)
    try:
        outcomes = simulate_block(
            tables,
            seed=recipe.seed,
            first=job.span.first,
            count=job.span.count,
            max_incidents=recipe.max_incidents,
        )
    except Interrupted:  # somebody's Ctrl-C reached the worker: what it had is not worth a file
        raise KeyboardInterrupt from None
    return encode(scenario, outcomes, recipe, job.span)


def compiled(recipe: Recipe) -> tuple[Scenario, Tables]:
    """Return what a recipe is made from, read and compiled, in a worker.

    Raises
    ------
    SimulationError
        When this process runs another version of detente than the one that made the recipe.
    """
    require_code(recipe.code)
    return _compiled(recipe.documents)


def require_code(code: str) -> None:
    """Refuse to work, in a worker, for somebody who runs other code.

    Raises
    ------
    SimulationError
        When this process runs another version of detente than the one whose `CODE` is given.
    """
    if code != CODE:
        raise SimulationError(
            f"a worker runs {CODE}, expected {code} as here: "
            "install the same versions of detente and Numba on every worker"
        )


@lru_cache(maxsize=4)
def _compiled(documents: bytes) -> tuple[Scenario, Tables]:
    """Read and compile the documents once in each process, not once for each job."""
    scenario, portfolio = json.loads(zlib.decompress(documents))
    resolved = load(scenario)
    return resolved, compile_tables(resolved, load_portfolio(portfolio))


def encode(scenario: Scenario, outcomes: Outcomes, recipe: Recipe, span: Span) -> Chunk:
    """Return outcomes as a chunk."""
    frame = to_frame(scenario, outcomes, span.first)
    file = io.BytesIO()
    frame.write_parquet(file, metadata={KEY: json.dumps(_record(recipe, span, frame))})
    return Chunk(span=span, parquet=file.getvalue(), tally=tally(frame))


def _record(recipe: Recipe, span: Span, frame: pl.DataFrame) -> dict[str, object]:
    return {
        "ensemble": recipe.fingerprint,
        "first": span.first,
        "count": span.count,
        "digest": digest(frame),
    }


def read_chunk(path: Path, scenario: Scenario, recipe: Recipe, span: Span) -> Tally:
    """Return the tally of a chunk that was stored, once it has proved to be what it should be.

    Raises
    ------
    ResultError
        When it is damaged, or another piece of work.
    """
    try:
        record = json.loads(pl.read_parquet_metadata(path)[KEY])
        frame = pl.read_parquet(path)
    except UNREADABLE as error:
        raise ResultError(f"{path}: damaged: {first_line(error)}") from error
    if dict(frame.schema) != schema(scenario) or record != _record(recipe, span, frame):
        raise ResultError(f"{path}: damaged: not what was stored for {span}")
    return tally(frame)
