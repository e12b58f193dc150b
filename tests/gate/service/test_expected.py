"""Words that are expected: found at any place, and never where something else is wrong."""

from typing import Literal

import pytest
from msgspec import Struct, ValidationError, json

from detente.gate.expected import expected_at, in_words, words_at
from detente.gate.request import Action, Incident, Premise, Vote

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
        ({"id": "a", "target": 7}, "expected a text, found a whole number - at `$.target`"),
        ({"id": "a", "target": "x", "premise": {"x": 1}}, f"object contains unknown field `x` - at `$.premise`; {PREMISE}"),
    ],
)  # fmt: skip
def test_what_is_found_is_told_in_words(body, said):
    with pytest.raises(ValidationError) as raised:
        json.decode(json.encode(body), type=Action)
    assert in_words(Action, str(raised.value)) == said


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (Vote, {"approve": True, "reason": "x", "digest": "ab"}, "expected 64 digits of hex, a to f in small letters: the digest that the hold shows - at `$.digest`"),
        (Vote, {"approve": True, "reason": "", "digest": "0" * 64}, "expected a text that is not empty - at `$.reason`"),
        (Vote, {"approve": True, "reason": "x" * 2001, "digest": "0" * 64}, "expected a text of at most 2000 letters - at `$.reason`"),
        (Vote, [], "expected an object, found a list"),
        (Action, {"id": "a", "target": "x", "in_response_to": "b"}, "expected a list or null, found a text - at `$.in_response_to`"),
        (Action, {"id": "a", "target": "x", "in_response_to": ["b"] * 17}, "expected a list of at most 16 - at `$.in_response_to`"),
        (Premise, {"confidence": 1.5}, "expected a number of at most 1.0 - at `$.confidence`"),
        (Incident, {"id": "a", "at_system": "b", "rung": "c", "observed_at": "2026-05-01T00:00:00"}, "expected a time with its time zone, as 2026-05-01T12:00:00Z - at `$.observed_at`"),
    ],
)  # fmt: skip
def test_types_and_bounds_are_told_in_words(kind, body, said):
    with pytest.raises(ValidationError) as raised:
        json.decode(json.encode(body), type=kind)
    assert in_words(kind, str(raised.value)) == said


def test_who_misspells_a_field_of_an_action_is_told_the_fields(ask):
    answer = ask("avalon-shield", "POST", "/v1/actions", {"id": "a1", "targt": "avalon-laptop"})
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert "expected id and target, and perhaps action" in detail
    assert "did you mean 'target'?" in detail
