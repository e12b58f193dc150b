"""A document that may be a scenario, a portfolio or a race: read once, and then checked as what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detente.errors import DocumentError, Problem
from detente.model import library
from detente.model.portfolio import library as portfolios
from detente.model.portfolio.safeguards import Portfolio
from detente.model.race import library as races
from detente.model.race.vocabulary import Race
from detente.model.shelf import arrive
from detente.model.vocabulary import Scenario
from detente.model.which import noun_of

__all__ = ["Report", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said about a document."""

    kind: str | None
    """scenario, portfolio or race; None when it could not be read"""
    problems: tuple[Problem, ...]
    """what makes it unusable; empty for a legal document"""
    warnings: tuple[Problem, ...]
    """what is legal but looks like a mistake"""
    made: Scenario | Portfolio | Race | None
    """None when there are problems"""


def check(source: str | Path | Mapping[str, object]) -> Report:
    """What is wrong with a document, what is suspicious about it, and what it states if it is legal.

    Parameters
    ----------
    source:
        the name of a shipped scenario, portfolio or race, a path, or a mapping, as for `library.load`; of a portfolio and a
        race of one name, the portfolio.
    """
    try:
        arrived = arrive(source, {**races.shelf(), **library.shelf(), **portfolios.shelf()}, DocumentError)
    except DocumentError as error:
        return Report(kind=None, problems=error.problems, warnings=(), made=None)
    noun = noun_of(arrived.tree)
    if noun == "race":
        seen = races.check_source(arrived)
        return Report(kind="race", problems=seen.problems, warnings=seen.warnings, made=seen.race)
    if noun == "portfolio":
        judged = portfolios.check_source(arrived)
        return Report(
            kind="portfolio", problems=judged.problems, warnings=judged.warnings, made=judged.portfolio
        )
    found = library.check_source(arrived)
    return Report(kind="scenario", problems=found.problems, warnings=found.warnings, made=found.scenario)
