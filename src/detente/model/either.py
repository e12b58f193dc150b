"""A document that may be a scenario, a portfolio, a race or a charter: read once, and then checked as what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from detente.errors import CharterError, DocumentError, PortfolioError, Problem, RaceError, ScenarioError
from detente.model import library
from detente.model.charter import library as charters
from detente.model.charter.vocabulary import Charter
from detente.model.portfolio import library as portfolios
from detente.model.portfolio.safeguards import Portfolio
from detente.model.race import library as races
from detente.model.race.vocabulary import Race
from detente.model.shelf import arrive
from detente.model.source import Source
from detente.model.vocabulary import Scenario
from detente.model.which import noun_of

__all__ = ["KINDS", "Report", "check"]

_SHELVES = {
    "scenario": library.shelf,
    "portfolio": portfolios.shelf,
    "race": races.shelf,
    "charter": charters.shelf,
}
KINDS = tuple(_SHELVES)
"""the kinds of documents"""

_ERRORS = {"scenario": ScenarioError, "portfolio": PortfolioError, "race": RaceError, "charter": CharterError}
_FIRST = ("portfolio", "scenario", "race", "charter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    kind: str | None
    """scenario, portfolio, race or charter; None when it could not be read"""
    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    made: Scenario | Portfolio | Race | Charter | None
    """None when there are problems"""


def check(source: str | Path | Mapping[str, object], kind: str | None = None) -> Report:
    """What is wrong with a document, what is suspicious about it, and what it states if it is legal.

    Parameters
    ----------
    source
        the name of a shipped scenario, portfolio or race, a path, or a mapping, as for `library.load`.
    kind
        one of `KINDS`: what a name is the name of. Without it, of several documents of one name the first of the kinds
        portfolio, scenario, race is taken, and a warning says so; no charter ships.
    """
    shelves = {noun: _SHELVES[noun]() for noun in _FIRST} if kind is None else {kind: _SHELVES[kind]()}
    known = {name: path for shelf in reversed(shelves.values()) for name, path in shelf.items()}
    try:
        arrived = arrive(source, known, DocumentError if kind is None else _ERRORS[kind])
    except DocumentError as error:
        return Report(kind=None, problems=error.problems, warnings=(), made=None)
    found = _checked(arrived, noun_of(arrived.tree) if kind is None else kind)
    also = [noun for noun, shelf in shelves.items() if isinstance(source, str) and source in shelf]
    return replace(found, warnings=(*_ambiguous(str(source), also), *found.warnings))


def _ambiguous(name: str, kinds: list[str]) -> list[Problem]:
    """A warning where a name is that of several documents."""
    if len(kinds) < 2:
        return []
    told = " and ".join(f"a {kind} (--kind {kind})" for kind in kinds)
    expected = f"the kind to be said where a name is that of {told}; this is the {kinds[0]}"
    return [Problem(path="", found=f"'{name}'", expected=expected)]


def _checked(arrived: Source, noun: str) -> Report:
    if noun == "charter":
        told = charters.check_source(arrived)
        return Report(kind=noun, problems=told.problems, warnings=told.warnings, made=told.charter)
    if noun == "race":
        seen = races.check_source(arrived)
        return Report(kind=noun, problems=seen.problems, warnings=seen.warnings, made=seen.race)
    if noun == "portfolio":
        judged = portfolios.check_source(arrived)
        return Report(kind=noun, problems=judged.problems, warnings=judged.warnings, made=judged.portfolio)
    found = library.check_source(arrived)
    return Report(kind="scenario", problems=found.problems, warnings=found.warnings, made=found.scenario)
