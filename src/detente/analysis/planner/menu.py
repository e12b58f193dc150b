"""What can be chosen: which safeguards stand, how they are set, and what that costs.

A number of a portfolio that has a range is either something that somebody sets, such as how many reviewers are on duty,
or something that nobody knows, such as how many of them err. The language does not say which; `_SETTINGS` does. The first
kind is chosen within its range, the second is drawn (docs/decisions/0014).
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from detente.errors import SimulationError
from detente.model.portfolio.safeguards import SAFEGUARDS, Portfolio
from detente.model.portfolio.substitute import only, whole_numbers, with_numbers
from detente.model.vocabulary import Quantity

__all__ = ["Candidate", "Menu", "Setting"]

_DIGITS = 2  # of a chosen number: a plan says 0.35, not 0.34782
_TIMES = (1.0, 60.0, 3600.0, 86400.0)
_UNITS = {"within": _TIMES, "lasts": _TIMES, "timeout": _TIMES, "rate": (1.0 / 60.0,)}
"""in which such a number is rounded, by its key: a plan says 17 min, not 1000 s"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a setting works."""

    tight: str
    """the end of its range at which fewer actions pass: `low` or `high`"""
    logarithmic: bool = False
    """searched by factors and not by differences"""


_SETTINGS = {
    ("phased-rollout", "autonomy"): _Kind("low"),
    ("certification", "coverage"): _Kind("high"),
    ("confidence-floor", "floors"): _Kind("high"),
    ("de-escalation-mode", "trips_at"): _Kind("low", logarithmic=True),
    ("de-escalation-mode", "within"): _Kind("high", logarithmic=True),
    ("de-escalation-mode", "lasts"): _Kind("high", logarithmic=True),
    ("de-escalation-mode", "restraint"): _Kind("high"),
    ("throttle", "rate"): _Kind("low", logarithmic=True),
    ("throttle", "burst"): _Kind("low", logarithmic=True),
    ("human-on-the-loop", "reviewers"): _Kind("low", logarithmic=True),
    ("human-on-the-loop", "timeout"): _Kind("low", logarithmic=True),
}

_PRICED: dict[str, Callable[[float], float]] = {
    "safeguards.phased-rollout.autonomy": lambda autonomy: 1.0 - autonomy,
    "safeguards.certification.coverage": lambda coverage: coverage,
    "safeguards.human-on-the-loop.reviewers": lambda reviewers: reviewers,
}
"""Settings that somebody is paid for: the share of actions that people execute, of systems audited, the people on
duty. The cost is stated for the stated setting and grows in proportion; all other settings cost the same everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number that can be chosen."""

    path: str
    stated: float
    low: float
    high: float
    tight: float
    """the end at which fewer actions pass"""
    whole: bool
    logarithmic: bool

    @property
    def key(self) -> str:
        """What it is called in its safeguard."""
        return self.path.split(".")[2]

    @property
    def safeguard(self) -> str:
        """The name of the safeguard it belongs to."""
        return self.path.split(".")[1]

    def rounded(self, value: float) -> float:
        """The value as a plan says it, within the range."""
        if self.whole:
            return float(min(max(round(value), math.ceil(self.low)), math.floor(self.high)))
        sizes = _UNITS.get(self.key, (1.0,))
        unit = max((size for size in sizes if size <= value), default=sizes[0])
        counted = value / unit
        places = _DIGITS - 1 - math.floor(math.log10(counted)) if counted > 0.0 else _DIGITS
        return min(max(round(counted, places) * unit, self.low), self.high)

    def between(self, start: float, end: float, share: float) -> float:
        """The value a share of the way from one value to another, on the scale on which it is searched."""
        if self.logarithmic and start > 0.0 and end > 0.0:
            return self.rounded(start * (end / start) ** share)
        return self.rounded(start + (end - start) * share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One portfolio of a menu: which safeguards stand, and how they are set."""

    names: frozenset[str]
    numbers: tuple[tuple[str, float], ...]
    """by path, of those that stand; in SI units"""

    @property
    def key(self) -> str:
        """The same for the same choice, and for no other."""
        return ";".join([*sorted(self.names), *(f"{path}={value!r}" for path, value in self.numbers)])


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The safeguards on offer, in a portfolio that has all of them."""

    portfolio: Portfolio
    """the numbers that are settings have no range here"""
    settings: tuple[Setting, ...]
    kept: frozenset[str]
    """those that stand in any case"""

    @classmethod
    def of(cls, portfolio: Portfolio, *, keep: Iterable[str] = (), without: Iterable[str] = ()) -> "Menu":
        """The menu that a portfolio is.

        Parameters
        ----------
        keep
            Names of safeguards that stand in every plan.
        without
            Names of safeguards that stand in none.

        Raises
        ------
        SimulationError
            When a name is not one of the portfolio's, or in both lists, or nothing is left to choose from.
        """
        kept, banned = (
            _named(what, names, portfolio) for what, names in (("keep", keep), ("without", without))
        )
        if both := sorted(kept & banned):
            raise SimulationError(f"keep, without: found {both[0]!r} in both, expected it in one of them")
        offered = only(portfolio, [name for name in portfolio.safeguards if name not in banned])
        if not offered.safeguards:
            raise SimulationError(
                f"menu: found no safeguard in {portfolio.name!r}, expected at least one to choose from"
            )
        settings = tuple(_settings(offered))
        fixed = with_numbers(offered, {one.path: one.stated for one in settings})
        return cls(portfolio=fixed, settings=settings, kept=kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The safeguards on offer, in the order in which they act."""
        return tuple(self.portfolio.safeguards)

    @cached_property
    def unpriced(self) -> Portfolio:
        """The portfolio with costs that have no range: what it costs changes nothing in a crisis, and is not drawn."""
        known = {
            path: Quantity(value=one.value) if path.endswith(".cost") else one
            for path, one in self.portfolio.quantities.items()
        }
        return replace(self.portfolio, quantities=known)

    def candidate(self, names: Collection[str], numbers: dict[str, float] | None = None) -> Candidate:
        """The choice of these safeguards and those always kept; settings that are not given are as stated."""
        standing = self.kept | (frozenset(names) & frozenset(self.names))
        chosen = numbers or {}
        return Candidate(
            names=standing,
            numbers=tuple(
                (
                    one.path,
                    one.rounded(chosen.get(one.path, one.stated)) if one.path in chosen else one.stated,
                )
                for one in self.settings
                if one.safeguard in standing
            ),
        )

    def tight(self, names: Collection[str], share: float = 1.0) -> Candidate:
        """The choice of these safeguards, each setting so far on the way to the end at which fewest actions pass."""
        numbers = {one.path: one.between(one.stated, one.tight, share) for one in self.settings}
        return self.candidate(names, numbers if share > 0.0 else {})

    def dearer(self, candidate: Candidate) -> dict[str, float]:
        """By safeguard of a choice: how many times what is stated it costs."""
        factors = dict.fromkeys(candidate.names, 1.0)
        stated = {one.path: one.stated for one in self.settings}
        for path, value in candidate.numbers:
            if path in _PRICED and _PRICED[path](stated[path]) > 0.0:
                factors[path.split(".")[1]] *= _PRICED[path](value) / _PRICED[path](stated[path])
        return factors

    def cost(self, candidate: Candidate) -> float:
        """What a choice costs, USD a year."""
        standing = self.portfolio.safeguards
        factors = self.dearer(candidate)
        return sum(standing[name].cost_usd_per_year * factors[name] for name in self.names if name in factors)

    def least_cost(self, names: Collection[str]) -> float:
        """What a set of safeguards costs at the settings at which it is cheapest."""
        cheapest = {
            one.path: min((one.low, one.high), key=_PRICED[one.path])
            for one in self.settings
            if one.path in _PRICED
        }
        return self.cost(self.candidate(names, cheapest))

    def applied(self, candidate: Candidate, portfolio: Portfolio) -> Portfolio:
        """The menu's portfolio, some numbers drawn, as the candidate chooses and sets it."""
        return only(with_numbers(portfolio, dict(candidate.numbers)), candidate.names)


def _named(what: str, names: Iterable[str], portfolio: Portfolio) -> frozenset[str]:
    if isinstance(names, str):
        raise SimulationError(f"{what}: found the text {names!r}, expected a list of names of safeguards")
    listed = list(names) if isinstance(names, Iterable) else None
    if listed is None or not all(isinstance(name, str) for name in listed):
        raise SimulationError(
            f"{what}: found {names if listed is None else listed!r}, expected a list of names of safeguards"
        )
    found = frozenset(listed)
    for name in sorted(found):
        if name not in portfolio.safeguards:
            known = ", ".join(portfolio.safeguards) or "none"
            kind = "a safeguard" if name not in SAFEGUARDS else "one that it has"
            raise SimulationError(f"{what}: found {name!r}, expected {kind} of {portfolio.name!r}: {known}")
    return found


def _settings(portfolio: Portfolio) -> Iterable[Setting]:
    whole = whole_numbers(portfolio)
    for path, quantity in sorted(portfolio.quantities.items()):
        parts = path.split(".")
        kind = _SETTINGS.get((parts[1], parts[2].partition("[")[0])) if len(parts) > 2 else None
        if kind is None or quantity.low is None or quantity.high is None or quantity.low == quantity.high:
            continue
        tight = quantity.low if kind.tight == "low" else quantity.high
        yield Setting(
            path=path,
            stated=quantity.value,
            low=quantity.low,
            high=quantity.high,
            tight=tight,
            whole=path in whole,
            logarithmic=kind.logarithmic,
        )
