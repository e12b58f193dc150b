"""What the entries of every kind of document share: their base, plain texts, lists of names, references."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from detente.model.names import Name, fail, refuse
from detente.model.problems import Fault, turned
from detente.model.rules import once_each

__all__ = ["DistinctNames", "Entry", "Filled", "ReferenceEntry", "Text", "Version", "fields_of", "hold"]


def _read_version(value: object) -> int:
    if value == 1 and isinstance(value, int) and not isinstance(value, bool):
        return 1
    raise refuse(value, "1, the version of the language that this program reads")


def _read_text(value: object) -> str:
    if isinstance(value, str):
        hold(turned(value))
        return value
    raise refuse(value, "a text" + (", in quotes" if isinstance(value, int | float) else ""))


def _read_filled(value: object) -> str:
    text = _read_text(value)
    if not text.strip():
        raise refuse(value, "a text that is not empty")
    return text


def _read_year(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9999:
        return value
    raise refuse(value, "a year, as 2024")


Version: TypeAlias = Annotated[int, PlainValidator(_read_version), WithJsonSchema({"const": 1})]
Text: TypeAlias = Annotated[str, PlainValidator(_read_text), WithJsonSchema({"type": "string"})]
Filled: TypeAlias = Annotated[
    str, PlainValidator(_read_filled), WithJsonSchema({"type": "string", "pattern": "\\S"})
]
Year: TypeAlias = Annotated[
    int, PlainValidator(_read_year), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 9999})
]


class Entry(BaseModel):
    """What all entries share: frozen, and no key that is not in the language."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def fields_of(model: type[Entry]) -> dict[str, Any]:
    """The fields of an entry by the keys of the document."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def hold(*found: Fault | None) -> None:
    """Raise the faults there are."""
    faults = [fault for fault in found if fault is not None]
    if faults:
        raise fail(*faults)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    hold(once_each(names))
    return names


DistinctNames: TypeAlias = Annotated[
    tuple[Name, ...], AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True})
]


class ReferenceEntry(Entry):
    """A publication that numbers may cite."""

    title: Filled
    """the title of the work"""
    authors: Filled | None = None
    """who wrote it"""
    year: Year | None = None
    """when it appeared"""
    url: Filled | None = None
    """where it can be read"""
    doi: Filled | None = None
    """its digital object identifier"""
    publisher: Filled | None = None
    """the journal, institution or publisher"""
