"""Every shipped scenario says where its numbers come from, is as large as promised, and behaves as described."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import detente
from detente.model.library import check, find, load, names
from detente.model.tree import grow
from detente.model.vocabulary import DelayLaw, Ending, Quantity, Scenario

SHIPPED = names()
PAGES = Path(__file__).parents[2] / "docs" / "scenarios"

_WITH_UNIT = re.compile(r"[-+]?[0-9][0-9.eE+-]* ?(ns|us|ms|s|min|h|d|/s|/min|/h|/d|USD)")
_SECOND_REFERENCE = re.compile(r"\[([^\]]+)\]")
_NO_NUMBERS = ("detente", "references", "title", "summary", "name", "ladder")

Path_ = tuple[str | int, ...]


def stated_numbers(tree: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every number a document states: a mapping with `value`, or a bare number, with or without unit."""
    if not path and isinstance(tree, dict):
        tree = {key: part for key, part in tree.items() if key not in _NO_NUMBERS}
    if isinstance(tree, dict) and "value" in tree:
        yield path, tree
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from stated_numbers(part, (*path, key))
    elif isinstance(tree, list):
        for index, part in enumerate(tree):
            yield from stated_numbers(part, (*path, index))
    elif _is_number(tree):
        yield path, tree


def _is_number(scalar: Any) -> bool:
    if isinstance(scalar, str):
        return _WITH_UNIT.fullmatch(scalar) is not None
    return isinstance(scalar, int | float) and not isinstance(scalar, bool)


def unexplained(tree: Any) -> list[Path_]:
    """The places of the numbers that say neither `source` nor `assumed`."""
    return [
        path
        for path, number in stated_numbers(tree)
        if not (isinstance(number, dict) and (number.get("source") or number.get("assumed")))
    ]


def _document(name: str) -> Any:
    file = find(name)
    return grow(file.read_text(encoding="utf-8"), str(file))


def _explained(scenario: Scenario) -> list[Quantity]:
    return [number for number in scenario.quantities.values() if number.source or number.assumed]


def test_something_is_shipped() -> None:
    assert "attribution-error" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_has_a_source_or_a_reason(name: str) -> None:
    document = _document(name)
    assert unexplained(document) == []
    # The walk above and the program agree on what the document states; what is left are filled-in defaults.
    assert len(_explained(load(name))) == len(list(stated_numbers(document)))


@pytest.mark.parametrize(
    "fragment, place",
    [
        ({"horizon": "72 h"}, ("horizon",)),
        ({"horizon": {"value": "72 h", "low": "1 h", "high": "90 h"}}, ("horizon",)),
        ({"systems": {"a": {"senses": {"attribution": 0.7}}}}, ("systems", "a", "senses", "attribution")),
        ({"systems": {"a": {"harm": {"damage": "1e9 USD"}}}}, ("systems", "a", "harm", "damage")),
        (
            {"systems": {"a": {"responds": [{"step": {"up": 0}}]}}},
            ("systems", "a", "responds", 0, "step", "up"),
        ),
        ({"shocks": [{"rate": "0.1 /d"}]}, ("shocks", 0, "rate")),
        ({"dependencies": [{"after": {"mean": "1s"}}]}, ("dependencies", 0, "after", "mean")),
    ],
)
def test_a_bare_number_is_found_wherever_it_stands(fragment: dict[str, Any], place: Path_) -> None:
    assert unexplained(fragment) == [place]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_reference_is_cited_and_can_be_found(name: str) -> None:
    scenario = load(name)
    listed = {reference.name for reference in scenario.references}
    cited = {number.source for number in _explained(scenario) if number.source}
    assert cited == listed
    for reference in scenario.references:
        assert reference.title, reference.name
        assert reference.authors, reference.name
        assert 1900 < (reference.year or 0) < 2100, reference.name
        assert reference.url or reference.doi or reference.publisher, reference.name


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reason_that_leans_on_a_reference_names_a_real_one(name: str) -> None:
    scenario = load(name)
    listed = {reference.name for reference in scenario.references}
    reasons = [number.assumed for number in _explained(scenario) if number.assumed]
    leans = {
        part.strip()
        for reason in reasons
        for found in _SECOND_REFERENCE.findall(reason)
        for part in found.split(",")
    }
    assert leans <= listed


@pytest.mark.parametrize("name", SHIPPED)
def test_most_guesses_say_how_far_they_could_be_off(name: str) -> None:
    numbers = _explained(load(name))
    with_range = [number for number in numbers if number.low is not None]
    assert len(with_range) > 0.8 * len(numbers)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_as_large_as_promised(name: str) -> None:
    scenario = load(name)
    assert 12 <= len(scenario.systems) <= 40
    assert len({system.domain for system in scenario.systems}) >= 4
    assert len({actor.bloc for actor in scenario.actors if actor.bloc}) >= 2


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_in_it_is_suspicious(name: str) -> None:
    assert [f"{warning.path}: {warning.found}" for warning in check(name).warnings] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_it_has_a_page(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    scenario = load(name)
    assert scenario.title in page
    missing = [reference.name for reference in scenario.references if f"`{reference.name}`" not in page]
    assert missing == []


# --- attribution-error: the story its page tells is the story that happens ----------------------------------


@pytest.fixture(scope="module")
def story() -> Scenario:
    return load("attribution-error")


def test_the_story_has_all_its_parts(story: Scenario) -> None:
    accidents = [shock for shock in story.shocks if shock.author is None and shock.points_to is None]
    assert [shock.hits for shock in accidents] == ["pellucid-edge"]
    kinds = {actor.name: actor.kind for actor in story.actors}
    assert any(shock.rate_per_s and kinds[str(shock.author)] == "non-state" for shock in story.shocks)
    assert any(actor.kind == "military" and actor.alert for actor in story.actors)
    assert any(system.senses.false_alarms for system in story.systems)
    assert any(system.down for system in story.systems)
    assert any(rule.recovers is not None for system in story.systems for rule in system.responds)
    assert story.contagion
    coupled = {(link.source, link.target) for link in story.dependencies}
    assert {("avalon-grid", "tarn-backbone"), ("tarn-backbone", "westclear-core")} <= coupled


def test_machines_are_fast_and_people_are_slow(story: Scenario) -> None:
    medians = [
        rule.after.scale_s
        for system in story.systems
        for rule in system.responds
        if rule.after.law is DelayLaw.LOGNORMAL
    ]
    assert min(medians) < 0.1
    assert max(medians) > 3600
    reviews = [actor.command.review.scale_s for actor in story.actors if actor.command]
    assert reviews
    assert min(reviews) > 600


def _catastrophe(document: dict[str, Any]) -> float:
    ensemble = detente.simulate(load(document), runs=20_000, seed=7)
    return ensemble.summary().ended[Ending.CATASTROPHE.value] / 20_000


def test_false_blame_drives_it(story: Scenario) -> None:
    # 20,000 crises: the standard error of 0.10 is 0.002, so these bounds are far from chance.
    as_shipped = _catastrophe(dict(story.document))
    assert 0.05 < as_shipped < 0.15
    enlightened: Any = _plain(story.document)
    for system in enlightened["systems"].values():
        system["senses"]["recognises_accidents"] = 1.0
    assert _catastrophe(enlightened) < as_shipped / 10


def _plain(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    return [_plain(value) for value in part] if isinstance(part, list | tuple) else part
