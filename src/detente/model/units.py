"""Units of the scenario language: text to SI numbers and back.

A duration is a number and one of `ns us ms s min h d` (`µs` too), a rate a number and one of
`/s /min /h /d`, money a number and `USD`. Inside the program durations are seconds, rates events
per second, money US dollars; `write` gives text that reads back as exactly the same number.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["DURATION", "MONEY", "NUMBER", "PLAIN", "RATE", "Unit", "parse", "short", "write"]

NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""How a number is written, everywhere: as in JSON."""

_MEASURE = re.compile(rf"({NUMBER}) ?([^\s0-9.].*)?")
# 400 digits are more than any number needs, and keep the reading of one short.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Unit:
    """A kind of unit: its SI name, and what each accepted name is worth in it."""

    si: str
    """the unit written in resolved documents; empty for plain numbers"""
    example: str
    times: Mapping[str, float] = field(default_factory=dict, hash=False)
    """names to multiply by"""
    over: Mapping[str, float] = field(default_factory=dict, hash=False)
    """names to divide by: dividing by a whole number rounds once, multiplying by 1e-3 twice"""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.over, *self.times)


_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

PLAIN = Unit(si="", example="0.5")
DURATION = Unit(
    si="s",
    example="4 h",
    times=_SECONDS,
    over={"ns": 1e9, "us": 1e6, "µs": 1e6, "\u03bcs": 1e6, "ms": 1e3},
)
RATE = Unit(si="/s", example="0.2 /d", over={f"/{name}": value for name, value in _SECONDS.items()})
MONEY = Unit(si="USD", example="2e6 USD", times={"USD": 1.0})


@lru_cache(maxsize=4096)
def parse(text: str, unit: Unit) -> float:
    """The number that `text` states, in the SI unit.

    Raises
    ------
    ValueError
        not a number, no unit or an unknown one, or too large for a computer's numbers; the
        message says what was expected.
    """
    match = _MEASURE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(_wanted(unit))
    name = match[2] or ""
    if name in unit.over:
        value = float(match[1]) / unit.over[name]
    elif name in unit.times:
        value = float(match[1]) * unit.times[name]
    else:
        raise ValueError(_wanted(unit))
    if not math.isfinite(value):
        raise ValueError("a number below 1e308")
    return value + 0.0  # so that -0.0 becomes 0.0 and a value has one spelling


def write(value: float, unit: Unit) -> str:
    """The number as resolved documents state it, as `14400.0 s`; `parse` gives the same number back."""
    return f"{value!r} {unit.si}"


def short(text: str) -> str:
    """What `write` gave, in the unit in which it takes the fewest characters: `4 h`; the same number all the same.

    What states no number with one of the units comes back as it is.
    """
    for unit in (DURATION, RATE, MONEY):
        if text.endswith(f" {unit.si}") and _MEASURE.fullmatch(text):
            value = parse(text, unit)
            names = [name for name in unit.names if name.isascii()]
            texts = [f"{_digits(_in(value, name, unit))} {name}" for name in names]
            return min((t for t in (*texts, text) if parse(t, unit) == value), key=len)
    return text


def _in(value: float, name: str, unit: Unit) -> float:
    return value * unit.over[name] if name in unit.over else value / unit.times[name]


def _digits(value: float) -> str:
    """A number without what rounding left at its end."""
    return f"{value:.12g}"


def _wanted(unit: Unit) -> str:
    names = [name for name in unit.names if name.isascii()]
    which = f"one of the units {' '.join(names)}" if len(names) > 1 else f"the unit {names[0]}"
    return f"a number with {which}, as `{unit.example}`"
