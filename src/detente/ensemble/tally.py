"""What a summary needs of a table of crises, small and mergeable: so that no table has to be held.

The tally of an ensemble is the sum of the tallies of its pieces, to the last bit the same in whatever order they
come and however the ensemble was cut. Counts, means, spreads, extremes and exceedances are exact;
quantiles and tail means come from sketches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
import polars as pl

from detente.ensemble.moments import Moments, moments
from detente.ensemble.sketch import Sketch, sketch
from detente.model.portfolio.safeguards import SAFEGUARDS
from detente.model.vocabulary import Ending

__all__ = ["THRESHOLDS", "Tally", "merged", "tally"]

THRESHOLDS = (0.0, *(factor * 10.0**exponent for exponent in range(-6, 22) for factor in (1, 3)))
"""The round amounts, in USD, above which losses are counted."""

_COLUMNS = (
    "incidents", "actions", "wrongful_actions", "loss_usd", "reviewed", "review_wait_s", "review_queue_s",
    "denied", "timed_out", "withdrawn", "rightful_stopped", "rightful_delay_s",
)  # fmt: skip
BUSY = "review_busy_s"
"""No column of the table: the wait less the queue."""
_SKETCHED = {"incidents": True, "loss_usd": False, "first_critical_s": False, "catastrophe_s": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted and added up over some crises."""

    runs: int
    ended: Mapping[str, int]
    critical: int
    first_catastrophe: int | None
    smallest_loss_usd: float
    """above 0; infinite when there was none"""
    above: tuple[int, ...]
    """crises whose loss exceeds each of `THRESHOLDS`"""
    moments: Mapping[str, Moments]
    """by column, and of the time reviewers are busy"""
    sketches: Mapping[str, Sketch]

    @property
    def catastrophes(self) -> int:
        return self.ended[Ending.CATASTROPHE.value]

    def __add__(self, other: "Tally") -> "Tally":
        firsts = [one for one in (self.first_catastrophe, other.first_catastrophe) if one is not None]
        return Tally(
            runs=self.runs + other.runs,
            ended={name: number + other.ended[name] for name, number in self.ended.items()},
            critical=self.critical + other.critical,
            first_catastrophe=min(firsts, default=None),
            smallest_loss_usd=min(self.smallest_loss_usd, other.smallest_loss_usd),
            above=tuple(map(add, self.above, other.above)),
            moments={name: one + other.moments[name] for name, one in self.moments.items()},
            sketches={name: one + other.sketches[name] for name, one in self.sketches.items()},
        )


def merged(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all the crises of at least one tally."""
    return reduce(add, tallies)


def tally(frame: pl.DataFrame) -> Tally:
    """Return the tally of a table of crises (at least one)."""
    counted = dict(frame["ended"].value_counts().iter_rows())
    fatal = (frame["ended"] == Ending.CATASTROPHE.value).arg_true()
    losses = np.sort(frame["loss_usd"].to_numpy())
    positive = int(np.searchsorted(losses, 0.0, side="right"))
    above = losses.size - np.searchsorted(losses, np.array(THRESHOLDS), side="right")
    return Tally(
        runs=frame.height,
        ended={ending.value: int(counted.get(ending.value, 0)) for ending in Ending},
        critical=frame.height - frame["first_critical_s"].null_count(),
        first_catastrophe=int(frame["crisis"][fatal[0]]) if fatal.len() else None,
        smallest_loss_usd=float(losses[positive]) if positive < losses.size else np.inf,
        above=tuple(above.tolist()),
        moments=_moments(frame),
        sketches={name: sketch(_floats(frame, name), is_whole=whole) for name, whole in _SKETCHED.items()},
    )


def _moments(frame: pl.DataFrame) -> dict[str, Moments]:
    names = [*_COLUMNS, *(f"stopped_{name}" for name in SAFEGUARDS)]
    names += [name for name in frame.columns if name.startswith("loss_usd_")]
    found = {name: moments(frame[name].to_numpy()) for name in names}
    found[BUSY] = moments((frame["review_wait_s"] - frame["review_queue_s"]).to_numpy())
    return found


def _floats(frame: pl.DataFrame, name: str) -> npt.NDArray[np.float64]:
    return frame[name].drop_nulls().cast(pl.Float64).to_numpy()
