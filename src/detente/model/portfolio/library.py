"""Portfolios by name, by path or as a mapping: the door through which every portfolio comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from detente.errors import PortfolioError, Problem
from detente.model.language import Language
from detente.model.portfolio.document import Document
from detente.model.portfolio.resolve import resolve
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.warn import warn
from detente.model.problems import Fault
from detente.model.shelf import Shelf, arrive, find_on, shelf_of
from detente.model.source import Source

__all__ = ["Report", "check", "check_source", "find", "load", "names", "shelf"]


def _no_rules(_: Document) -> list[Fault]:
    """No rule binds two safeguards: each stands for itself."""
    return []


_PORTFOLIOS = Language(error=PortfolioError, model=Document, check=_no_rules, warn=warn, resolve=resolve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    portfolio: Portfolio | None
    """None when there are problems"""


def shelf() -> Shelf:
    """The shipped portfolios: their names and files."""
    return shelf_of(resources.files("detente") / "portfolios")


def names() -> tuple[str, ...]:
    """The names of the shipped portfolios, in order."""
    return tuple(shelf())


def find(name: str) -> Path:
    """The file of a shipped portfolio.

    Raises
    ------
    PortfolioError
        none is called `name`; the message gives the nearest that are.
    """
    return find_on(shelf(), name, PortfolioError)


def load(source: Portfolio | str | Path | Mapping[str, object]) -> Portfolio:
    """The portfolio of that name, in that file, or in that mapping; one that is loaded already stays as it is.

    Parameters
    ----------
    source:
        the name of a shipped portfolio, the path of a YAML or JSON document, or the document itself
        as a mapping. A text that is no shipped name is taken as a path if there is such a file.

    Raises
    ------
    PortfolioError
        with everything that is wrong with the document.
    """
    if isinstance(source, Portfolio):
        return source
    report = check(source)
    if report.portfolio is None:
        raise PortfolioError(report.problems)
    return report.portfolio


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and the portfolio if it is legal.

    The same sources as `load`; nothing about the document itself is raised.
    """
    try:
        arrived = arrive(source, shelf(), PortfolioError)
    except PortfolioError as error:
        return Report(problems=error.problems, warnings=(), portfolio=None)
    return check_source(arrived)


def check_source(source: Source) -> Report:
    """The same of a document that has been read."""
    found = _PORTFOLIOS.examine(source)
    return Report(problems=found.problems, warnings=found.warnings, portfolio=found.made)
