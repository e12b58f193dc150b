"""The comprehensions: `all`, `exists`, `exists_one`, `map` and `filter`, typed and bounded."""

from typing import Protocol

from detente.gate.conditions.guards import sure
from detente.gate.conditions.scope import Scope
from detente.gate.conditions.syntax import Call, Name, Refusal, Syntax
from detente.gate.conditions.tree import Bound, Comprehension, Node, parts_of
from detente.gate.conditions.types import BOOL, DYN, STRING, Type, list_of

__all__ = ["LONGEST_CHAIN", "MACROS", "MOST_COMPREHENSIONS", "comprehend"]

MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
MOST_COMPREHENSIONS = 8
"""in one condition"""
DEEPEST_BODY = 2
"""one inside another's body, whose work multiplies"""
LONGEST_CHAIN = 3
"""one over another's result: it could double each time"""


class Checker(Protocol):
    """Whoever types the parts of a comprehension."""

    comprehensions: int

    def node(self, tree: Syntax, scope: Scope) -> Node: ...


def comprehend(checker: Checker, tree: Call, scope: Scope) -> Node:
    """The typed tree of `over.macro(variable, body)`.

    Raises
    ------
    Refusal
        It is written otherwise, runs over what has no elements, or asks for too much work.
    """
    if tree.of is None or not 2 <= len(tree.arguments) <= 2 + (tree.name == "map"):
        raise Refusal(tree.at, f"{tree.name}() written otherwise", f"list.{tree.name}(x, …)")
    variable = tree.arguments[0]
    if not isinstance(variable, Name):
        raise Refusal(variable.at, "no variable", f"a name, as in list.{tree.name}(x, …)")
    checker.comprehensions += 1
    if checker.comprehensions > MOST_COMPREHENSIONS:
        raise Refusal(tree.at, f"more than {MOST_COMPREHENSIONS} comprehensions", "several conditions")
    over = checker.node(tree.of, scope)
    bound = Bound(_element(tree, over), variable.at, variable.name, len(scope.bound))
    # A guard that names a variable of this name around here means that one.
    inside = scope.binding(bound).forgetting(variable.name)
    parts = [checker.node(tree.arguments[1], inside)]
    if len(tree.arguments) == 3:
        parts.append(checker.node(tree.arguments[2], inside.knowing(sure(parts[0], when=True))))
    return _bounded(
        Comprehension(_result(tree, parts), tree.at, tree.name, over, bound, parts[-1], _where(parts))
    )


def _where(parts: list[Node]) -> Node | None:
    return parts[0] if len(parts) == 2 else None


def _element(tree: Call, over: Node) -> Type:
    if over.type.kind == "list":
        return over.type.inner or DYN
    if over.type.kind == "map" and tree.name not in {"map", "filter"}:
        return STRING
    if over.type == DYN:
        return DYN
    has_order = tree.name in {"map", "filter"}
    wanted = "a list" if has_order else "a list or the keys of a map"
    raise Refusal(tree.at, f".{tree.name}() of a {over.type}", wanted)


def _result(tree: Call, parts: list[Node]) -> Type:
    conditions = parts[:-1] if tree.name == "map" else parts
    for part in conditions:
        if part.type not in {BOOL, DYN}:
            raise Refusal(part.at, f"a {part.type}", "something that is true or false, such as a comparison")
    if tree.name == "map":
        return list_of(parts[-1].type)
    return BOOL


def _bounded(node: Comprehension) -> Node:
    if _deep(node) > DEEPEST_BODY:
        raise Refusal(
            node.at, f"more than {DEEPEST_BODY} comprehensions inside each other", "a flatter condition"
        )
    if _chained(node) > LONGEST_CHAIN:
        raise Refusal(node.at, f"more than {LONGEST_CHAIN} comprehensions over each other", "a shorter chain")
    if node.macro == "filter":
        result = node.over.type
        return Comprehension(result, node.at, node.macro, node.over, node.bound, node.body)
    return node


def _deep(node: Node) -> int:
    inner = max((_deep(part) for part in parts_of(node)), default=0)
    if not isinstance(node, Comprehension):
        return inner
    bodies = (node.body,) if node.where is None else (node.where, node.body)
    return max(_deep(node.over), 1 + max(_deep(body) for body in bodies))


def _chained(node: Node) -> int:
    inner = max((_chained(part) for part in parts_of(node)), default=0)
    return 1 + _chained(node.over) if isinstance(node, Comprehension) else inner
