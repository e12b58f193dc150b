"""What the names in a condition stand for: variables of comprehensions, facts of the schema, members of either."""

from dataclasses import dataclass, replace

from detente.gate.conditions.scope import Scope
from detente.gate.conditions.syntax import Name, Refusal, Select, Syntax
from detente.gate.conditions.tree import Bound, Constant, Fact, ListOf, Member, Node
from detente.gate.conditions.types import DYN, STRING, Field, Schema
from detente.model.problems import nearest_of

__all__ = ["Resolver"]

_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Resolver:
    """Finds what names of one schema stand for."""

    schema: Schema

    def fact(self, tree: Name | Select, scope: Scope) -> Fact | Bound | None:
        """The variable or fact that a path is; None where it is a member of something.

        Raises
        ------
        Refusal
            The path begins with no name that there is, or stops at a group of facts.
        """
        path = _path(tree)
        if path is None:
            return None
        first = path[0]
        if first.name in scope.bound:
            return replace(scope.bound[first.name], at=first.at) if len(path) == 1 else None
        whole = ".".join(part.name for part in path)
        if whole in self.schema.facts:
            stated = self.schema.facts[whole]
            return Fact(stated.type, first.at, whole, stated.optional)
        if any(
            ".".join(part.name for part in path[:count]) in self.schema.facts for count in range(1, len(path))
        ):
            return None
        raise self._unknown(first.at, whole)

    def _unknown(self, at: int, whole: str) -> Refusal:
        if whole in self.schema.groups:
            inside = self.schema.within(whole)
            listed = ", ".join(inside[:_MOST_LISTED]) + (", …" if len(inside) > _MOST_LISTED else "")
            return Refusal(at, f"'{whole}', a group of facts", f"one of them: {listed}")
        near = nearest_of(whole, list(self.schema.facts)) or self._of_last(whole)
        known = sorted({path.partition(".")[0] for path in self.schema.facts})
        hint = f"did you mean '{near[0]}'?" if near else f"they begin with {', '.join(known[:_MOST_LISTED])}"
        return Refusal(at, f"the unknown name '{whole[:80]}'", f"the name of a fact ({hint})")

    def _of_last(self, whole: str) -> list[str]:
        """The fact whose last word is the path's: `rung` for `action.rung`."""
        last = whole.rpartition(".")[2]
        return [path for path in self.schema.facts if path.rpartition(".")[2] == last][:1]

    def member(self, of: Node, tree: Select) -> Member:
        """The field of something that has fields.

        Raises
        ------
        Refusal
            It has none, or not this one.
        """
        if of.type.kind == "object":
            return Member(self._field(of, tree).type, tree.at, of, tree.field)
        if of.type.kind == "map":
            return Member(of.type.inner or DYN, tree.at, of, tree.field)
        if of.type == DYN:
            return Member(DYN, tree.at, of, tree.field)
        raise Refusal(tree.at, f"'.{tree.field}' of a {of.type}", "an operator: it has no fields")

    def _field(self, of: Node, tree: Select) -> Field:
        fields = dict(of.type.fields)
        if tree.field in fields:
            return fields[tree.field]
        near = nearest_of(tree.field, list(fields))
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise Refusal(tree.at, f"the unknown field '{tree.field}'", f"one of {', '.join(fields)}{hint}")

    def field_of(self, node: Node) -> Field | None:
        """What the schema says of a fact or of an object's field."""
        if isinstance(node, Fact):
            return self.schema.facts[node.path]
        if isinstance(node, Member) and node.of.type.kind == "object":
            return dict(node.of.type.fields)[node.field]
        return None

    def is_optional(self, node: Member) -> bool:
        """Whether an object's field may be absent. A map's key may too: reading it then is an error, never silence."""
        stated = self.field_of(node)
        return stated is not None and stated.optional

    def refuse_impossible(self, operands: list[Node]) -> None:
        """Refuse a text that a fact with known values never is: mistyped, it would silently not match.

        Raises
        ------
        Refusal
            With the nearest of the values.
        """
        for one, other in (operands, operands[::-1]):
            stated = self.field_of(one)
            if stated is None or not stated.among:
                continue
            for text in other.items if isinstance(other, ListOf) else (other,):
                if isinstance(text, Constant) and text.type == STRING and text.value not in stated.among:
                    raise _impossible(text, stated)


def _impossible(text: Constant, stated: Field) -> Refusal:
    near = nearest_of(str(text.value), stated.among)
    few = ", ".join(stated.among[:_MOST_LISTED]) + (", …" if len(stated.among) > _MOST_LISTED else "")
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return Refusal(text.at, f"'{str(text.value)[:60]}', which it never is", f"one of {few}{hint}")


def _path(tree: Syntax) -> list[Name] | None:
    """The names of `a.b.c`, if that is what it is."""
    if isinstance(tree, Name):
        return [tree]
    if not isinstance(tree, Select):
        return None
    before = _path(tree.of)
    return None if before is None else [*before, Name(tree.at, tree.field)]
