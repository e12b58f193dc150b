"""The door of portfolios: names, paths and mappings, and documents of the other kind."""

import subprocess
import sys

import pytest

from detente.errors import DocumentError, PortfolioError, ScenarioError
from detente.model import document as scenarios
from detente.model import either, library
from detente.model.entries import fields_of
from detente.model.portfolio.document import Document
from detente.model.portfolio.library import check, find, load
from detente.model.source import of_text
from detente.model.which import KEYS
from tests.model.documents import small
from tests.model.portfolios import RICH, portfolio


def test_a_wrong_name_is_told_the_nearest():
    with pytest.raises(PortfolioError, match=r"did you mean 'throttle'.*as my-portfolio\.yaml"):
        load("throtle")
    with pytest.raises(PortfolioError, match="essay, "):
        find("xyzzy")


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_path(kind, tmp_path):
    path = tmp_path / "rich.yaml"
    path.write_text(RICH, encoding="utf-8")
    assert load(kind(path)) == load(of_text(RICH).tree)


def test_a_shipped_name_comes_before_a_file_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "throttle").write_text(RICH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("throttle").name == "throttle"
    assert load("./throttle").name == "rich"


@pytest.mark.parametrize("wrong", [None, 5, ["a"], b"throttle"])
def test_other_sources_are_refused(wrong):
    with pytest.raises(PortfolioError, match="the name of a shipped portfolio, a path, or a mapping"):
        load(wrong)


def test_both_errors_are_errors_of_documents():
    assert issubclass(PortfolioError, DocumentError)
    assert issubclass(ScenarioError, DocumentError)
    assert not issubclass(PortfolioError, ScenarioError)


def test_a_document_of_the_other_kind_is_one_mistake():
    with pytest.raises(PortfolioError) as refused:
        load(small())
    assert [problem.path for problem in refused.value.problems] == ["name"]
    assert str(refused.value) == (
        "name: found a scenario, expected a portfolio: a document with `portfolio:` and `safeguards:`"
    )
    with pytest.raises(ScenarioError) as refused:
        library.load(portfolio())
    assert str(refused.value) == (
        "portfolio: found a portfolio, expected a scenario: a document with `name:`, `actors:` and `systems:`"
    )


def test_keys_of_both_kinds_are_told_one_by_one():
    paths = {problem.path for problem in check(portfolio() | {"name": "both"}).problems}
    assert paths == {"name"}
    paths = {problem.path for problem in library.check(small() | {"safeguards": {}}).problems}
    assert paths == {"safeguards"}


def test_the_keys_that_tell_the_kinds_apart_are_those_of_the_languages():
    keys = {"scenario": set(fields_of(scenarios.Document)), "portfolio": set(fields_of(Document))}
    assert set(KEYS["scenario"]) == keys["scenario"] - keys["portfolio"]
    assert set(KEYS["portfolio"]) == keys["portfolio"] - keys["scenario"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (small(), "scenario"),
        (portfolio(), "portfolio"),
        ({"detente": 1, "name": "x", "safeguards": {}}, "portfolio"),
        (small() | {"safeguards": {}}, "scenario"),
        ({"detente": 1}, "scenario"),
        ({}, "scenario"),
    ],
    ids=range(6),
)
def test_a_document_of_either_kind(document, kind):
    report = either.check(document)
    assert report.kind == kind
    own = check(document) if kind == "portfolio" else library.check(document)
    assert (report.problems, report.warnings) == (own.problems, own.warnings)
    assert report.made == (own.portfolio if kind == "portfolio" else own.scenario)


def test_a_document_of_either_kind_by_name():
    assert either.check("essay").made == load("essay")
    assert either.check("attribution-error").made == library.load("attribution-error")
    report = either.check("esay")
    assert (report.kind, report.made) == (None, None)
    assert "a shipped scenario, portfolio, race or charter (did you mean 'essay'?)" in str(report.problems[0])


def test_reading_a_portfolio_loads_no_simulator():
    code = (
        "import sys, detente; detente.load_portfolio('essay'); assert 'essay' in detente.portfolios()\n"
        "found = {'numba', 'numpy', 'polars', 'scipy'} & set(sys.modules); assert not found, found"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
