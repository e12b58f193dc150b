"""Portfolios given together: no two are called the same."""

from pathlib import Path

import pytest

from detente.errors import PortfolioError
from detente.model.portfolio.library import load
from detente.model.portfolio.several import load_several

DOCUMENT = {"detente": 1, "portfolio": "prudent", "safeguards": {"compartments": {"strength": 0.5}}}


@pytest.fixture
def prudent(tmp_path):
    """Make a file that holds a portfolio called `prudent`, under whatever name, and give its path."""

    def written(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("detente: 1\nportfolio: prudent\nsafeguards: {compartments: {strength: 0.5}}\n")
        return path

    return written


def called(*sources):
    return [one.name for one in load_several(sources)]


def test_names_that_differ_stay():
    assert called("none", "essay", DOCUMENT) == ["none", "essay", "prudent"]
    assert load_several([essay := load("essay")]) == [essay]


def test_files_of_one_name_are_called_after_the_files(prudent):
    assert called(prudent("first.yaml"), "none", str(prudent("second.yml"))) == ["first", "none", "second"]


def test_a_file_and_the_shipped_one_of_its_name(prudent):
    assert called("prudent", prudent("mine.yaml")) == ["prudent", "mine"]


def test_files_of_one_name_and_one_stem_are_called_by_their_paths(prudent):
    old, new = prudent("old/prudent.yaml"), prudent("new/prudent.yaml")
    assert called(old, new) == [str(old), str(new)]


def test_what_has_no_file_or_comes_twice_is_numbered(prudent):
    assert called("essay", "none", "essay") == ["essay (1)", "none", "essay (2)"]
    assert called(DOCUMENT, prudent("mine.yaml"), DOCUMENT) == ["prudent (1)", "mine", "prudent (2)"]
    assert called(load("essay"), load("essay")) == ["essay (1)", "essay (2)"]


def test_a_portfolio_that_is_called_otherwise_is_the_same_but_for_that(prudent):
    first, _ = load_several([prudent("first.yaml"), prudent("second.yaml")])
    assert first.document["portfolio"] == "prudent"
    assert first.compartments == load(DOCUMENT).compartments


def test_one_that_cannot_be_used_is_refused():
    with pytest.raises(PortfolioError, match="prudentt"):
        load_several(["none", "prudentt"])
