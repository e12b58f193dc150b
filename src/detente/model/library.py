"""Scenarios by name, by path or as a mapping: the door through which every document comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from detente.errors import Problem, ScenarioError
from detente.model.check import check_document
from detente.model.names import nearest_of
from detente.model.problems import shown
from detente.model.resolve import resolve
from detente.model.source import Source, of_mapping, read
from detente.model.validate import validate
from detente.model.vocabulary import Scenario
from detente.model.warn import warn

__all__ = ["Report", "check", "find", "load", "names"]

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    scenario: Scenario | None
    """None when there are problems"""


def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, in order."""
    folder = resources.files("detente") / "scenarios"
    if not folder.is_dir():
        return ()
    files = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


def find(name: str) -> Path:
    """The file of a shipped scenario.

    Raises
    ------
    ScenarioError
        none is called `name`; the message gives the nearest that are.
    """
    shipped = names()
    if name not in shipped:
        near = nearest_of(name, shipped)
        hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(shipped)})" if shipped else ""
        expected = f"the name of a shipped scenario{hint}, or the path of a file, as my-scenario.yaml"
        raise ScenarioError([Problem(path="", found=shown(name), expected=expected)])
    return Path(str(resources.files("detente") / "scenarios" / f"{name}.yaml"))


def load(source: str | Path | Mapping[str, object]) -> Scenario:
    """The scenario of that name, in that file, or in that mapping.

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
    report = check(source)
    if report.scenario is None:
        raise ScenarioError(report.problems)
    return report.scenario


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and the scenario if it is legal.

    The same sources as `load`; nothing about the document itself is raised.
    """
    try:
        arrived = _arrive(source)
    except ScenarioError as error:
        return Report(problems=error.problems, warnings=(), scenario=None)
    document, faults = validate(arrived.tree)
    if document is not None:
        faults = check_document(document)
    if document is None or faults:
        return Report(problems=arrived.locate(faults), warnings=(), scenario=None)
    return Report(problems=(), warnings=arrived.locate(warn(document)), scenario=resolve(document))


def _arrive(source: object) -> Source:
    if isinstance(source, Mapping):
        return of_mapping(source)
    if isinstance(source, Path):
        return read(source)
    if not isinstance(source, str):
        expected = "the name of a shipped scenario, a path, or a mapping"
        raise ScenarioError([Problem(path="", found=f"a Python {type(source).__name__}", expected=expected)])
    return read(Path(source) if _is_path(source) else find(source))


def _is_path(source: str) -> bool:
    if source in names():
        return False
    return source.endswith(_SUFFIXES) or "/" in source or "\\" in source or _exists(source)


def _exists(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False
