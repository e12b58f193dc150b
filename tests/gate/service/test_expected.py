"""Words that are expected: found at any place, and never where something else is wrong."""

from typing import Literal

import pytest
from msgspec import Struct, ValidationError, json

from detente.gate.expected import expected_at, in_words, words_at
from detente.gate.request import Action

ID = "expected a letter or a digit, then letters, digits and . _ : @ / -, 128 at most"
PREMISE = "expected perhaps blames, confidence and evidence"


class Inner(Struct):
    mode: Literal["up", "down"] | None = None


class Outer(Struct):
    one: Inner | None = None
    many: list[Inner] = []
    number: int = 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"one": {"mode": "left"}}', ("down", "up")),
        (b'{"many": [{}, {"mode": "left"}]}', ("down", "up")),
        (b'{"number": "x"}', ()),
        (b'{"one": {"mode": 3}}', ()),
    ],
)
def test_the_words_are_those_of_the_place(body, words):
    with pytest.raises(ValidationError) as raised:
        json.decode(body, type=Outer)
    assert words_at(Outer, str(raised.value)) == words


@pytest.mark.parametrize("place", ["$.nobody", "$.number[0]", "$.many.mode", "$"])
def test_a_place_that_is_not_there_has_none(place):
    assert words_at(Outer, f"Invalid enum value 'x' - at `{place}`") == ()


class Asked(Struct, forbid_unknown_fields=True):
    target: str
    inner: Inner | None = None
    many: list["Asked"] = []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"targt": "x"}', "; expected target, and perhaps inner and many (did you mean 'target'?)"),
        (b'{"target": "x", "wholly": 1}', "; expected target, and perhaps inner and many"),
        (b'{"target": "x", "many": [{}]}', "; expected target, and perhaps inner and many"),
        (b'{"target": "x", "inner": {"mode": "left"}}', "; expected down or up"),
        (b'{"target": 1}', ""),
    ],
)
def test_fields_are_listed_where_one_is_unknown_or_missing(body, expected):
    with pytest.raises(ValidationError) as raised:
        json.decode(body, type=Asked)
    assert expected_at(Asked, str(raised.value)) == expected


def test_only_optional_fields_are_called_so():
    assert expected_at(Inner, "Object contains unknown field `mod`") == (
        "; expected perhaps mode (did you mean 'mode'?)"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"id": "a b", "target": "x"}, f"{ID} - at `$.id`"),
        ({"id": "a", "target": "x", "in_response_to": ["b", "\xfc"]}, f"{ID} - at `$.in_response_to[1]`"),
        ({"id": "a", "target": 7}, "expected `str`, got `int` - at `$.target`"),
        ({"id": "a", "target": "x", "premise": {"x": 1}}, f"object contains unknown field `x` - at `$.premise`; {PREMISE}"),
    ],
)  # fmt: skip
def test_what_is_found_is_told_in_words(body, said):
    with pytest.raises(ValidationError) as raised:
        json.decode(json.encode(body), type=Action)
    assert in_words(Action, str(raised.value)) == said


def test_who_misspells_a_field_of_an_action_is_told_the_fields(ask):
    answer = ask("avalon-shield", "POST", "/v1/actions", {"id": "a1", "targt": "avalon-laptop"})
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert "expected id and target, and perhaps action" in detail
    assert "did you mean 'target'?" in detail
