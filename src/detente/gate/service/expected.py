"""What a field may be: for whoever sent a word that is none of those it may be."""

import re
from typing import Any

from msgspec import inspect

__all__ = ["words_at"]

_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]")


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
    here: inspect.Type | None = inspect.type_info(kind)
    for step in _STEP.finditer(place.rstrip("`")):
        here = None if here is None else _inside(here, step[1])
    return tuple(
        word
        for one in _alternatives(here)
        if isinstance(one, inspect.LiteralType)
        for word in map(str, one.values)
    )


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
