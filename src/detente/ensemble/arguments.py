"""Casting arguments at the door: what every public function that simulates takes, checked in one place."""

import operator
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from numbers import Real
from pathlib import Path
from typing import Any, SupportsIndex, TypeVar

from detente.engine.run import default_threads
from detente.errors import SimulationError
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.several import Source
from detente.model.problems import shown

__all__ = [
    "budget",
    "executor_of",
    "fraction",
    "function",
    "listed",
    "path_of",
    "seed_of",
    "threads_of",
    "whole",
    "words",
    "writable",
]

_MOST_SEED = 2**64 - 1
_MOST_INCIDENTS = 2**31 - 1
_MOST_THREADS = 1024

Told = TypeVar("Told", bound=Callable[..., None])


def whole(name: str, value: SupportsIndex, low: int, high: int) -> int:
    """Return an argument as an int, or say what it should have been."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SimulationError(f"{name}: found {value!r}, expected a whole number, {low} to {high}")
    number = operator.index(value)
    if not low <= number <= high:
        raise SimulationError(f"{name}: found {number}, expected {low} to {high}")
    return number


def seed_of(value: SupportsIndex) -> int:
    """Return a seed."""
    return whole("seed", value, 0, _MOST_SEED)


def budget(value: SupportsIndex) -> int:
    """Return the most incidents of a crisis."""
    return whole("max_incidents", value, 1, _MOST_INCIDENTS)


def threads_of(value: SupportsIndex | None) -> int:
    """Return a number of threads: as many as this process may use where none is given."""
    return default_threads() if value is None else whole("threads", value, 1, _MOST_THREADS)


def fraction(name: str, value: Any, what: str = "a number") -> float:
    """Return an argument that lies between 0 and 1 and is neither; `what` says what a person calls it."""
    number = (
        float(value) if isinstance(value, Real) else 0.0
    )  # which True is not, nor False: both lie outside
    if 0.0 < number < 1.0:
        return number
    found = f"{value:g}" if type(value) in (int, float) else _found(value)
    raise SimulationError(f"{name}: found {found}, expected {what} above 0 and below 1")


def words(name: str, value: str, example: str) -> str:
    """Return an argument that is a text."""
    if isinstance(value, str):
        return value
    raise SimulationError(f"{name}: found {_found(value)}, expected a text, as {example}")


def writable(name: str, value: str | Path | None) -> Path | None:
    """Return the path of something to write, None where nothing is to be written."""
    return None if value is None else path_of(name, value)


def path_of(name: str, value: str | Path) -> Path:
    """Return the path of something; an empty text is none, though Python takes it for the current directory."""
    if isinstance(value, str | os.PathLike) and str(value):
        return Path(value)
    raise SimulationError(f"{name}: found {_found(value)}, expected a path")


def function(name: str, value: Told | None) -> Told | None:
    """Return what is to be told something, if anything is."""
    if value is None or callable(value):
        return value
    raise SimulationError(f"{name}: found {_found(value)}, expected a function")


def executor_of(value: Executor | None) -> Executor | None:
    """Return an executor: anything that takes work, whatever class it is of."""
    if value is None or callable(getattr(value, "submit", None)):
        return value
    raise SimulationError(
        f"executor: found {_found(value)}, expected an executor of concurrent.futures, detente.Processes or detente.cluster"
    )


def listed(sources: Iterable[Source]) -> list[Source]:
    """Return portfolios, or what says which they are, as a list; one alone, such as a single name, is none."""
    expected = "a list of portfolios, as ['none', 'essay']"
    if isinstance(sources, str | Path | Mapping | Portfolio):
        raise SimulationError(f"portfolios: found a single one, expected {expected}")
    if not isinstance(sources, Iterable):
        raise SimulationError(f"portfolios: found {_found(sources)}, expected {expected}")
    return list(sources)


def _found(value: Any) -> str:
    """What was given, as an error shows it."""
    if value is None:
        return "None"
    plain = isinstance(value, str | int | float | list | tuple | dict)
    return shown(value) if plain else f"a Python {type(value).__name__}"
