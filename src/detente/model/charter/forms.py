"""The parts of a charter that may be written in several forms: what a system may do, to what, and with what arguments."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.charter.limits import MOST_ACTIONS, MOST_CHOICES, MOST_TARGETS
from detente.model.charter.vocabulary import ArgumentType
from detente.model.names import NAME_PATTERN, fail, names_of, refuse
from detente.model.problems import Fault, shown, turned
from detente.model.words import reads

__all__ = ["ALL", "Bound", "Choices", "Kinds", "Targets", "argument_form", "argument_schema"]

ALL = "*"
"""what a document writes for every kind of action, and for everything that may be acted upon"""

_TARGET = rf"{NAME_PATTERN}\*?"
_TARGET_WORDS = "a name, or the beginning of names with `*` after it"
_MOST_BOUND = 1e15  # beyond it not every whole number is a number of its own

_Read: TypeAlias = Callable[[object, ValidationInfo], str]


def _read_list(value: object, info: ValidationInfo, read: _Read, what: str, most: int) -> tuple[str, ...]:
    """A list in which nothing stands twice; or the word for all."""
    if value == ALL:
        return (ALL,)
    if not isinstance(value, list):
        raise refuse(value, f'a list of {what}, or "{ALL}" for all')
    if len(value) > most:
        raise refuse(value, f"at most {most}")
    faults = list(_faults(value, info, read))
    if faults:
        raise fail(*faults)
    return tuple(value)


def _faults(value: list[Any], info: ValidationInfo, read: _Read) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(value):
        expected = read(item, info)
        if expected:
            yield Fault((index,), shown(item), expected)
        elif item in seen:
            yield Fault((index,), f"{shown(item)} a second time", "each once")
        else:
            seen.add(item)


def _wrong_kind(value: object, info: ValidationInfo) -> str:
    """What would have been right instead of this kind of action; nothing where it is right."""
    names = names_of(info)
    if isinstance(value, str) and value in names.actions:
        return ""
    if value == ALL:
        return f'the name of a kind of action; "{ALL}" stands alone, without a list'
    return f"the name of a kind of action{names.hint(value, names.actions)}"


def _wrong_target(value: object, _: ValidationInfo) -> str:
    if isinstance(value, str) and re.fullmatch(_TARGET, value):
        return ""
    if value == ALL:
        return f'{_TARGET_WORDS}; "{ALL}" stands alone, without a list'
    quoted = ", in quotes where it looks like something else" if isinstance(value, bool | int | float) else ""
    return _TARGET_WORDS + quoted


def _read_kinds(value: object, info: ValidationInfo) -> tuple[str, ...]:
    return _read_list(value, info, _wrong_kind, "kinds of actions", MOST_ACTIONS)


def _read_targets(value: object, info: ValidationInfo) -> tuple[str, ...]:
    return _read_list(value, info, _wrong_target, "names", MOST_TARGETS)


def _wrong_choice(value: object, _: ValidationInfo) -> str:
    if not isinstance(value, str):
        return "a text" + (", in quotes" if isinstance(value, int | float) else "")
    fault = turned(value)
    return fault.expected if fault else ""


def _read_choices(value: object, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_CHOICES:
        raise refuse(value, f"a list of at least one text, and at most {MOST_CHOICES}")
    faults = list(_faults(value, info, _wrong_choice))
    if faults:
        raise fail(*faults)
    return tuple(value)


def _read_bound(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST_BOUND:
        return float(value) + 0.0  # so that -0.0 becomes 0.0
    raise refuse(value, "a number from -1e15 to 1e15")


_read_type = reads(ArgumentType)


def argument_form(value: object, info: ValidationInfo) -> object:
    """An argument in its long form; the short one is its type alone."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"type": _read_type(value, info).value}
    raise refuse(value, f"{', '.join(kind.value for kind in ArgumentType)}, or a mapping with `type:`")


def argument_schema(long: dict[str, Any]) -> dict[str, Any]:
    """The schema of both forms, of which `long` is one."""
    return {"anyOf": [{"enum": [kind.value for kind in ArgumentType]}, long]}


def _list_or_all(item: dict[str, Any], most: int) -> WithJsonSchema:
    items = {"type": "array", "items": item, "uniqueItems": True, "maxItems": most}
    return WithJsonSchema({"anyOf": [{"const": ALL}, items]})


Kinds: TypeAlias = Annotated[
    tuple[str, ...], PlainValidator(_read_kinds), _list_or_all({"x-kind": "name"}, MOST_ACTIONS)
]
Targets: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(_read_targets),
    _list_or_all({"type": "string", "pattern": f"^{_TARGET}$"}, MOST_TARGETS),
]
Choices: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(_read_choices),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string"},
            "uniqueItems": True,
            "minItems": 1,
            "maxItems": MOST_CHOICES,
        }
    ),
]
Bound: TypeAlias = Annotated[
    float,
    PlainValidator(_read_bound),
    WithJsonSchema({"type": "number", "minimum": -int(_MOST_BOUND), "maximum": int(_MOST_BOUND)}),
]
