"""Writes the numbers of a resolved document, and keeps every one by its path."""

import math
from dataclasses import dataclass, field, replace

from detente.model.forms import StatedDelay, StatedLaw
from detente.model.units import DURATION, PLAIN, Unit, write
from detente.model.vocabulary import CountLaw, Delay, DelayLaw, Quantity

__all__ = ["Plain", "Record", "scaled"]

Plain = dict[str, object]
"""a part of a resolved document"""

_SCALES = {DelayLaw.FIXED: "fixed", DelayLaw.EXPONENTIAL: "mean", DelayLaw.LOGNORMAL: "median"}


def scaled(quantity: Quantity, total: float) -> Quantity:
    """The quantity as a share of `total`, its range with it."""
    return replace(
        quantity,
        value=quantity.value / total,
        low=None if quantity.low is None else quantity.low / total,
        high=None if quantity.high is None else quantity.high / total,
        mode=None if quantity.mode is None else quantity.mode / total,
    )


@dataclass(slots=True)
class Record:
    """The numbers met so far, by path; each method notes what it is given and returns how it is written."""

    quantities: dict[str, Quantity] = field(default_factory=dict)

    def number(self, path: str, quantity: Quantity, unit: Unit = PLAIN, *, whole: bool = False) -> object:
        """A number alone, or as a mapping when there is more to say about it than its value."""
        self.quantities[path] = quantity
        value = _spelled(quantity.value, unit, whole=whole)
        members: Plain = {"value": value}
        for name, bound in (("low", quantity.low), ("high", quantity.high), ("mode", quantity.mode)):
            if bound is not None:
                members[name] = _spelled(bound, unit, whole=whole)
        for name, text in (("source", quantity.source), ("assumed", quantity.assumed)):
            if text is not None:
                members[name] = text
        return members if len(members) > 1 else value

    def delay(self, path: str, stated: StatedDelay) -> tuple[Delay, Plain]:
        """A delay law in its long form."""
        name = _SCALES[stated.law]
        plain: Plain = {name: self.number(f"{path}.{name}", stated.scale, DURATION)}
        if stated.spread is None:
            return Delay(law=stated.law, scale_s=stated.scale.value), plain
        plain["spread"] = self.number(f"{path}.spread", stated.spread)
        return Delay(law=stated.law, scale_s=stated.scale.value, spread=stated.spread.value), plain

    def law(self, path: str, stated: StatedLaw) -> tuple[CountLaw, object]:
        """The law of a number of actions."""
        if stated.dispersion is None:
            return CountLaw(law=stated.name), stated.name
        plain = {stated.name: self.number(f"{path}.{stated.name}", stated.dispersion)}
        return CountLaw(law=stated.name, dispersion=stated.dispersion.value), plain

    def order(self) -> tuple[object, ...]:
        """What to sort by when two entries differ in their numbers only."""
        return tuple((path, *_comparable(quantity)) for path, quantity in self.quantities.items())


def _comparable(quantity: Quantity) -> tuple[object, ...]:
    numbers = (quantity.value, quantity.low, quantity.high, quantity.mode)
    texts = (quantity.source, quantity.assumed)
    return (
        *(-math.inf if number is None else number for number in numbers),
        *("" if text is None else text for text in texts),
    )


def _spelled(value: float, unit: Unit, *, whole: bool) -> object:
    if unit is not PLAIN:
        return write(value, unit)
    return int(value) if whole else value
