"""Words that are expected: found at any place, and never where something else is wrong."""

from typing import Literal

import pytest
from msgspec import Struct, ValidationError, json

from detente.gate.service.expected import expected_at, words_at


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


def test_who_misspells_a_field_of_an_action_is_told_the_fields(ask):
    answer = ask("avalon-shield", "POST", "/v1/actions", {"id": "a1", "targt": "avalon-laptop"})
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert "expected id and target, and perhaps action" in detail
    assert "did you mean 'target'?" in detail
