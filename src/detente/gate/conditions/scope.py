"""What is known at one place of a condition: the variables around it, and the facts that are surely there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from detente.gate.conditions.guards import NONE, Guards
from detente.gate.conditions.tree import Bound

__all__ = ["Scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Immutable; each step inwards makes another."""

    bound: Mapping[str, Bound] = field(default_factory=dict)
    guards: Guards = NONE

    def knowing(self, guards: Guards) -> "Scope":
        """The scope where these facts are there as well."""
        return Scope(self.bound, self.guards | guards)

    def binding(self, bound: Bound) -> "Scope":
        """The scope inside a comprehension."""
        return Scope({**self.bound, bound.name: bound}, self.guards)

    def forgetting(self, name: str) -> "Scope":
        """The scope without what was known of another variable of that name."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        return Scope(self.bound, frozenset(guard for guard in self.guards if not word.search(guard)))
