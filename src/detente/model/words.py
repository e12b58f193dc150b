"""Values that are one of a few words of a language: a member of an enumeration, or true and false."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.names import names_of, refuse

__all__ = ["YesNo", "reads", "words"]

Word = TypeVar("Word", bound=Enum)


def reads(kind: type[Word]) -> Callable[[Any, ValidationInfo], Word]:
    """What turns a word of a document into a member of `kind`; its value is how the word is written."""
    known = [member.value for member in kind]
    expected = f"{', '.join(known[:-1])} or {known[-1]}"

    def read(value: object, info: ValidationInfo) -> Word:
        if isinstance(value, str) and value in known:
            return kind(value)
        near = names_of(info).nearest(value, known) if isinstance(value, str) else None
        raise refuse(value, expected + (f" (did you mean '{near}'?)" if near else ""))

    return read


def words(kind: type[Enum]) -> WithJsonSchema:
    """The same for the JSON Schema."""
    return WithJsonSchema({"enum": [member.value for member in kind]})


def _read_yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise refuse(value, "true or false")


YesNo: TypeAlias = Annotated[bool, PlainValidator(_read_yes_no), WithJsonSchema({"type": "boolean"})]
