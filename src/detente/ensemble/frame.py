"""The table of crises: one row each, one meaning for each column.

`COLUMNS` come first, in that order, then `stopped_<safeguard>` for each of the twelve, then
`loss_usd_<actor>` for every actor in the order of the scenario. Where there is nothing to tell (a crisis that never became critical, a crisis in which
nothing happened) the cell is null, never NaN.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from detente.engine.tables import Outcomes
from detente.model.portfolio.safeguards import SAFEGUARDS
from detente.model.vocabulary import Ending, Scenario

__all__ = ["COLUMNS", "digest", "digest_of", "schema", "to_frame"]

COLUMNS = (
    "crisis",  # index: with the seed, all that is needed to replay it
    "ended",
    "duration_s",
    "incidents",
    "actions",
    "peak_rung",
    "first_critical_s",  # since the crisis's first incident, as all times here
    "catastrophe_s",
    "loss_usd",
    "actors_reached",
    "domains_reached",
    "wrongful_actions",  # actions against somebody who did not do it
    "depth",  # generations below the shock
    "reviewed",  # actions held for reviewers
    "review_wait_s",  # from being held to being decided, all together
    "review_queue_s",  # of that, until a reviewer was free
    "denied",  # by reviewers
    "timed_out",  # reviews not decided in time
    "withdrawn",  # because a verdict contradicts the blame
    "rightful_stopped",  # by safeguards, though the blame was right
    "rightful_delay_s",  # that safeguards added to rightful actions which went ahead, all together
)

_SLICE = 1_000_000  # rows fingerprinted at a time, so that memory stays small


def schema(scenario: Scenario) -> dict[str, pl.DataType]:
    """Return the columns of a scenario's table with their types, in order."""
    types: dict[str, pl.DataType] = dict.fromkeys(COLUMNS, pl.Int64())
    types["ended"] = pl.Enum([ending.value for ending in Ending])
    types["peak_rung"] = pl.Enum(list(scenario.ladder))
    for name in COLUMNS:
        if name.endswith(("_s", "_usd")):
            types[name] = pl.Float64()
    for name in ("actors_reached", "domains_reached", "depth"):
        types[name] = pl.Int32()
    for safeguard in SAFEGUARDS:
        types[f"stopped_{safeguard}"] = pl.Int32()
    for actor in scenario.actors:
        types[f"loss_usd_{actor.name}"] = pl.Float64()
    return types


def to_frame(scenario: Scenario, outcomes: Outcomes, first: int) -> pl.DataFrame:
    """Return the table of a block of crises whose first has the index `first`."""
    types = schema(scenario)
    count = outcomes.ended.size
    losses = outcomes.loss_usd
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        "crisis": np.arange(first, first + count, dtype=np.int64),
        "ended": _labels(outcomes.ended, types["ended"]),
        "duration_s": outcomes.duration_s,
        "incidents": outcomes.incidents,
        "actions": outcomes.actions,
        "peak_rung": _labels(outcomes.peak_rung, types["peak_rung"]),
        "first_critical_s": outcomes.first_critical_s,
        "catastrophe_s": outcomes.catastrophe_s,
        "loss_usd": losses.sum(axis=1),
        "actors_reached": outcomes.actors_reached,
        "domains_reached": outcomes.domains_reached,
        "wrongful_actions": outcomes.wrongful_actions,
        "depth": outcomes.depth,
        "reviewed": outcomes.reviewed,
        "review_wait_s": outcomes.review_wait_s,
        "review_queue_s": outcomes.review_queue_s,
        "denied": outcomes.denied,
        "timed_out": outcomes.timed_out,
        "withdrawn": outcomes.withdrawn,
        "rightful_stopped": outcomes.rightful_stopped,
        "rightful_delay_s": outcomes.rightful_delay_s,
    }
    for position, safeguard in enumerate(SAFEGUARDS):
        columns[f"stopped_{safeguard}"] = np.ascontiguousarray(outcomes.stopped[:, position])
    for position, actor in enumerate(scenario.actors):
        columns[f"loss_usd_{actor.name}"] = np.ascontiguousarray(losses[:, position])
    return pl.DataFrame(columns, schema=types, nan_to_null=True)


def _labels(positions: npt.NDArray[np.int8], labels: pl.DataType) -> pl.Series:
    """Return the labels at these positions; a negative position has none."""
    assert isinstance(labels, pl.Enum)  # INVARIANT: `schema` makes both label columns enums
    index = pl.Series(positions.astype(np.int64))
    return pl.Series(labels.categories, dtype=labels).gather(index.set(index < 0, None))


def digest(frame: pl.DataFrame) -> str:
    """Return a fingerprint of the table's content: equal tables, equal fingerprints."""
    return digest_of(frame.schema, frame.height, lambda name: [frame[name]])


def digest_of(
    types: Mapping[str, pl.DataType], rows: int, pieces: Callable[[str], Iterable[pl.Series]]
) -> str:
    """Return the fingerprint of a table that is not in memory, but given column by column in pieces of any size.

    Taken over each column's name, values and nulls as fixed little-endian bytes, so it depends
    neither on how the table lies in memory nor on the file format's version.
    """
    state = hashlib.blake2b(digest_size=16)
    for name, kind in types.items():
        state.update(f"{name}\0{kind}\0{rows}\0".encode())
        for part in _evenly(pieces(name)):
            plain = part.to_physical() if isinstance(kind, pl.Enum) else part
            values = plain.fill_null(0).to_numpy()
            state.update(part.is_null().to_numpy().tobytes())
            state.update(values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes())
    return state.hexdigest()


def _evenly(pieces: Iterable[pl.Series]) -> Iterator[pl.Series]:
    """Cut a column into pieces of `_SLICE` rows, however it came."""
    rest: pl.Series | None = None
    for piece in pieces:
        rest = piece if rest is None else pl.concat([rest, piece])
        while rest.len() >= _SLICE:
            yield rest.slice(0, _SLICE)
            rest = rest.slice(_SLICE)
    if rest is not None and rest.len():
        yield rest
