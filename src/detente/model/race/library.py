"""Races by name, by path or as a mapping: the door through which every race comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from detente.errors import Problem, RaceError
from detente.model.language import Language
from detente.model.race.check import check as check_document
from detente.model.race.check import warn
from detente.model.race.document import Document
from detente.model.race.resolve import resolve
from detente.model.race.vocabulary import Race
from detente.model.shelf import Shelf, arrive, find_on, shelf_of
from detente.model.source import Source

__all__ = ["Report", "check", "check_source", "find", "load", "names", "shelf"]

_RACES = Language(error=RaceError, model=Document, check=check_document, warn=warn, resolve=resolve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    race: Race | None
    """None when there are problems"""


def shelf() -> Shelf:
    """The shipped races: their names and files."""
    return shelf_of(resources.files("detente") / "races")


def names() -> tuple[str, ...]:
    """The names of the shipped races, in order."""
    return tuple(shelf())


def find(name: str) -> Path:
    """The file of a shipped race.

    Raises
    ------
    RaceError
        none is called `name`; the message gives the nearest that are.
    """
    return find_on(shelf(), name, RaceError)


def load(source: str | Path | Mapping[str, object]) -> Race:
    """The race of that name, in that file, or in that mapping.

    Raises
    ------
    RaceError
        with everything that is wrong with the document.
    """
    report = check(source)
    if report.race is None:
        raise RaceError(report.problems)
    return report.race


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and the race if it is legal."""
    try:
        arrived = arrive(source, shelf(), RaceError)
    except RaceError as error:
        return Report(problems=error.problems, warnings=(), race=None)
    return check_source(arrived)


def check_source(source: Source) -> Report:
    """The same of a document that has been read."""
    found = _RACES.examine(source)
    return Report(problems=found.problems, warnings=found.warnings, race=found.made)
