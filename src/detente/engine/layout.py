"""Laying nested lists out as flat arrays with ranges."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.model.vocabulary import Delay, DelayLaw

__all__ = ["Records", "flat", "grouped", "positions", "ranges", "write_delay"]

Records = npt.NDArray[Any]

_DELAY_CODES = {
    DelayLaw.FIXED: t.FIXED,
    DelayLaw.EXPONENTIAL: t.EXPONENTIAL,
    DelayLaw.LOGNORMAL: t.LOGNORMAL,
}


def positions(names: Iterable[str]) -> dict[str, int]:
    """Each name's position."""
    return {name: i for i, name in enumerate(names)}


def ranges(rows: Records, field: str, groups: Sequence[Sequence[object]]) -> None:
    """Write into each row where its group begins and ends once the groups lie end to end."""
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    ends = np.cumsum(sizes)
    rows[f"{field}_first"] = ends - sizes
    rows[f"{field}_last"] = ends


def flat(groups: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """The groups end to end."""
    return np.array([item for group in groups for item in group], dtype=np.int32)


def grouped(rows: Records, field: str, groups: Sequence[Sequence[tuple[int, float]]], dtype: Any) -> Records:
    """The groups end to end as records, their ranges written into `rows`."""
    ranges(rows, field, groups)
    return np.array([item for group in groups for item in group], dtype=dtype)


def write_delay(row: Any, prefix: str, delay: Delay) -> None:
    """Write a delay law into the three fields that begin with `prefix`."""
    row[f"{prefix}_law"] = _DELAY_CODES[delay.law]
    row[f"{prefix}_scale"] = delay.scale_s
    row[f"{prefix}_spread"] = delay.spread
