"""A plain tree to a validated document, or everything that is wrong with it."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from detente.model.entries import Entry, fields_of
from detente.model.names import Names
from detente.model.problems import MOST_PROBLEMS, Fault, Path, shown
from detente.model.tree import Tree

__all__ = ["validate"]

Top = TypeVar("Top", bound=Entry)

_CONTAINERS = {
    "dict_type": "a mapping of names",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
}


def validate(tree: Tree, model: type[Top], noun: str) -> tuple[Top | None, list[Fault]]:
    """The document that `tree` states, or None and the faults of its fields.

    Parameters
    ----------
    model:
        what the document should be, and `noun` what a person calls that
    """
    names = Names.of(tree)
    try:
        return model.model_validate(tree, context=names), []
    except ValidationError as error:
        # One more than will be shown, so that the cut itself shows.
        return None, list(islice(_Faults(model, noun, names).of(error), MOST_PROBLEMS + 1))


@dataclass(frozen=True, slots=True)
class _Faults:
    """Puts into the words of the language what pydantic found."""

    model: type[Entry]
    noun: str
    names: Names

    def of(self, error: ValidationError) -> Iterator[Fault]:
        for line in error.errors(include_url=False, include_context=True):
            at_key = line["loc"][-1:] == ("[key]",)
            path: Path = line["loc"][:-1] if at_key else line["loc"]
            if line["type"] == "faults":
                for fault in line["ctx"]["faults"]:
                    where = (*path, *fault.path)
                    yield Fault(where, fault.found, fault.expected, at_key=at_key or fault.at_key)
            else:
                yield self._fault(line["type"], path, line["input"])

    def _fault(self, kind: str, path: Path, value: object) -> Fault:
        """A fault that pydantic itself found."""
        if kind == "missing":
            field = fields_of(self._entry_at(path[:-1]))[str(path[-1])]
            return Fault(path[:-1], f"no `{path[-1]}`", f"`{path[-1]}:`, {field.description}", at_key=True)
        if kind == "extra_forbidden":
            allowed = fields_of(self._entry_at(path[:-1]))
            near = self.names.nearest(str(path[-1]), allowed)
            expected = f"one of {', '.join(allowed)}" + (f" (did you mean '{near}'?)" if near else "")
            return Fault(path, f"the unknown key {shown(path[-1])}", expected, at_key=True)
        expected = f"a {self.noun}: a mapping that begins `detente: 1`" if path == () else _CONTAINERS[kind]
        return Fault(path, shown(value), expected)

    def _entry_at(self, path: Path) -> type[Entry]:
        """The kind of entry that stands at a path of the document."""
        here: Any = self.model
        for step in path:
            inner = fields_of(here)[str(step)].annotation if _is_entry(here) else _item(here)
            here = _bare(inner)
        assert _is_entry(here), f"INVARIANT: only entries have missing or unknown keys, not {path}"
        entry: type[Entry] = here
        return entry


def _is_entry(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Entry)


def _item(annotation: Any) -> Any:
    """What a `dict[name, item]` or a `tuple[item, ...]` holds."""
    first, second = get_args(annotation)
    return first if second is Ellipsis else second


def _bare(annotation: Any) -> Any:
    """The annotation without `| None` and `Annotated`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation
