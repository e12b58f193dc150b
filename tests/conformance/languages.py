"""The four languages of documents, as the tests here go through them."""

from pathlib import Path
from typing import NamedTuple

from detente.errors import CharterError, PortfolioError, RaceError, ScenarioError
from detente.model import document, library
from detente.model.charter import document as charter_document
from detente.model.charter import library as charter_library
from detente.model.portfolio import document as portfolio_document
from detente.model.portfolio import library as portfolio_library
from detente.model.race import document as race_document
from detente.model.race import library as race_library

SPEC = Path(__file__).parents[2] / "spec"


class Language(NamedTuple):
    noun: str
    module: object
    """of the short form"""
    load: object
    check: object
    error: type
    prefix: str
    """of its folders of cases"""

    @property
    def document(self):
        return self.module.Document

    def cases(self, folder):
        return sorted((SPEC / "cases" / f"{self.prefix}{folder}").glob("*.yaml"))


SCENARIO = Language("scenario", document, library.load, library.check, ScenarioError, "")
PORTFOLIO = Language(
    "portfolio",
    portfolio_document,
    portfolio_library.load,
    portfolio_library.check,
    PortfolioError,
    "portfolio-",
)
RACE = Language("race", race_document, race_library.load, race_library.check, RaceError, "race-")
CHARTER = Language(
    "charter", charter_document, charter_library.load, charter_library.check, CharterError, "charter-"
)
LANGUAGES = (SCENARIO, PORTFOLIO, RACE, CHARTER)
