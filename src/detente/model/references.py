"""The references of a document, resolved, and those that nothing cites."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from detente.model.entries import Entry, ReferenceEntry
from detente.model.names import NAME_PATTERN
from detente.model.problems import Fault
from detente.model.record import Plain
from detente.model.vocabulary import Quantity, Reference

__all__ = ["resolve_references", "uncited"]

_MENTION = re.compile(rf"\[({NAME_PATTERN})\]")
"""a reference named in the text of an `assumed`"""


def resolve_references(stated: Mapping[str, ReferenceEntry]) -> tuple[tuple[Reference, ...], Plain]:
    """The references in the order of their names, and their part of the resolved document."""
    members = {name: entry.model_dump() for name, entry in sorted(stated.items())}
    plain: Plain = {
        name: {key: value for key, value in body.items() if value is not None}
        for name, body in members.items()
    }
    return tuple(Reference(name=name, **body) for name, body in members.items()), plain


def uncited(document: Entry, references: Mapping[str, ReferenceEntry]) -> Iterator[Fault]:
    """The references that no number of the document cites, in its source or in its reason."""
    if not references:
        return
    cited: set[str] = set()
    _gather(document, cited)
    for name in references:
        if name not in cited:
            path = ("references", name)
            yield Fault(
                path, "a reference that no number cites", f"`source: {name}` at some number", at_key=True
            )


def _gather(value: Any, cited: set[str]) -> None:
    # The models nest about six deep, so this recursion is bounded by the language, not by the document.
    if isinstance(value, Quantity):
        cited.update([value.source] if value.source else [])
        cited.update(_MENTION.findall(value.assumed or ""))
    elif isinstance(value, Entry):
        for name in value.model_fields_set:
            _gather(getattr(value, name), cited)
    elif isinstance(value, dict):
        for item in value.values():
            _gather(item, cited)
    elif isinstance(value, tuple):
        for item in value:
            _gather(item, cited)
    elif is_dataclass(value):
        for part in fields(value):
            _gather(getattr(value, part.name), cited)
