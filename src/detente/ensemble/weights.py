"""What splitting makes of the weights of its crises: an estimate, its interval, and how far budgets leave it open."""

import math
from dataclasses import dataclass, field

from scipy.special import ndtri

from detente.ensemble.estimators import LEVEL, Estimate, wilson
from detente.ensemble.paths import HISTORIES, Batch, Floats, Levels, Script

__all__ = ["FEWEST_HIT", "Splitting", "Weights"]

FEWEST_HIT = 50
"""crises with paths that met the event, before an error is believed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """An estimate by splitting."""

    probability: float
    low: float
    high: float
    least: Estimate
    """the same, had every path whose budget ran out left the event again, where it could"""
    most: Estimate
    """the same, had every path whose budget ran out met the event"""
    crises: int
    """those that count; not those that laid levels"""
    hits: int
    """paths that met the event"""
    crises_hit: int
    """crises with such paths: these, and not the paths, are independent of each other"""
    capped: int
    """crises with a path that ran out of its budget of incidents"""
    levels: Levels
    histories: tuple[tuple[int, Script], ...]
    """of some crises that met it: the index, and when the path became which copy"""
    core_seconds: float
    """processor time, finding the levels included"""
    settled: bool
    """whether the error asked for was reached"""
    is_interrupted: bool = False

    @property
    def relative_error(self) -> float:
        """Standard error over the estimate; infinite where nothing was hit."""
        if self.probability == 0.0:
            return math.inf
        return math.log(self.high / self.low) / (2.0 * float(ndtri(0.5 + LEVEL / 2)))

    @property
    def equivalent_plain_runs(self) -> float:
        """How many crises without splitting would have the same error."""
        p, error = self.probability, self.relative_error
        return (1.0 - p) / (p * error * error) if math.isfinite(error) and error > 0.0 else math.nan

    @property
    def is_open(self) -> bool:
        """Whether the paths whose budget ran out could move the estimate out of its own interval."""
        return self.least.value < self.low or self.most.value > self.high

    @property
    def few_hits(self) -> bool:
        """Whether so few crises met the event that neither estimate nor interval is to be relied on."""
        return self.crises_hit < FEWEST_HIT


@dataclass(slots=True)
class _Sum:
    """The weights of independent crises, summed."""

    total: float = 0.0
    squares: float = 0.0

    def add(self, weights: Floats) -> None:
        self.total += float(weights.sum())
        self.squares += float((weights**2).sum())

    def error(self, crises: int) -> float:
        """The relative standard error of the mean; infinite where nothing was hit."""
        if self.total <= 0.0 or crises < 2:
            return math.inf
        mean = self.total / crises
        variance = max(0.0, (self.squares - crises * mean * mean) / (crises - 1))
        return math.sqrt(variance / crises) / mean

    def estimate(self, crises: int, *, is_plain: bool) -> Estimate:
        """The mean with its 95 % interval, of the logarithm; Wilson's where no path was copied."""
        mean = self.total / crises
        if is_plain:  # so many crises of so many
            plain = wilson(round(self.total), crises)
            return Estimate(value=mean, low=plain.low, high=plain.high)
        error = self.error(crises)
        if not math.isfinite(error):  # nothing was hit: the bound is that of as many without splitting
            return Estimate(value=mean, low=0.0, high=wilson(0, crises).high)
        half = float(ndtri(0.5 + LEVEL / 2)) * error
        return Estimate(value=mean, low=mean * math.exp(-half), high=min(1.0, mean * math.exp(half)))


@dataclass(slots=True, kw_only=True)
class Weights:
    """The batches of a search, added up in the order of their crises."""

    levels: Levels
    core_seconds: float
    met: _Sum = field(default_factory=_Sum)
    least: _Sum = field(default_factory=_Sum)
    most: _Sum = field(default_factory=_Sum)
    crises: int = 0
    hits: int = 0
    crises_hit: int = 0
    capped: int = 0
    histories: list[tuple[int, Script]] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Add the next batch."""
        for total, weights in ((self.met, batch.sums), (self.least, batch.least), (self.most, batch.most)):
            total.add(weights)
        self.crises += batch.crises
        self.hits += int(batch.met.sum())
        self.crises_hit += int((batch.sums > 0.0).sum())
        self.capped += batch.capped
        self.core_seconds += batch.core_seconds
        self.histories += batch.histories[: HISTORIES - len(self.histories)]

    def is_settled(self, error: float) -> bool:
        """Whether the relative error is believed to be at most this."""
        return self.crises_hit >= FEWEST_HIT and self.met.error(self.crises) <= error

    def told(self, *, settled: bool, is_interrupted: bool) -> Splitting:
        """The estimate; at least one crisis must have been added."""
        is_plain = self.levels.places.size == 0
        found, least, most = (
            one.estimate(self.crises, is_plain=is_plain) for one in (self.met, self.least, self.most)
        )
        return Splitting(
            probability=found.value,
            low=found.low,
            high=found.high,
            least=least,
            most=most,
            crises=self.crises,
            hits=self.hits,
            crises_hit=self.crises_hit,
            capped=self.capped,
            levels=self.levels,
            histories=tuple(self.histories),
            core_seconds=self.core_seconds,
            settled=settled,
            is_interrupted=is_interrupted,
        )
