"""Scenarios by name, by path or as a mapping: the door through which every scenario comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from detente.errors import Problem, ScenarioError
from detente.model.check import check_document
from detente.model.document import Document
from detente.model.language import Language
from detente.model.resolve import resolve
from detente.model.shelf import Shelf, arrive, find_on, shelf_of
from detente.model.source import Source
from detente.model.vocabulary import Scenario
from detente.model.warn import warn

__all__ = ["Report", "check", "check_source", "find", "load", "names", "shelf"]

_SCENARIOS = Language(error=ScenarioError, model=Document, check=check_document, warn=warn, resolve=resolve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    scenario: Scenario | None
    """None when there are problems"""


def shelf() -> Shelf:
    """The shipped scenarios: their names and files."""
    return shelf_of(resources.files("detente") / "scenarios")


def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, in order."""
    return tuple(shelf())


def find(name: str) -> Path:
    """The file of a shipped scenario.

    Raises
    ------
    ScenarioError
        none is called `name`; the message gives the nearest that are.
    """
    return find_on(shelf(), name, ScenarioError)


def load(source: Scenario | str | Path | Mapping[str, object]) -> Scenario:
    """The scenario of that name, in that file, or in that mapping; one that is loaded already stays as it is.

    Parameters
    ----------
    source:
        the name of a shipped scenario, the path of a YAML or JSON document, or the document itself
        as a mapping. A text that is no shipped name is taken as a path if there is such a file.

    Raises
    ------
    ScenarioError
        with everything that is wrong with the document.
    """
    if isinstance(source, Scenario):
        return source
    report = check(source)
    if report.scenario is None:
        raise ScenarioError(report.problems)
    return report.scenario


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and the scenario if it is legal.

    The same sources as `load`; nothing about the document itself is raised.
    """
    try:
        arrived = arrive(source, shelf(), ScenarioError)
    except ScenarioError as error:
        return Report(problems=error.problems, warnings=(), scenario=None)
    return check_source(arrived)


def check_source(source: Source) -> Report:
    """The same of a document that has been read."""
    found = _SCENARIOS.examine(source)
    return Report(problems=found.problems, warnings=found.warnings, scenario=found.made)
