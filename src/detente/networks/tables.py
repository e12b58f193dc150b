"""The tables that an electricity grid of pandapower consists of, as plain rows."""

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from detente.errors import NetworkError

__all__ = ["Row", "Table", "Tables", "is_on", "number", "of_frame", "of_saved"]

Row: TypeAlias = Mapping[str, object]
"""One element: what each column says of it."""


class Table(StrEnum):
    """The kinds of elements that matter to an import, by pandapower's names."""

    BUS = "bus"
    LINE = "line"
    TRAFO = "trafo"
    TRAFO3W = "trafo3w"
    IMPEDANCE = "impedance"
    DCLINE = "dcline"
    SWITCH = "switch"
    LOAD = "load"
    GEN = "gen"
    SGEN = "sgen"
    EXT_GRID = "ext_grid"


Tables: TypeAlias = Mapping[Table, Mapping[int, Row]]
"""Rows by their index, by kind; a kind may be missing."""


def of_frame(frame: Any) -> dict[int, Row]:
    """The rows of a pandas frame."""
    return {int(index): row for index, row in frame.to_dict("index").items()}


def of_saved(document: Mapping[str, object], path: Path) -> Tables:
    """The tables of a network saved by `pandapower.to_json`.

    Raises
    ------
    NetworkError
        the document is something else, or encrypted.
    """
    elements = document.get("_object")
    if document.get("_class") != "pandapowerNet" or not isinstance(elements, dict):
        raise NetworkError(
            f"{path}: found JSON of another kind, expected a network saved with pandapower.to_json"
        )
    return {kind: _saved(elements[kind], f"{path}: {kind}") for kind in Table if kind in elements}


def _saved(frame: object, place: str) -> dict[int, Row]:
    try:
        content = frame["_object"]  # type: ignore[index]
        table = json.loads(content) if isinstance(content, str) else content
        columns, indices, data = table["columns"], table["index"], table["data"]
        rows = zip(indices, data, strict=True)
        return {int(index): dict(zip(columns, row, strict=True)) for index, row in rows}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise NetworkError(
            f"{place}: found no table of columns, index and data, expected one as pandapower.to_json writes it"
        ) from None


def is_on(row: Row) -> bool:
    """Whether an element is in service; so is one that does not say."""
    return row.get("in_service", True) in (True, None)


def number(row: Row, column: str, default: float = 0.0) -> float:
    """A finite number of an element; `default` where it has none."""
    try:
        value = float(row[column])  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, OverflowError):
        return default
    return value if math.isfinite(value) else default
