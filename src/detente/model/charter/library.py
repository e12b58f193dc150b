"""Charters by path or as a mapping: the door through which every charter comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detente.errors import CharterError, Problem
from detente.model.charter.check import check as check_document
from detente.model.charter.document import Document
from detente.model.charter.resolve import resolve
from detente.model.charter.vocabulary import Charter
from detente.model.charter.warn import warn
from detente.model.language import Language
from detente.model.shelf import Shelf, arrive
from detente.model.source import Source

__all__ = ["Report", "check", "check_source", "load", "shelf"]

_CHARTERS = Language(error=CharterError, model=Document, check=check_document, warn=warn, resolve=resolve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    charter: Charter | None
    """None when there are problems"""


def shelf() -> Shelf:
    """The shipped charters: none, since a charter is of one site and its people."""
    return {}


def load(source: Charter | str | Path | Mapping[str, object]) -> Charter:
    """The charter in that file or in that mapping; one that is loaded already stays as it is.

    Raises
    ------
    CharterError
        with everything that is wrong with the document.
    """
    if isinstance(source, Charter):
        return source
    report = check(source)
    if report.charter is None:
        raise CharterError(report.problems)
    return report.charter


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and the charter if it is legal.

    The same sources as `load`; nothing about the document itself is raised.
    """
    try:
        arrived = arrive(source, shelf(), CharterError)
    except CharterError as error:
        return Report(problems=error.problems, warnings=(), charter=None)
    return check_source(arrived)


def check_source(source: Source) -> Report:
    """The same of a document that has been read."""
    found = _CHARTERS.examine(source)
    return Report(problems=found.problems, warnings=found.warnings, charter=found.made)
