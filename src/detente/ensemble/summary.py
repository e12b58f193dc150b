"""What an ensemble says, with how sure it is: the numbers behind every report."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detente.ensemble.books import Books, books, books_of
from detente.ensemble.estimators import LEVEL, Estimate, Exceedance, exceedance, mean, quantile, tvar, wilson
from detente.ensemble.sketch import RELATIVE_ERROR, Sketch
from detente.ensemble.stopping import Precision, Stopping
from detente.ensemble.tally import THRESHOLDS, Tally
from detente.model.vocabulary import Ending

__all__ = ["Spread", "Summary", "summarise", "summarise_tally"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a quantity is distributed over crises: estimates by name (`mean`, `p50`, `tvar99`...)."""

    estimates: dict[str, Estimate]
    largest: float

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: _number(estimate.value) for name, estimate in self.estimates.items()},
            "max": _number(self.largest),
            "intervals": {
                name: {"low": _number(estimate.low), "high": _number(estimate.high)}
                for name, estimate in self.estimates.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An ensemble in numbers. Losses are in USD, times in seconds, intervals at `level`."""

    scenario: str
    portfolio: str
    runs: int
    """crises simulated, which is fewer than `requested` when the run was interrupted"""
    requested: int
    seed: int
    version: str
    level: float
    ended: dict[str, int]
    """crises by how they ended, every ending named"""
    catastrophe: Estimate
    catastrophe_at_most: float
    """the upper end of the interval if every capped crisis had gone on to catastrophe"""
    critical: Estimate
    incidents: Spread
    actions_mean: Estimate
    wrongful_share: float
    """share of all actions that hit somebody for what they did not do; NaN without actions"""
    loss_usd: Spread
    loss_usd_by_actor: dict[str, float]
    """mean per crisis"""
    exceedance: tuple[Exceedance, ...]
    """chance that a crisis's loss exceeds each of a series of round amounts"""
    decision_window_s: Spread
    """from a crisis's first incident to its first critical one, over the crises that have one"""
    catastrophe_window_s: Spread
    """from a crisis's first incident to the catastrophe, over the crises that end so"""
    safeguards: Books
    """what safeguards did"""
    first_catastrophe: int | None
    """index of the first crisis that ended in catastrophe, to look at with `trace`"""
    wall_s: float
    incidents_per_second: float
    stopping: Stopping | None = None
    """for a run that was to stop by itself; `catastrophe` is then valid in spite of the stopping,
    while every other interval is that of a fixed number of runs"""
    sketched: tuple[str, ...] = ()
    """figures read from a sketch, as `incidents.p50`: off by at most `sketch.RELATIVE_ERROR` of themselves"""

    @property
    def is_interrupted(self) -> bool:
        return self.runs < self.requested and not (self.stopping and self.stopping.is_met)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: null where there is nothing to say, never NaN or infinity."""
        return {
            "scenario": self.scenario,
            "portfolio": self.portfolio,
            "runs": self.runs,
            "requested_runs": self.requested,
            "interrupted": self.is_interrupted,
            "seed": self.seed,
            "version": self.version,
            "level": self.level,
            "ended": dict(self.ended),
            "catastrophe": {
                **_proportion(self.catastrophe),
                "high_if_capped_are_catastrophes": _number(self.catastrophe_at_most),
            },
            "critical": _proportion(self.critical),
            "incidents": self.incidents.as_dict(),
            "actions": {
                "mean": _number(self.actions_mean.value),
                "wrongful_share": _number(self.wrongful_share),
            },
            "loss_usd": {
                **self.loss_usd.as_dict(),
                "mean_by_actor": {actor: _number(value) for actor, value in self.loss_usd_by_actor.items()},
            },
            "exceedance": [
                {"loss_usd": point.threshold, **_proportion(point.probability)} for point in self.exceedance
            ],
            "decision_window_s": self.decision_window_s.as_dict(),
            "catastrophe_window_s": self.catastrophe_window_s.as_dict(),
            "safeguards": self.safeguards.as_dict(),
            "first_catastrophe": self.first_catastrophe,
            "wall_s": _number(self.wall_s),
            "incidents_per_second": _number(self.incidents_per_second),
            "stopping": self.stopping.as_dict() if self.stopping else None,
            "sketch": {"figures": list(self.sketched), "relative_error": RELATIVE_ERROR}
            if self.sketched
            else None,
        }


def summarise(
    frame: pl.DataFrame,
    *,
    scenario: str,
    portfolio: str,
    requested: int,
    seed: int,
    version: str,
    wall_s: float,
    precision: Precision | None = None,
) -> Summary:
    """Return the summary of a table of crises (at least one)."""
    runs = frame.height
    ended = _count_endings(frame)
    incidents = _ordered(frame["incidents"])
    losses = _ordered(frame["loss_usd"])
    actions = int(frame["actions"].sum())
    total = float(incidents.sum())
    capped = ended[Ending.CAPPED.value]
    catastrophes = ended[Ending.CATASTROPHE.value]
    stopping = precision.stopping(catastrophes, runs, requested) if precision else None
    return Summary(
        scenario=scenario,
        portfolio=portfolio,
        runs=runs,
        requested=requested,
        seed=seed,
        version=version,
        level=LEVEL,
        ended=ended,
        catastrophe=stopping.interval if stopping else wilson(catastrophes, runs),
        catastrophe_at_most=wilson(catastrophes + capped, runs).high,
        critical=wilson(runs - frame["first_critical_s"].null_count(), runs),
        incidents=_spread(incidents, mean=True, quantiles=(0.5, 0.9, 0.99)),
        actions_mean=mean(frame["actions"].cast(pl.Float64).to_numpy()),
        wrongful_share=int(frame["wrongful_actions"].sum()) / actions if actions else math.nan,
        loss_usd=_spread(losses, mean=True, quantiles=(0.5, 0.9, 0.99), tails=(0.99,)),
        loss_usd_by_actor=_mean_losses(frame),
        exceedance=exceedance(losses, round_amounts(losses)),
        decision_window_s=_spread(_ordered(frame["first_critical_s"]), quantiles=(0.1, 0.5, 0.9)),
        catastrophe_window_s=_spread(_ordered(frame["catastrophe_s"]), quantiles=(0.1, 0.5, 0.9)),
        safeguards=books(frame),
        first_catastrophe=_first_catastrophe(frame),
        wall_s=wall_s,
        incidents_per_second=total / wall_s if wall_s > 0 else math.nan,
        stopping=stopping,
    )


def summarise_tally(
    tally: Tally,
    *,
    scenario: str,
    portfolio: str,
    requested: int,
    seed: int,
    version: str,
    wall_s: float,
    precision: Precision | None = None,
) -> Summary:
    """Return the summary of the crises behind a tally: the same, but for what is read from sketches."""
    runs, moments = tally.runs, tally.moments
    capped = tally.ended[Ending.CAPPED.value]
    stopping = precision.stopping(tally.catastrophes, runs, requested) if precision else None
    actions = moments["actions"].sum
    prefix = "loss_usd_"
    return Summary(
        scenario=scenario,
        portfolio=portfolio,
        runs=runs,
        requested=requested,
        seed=seed,
        version=version,
        level=LEVEL,
        ended=dict(tally.ended),
        catastrophe=stopping.interval if stopping else wilson(tally.catastrophes, runs),
        catastrophe_at_most=wilson(tally.catastrophes + capped, runs).high,
        critical=wilson(tally.critical, runs),
        incidents=_sketched(tally, "incidents", (0.5, 0.9, 0.99), mean=True),
        actions_mean=moments["actions"].estimate(),
        wrongful_share=moments["wrongful_actions"].sum / actions if actions else math.nan,
        loss_usd=_sketched(tally, "loss_usd", (0.5, 0.9, 0.99), mean=True, tails=(0.99,)),
        loss_usd_by_actor={
            name.removeprefix(prefix): one.mean for name, one in moments.items() if name.startswith(prefix)
        },
        exceedance=_exceedance(tally),
        decision_window_s=_sketched(tally, "first_critical_s", (0.1, 0.5, 0.9)),
        catastrophe_window_s=_sketched(tally, "catastrophe_s", (0.1, 0.5, 0.9)),
        safeguards=books_of(tally),
        first_catastrophe=tally.first_catastrophe,
        wall_s=wall_s,
        incidents_per_second=moments["incidents"].sum / wall_s if wall_s > 0 else math.nan,
        stopping=stopping,
        sketched=_SKETCHED,
    )


_SKETCHED = (
    *(f"{name}.p{share}" for name in ("incidents", "loss_usd") for share in (50, 90, 99)),
    "loss_usd.tvar99",
    *(f"{name}.p{share}" for name in ("decision_window_s", "catastrophe_window_s") for share in (10, 50, 90)),
)


def _sketched(
    tally: Tally,
    name: str,
    quantiles: tuple[float, ...],
    *,
    mean: bool = False,
    tails: tuple[float, ...] = (),
) -> Spread:
    drawn: Sketch = tally.sketches[name]
    estimates = {"mean": tally.moments[name].estimate()} if mean else {}
    found = zip(quantiles, drawn.quantiles(quantiles), strict=True)
    estimates |= {f"p{round(100 * share)}": estimate for share, estimate in found}
    estimates |= {f"tvar{round(100 * share)}": drawn.tvar(share) for share in tails}
    return Spread(estimates=estimates, largest=drawn.largest if drawn.counts else math.nan)


def _exceedance(tally: Tally) -> tuple[Exceedance, ...]:
    amounts = _amounts_between(tally.smallest_loss_usd, tally.sketches["loss_usd"].largest)
    return tuple(
        Exceedance(threshold=threshold, probability=wilson(number, tally.runs))
        for threshold, number in zip(THRESHOLDS, tally.above, strict=True)
        if threshold in amounts
    )


def round_amounts(ordered: _Values) -> tuple[float, ...]:
    """Return 0 and the powers of ten, and thrice them, that cut an ascending sample of losses.

    At most eight, the largest ones, since a curve is read for its tail.
    """
    if ordered.size == 0 or ordered[-1] <= 0:
        return (0.0,)
    smallest = float(ordered[np.searchsorted(ordered, 0.0, side="right")])
    return _amounts_between(smallest, float(ordered[-1]))


def _amounts_between(smallest: float, largest: float) -> tuple[float, ...]:
    if not largest > 0:
        return (0.0,)
    exponents = range(math.floor(math.log10(smallest)), math.ceil(math.log10(largest)) + 1)
    amounts = [factor * 10.0**exponent for exponent in exponents for factor in (1, 3)]
    inside = [amount for amount in amounts if smallest <= amount < largest]
    return (0.0, *inside[-8:])


def _spread(
    ordered: _Values, *, quantiles: tuple[float, ...], mean: bool = False, tails: tuple[float, ...] = ()
) -> Spread:
    estimates = {"mean": _mean(ordered)} if mean else {}
    estimates |= {f"p{round(100 * share)}": quantile(ordered, share) for share in quantiles}
    estimates |= {f"tvar{round(100 * share)}": tvar(ordered, share) for share in tails}
    return Spread(estimates=estimates, largest=float(ordered[-1]) if ordered.size else math.nan)


_mean = mean  # `_spread` has an argument of that name


def _ordered(column: pl.Series) -> _Values:
    return np.sort(column.drop_nulls().cast(pl.Float64).to_numpy())


def _count_endings(frame: pl.DataFrame) -> dict[str, int]:
    counted = dict(frame["ended"].value_counts().iter_rows())
    return {ending.value: int(counted.get(ending.value, 0)) for ending in Ending}


def _mean_losses(frame: pl.DataFrame) -> dict[str, float]:
    prefix = "loss_usd_"
    return {
        name.removeprefix(prefix): float(frame[name].to_numpy().mean())
        for name in frame.columns
        if name.startswith(prefix)
    }


def _first_catastrophe(frame: pl.DataFrame) -> int | None:
    found = (
        frame.lazy().filter(pl.col("ended") == Ending.CATASTROPHE.value).select("crisis").head(1).collect()
    )
    return int(found.item()) if found.height else None


def _proportion(estimate: Estimate) -> dict[str, float | None]:
    return {
        "probability": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
