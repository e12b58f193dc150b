"""Checks calls: operators and functions that have no overload for their operands, texts that are read once."""

from detente.gate.conditions import literals
from detente.gate.conditions.macros import MACROS
from detente.gate.conditions.patterns import pattern
from detente.gate.conditions.signatures import FUNCTIONS, METHODS
from detente.gate.conditions.syntax import Call, Literal, Refusal
from detente.gate.conditions.tree import Constant, Node
from detente.gate.conditions.types import DOUBLE, DURATION, INT, TIMESTAMP, Type
from detente.model.problems import nearest_of

__all__ = ["constant_time", "function", "method", "no_overload"]


def no_overload(tree: Call, operands: list[Node]) -> Refusal:
    """The refusal of an operator for operands that it is not defined for, with a remedy where there is one."""
    mark = tree.name.strip("_@")
    types = [operand.type for operand in operands]
    if len(types) == 1:
        return Refusal(
            tree.at, f"'{mark}' before {types[0].one()}", "a bool" if mark == "!" else "an int or a double"
        )
    found = f"{types[0].one()} {mark} {types[1].one()}"
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


def constant_time(tree: Call) -> Node:
    """The moment or the duration that a text in quotes stands for.

    Raises
    ------
    Refusal
        It is no text in quotes, or stands for none.
    """
    argument = tree.arguments[0] if len(tree.arguments) == 1 else None
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise Refusal(tree.at, f"{tree.name}() of something else", f'a text in quotes, as {tree.name}("…")')
    if tree.name == "timestamp":
        return Constant(TIMESTAMP, tree.at, literals.timestamp(argument.at, argument.value))
    return Constant(DURATION, tree.at, literals.duration(argument.at, argument.value))


def function(tree: Call, arguments: list[Node]) -> Type:
    """The type of what a function makes of its argument.

    Raises
    ------
    Refusal
        There is no such function, or not for such an argument.
    """
    if tree.name not in FUNCTIONS:
        raise _unknown(tree, sorted({*FUNCTIONS, "has"}), sorted(METHODS))
    kinds, result = FUNCTIONS[tree.name]
    if len(arguments) != 1:
        raise Refusal(tree.at, f"{tree.name}() with {len(arguments)} arguments", "one argument")
    _refuse_kind(arguments[0], kinds, f"{tree.name}()")
    return result


def method(tree: Call, arguments: list[Node]) -> Type:
    """The type of what a method makes of its receiver, which is the first of the arguments.

    Raises
    ------
    Refusal
        There is no such method, or not for such a receiver or such arguments.
    """
    if tree.name not in METHODS:
        raise _unknown(tree, sorted({*METHODS, *MACROS}), sorted(FUNCTIONS))
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
        raise Refusal(argument.at, f"{argument.type.one()} for {what}", " or ".join(sorted(kinds)))


def _refuse_pattern(argument: Node) -> None:
    if not isinstance(argument, Constant):
        raise Refusal(
            argument.at, "a pattern that is made when the condition is evaluated", "a text in quotes"
        )
    pattern(argument.at, str(argument.value))


def _unknown(tree: Call, here: list[str], elsewhere: list[str]) -> Refusal:
    written = f"{'.' if tree.of is not None else ''}{tree.name}()"
    if tree.name in elsewhere:
        expected = f"x.{tree.name}(…)" if tree.of is None else f"{tree.name}(x)"
    else:
        near = nearest_of(tree.name, [*here, *elsewhere])
        expected = f"one of {', '.join(here)}" + (f" (did you mean '{near[0]}'?)" if near else "")
    return Refusal(tree.at, f"the unknown function {written}", expected)
