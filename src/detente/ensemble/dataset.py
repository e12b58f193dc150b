"""An ensemble on disk, piece by piece: a directory of Parquet files that a killed run can go on with.

    manifest.json           the plan: documents, seed, runs, how it is cut
    part-000000.parquet     the crises of one piece, with a fingerprint inside
    ...
    .lock                   held by the process that writes

A part appears whole or not at all, so whatever happens to the process or the disk, what is there is sound or
can be told not to be. Any Parquet reader reads `part-*.parquet` as one table.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

import polars as pl

from detente._version import __version__
from detente.ensemble.arguments import path_of, whole
from detente.ensemble.chunks import Chunk, Recipe, read_chunk
from detente.ensemble.disk import UNFINISHED, atomically, locked, write_whole
from detente.ensemble.frame import digest_of, schema
from detente.ensemble.manifest import NAME, Manifest, held
from detente.ensemble.provenance import Provenance, of_run
from detente.ensemble.results import Ensemble, retrace
from detente.ensemble.spans import Span
from detente.ensemble.store import KEY
from detente.ensemble.summary import Summary, summarise_tally
from detente.ensemble.tally import Tally
from detente.errors import ResultError
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Trace

__all__ = ["Dataset", "Writer", "writing"]

_ROW_GROUP = 1 << 17  # rows; fixed, so that a merged file does not depend on how the ensemble was cut


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Dataset:
    """Many crises of one scenario under one portfolio, kept on disk and not in memory.

    What it holds are the crises finished without a gap from the first.
    """

    folder: Path
    scenario: Scenario
    portfolio: Portfolio
    manifest: Manifest
    tally: Tally
    spans: tuple[Span, ...]
    """the pieces it holds"""
    wall_s: float = 0.0
    """time spent in the call that made this object, 0 for one that was opened"""
    found: int = 0
    """pieces that were there already when it was made"""
    damaged: tuple[str, ...] = ()
    """files that were not sound; they have been made again if the run got so far"""

    @property
    def seed(self) -> int:
        return self.manifest.seed

    @property
    def runs(self) -> int:
        """Crises finished; fewer than were asked for when the run was cut short or stopped by itself."""
        return self.tally.runs

    @property
    def max_incidents(self) -> int:
        return self.manifest.max_incidents

    @property
    def is_complete(self) -> bool:
        """Whether the run ended as it was meant to."""
        return self.runs == self.manifest.runs or _may_stop(self.manifest, self.tally)

    def summary(self) -> Summary:
        """Return the ensemble in numbers, of which `Summary.sketched` names those that are approximate."""
        return summarise_tally(
            self.tally,
            scenario=self.scenario.name,
            portfolio=self.portfolio.name,
            requested=self.manifest.runs,
            seed=self.seed,
            version=__version__,
            wall_s=self.wall_s,
            precision=self.manifest.precision,
        )

    def trace(self, crisis: int) -> "Trace":
        """Run one crisis again, as `Ensemble.trace`."""
        crisis = whole("crisis", crisis, 0, self.runs - 1)
        return retrace(
            self.scenario,
            self.portfolio,
            seed=self.seed,
            crisis=crisis,
            max_incidents=self.manifest.max_incidents,
        )

    def scan(self) -> pl.LazyFrame:
        """Return the table, to be read piece by piece: one row for each crisis, in order."""
        return pl.scan_parquet(self._paths())

    def ensemble(self) -> Ensemble:
        """Return the same with the table in memory, some 300 bytes a crisis."""
        return Ensemble(
            scenario=self.scenario,
            portfolio=self.portfolio,
            frame=self.scan().collect(),
            provenance=self._provenance(),
        )

    def save(self, path: str | Path) -> Path:
        """Merge the pieces into one file, as `Ensemble.save` writes and `Ensemble.open` reads.

        The file depends on the crises alone, to the last byte: not on who made them, in what pieces, or how often
        the run was interrupted. So it tells neither the time it took nor the number of threads.

        Raises
        ------
        ResultError
            When it cannot be written.
        """
        types = schema(self.scenario)
        fingerprint = digest_of(types, self.runs, self._column)
        record = replace(self._provenance(), digest=fingerprint)
        place = path_of("path", path)
        with atomically(place) as unfinished:
            self.scan().sink_parquet(unfinished, metadata={KEY: record.to_json()}, row_group_size=_ROW_GROUP)
        return place

    def _column(self, name: str) -> Iterator[pl.Series]:
        for path in self._paths():
            yield pl.read_parquet(path, columns=[name])[name]

    def _paths(self) -> list[Path]:
        among = len(self.manifest.spans())
        return [self.folder / self.manifest.part(position, among) for position in range(len(self.spans))]

    def _provenance(self) -> Provenance:
        manifest = self.manifest
        return of_run(
            self.scenario,
            self.portfolio,
            seed=manifest.seed,
            requested_runs=manifest.runs,
            finished_runs=self.runs,
            max_incidents=manifest.max_incidents,
            threads=0,
            wall_s=0.0,
            command=f"detente merge, of {self.runs} crises",
            stopping=manifest.stopping,
        )

    @classmethod
    def open(cls, folder: str | Path) -> "Dataset":
        """Read a directory that a run with a checkpoint wrote, and check every piece of it.

        Raises
        ------
        ResultError
            When there is no such directory, it holds something else or no finished piece, or one is damaged.
        SimulationError
            When `folder` is no path.
        """
        folder = path_of("folder", folder)
        manifest = Manifest.read(folder)
        writer = Writer(folder, manifest)
        writer.look(len(writer.spans))
        if writer.damaged:
            raise ResultError(
                f"{folder / writer.damaged[0]}: damaged; give the command that made it again, which repairs it"
            )
        return writer.dataset()

    def __repr__(self) -> str:
        return f"<Dataset of {self.scenario.name!r} in {str(self.folder)!r}: {self.runs:,} crises, seed {self.seed}>"


def _may_stop(manifest: Manifest, tally: Tally) -> bool:
    asked = manifest.precision
    if asked is None or tally.runs not in manifest.looks:
        return False
    return asked.stopping(tally.catastrophes, tally.runs, manifest.runs).is_met


class Writer:
    """A dataset in the making: which pieces are there, and the tally of those without a gap."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self.spans = manifest.spans()
        self.scenario, self.portfolio = manifest.documents()
        self.recipe = Recipe.of(
            manifest.scenario,
            manifest.portfolio,
            seed=manifest.seed,
            max_incidents=manifest.max_incidents,
            code=manifest.code,
        )
        self.tally: Tally | None = None
        self.together = 0  # pieces without a gap, all in the tally
        self.found = 0
        self.damaged: list[str] = []
        self._apart: dict[int, Tally] = {}  # beyond the gap, until it closes
        self._looked = 0

    def look(self, until: int) -> list[int]:
        """Check the pieces before position `until` that were not looked at yet; returns those to be made."""
        missing = []
        for position in range(self._looked, until):
            path = self._path(position)
            if not path.exists():
                missing.append(position)
                continue
            try:
                tally = read_chunk(path, self.scenario, self.recipe, self.spans[position])
            except ResultError:
                self.damaged.append(path.name)
                missing.append(position)
            else:
                self.found += 1
                self._count(position, tally)
        self._looked = max(self._looked, until)
        return missing

    def add(self, position: int, chunk: Chunk) -> None:
        """Store a piece.

        Raises
        ------
        ResultError
            When it cannot be written; what was stored before stays sound.
        """
        path = self._path(position)
        try:
            write_whole(path, chunk.parquet)
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
            raise ResultError(
                f"{path}: cannot be written: {error.strerror}; the pieces stored before are kept: "
                f"{'make room' if full else 'see to that'}, and the same call goes on from there"
            ) from error
        self._count(position, chunk.tally)

    def dataset(self, wall_s: float = 0.0) -> Dataset:
        """Return what there is.

        Raises
        ------
        ResultError
            When not even the first piece is there.
        """
        if self.tally is None:
            raise ResultError(
                f"{self.folder}: holds no finished piece yet; give the command that began it again"
            )
        return Dataset(
            folder=self.folder,
            scenario=self.scenario,
            portfolio=self.portfolio,
            manifest=self.manifest,
            tally=self.tally,
            spans=tuple(self.spans[: self.together]),
            wall_s=wall_s,
            found=self.found,
            damaged=tuple(self.damaged),
        )

    def _count(self, position: int, tally: Tally) -> None:
        self._apart[position] = tally
        while (following := self._apart.pop(self.together, None)) is not None:
            self.tally = following if self.tally is None else self.tally + following
            self.together += 1

    def _path(self, position: int) -> Path:
        return self.folder / self.manifest.part(position, len(self.spans))


@contextmanager
def writing(folder: Path, manifest: Manifest) -> Iterator[Writer]:
    """Give the writer of a dataset, begun or gone on with; nobody else can write it meanwhile.

    Raises
    ------
    ResultError
        When the directory cannot be used, holds something else, was begun otherwise, or is being written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be made: {error.strerror}") from error
    # Before there is a lock, which would stay behind in somebody else's directory.
    _require_place(folder, manifest)
    with locked(folder):
        _begin(folder, manifest)
        for leftover in folder.glob(UNFINISHED):  # of a process that was killed while it wrote
            leftover.unlink(missing_ok=True)
        yield Writer(folder, manifest)


def _require_place(folder: Path, manifest: Manifest) -> None:
    if (folder / NAME).exists():
        Manifest.read(folder).require_same(manifest, folder)
    elif found := held(folder):
        raise ResultError(f"{folder}: holds {found}, expected an empty directory or a dataset begun earlier")


def _begin(folder: Path, manifest: Manifest) -> None:
    _require_place(folder, manifest)
    if (folder / NAME).exists():
        return
    try:
        write_whole(folder / NAME, manifest.to_json().encode())
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written: {error.strerror}") from error
