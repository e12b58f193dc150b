"""What many runs of a race came to, policy by policy, over the same luck."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.ensemble.estimators import Estimate, wilson
from detente.model.race.vocabulary import Race
from detente.race.accounts import FLOWS
from detente.race.paths import Evidence, Path, classify, moved
from detente.race.postures import Floats, Mask

__all__ = ["BOUNDARIES", "QUANTILES", "Arm", "Outcome", "Yearly", "summarise"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BOUNDARIES = ("escalation", "critical_a_year", "adoption", "gap")
_SHIFT = 0.1
_NORMAL = 1.959964  # of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is kept of one run; Y years, P players, B blocs."""

    evidence: Evidence
    yearly: Floats
    """(Y, SERIES) autonomy, capability, safety, R, critical crises, crises, catastrophes: means over players there,
    sums over a year"""
    kept: Floats
    """(P, flows) USD, as `accounts.FLOWS`"""
    premiums: Floats
    """(P,) mean USD a year"""
    certified: float
    """share of those who sell certified goods that are certified, in the last year"""
    capability: float
    """mean over players who were there from the beginning, in the last quarter"""
    entered: Mask
    """(P,) who was there at the end"""


SERIES = ("autonomy", "capability", "safety", "escalation", "critical", "crises", "catastrophes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """A quantity over the years: quantiles over runs."""

    name: str
    quantiles: Floats
    """(Y, QUANTILES)"""
    mean: Floats
    """(Y,)"""
    half: Floats
    """(Y,) half the width of the 95 % interval of the mean; NaN of a single run"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One policy, with adaptation or without."""

    policy: str
    adapts: bool
    """False: players do what they do under the first policy, whatever the safeguards"""
    runs: int
    paths: dict[Path, Estimate]
    chosen: tuple[Path, ...]
    """by run"""
    yearly: tuple[Yearly, ...]
    flows_by_kind: dict[str, dict[str, float]]
    """mean per player and year, USD"""
    premium_by_kind: dict[str, float]
    """mean per player and year, USD"""
    certified: float
    capability: Estimate
    """mean capability at the end of those there from the beginning; a normal interval"""
    innovation_lost: Estimate
    """how much of that is lost against the first policy, paired by luck"""
    catastrophes: float
    """mean number in a run"""
    critical_a_year: float
    entered: dict[str, float]
    """of each player that may come in: how often it had by the end"""
    sensitivity: dict[str, float]
    """by boundary of the rule: the share of runs whose path changes when it moves by a tenth, up or down"""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "policy": self.policy,
            "adaptation": self.adapts,
            "runs": self.runs,
            "paths": {path.value: _plain(estimate) for path, estimate in self.paths.items()},
            "likeliest": max(self.paths, key=lambda path: self.paths[path].value).value,
            "yearly": [
                {"name": one.name, "mean": one.mean.tolist(), "quantiles": one.quantiles.T.tolist()}
                for one in self.yearly
            ],
            "levels": list(QUANTILES),
            "flows_usd_per_year_by_kind": self.flows_by_kind,
            "premium_usd_per_year_by_kind": self.premium_by_kind,
            "certified": self.certified,
            "capability": _plain(self.capability),
            "innovation_lost": _plain(self.innovation_lost),
            "catastrophes": self.catastrophes,
            "critical_a_year": self.critical_a_year,
            "entered": self.entered,
            "boundary_sensitivity": self.sensitivity,
        }


def _plain(estimate: Estimate) -> dict[str, float | None]:
    """The interval of one run alone is not known, and JSON has no word for that but null."""
    parts = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: number if math.isfinite(number) else None for name, number in parts.items()}


def summarise(
    race: Race, policy: str, outcomes: list[Outcome], first: list[Outcome] | None, *, adapts: bool
) -> Arm:
    """What the runs of one policy came to; `first` are those of the policy it is held against, run by run."""
    runs, years = len(outcomes), race.quarters / 4.0
    chosen = tuple(classify(one.evidence, race.paths) for one in outcomes)
    series = np.stack([one.yearly for one in outcomes])
    flows = np.mean([one.kept for one in outcomes], axis=0) / years
    premiums = np.mean([one.premiums for one in outcomes], axis=0)
    ability = np.array([one.capability for one in outcomes])
    base = np.array([one.capability for one in first]) if first else ability
    kinds = sorted({player.kind for player in race.players})
    of_kind = {kind: np.array([player.kind == kind for player in race.players]) for kind in kinds}
    return Arm(
        policy=policy,
        adapts=adapts,
        runs=runs,
        paths={path: wilson(chosen.count(path), runs) for path in Path},
        chosen=chosen,
        yearly=tuple(_yearly(name, series[:, :, k]) for k, name in enumerate(SERIES)),
        flows_by_kind={
            kind: dict(zip(FLOWS, flows[rows].mean(axis=0).tolist(), strict=True))
            for kind, rows in of_kind.items()
        },
        premium_by_kind={kind: float(premiums[rows].mean()) for kind, rows in of_kind.items()},
        certified=float(np.mean([one.certified for one in outcomes])),
        capability=_mean(ability),
        innovation_lost=_mean(base - ability),
        catastrophes=float(np.mean([one.evidence.catastrophes for one in outcomes])),
        critical_a_year=float(series[:, :, SERIES.index("critical")].mean()),
        entered={
            player.name: float(np.mean([one.entered[i] for one in outcomes]))
            for i, player in enumerate(race.players)
            if player.enters is not None
        },
        sensitivity={name: _sensitivity(race, name, outcomes, chosen) for name in BOUNDARIES},
    )


def _yearly(name: str, values: Floats) -> Yearly:
    """(runs, Y) values of a quantity, summed up."""
    runs = len(values)
    spread = values.std(axis=0, ddof=1) if runs > 1 else np.full(values.shape[1], np.nan)
    return Yearly(
        name=name,
        quantiles=np.quantile(values, QUANTILES, axis=0).T,
        mean=values.mean(axis=0),
        half=_NORMAL * spread / runs**0.5,
    )


def _sensitivity(race: Race, name: str, outcomes: list[Outcome], chosen: tuple[Path, ...]) -> float:
    lower, higher = (moved(race.paths, name, factor) for factor in (1.0 - _SHIFT, 1.0 + _SHIFT))
    changed = [
        classify(one.evidence, lower) is not path or classify(one.evidence, higher) is not path
        for one, path in zip(outcomes, chosen, strict=True)
    ]
    return float(np.mean(changed))


def _mean(values: Floats) -> Estimate:
    """The mean with a normal interval of 95 %."""
    centre = float(values.mean())
    half = _NORMAL * float(values.std(ddof=1)) / values.size**0.5 if values.size > 1 else float("nan")
    return Estimate(value=centre, low=centre - half, high=centre + half)
