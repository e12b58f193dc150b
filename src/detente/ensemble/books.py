"""What safeguards did in an ensemble: whom they stopped, rightly and wrongly, and whom they kept waiting."""

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from detente.ensemble.estimators import Estimate, mean
from detente.ensemble.tally import BUSY, Tally
from detente.model.portfolio.safeguards import SAFEGUARDS

__all__ = ["Books", "books", "books_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Means per crisis unless said otherwise; times in seconds."""

    stopped: dict[str, Estimate]
    """actions (and infections) stopped, by safeguard"""
    rightful_stopped: Estimate
    """actions stopped though their blame was right: defence that was lost"""
    rightful_delay_s: Estimate
    """waiting added to rightful actions that went ahead, all together: defence that came late"""
    reviewed: Estimate
    """actions held for reviewers"""
    wait_s: float
    """mean from being held to being decided, per reviewed action; NaN where none was"""
    queue_s: float
    """of that, the mean until a reviewer was free: 0 where there are always enough"""
    busy_s: Estimate
    """time that reviewers spend on actions, per crisis, all of them together: their load"""
    denied_share: float
    """of the reviewed"""
    timed_out_share: float
    withdrawn: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "stopped": {name: _plain(estimate) for name, estimate in self.stopped.items()},
            "rightful_stopped": _plain(self.rightful_stopped),
            "rightful_delay_s": _plain(self.rightful_delay_s),
            "reviewed": _plain(self.reviewed),
            "review_wait_s": _number(self.wait_s),
            "review_queue_s": _number(self.queue_s),
            "review_busy_s": _plain(self.busy_s),
            "denied_share": _number(self.denied_share),
            "timed_out_share": _number(self.timed_out_share),
            "withdrawn": _plain(self.withdrawn),
        }


def books(frame: pl.DataFrame) -> Books:
    """Return the books of a table of crises (at least one)."""
    reviewed = int(frame["reviewed"].sum())
    return Books(
        stopped={name: _mean(frame, f"stopped_{name}") for name in SAFEGUARDS},
        rightful_stopped=_mean(frame, "rightful_stopped"),
        rightful_delay_s=_mean(frame, "rightful_delay_s"),
        reviewed=_mean(frame, "reviewed"),
        wait_s=_share(float(frame["review_wait_s"].sum()), reviewed),
        queue_s=_share(float(frame["review_queue_s"].sum()), reviewed),
        busy_s=mean((frame["review_wait_s"] - frame["review_queue_s"]).to_numpy()),
        denied_share=_share(int(frame["denied"].sum()), reviewed),
        timed_out_share=_share(int(frame["timed_out"].sum()), reviewed),
        withdrawn=_mean(frame, "withdrawn"),
    )


def books_of(tally: Tally) -> Books:
    """Return the books of the crises behind a tally; nothing here is approximate."""
    found = tally.moments
    reviewed = round(found["reviewed"].sum)
    return Books(
        stopped={name: found[f"stopped_{name}"].estimate() for name in SAFEGUARDS},
        rightful_stopped=found["rightful_stopped"].estimate(),
        rightful_delay_s=found["rightful_delay_s"].estimate(),
        reviewed=found["reviewed"].estimate(),
        wait_s=_share(found["review_wait_s"].sum, reviewed),
        queue_s=_share(found["review_queue_s"].sum, reviewed),
        busy_s=found[BUSY].estimate(),
        denied_share=_share(found["denied"].sum, reviewed),
        timed_out_share=_share(found["timed_out"].sum, reviewed),
        withdrawn=found["withdrawn"].estimate(),
    )


def _mean(frame: pl.DataFrame, column: str) -> Estimate:
    return mean(frame[column].cast(pl.Float64).to_numpy())


def _share(part: float, whole: int) -> float:
    return part / whole if whole else math.nan


def _plain(estimate: Estimate) -> dict[str, float | None]:
    return {"mean": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
