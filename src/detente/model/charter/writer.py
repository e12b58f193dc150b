"""Writes a resolved charter while it is made: what is read is also written, in the order of the calls."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from detente.model.charter.forms import ALL
from detente.model.problems import step
from detente.model.record import Plain, Record
from detente.model.units import DURATION, PLAIN, Unit
from detente.model.vocabulary import Quantity

__all__ = ["Writer"]

Value = TypeVar("Value", str, bool, float)
Word = TypeVar("Word", bound=Enum)


@dataclass(slots=True)
class Writer:
    """One mapping of the resolved document, and where it stands in it."""

    path: str = ""
    record: Record = field(default_factory=Record)
    plain: Plain = field(default_factory=dict)

    def inner(self, key: str) -> "Writer":
        """A mapping in this one."""
        plain: Plain = {}
        self.plain[key] = plain
        return Writer(self._at(key), self.record, plain)

    def number(self, key: str, stated: Quantity, unit: Unit = PLAIN) -> float:
        self.plain[key] = self.record.number(self._at(key), stated, unit)
        return stated.value

    def whole(self, key: str, stated: Quantity) -> int:
        self.plain[key] = self.record.number(self._at(key), stated, whole=True)
        return int(stated.value)

    def seconds(self, key: str, stated: Quantity) -> float:
        return self.number(key, stated, DURATION)

    def value(self, key: str, stated: Value) -> Value:
        """A text, a plain number, or a yes or no."""
        self.plain[key] = stated
        return stated

    def optional(self, key: str, stated: Value | None) -> Value | None:
        """The same; nothing is written where there is none."""
        return None if stated is None else self.value(key, stated)

    def word(self, key: str, stated: Word) -> Word:
        self.plain[key] = stated.value
        return stated

    def names(self, key: str, stated: tuple[str, ...]) -> tuple[str, ...]:
        """A list in the order of names, or the word for all."""
        if stated == (ALL,):
            self.plain[key] = ALL
            return stated
        return self.texts(key, stated)

    def texts(self, key: str, stated: tuple[str, ...]) -> tuple[str, ...]:
        """A list whose order means nothing, in order."""
        ordered = sorted(stated)
        self.plain[key] = ordered
        return tuple(ordered)

    def _at(self, key: str) -> str:
        return (self.path + step(key)).removeprefix(".")
