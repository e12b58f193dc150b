"""The uncertain inputs: which ranged numbers are one unknown, and what value a draw gives it.

What is one unknown is decided in docs/decisions/0011.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.substitute import whole_numbers as whole_numbers_of_safeguards
from detente.model.rewrite import units
from detente.model.substitute import whole_numbers
from detente.model.vocabulary import Quantity, Scenario

__all__ = ["SCENARIO", "Factor", "Floats", "factors_of", "values"]

Floats = npt.NDArray[np.float64]

SCENARIO = -1
"""the place of the scenario among the documents; portfolios are counted from 0"""

_LAST = re.compile(r'(?:\.[\w-]+|\["[^"]*"\]|\[\d+\]|^[\w-]+)$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One number that nobody knows: a range, and every place in the documents that it stands for."""

    name: str
    """the path of its first place; of a safeguard, with the portfolio's name before it where paths alone are not enough"""
    quantity: Quantity
    places: tuple[tuple[int, str], ...]
    """(document, path): `SCENARIO`, or the position of a portfolio"""
    whole: bool
    """only whole numbers make sense"""
    unit: str
    """`s`, `/s`, `USD`, or nothing"""

    @property
    def low(self) -> float:
        """The lowest value, in SI units."""
        assert self.quantity.low is not None, "INVARIANT: a factor has a range"
        return self.quantity.low

    @property
    def high(self) -> float:
        """The highest."""
        assert self.quantity.high is not None, "INVARIANT: a factor has a range"
        return self.quantity.high


def factors_of(scenario: Scenario, portfolios: Sequence[Portfolio] = ()) -> tuple[Factor, ...]:
    """Every unknown: those of the scenario first, then those of each portfolio that no earlier one has."""
    found = list(_grouped([(SCENARIO, scenario)], whole_numbers(scenario)))
    whole = frozenset[str]().union(*(whole_numbers_of_safeguards(one) for one in portfolios))
    return (*found, *_grouped(list(enumerate(portfolios)), whole))


def values(factors: Sequence[Factor], points: Floats) -> Floats:
    """(draws, factors) what points in the unit cube stand for, by the inverse of each distribution function."""
    found = np.empty_like(points)
    for j, factor in enumerate(factors):
        found[:, j] = _quantiles(factor, points[:, j])
    return found


def _grouped(
    documents: Sequence[tuple[int, Scenario | Portfolio]], whole: frozenset[str]
) -> Iterator[Factor]:
    places: dict[tuple[str, Quantity], list[tuple[int, str]]] = {}
    for place, document in documents:
        for path, quantity in sorted(document.quantities.items()):
            if quantity.low is not None and quantity.low != quantity.high:
                key = _identity(path, quantity)
                places.setdefault(key, []).append((place, path))
    stated = dict(documents)
    written = {
        place: units(document.document, [path for where in places.values() for _, path in where])
        for place, document in documents
    }
    told: set[str] = set()
    for (_, quantity), where in places.items():
        place, path = where[0]
        yield Factor(
            name=path if path not in told else f"{stated[place].name}:{path}",
            quantity=quantity,
            places=tuple(where),
            whole=path in whole,
            unit=written[place][path],
        )
        told.add(path)


def _identity(path: str, quantity: Quantity) -> tuple[str, Quantity]:
    """Where a reason is given, the same range for the same reason under the same key is the same unknown."""
    if quantity.source is None and quantity.assumed is None:
        return path, quantity
    last = _LAST.search(path)
    return last[0] if last else path, quantity


def _quantiles(factor: Factor, u: Floats) -> Floats:
    """Of a whole number, the law is widened by half a step at either end and rounded, so that both ends count fully."""
    margin = 0.5 if factor.whole else 0.0
    low, high, mode = factor.low - margin, factor.high + margin, factor.quantity.mode
    if mode is None:
        drawn = low + (high - low) * u
    else:
        rising = (mode - low) / (high - low)
        up = low + np.sqrt(u * (high - low) * (mode - low))
        down = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
        drawn = np.where(u < rising, up, down)
    if factor.whole:
        drawn = np.round(drawn)
    found: Floats = np.clip(drawn, factor.low, factor.high)
    return found
