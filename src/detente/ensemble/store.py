"""Results on disk: one Parquet file that carries its own provenance.

Any Parquet reader reads the table; detente also reads the record under the key `detente` of
the file's metadata, and checks the table against the fingerprint in it.
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from detente.ensemble.disk import UNREADABLE, atomically, first_line
from detente.ensemble.frame import digest, schema
from detente.ensemble.provenance import Provenance
from detente.errors import DocumentError, ResultError
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["KEY", "is_result", "read", "save"]

KEY = "detente"


def save(frame: pl.DataFrame, provenance: Provenance, path: Path) -> Path:
    """Write a table with its provenance; the file appears whole or not at all."""
    record = replace(provenance, finished_runs=frame.height, digest=digest(frame))
    with atomically(path) as unfinished:
        frame.write_parquet(unfinished, metadata={KEY: record.to_json()})
    return path


def read(path: Path) -> tuple[Scenario, Portfolio, pl.DataFrame, Provenance]:
    """Read a file that `save` wrote; raises ResultError saying what is wrong with any other."""
    if not path.is_file():
        raise ResultError(f"{path}: no such file; expected a result that detente saved")
    provenance = _read_record(path)
    try:
        scenario = load(provenance.scenario)
        portfolio = load_portfolio(provenance.portfolio)
    except DocumentError as error:
        raise ResultError(f"{path}: a document inside it is not legal here:\n{error}") from error
    try:
        frame = pl.read_parquet(path)
    except UNREADABLE as error:
        raise ResultError(f"{path}: damaged: {first_line(error)}") from error
    if dict(frame.schema) != schema(scenario):
        raise ResultError(f"{path}: damaged: its columns are not those of a result of {scenario.name!r}")
    if digest(frame) != provenance.digest:
        raise ResultError(f"{path}: damaged: its rows are not those that were saved; run it again")
    return scenario, portfolio, frame, provenance


def is_result(path: Path) -> bool:
    """Whether a file says of itself that it is a result, whole or damaged, and so may be written again."""
    try:
        _read_record(path)
    except ResultError:
        return False
    return True


def _read_record(path: Path) -> Provenance:
    try:
        metadata = pl.read_parquet_metadata(path)
    except UNREADABLE as error:
        raise ResultError(f"{path}: not a Parquet file, or a damaged one: {first_line(error)}") from error
    if KEY not in metadata:
        raise ResultError(f"{path}: a Parquet file, but not a result that detente saved")
    try:
        return Provenance.from_json(metadata[KEY])
    except (ValueError, TypeError, RecursionError) as error:
        raise ResultError(
            f"{path}: its provenance cannot be read ({error}); "
            "it is damaged or was written by another version of detente"
        ) from error
