"""YAML to a plain tree: what the scalars mean, and where everything stands."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from detente.errors import ScenarioError
from detente.model import tree
from detente.model.tree import NULL, Place, grow, places
from tests.model.documents import RICH

CASES = sorted((Path(__file__).parents[2] / "spec" / "cases").rglob("*.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0.5", 0.5),
        ("2e6", 2e6),
        ("1E-3", 1e-3),
        ("true", True),
        ("FALSE", False),
        ("'5'", "5"),
        ('"true"', "true"),
        ("no", "no"),
        ("on", "on"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("+1", "+1"),
        ("007", "007"),
        (".inf", ".inf"),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("=", "="),
        ('"\\u00e9"', "é"),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_scalars(text, value):
    grown = grow(f"key: {text}\n", "")["key"]
    assert grown == value
    assert type(grown) is type(value)


@pytest.mark.parametrize("text", ["", "~", "null", "NULL"])
def test_nulls_are_not_none(text):
    assert grow(f"key: {text}\n", "") == {"key": NULL}


def test_keys_are_always_text():
    assert grow("1: a\ntrue: b\n~: c\n", "") == {"1": "a", "true": "b", "~": "c"}


def test_an_alias_repeats_its_anchor():
    assert grow("a: &x {b: [1, 2]}\nc: *x\nd: [*x, *x]\n", "")["d"] == [{"b": [1, 2]}, {"b": [1, 2]}]


def test_an_anchor_may_be_used_again_for_something_else():
    assert grow("a: &x 1\nb: &x 2\nc: *x\n", "") == {"a": 1, "b": 2, "c": 2}


def test_aliases_count_every_time(monkeypatch):
    monkeypatch.setattr(tree, "MOST_NODES", 12)
    # One mapping, three keys, the list with two members, and the same three again.
    assert grow("a: &x [1, 2]\nb: *x\n", "")
    with pytest.raises(ScenarioError, match="at most 12, counting what an alias repeats"):
        grow("a: &x [1, 2]\nb: *x\nc: *x\n", "")


def test_an_alias_cannot_nest_deeper_than_text_could(monkeypatch):
    monkeypatch.setattr(tree, "DEEPEST", 4)
    assert grow("a: &x [[1]]\nb: [*x]\n", "")
    with pytest.raises(ScenarioError, match="levels of nesting"):
        grow("a: &x [[1]]\nb: [[*x]]\n", "")


def test_all_duplicate_keys_are_reported_with_their_paths():
    with pytest.raises(ScenarioError) as refused:
        grow("a: 1\nb: [{c: 1, c: 2}]\na: 3\n", "f.yaml")
    assert [(problem.line, problem.column, problem.path) for problem in refused.value.problems] == [
        (2, 12, "b[0].c"),
        (3, 1, "a"),
    ]


def test_places_of_keys_and_values():
    text = "a: 1\nb:\n  - c: x\n    d: {e: 5}\n"
    wanted = {(), ("a",), ("b",), ("b", 0), ("b", 0, "d", "e"), ("z",)}
    assert places(text, wanted) == {
        (): (Place(1, 1), Place(1, 1)),
        ("a",): (Place(1, 1), Place(1, 4)),
        ("b",): (Place(2, 1), Place(3, 3)),
        ("b", 0): (Place(3, 5), Place(3, 5)),
        ("b", 0, "d", "e"): (Place(4, 9), Place(4, 12)),
    }


@pytest.fixture
def pure(monkeypatch):
    """Makes the next tree with the parser that is written in Python."""

    def grow_pure(text):
        with monkeypatch.context() as patch:
            patch.setattr(tree, "YAML", lambda typ: YAML(typ=typ, pure=True))
            return grow(text, ""), places(text, every_path(grow(text, "")))

    return grow_pure


def every_path(value, path=()):
    paths = {path}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        paths |= every_path(item, (*path, key))
    return paths


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.parent.name == "valid"], ids=lambda case: case.stem
)
def test_both_parsers_see_the_same(case, pure):
    text = case.read_text(encoding="utf-8-sig")
    if case.stem != "json":  # its pairs of escapes are joined before a parser sees them
        assert pure(text) == (grow(text, ""), places(text, every_path(grow(text, ""))))


def test_both_parsers_see_the_same_in_a_rich_document(pure):
    assert pure(RICH) == (grow(RICH, ""), places(RICH, every_path(grow(RICH, ""))))
