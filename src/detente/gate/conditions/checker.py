"""Checks a condition against the schema: resolves its names, types it, and refuses what could not be meant.

Stricter than CEL itself in what a gate needs. A fact that may be absent is read only where `has()` has made
sure of it, so that a rule over an absent fact cannot silently not match. `timestamp`, `duration` and
`matches` take texts in quotes, which are read once. A fact with known values is compared with those only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from detente.gate.conditions.calls import constant_time, function, method, no_overload
from detente.gate.conditions.guards import key_of, sure
from detente.gate.conditions.macros import MACROS, comprehend
from detente.gate.conditions.names import Resolver
from detente.gate.conditions.scope import Scope
from detente.gate.conditions.signatures import joined, operator_result
from detente.gate.conditions.syntax import (
    Call,
    Index,
    Junction,
    Listed,
    Literal,
    Mapped,
    Name,
    Refusal,
    Select,
    Syntax,
)
from detente.gate.conditions.tree import (
    Apply,
    Both,
    Choose,
    Constant,
    Element,
    Fact,
    ListOf,
    MapOf,
    Member,
    Node,
    Present,
)
from detente.gate.conditions.types import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    NOTHING,
    NULL,
    STRING,
    Schema,
    Type,
    list_of,
    map_of,
)

__all__ = ["Refused", "check"]

_EXACT = 2**53
"""below it every whole number is a double"""


class Refused(Exception):  # noqa: N818 - what is wrong with a condition, all of it
    """Everything wrong with one condition."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(str, refusals)))


def check(tree: Syntax, schema: Schema) -> Node:
    """The typed tree of a condition, whose type is bool, or free-form where only its evaluation can tell.

    Raises
    ------
    Refused
        With everything wrong that could be found: parts joined by `&&` and `||` are checked each for itself.
    """
    checker = _Checker(Resolver(schema))
    refusals = checker.refusals
    try:
        node = checker.node(tree, Scope())
    except Refusal as refusal:
        raise Refused([*refusals, refusal]) from None
    if not refusals and node.type not in {BOOL, DYN}:
        refusals.append(
            Refusal(node.at, f"a condition that is {node.type.one()}", "one that is true or false")
        )
    if refusals:
        raise Refused(refusals)
    return node


@dataclass(slots=True)
class _Checker:
    resolver: Resolver
    refusals: list[Refusal] = field(default_factory=list)
    comprehensions: int = 0

    def node(self, tree: Syntax, scope: Scope) -> Node:
        match tree:
            case Literal(at=at, value=value):
                return Constant(_type_of(value), at, value)
            case Name() | Select():
                return self._named(tree, scope)
            case Index():
                return self._indexed(tree, scope)
            case Junction():
                return self._junction(tree, scope)
            case Call(name="_?_:_"):
                return self._choice(tree, scope)
            case Call(name="has", of=None):
                return self._presence(tree, scope)
            case Call(name=name) if name in MACROS:
                return comprehend(self, tree, scope)
            case Call(name=name) if name[0] in "_!-@":
                return self._operation(tree, scope)
            case Call():
                return self._call(tree, scope)
            case Listed():
                return self._list(tree, scope)
            case Mapped():
                return self._map(tree, scope)

    # names -----------------------------------------------------------------------------------------

    def _named(self, tree: Name | Select, scope: Scope) -> Node:
        node = self._reference(tree, scope)
        if isinstance(node, Fact | Member) and self._may_be_absent(node) and key_of(node) not in scope.guards:
            raise _unguarded(node)
        return node

    def _reference(self, tree: Name | Select, scope: Scope) -> Node:
        found = self.resolver.fact(tree, scope)
        if found is not None:
            return found
        assert isinstance(tree, Select), "INVARIANT: a plain name is a fact, a variable or refused"
        return self.resolver.member(self.node(tree.of, scope), tree)

    def _may_be_absent(self, node: Fact | Member) -> bool:
        return node.optional if isinstance(node, Fact) else self.resolver.is_optional(node)

    def _presence(self, tree: Call, scope: Scope) -> Node:
        if len(tree.arguments) != 1 or not isinstance(tree.arguments[0], Select):
            raise Refusal(tree.at, "has() of no field", "has(a.b), with the path of one fact")
        node = self._reference(tree.arguments[0], scope)
        if isinstance(node, Fact):
            return Present(BOOL, tree.at, None, node.path)
        assert isinstance(node, Member), "INVARIANT: a selection is a fact or a member"
        return Present(BOOL, tree.at, node.of, node.field)

    def _indexed(self, tree: Index, scope: Scope) -> Node:
        of, index = self.node(tree.of, scope), self.node(tree.index, scope)
        if of.type.kind not in {"list", "map", "dyn"}:
            raise Refusal(
                tree.at, f"[…] after {of.type.one()}", "a list, a map or something free-form before it"
            )
        wanted = {"list": (INT,), "map": (STRING,), "dyn": (INT, STRING)}[of.type.kind]
        if index.type not in {*wanted, DYN}:
            expected = " or ".join(of.one() for of in wanted)
            raise Refusal(index.at, f"{index.type.one()} as the index of {of.type.one()}", expected)
        return Element(of.type.inner or DYN, tree.at, of, index)

    # logic -----------------------------------------------------------------------------------------

    def _junction(self, tree: Junction, scope: Scope) -> Node:
        parts: list[Node] = []
        for part in tree.parts:
            try:
                node = self._truth(part, scope)
            except Refusal as refusal:
                self.refusals.append(refusal)
                continue
            parts.append(node)
            scope = scope.knowing(sure(node, when=tree.is_and))
        return Both(BOOL, tree.at, tree.is_and, tuple(parts))

    def _truth(self, tree: Syntax, scope: Scope) -> Node:
        node = self.node(tree, scope)
        if node.type not in {BOOL, DYN}:
            raise Refusal(node.at, node.type.one(), "something that is true or false, such as a comparison")
        return node

    def _choice(self, tree: Call, scope: Scope) -> Node:
        condition = self._truth(tree.arguments[0], scope)
        yes = self.node(tree.arguments[1], scope.knowing(sure(condition, when=True)))
        no = self.node(tree.arguments[2], scope.knowing(sure(condition, when=False)))
        both = joined(yes.type, no.type)
        if both is None:
            raise Refusal(no.at, f"{yes.type.one()} before ':' and {no.type.one()} behind", "two of one type")
        return Choose(both, tree.at, condition, yes, no)

    # operators and functions -----------------------------------------------------------------------

    def _operation(self, tree: Call, scope: Scope) -> Node:
        operands = [self.node(argument, scope) for argument in tree.arguments]
        if tree.name in {"_<_", "_<=_", "_>_", "_>=_"}:
            operands = _as_doubles(operands)
        result = operator_result(tree.name, [operand.type for operand in operands])
        if result is None:
            raise no_overload(tree, operands)
        if tree.name in {"_==_", "_!=_", "@in"}:
            self.resolver.refuse_impossible(operands)
        return Apply(result, tree.at, tree.name, tuple(operands))

    def _call(self, tree: Call, scope: Scope) -> Node:
        if tree.name in {"timestamp", "duration"} and tree.of is None:
            return constant_time(tree)
        arguments = [self.node(part, scope) for part in (tree.of, *tree.arguments) if part is not None]
        result = (function if tree.of is None else method)(tree, arguments)
        return Apply(result, tree.at, tree.name, tuple(arguments))

    # literals --------------------------------------------------------------------------------------

    def _list(self, tree: Listed, scope: Scope) -> Node:
        items = [self.node(item, scope) for item in tree.items]
        inner = NOTHING
        for item in items:
            both = joined(inner, item.type)
            if both is None:
                raise Refusal(
                    item.at, f"{item.type.one()} in a list that began with {inner.one()}", "one type"
                )
            inner = both
        return ListOf(list_of(inner), tree.at, tuple(items))

    def _map(self, tree: Mapped, scope: Scope) -> Node:
        entries: dict[str, Node] = {}
        inner = NOTHING
        for key, value in tree.entries:
            if not isinstance(key, Literal) or not isinstance(key.value, str) or key.value in entries:
                raise Refusal(key.at, "such a key", "a text in quotes that is no other entry's key")
            entries[key.value] = self.node(value, scope)
            inner = joined(inner, entries[key.value].type) or DYN
        return MapOf(map_of(inner), tree.at, tuple(entries.items()))


def _type_of(value: bool | float | str | None) -> Type:  # noqa: FBT001 - the value of a literal
    return {bool: BOOL, int: INT, float: DOUBLE, str: STRING}.get(type(value), NULL)


def _unguarded(node: Fact | Member) -> Refusal:
    key = key_of(node)
    return Refusal(
        node.at,
        f"'{key}', which may be absent",
        f"has({key}) && … if the condition must not match without it, !has({key}) || … if it must",
    )


def _as_doubles(operands: list[Node]) -> list[Node]:
    """`confidence > 1` means 1.0: ordering is defined across numbers, and a literal is read as the other's type."""
    types = [operand.type for operand in operands]
    if DOUBLE not in types:
        return operands
    return [_as_double(operand) for operand in operands]


def _as_double(node: Node) -> Node:
    if isinstance(node, Constant) and node.type == INT and abs(int(node.value or 0)) <= _EXACT:
        return replace(node, type=DOUBLE, value=float(int(node.value or 0)))
    return node
