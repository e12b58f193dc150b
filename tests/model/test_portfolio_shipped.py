"""The portfolios that ship."""

import pytest

from detente.model import library
from detente.model.portfolio.library import check, find, load, names
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
)
from detente.model.tree import grow
from tests.scenarios.test_sources import stated_numbers, unexplained

SHIPPED = names()


def test_the_essay_none_and_every_safeguard_alone_are_shipped():
    assert set(SHIPPED) >= {"none", "essay", *SAFEGUARDS}
    assert list(SHIPPED) == sorted(SHIPPED)
    assert not set(SHIPPED) & set(library.names())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_portfolio_is_sound_and_says_what_it_is(name):
    report = check(name)
    assert (report.problems, report.warnings) == ((), ())
    assert report.portfolio.name == name
    assert report.portfolio.title
    assert len(report.portfolio.summary) > 40


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_has_a_source_or_a_reason(name):
    file = find(name)
    document = grow(file.read_text(encoding="utf-8"), str(file))
    assert unexplained(document) == []
    explained = [number for number in load(name).quantities.values() if number.source or number.assumed]
    # The walk above and the program agree on what the document states; what is left are filled-in defaults.
    assert len(explained) == len(list(stated_numbers(document)))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_says_how_far_it_could_be_off(name):
    explained = [number for number in load(name).quantities.values() if number.source or number.assumed]
    assert [number for number in explained if number.low is None] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_references_can_be_found(name):
    for reference in load(name).references:
        assert reference.title
        assert reference.authors
        assert 1900 < reference.year < 2100
        assert reference.url or reference.doi or reference.publisher


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_a_safeguard_alone_stands_as_in_the_essay(name):
    alone, essay = load(name), load("essay")
    assert list(alone.safeguards) == [name]
    assert alone.document["safeguards"][name] == essay.document["safeguards"][name]


def test_the_essay_has_all_safeguards_and_none_has_none():
    assert tuple(load("essay").safeguards) == SAFEGUARDS
    assert load("none").safeguards == {}


def test_the_red_lines_are_drawn_in_several_domains():
    lines = load("red-lines").red_lines.forbid
    assert {line.domain for line in lines} >= {"kinetic", "energy"}
    assert {line.from_rung for line in lines} == {"damage"}
