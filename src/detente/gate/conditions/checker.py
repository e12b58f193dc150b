"""Checks a condition against the schema: resolves its names, types it, and refuses what could not be meant.

Stricter than CEL itself in what a gate needs. A fact that may be absent is read only where `has()` has made
sure of it, so that a rule over an absent fact cannot silently not match. `timestamp`, `duration` and
`matches` take texts in quotes, which are read once. A fact with known values is compared with those only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from detente.gate.conditions import literals
from detente.gate.conditions.guards import key_of, sure
from detente.gate.conditions.macros import MACROS, comprehend
from detente.gate.conditions.names import Resolver
from detente.gate.conditions.patterns import pattern
from detente.gate.conditions.scope import Scope
from detente.gate.conditions.signatures import FUNCTIONS, METHODS, joined, operator_result
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
    DURATION,
    DYN,
    INT,
    NOTHING,
    NULL,
    STRING,
    TIMESTAMP,
    Schema,
    Type,
    list_of,
    map_of,
)
from detente.model.problems import nearest_of

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
        refusals.append(Refusal(node.at, f"a condition that is {_a(node.type)}", "one that is true or false"))
    if refusals:
        raise Refused(refusals)
    return node


def _a(of: Type) -> str:
    return f"an {of}" if of.kind in {"int", "object"} else "nothing (null)" if of == NULL else f"a {of}"


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
                tree.at, f"[…] after {_a(of.type)}", "a list, a map or something free-form before it"
            )
        wanted = {"list": (INT,), "map": (STRING,), "dyn": (INT, STRING)}[of.type.kind]
        if index.type not in {*wanted, DYN}:
            expected = " or ".join(map(_a, wanted))
            raise Refusal(index.at, f"{_a(index.type)} as the index of {_a(of.type)}", expected)
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
            raise Refusal(node.at, _a(node.type), "something that is true or false, such as a comparison")
        return node

    def _choice(self, tree: Call, scope: Scope) -> Node:
        condition = self._truth(tree.arguments[0], scope)
        yes = self.node(tree.arguments[1], scope.knowing(sure(condition, when=True)))
        no = self.node(tree.arguments[2], scope.knowing(sure(condition, when=False)))
        both = joined(yes.type, no.type)
        if both is None:
            raise Refusal(no.at, f"{_a(yes.type)} before ':' and {_a(no.type)} behind", "two of one type")
        return Choose(both, tree.at, condition, yes, no)

    # operators and functions -----------------------------------------------------------------------

    def _operation(self, tree: Call, scope: Scope) -> Node:
        operands = [self.node(argument, scope) for argument in tree.arguments]
        if tree.name in {"_<_", "_<=_", "_>_", "_>=_"}:
            operands = _as_doubles(operands)
        result = operator_result(tree.name, [operand.type for operand in operands])
        if result is None:
            raise _no_overload(tree, operands)
        if tree.name in {"_==_", "_!=_", "@in"}:
            self.resolver.refuse_impossible(operands)
        return Apply(result, tree.at, tree.name, tuple(operands))

    def _call(self, tree: Call, scope: Scope) -> Node:
        if tree.name in {"timestamp", "duration"} and tree.of is None:
            return _constant_time(tree)
        arguments = [self.node(part, scope) for part in (tree.of, *tree.arguments) if part is not None]
        result = (_function if tree.of is None else _method)(tree, arguments)
        return Apply(result, tree.at, tree.name, tuple(arguments))

    # literals --------------------------------------------------------------------------------------

    def _list(self, tree: Listed, scope: Scope) -> Node:
        items = [self.node(item, scope) for item in tree.items]
        inner = NOTHING
        for item in items:
            both = joined(inner, item.type)
            if both is None:
                raise Refusal(item.at, f"{_a(item.type)} in a list that began with {_a(inner)}", "one type")
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


def _no_overload(tree: Call, operands: list[Node]) -> Refusal:
    mark = tree.name.strip("_@")
    types = [operand.type for operand in operands]
    if len(types) == 1:
        return Refusal(
            tree.at, f"'{mark}' before {_a(types[0])}", "a bool" if mark == "!" else "an int or a double"
        )
    found = f"{_a(types[0])} {mark} {_a(types[1])}"
    if set(types) == {INT, DOUBLE}:
        return Refusal(tree.at, found, f"numbers of one type: {_remedy(operands)}")
    if mark == "in":
        return Refusal(tree.at, found, "a value in a list of such values, or a text in a map")
    return Refusal(tree.at, found, f"two operands for which '{mark}' is defined")


def _remedy(operands: list[Node]) -> str:
    for part in operands:
        if isinstance(part, Constant) and part.type == INT:
            return f"write {part.value}.0"
        if isinstance(part, Constant) and float(part.value or 0).is_integer():
            return f"write {int(float(part.value or 0))}"
    return "convert one with double(…) or int(…)"


def _constant_time(tree: Call) -> Node:
    argument = tree.arguments[0] if len(tree.arguments) == 1 else None
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise Refusal(tree.at, f"{tree.name}() of something else", f'a text in quotes, as {tree.name}("…")')
    if tree.name == "timestamp":
        return Constant(TIMESTAMP, tree.at, literals.timestamp(argument.at, argument.value))
    return Constant(DURATION, tree.at, literals.duration(argument.at, argument.value))


def _function(tree: Call, arguments: list[Node]) -> Type:
    if tree.name not in FUNCTIONS:
        raise _unknown_function(tree, sorted({*FUNCTIONS, "has"}), sorted(METHODS))
    kinds, result = FUNCTIONS[tree.name]
    if len(arguments) != 1:
        raise Refusal(tree.at, f"{tree.name}() with {len(arguments)} arguments", "one argument")
    _refuse_kind(arguments[0], kinds, f"{tree.name}()")
    return result


def _method(tree: Call, arguments: list[Node]) -> Type:
    if tree.name not in METHODS:
        raise _unknown_function(tree, sorted({*METHODS, *MACROS}), sorted(FUNCTIONS))
    kinds, wanted, result = METHODS[tree.name]
    receiver, *rest = arguments
    _refuse_kind(receiver, kinds, f".{tree.name}()")
    if len(rest) != len(wanted):
        expected = f"{len(wanted)}" if wanted else "none; moments are in UTC"
        raise Refusal(tree.at, f".{tree.name}() with {len(rest)} arguments", expected)
    for argument, of in zip(rest, wanted, strict=True):
        _refuse_kind(argument, frozenset({of.kind}), f".{tree.name}(…)")
    if tree.name == "matches":
        _refuse_pattern(rest[0])
    return result


def _refuse_kind(argument: Node, kinds: frozenset[str], what: str) -> None:
    # Something free-form fits anything that JSON can say, and JSON has no moments.
    allowed = kinds | {"dyn"} if kinds & {"string", "list", "map", "int", "double"} else kinds
    if argument.type.kind not in allowed:
        raise Refusal(argument.at, f"{_a(argument.type)} for {what}", " or ".join(sorted(kinds)))


def _refuse_pattern(argument: Node) -> None:
    if not isinstance(argument, Constant):
        raise Refusal(
            argument.at, "a pattern that is made when the condition is evaluated", "a text in quotes"
        )
    pattern(argument.at, str(argument.value))


def _unknown_function(tree: Call, here: list[str], elsewhere: list[str]) -> Refusal:
    written = f"{'.' if tree.of is not None else ''}{tree.name}()"
    if tree.name in elsewhere:
        expected = f"x.{tree.name}(…)" if tree.of is None else f"{tree.name}(x)"
    else:
        near = nearest_of(tree.name, [*here, *elsewhere])
        expected = f"one of {', '.join(here)}" + (f" (did you mean '{near[0]}'?)" if near else "")
    return Refusal(tree.at, f"the unknown function {written}", expected)
