"""A language of documents, and the way of one document through it: read, checked, resolved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from detente.errors import DocumentError, Problem
from detente.model.entries import Entry
from detente.model.problems import Fault
from detente.model.source import Source
from detente.model.tree import Tree
from detente.model.validate import validate
from detente.model.which import mistaken

__all__ = ["Examined", "Language"]

Stated = TypeVar("Stated", bound=Entry)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined(Generic[Made]):
    """What is to be said about a document, and what it states if it is legal."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    made: Made | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language(Generic[Stated, Made]):
    """What makes one kind of document."""

    error: type[DocumentError]
    model: type[Stated]
    """its short form"""
    check: Callable[[Stated], list[Fault]]
    """its rules between entries"""
    warn: Callable[[Stated], list[Fault]]
    resolve: Callable[[Stated], Made]

    def examine(self, source: Source) -> Examined[Made]:
        """All that is wrong with a document, or what it states."""
        stated, faults = self._stated(source.tree)
        if stated is None or faults:
            return Examined(problems=source.locate(faults))
        return Examined(warnings=source.locate(self.warn(stated)), made=self.resolve(stated))

    def _stated(self, tree: Tree) -> tuple[Stated | None, list[Fault]]:
        other = mistaken(tree, self.error.noun)
        if other is not None:
            return None, [other]
        stated, faults = validate(tree, self.model, self.error.noun)
        return stated, faults if stated is None else self.check(stated)
