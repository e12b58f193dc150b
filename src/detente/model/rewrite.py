"""A resolved document with other numbers written in: where each number stands, found once and used many times."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from detente.model.problems import step
from detente.model.vocabulary import Quantity

__all__ = ["Numbers", "Rewriter", "known", "units"]

Numbers = Mapping[str, float]
"""new numbers by path, in SI units"""


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Writes numbers at fixed paths of one document, and drops the ranges they had: now they are known."""

    document: Mapping[str, Any]
    branches: Mapping[str | int, Any]
    """the paths as a tree of keys; its leaves are the paths as they are spelled"""

    @classmethod
    def of(cls, document: Mapping[str, Any], paths: Collection[str]) -> "Rewriter":
        """Find the paths in a resolved document; those that it does not have are passed over."""
        return cls(document, _branches(document, "", frozenset(paths)))

    def __call__(self, numbers: Numbers) -> dict[str, Any]:
        """Return the document with the numbers written in; what has no new number is shared, not copied."""
        found: dict[str, Any] = _written(self.document, self.branches, numbers)
        return found


def units(document: Mapping[str, Any], paths: Collection[str]) -> dict[str, str]:
    """The unit that each number of a resolved document is written in: `s`, `/s`, `USD`, or nothing."""
    found: dict[str, str] = {}
    _note_units(document, _branches(document, "", frozenset(paths)), found)
    return found


def known(quantities: Mapping[str, Quantity], numbers: Numbers) -> dict[str, Quantity]:
    """The quantities, those in `numbers` with the new value and no range."""
    found = dict(quantities)
    for path, value in numbers.items():
        stated = found.get(path)
        if stated is not None:
            found[path] = replace(stated, value=value, low=None, high=None, mode=None)
    return found


def _branches(node: Any, path: str, wanted: frozenset[str]) -> dict[str | int, Any]:
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    found: dict[str | int, Any] = {}
    for key, child in items:
        here = (path + step(key)).removeprefix(".")
        below = here if here in wanted else _branches(child, here, wanted)
        if below:
            found[key] = below
    return found


def _note_units(node: Any, branches: Any, found: dict[str, str]) -> None:
    if isinstance(branches, str):
        stated = node["value"] if isinstance(node, Mapping) else node
        found[branches] = stated.partition(" ")[2] if isinstance(stated, str) else ""
        return
    for key, below in branches.items():
        _note_units(node[key], below, found)


def _written(node: Any, branches: Any, numbers: Numbers) -> Any:
    if isinstance(branches, str):
        return _number(node, numbers[branches]) if branches in numbers else node
    copy = dict(node) if isinstance(node, Mapping) else list(node)
    for key, below in branches.items():
        copy[key] = _written(node[key], below, numbers)
    return copy


def _number(stated: Any, value: float) -> Any:
    """The new number as the old one was written: with its unit, its source and its reason."""
    if isinstance(stated, Mapping):
        members = {name: text for name, text in stated.items() if name in ("source", "assumed")}
        new = _number(stated["value"], value)
        return {"value": new, **members} if members else new
    if isinstance(stated, str):
        return f"{value!r} {stated.split(' ', 1)[1]}"
    return int(value) if isinstance(stated, int) else value
