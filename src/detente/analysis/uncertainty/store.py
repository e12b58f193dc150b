"""A sweep on disk: one Parquet file that says what made it, so that it can be gone on with."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from detente._version import __version__
from detente.analysis.uncertainty.evaluate import COLUMNS, Plan
from detente.ensemble.disk import UNREADABLE, atomically
from detente.ensemble.seal import UNSEALED, is_whole, seal
from detente.errors import ResultError

__all__ = ["Kept", "read", "write"]

_KEY = "detente-sweep"
_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an earlier call has already worked out."""

    stated: pl.DataFrame | None
    frame: pl.DataFrame | None


def read(path: Path, plan: Plan) -> Kept:
    """What of a sweep is in a file; nothing where there is no file.

    Raises
    ------
    ResultError
        It is no sweep, is damaged, or belongs to another sweep than `plan`; the message says in what.
    """
    if not path.exists():
        return Kept(stated=None, frame=None)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror}") from error
    record = _record(path, content)
    if not is_whole(content):
        raise ResultError(f"{path}: damaged: it is not as it was written; remove it and run the sweep again")
    _same(path, record["recipe"], _recipe(plan))
    frame = pl.read_parquet(io.BytesIO(content), columns=list(COLUMNS))
    stated = pl.DataFrame(
        [{name: COLUMNS[name](value) for name, value in row.items()} for row in record["stated"]],
        schema=frame.schema,
    )
    return Kept(stated=_called(stated, plan), frame=_called(frame, plan))


def _called(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The rows with the portfolios called as now: what tells two of one name apart is no part of the recipe."""
    names = [one.name for one in plan.space.portfolios]
    return frame.with_columns(portfolio=pl.Series(names * (frame.height // len(names))))


def write(path: Path, plan: Plan, stated: pl.DataFrame, frame: pl.DataFrame) -> None:
    """Write a sweep, finished or not; the file appears whole or not at all, one of that name is replaced.

    Behind the outcomes of each row stands a column for each unknown, by its name: the value it was drawn at.

    Raises
    ------
    ResultError
        When it cannot be written.
    """
    record = {
        "format": _FORMAT,
        "recipe": _recipe(plan),
        "stated": [{name: _spelled(value) for name, value in row.items()} for row in stated.to_dicts()],
    }
    inputs = pl.DataFrame(
        plan.rows[: frame["draw"].n_unique()], schema=[f"input {one.name}" for one in plan.space.factors]
    ).with_row_index("draw")
    whole = frame.join(
        inputs.with_columns(pl.col("draw").cast(pl.Int64)), on="draw", how="left", maintain_order="left"
    )
    with atomically(path) as unfinished:
        whole.write_parquet(unfinished, metadata={_KEY: json.dumps(record), **UNSEALED})
        seal(unfinished)


def _recipe(plan: Plan) -> dict[str, Any]:
    """All that decides a draw, and nothing of how many were asked for."""
    return {
        "scenario": plan.space.scenario.document,
        "portfolios": [one.document for one in plan.space.portfolios],
        "runs": plan.runs,
        "seed": plan.seed,
        "max_incidents": plan.max_incidents,
        "version": __version__,
    }


def _record(path: Path, content: bytes) -> dict[str, Any]:
    try:
        metadata = pl.read_parquet_metadata(io.BytesIO(content))
        record: Any = json.loads(metadata[_KEY])
        if record["format"] != _FORMAT:
            raise ValueError(f"format {record['format']}")
    except UNREADABLE as error:
        raise ResultError(
            f"{path}: found a file that is not a sweep of this version of detente; "
            "expected a sweep to go on with, or no file at all"
        ) from error
    found: dict[str, Any] = record
    return found


def _same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    differing = [name for name in wanted if found.get(name) != json.loads(json.dumps(wanted[name]))]
    if not differing:
        return
    name = differing[0]
    plain = isinstance(wanted[name], int | str)
    what = (
        f"{name} {found.get(name)}, expected {wanted[name]}" if plain else f"another {name.removesuffix('s')}"
    )
    raise ResultError(
        f"{path}: holds a sweep with {what}; go on with the same arguments, or name another file"
    )


def _spelled(value: float | str) -> float | str:
    """JSON has no word for infinity."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
