"""Words that are expected: found at any place, and never where something else is wrong."""

from typing import Literal

import pytest
from msgspec import Struct, ValidationError, json

from detente.gate.service.expected import words_at


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
