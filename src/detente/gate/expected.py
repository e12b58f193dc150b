"""What was expected, in words: msgspec tells what it found; here is added what may stand there instead."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import inspect

from detente.gate.request import IN_WORDS
from detente.model.problems import nearest_of

__all__ = ["expected_at", "in_words", "words_at"]

_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]")
_FIELD = re.compile(r"Object (?P<how>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_PATTERNS = {f"`str` matching regex {pattern!r}": words for pattern, words in IN_WORDS.items()} | {
    "`datetime` with a timezone component": "a time with its time zone, as 2026-05-01T12:00:00Z"
}
_LENGTH = re.compile(r"`(?P<kind>str|array)` of length (?P<how>>=|<=) (?P<many>\d+)")
_BOUND = re.compile(r"`(?:int|float)` (?P<how>>=|<=|>|<) (?P<bound>[-+.\de]+)")
_KINDS = re.compile(r"^Expected `(?P<expected>[\w |]+)`, got `(?P<found>\w+)`")
_OF_KIND = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "datetime": "a time",
}
_HOW = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_LONGEST = 400
"""Letters of what msgspec says that are passed on."""


def in_words(kind: Any, message: str) -> str:
    """Return what msgspec complains about in the words of this house, with what may stand there.

    Parameters
    ----------
    kind
        The type that the body should have had; None: it is no JSON at all.
    message
        What msgspec said.
    """
    expected = "" if kind is None else expected_at(kind, message)
    for pattern, words in _PATTERNS.items():
        message = message.replace(pattern, words)
    for form, said in ((_LENGTH, _length), (_BOUND, _bound), (_KINDS, _kinds)):
        message = form.sub(said, message, count=1)
    is_sentence = message[1:2].islower()
    return (message[:1].lower() if is_sentence else message[:1]) + message[1:_LONGEST] + expected


def _length(found: re.Match[str]) -> str:
    what, many = _OF_KIND[found["kind"]], int(found["many"])
    if many == 1 and found["how"] == ">=":
        return f"{what} that is not empty"
    unit = " letters" if found["kind"] == "str" else ""
    return f"{what} of {_HOW[found['how']]} {many}{unit}"


def _bound(found: re.Match[str]) -> str:
    return f"a number of {_HOW[found['how']]} {found['bound']}"


def _kinds(found: re.Match[str]) -> str:
    kinds = [_OF_KIND.get(one, f"`{one}`") for one in found["expected"].split(" | ")]
    return f"Expected {_listed(kinds, 'or')}, found {_OF_KIND.get(found['found'], found['found'])}"


def expected_at(kind: Any, message: str) -> str:
    """Return what may stand at the place that msgspec complains about, as the end of a sentence; empty where it says so itself.

    Parameters
    ----------
    kind
        The type that the body should have had.
    message
        What msgspec said.
    """
    words = words_at(kind, message)
    if len(words) > 1:
        return f"; expected {_listed(words, 'or')}"
    said, _, place = message.rpartition(" - at `$")
    field = _FIELD.fullmatch(said or message)
    struct = None if field is None else _struct(_at(kind, place if said else ""))
    return "" if field is None or struct is None else _fields(struct, field["how"], field["name"])


def _fields(struct: inspect.StructType, how: str, name: str) -> str:
    must = [field.encode_name for field in struct.fields if field.required]
    may = [field.encode_name for field in struct.fields if not field.required]
    expected = f"; expected {_listed(must, 'and')}" if must else ""
    if may:
        expected += f"{', and perhaps' if must else '; expected perhaps'} {_listed(may, 'and')}"
    near = nearest_of(name, must + may) if how.startswith("contains") else []
    return expected + (f" (did you mean '{near[0]}'?)" if near else "")


def _listed(words: Sequence[str], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]


def words_at(kind: Any, message: str) -> tuple[str, ...]:
    """Return the words that may stand at the place where msgspec found another one; none where it is about something else.

    Parameters
    ----------
    kind
        The type that the body should have had.
    message
        What msgspec said, as "Invalid enum value 'x' - at `$.mode`".
    """
    said, _, place = message.partition(" - at `$")
    if not said.startswith("Invalid enum value"):
        return ()
    return tuple(
        word
        for one in _alternatives(_at(kind, place))
        if isinstance(one, inspect.LiteralType)
        for word in map(str, one.values)
    )


def _at(kind: Any, place: str) -> inspect.Type | None:
    here: inspect.Type | None = inspect.type_info(kind)
    for step in _STEP.finditer(place.rstrip("`")):
        here = None if here is None else _inside(here, step[1])
    return here


def _struct(of: inspect.Type | None) -> inspect.StructType | None:
    return next((one for one in _alternatives(of) if isinstance(one, inspect.StructType)), None)


def _inside(of: inspect.Type, name: str | None) -> inspect.Type | None:
    """Return the type of a field, or of an element where there is no name."""
    for one in _alternatives(of):
        if name is not None and isinstance(one, inspect.StructType):
            return next((field.type for field in one.fields if field.encode_name == name), None)
        if name is None and isinstance(one, inspect.ListType | inspect.VarTupleType):
            return one.item_type
    return None


def _alternatives(of: inspect.Type | None) -> tuple[inspect.Type, ...]:
    if of is None:
        return ()
    return of.types if isinstance(of, inspect.UnionType) else (of,)
