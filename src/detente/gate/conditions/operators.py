"""How an operator or a function is written in Python, given what its operands are."""

from detente.gate.conditions.tree import Apply, Constant, ListOf, Node
from detente.gate.conditions.types import BOOL, DOUBLE, DURATION, DYN, INT, NULL, STRING, TIMESTAMP, Type

__all__ = ["applied"]

_PLAIN = frozenset({BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION, NULL})
"""of two such, equal in type, Python's own `==` is CEL's"""
_HASHED = _PLAIN - {DOUBLE}
_FREE = {"+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "OVER", "%": "MODULO"}
_ORDERINGS = {"<": "LESS", "<=": "AT_MOST", ">": "MORE", ">=": "AT_LEAST"}
_CONVERSIONS = {"int": "TO_INT", "double": "TO_DOUBLE", "string": "TO_STRING"}
_OF_DURATION = {"getHours": "hours_of", "getMinutes": "minutes_of", "getSeconds": "seconds_of"}


def applied(node: Apply, written: list[str]) -> str:
    """The source of an operation whose operands have been written."""
    types = [part.type for part in node.arguments]
    name = node.name
    if name == "!_":
        return f"(not {_truth(types[0], written[0])})"
    if name == "-_":
        return f"(-{written[0]})" if types[0] == DOUBLE else f"NEGATIVE({written[0]})"
    if name == "@in":
        return _contained(node.arguments, written)
    if name[0] == "_":
        return _binary(node, name.strip("_"), types, written)
    if name == "size":
        return f"SIZE({written[0]})" if types[0] == DYN else f"len({written[0]})"
    if name in _CONVERSIONS:
        return f"{_CONVERSIONS[name]}({written[0]})"
    if name.startswith("get"):
        return f"{_OF_DURATION[name] if types[0] == DURATION else name}({written[0]})"
    return _of_text(name, [_text(of, part) for of, part in zip(types, written, strict=True)])


def _truth(of: Type, written: str) -> str:
    return f"TRUTH({written})" if of == DYN else written


def _text(of: Type, written: str) -> str:
    return f"TEXT({written})" if of == DYN else written


def _of_text(name: str, written: list[str]) -> str:
    if name == "contains":
        return f"({written[1]} in {written[0]})"
    return f"{written[0]}.{name.lower()}({written[1]})"


def _binary(node: Apply, mark: str, types: list[Type], written: list[str]) -> str:
    if mark in {"==", "!="}:
        return _equal(mark, types, written)
    if mark in _ORDERINGS:
        return _ordered(node.arguments, mark, written)
    if DYN in types:
        return f"{_FREE[mark]}({written[0]}, {written[1]})"
    return _arithmetic(node.type, mark, types, written)


def _equal(mark: str, types: list[Type], written: list[str]) -> str:
    if types[0] == types[1] and types[0] in _PLAIN:
        return f"({written[0]} {mark} {written[1]})"
    return f"{'' if mark == '==' else '(not '}SAME({written[0]}, {written[1]}){'' if mark == '==' else ')'}"


def _ordered(operands: tuple[Node, ...], mark: str, written: list[str]) -> str:
    left, right = operands
    if left.type != right.type or left.type == DYN:
        return f"{_ORDERINGS[mark]}({written[0]}, {written[1]})"
    plain = f"({written[0]} {mark} {written[1]})"
    if left.type != DOUBLE:
        return plain
    unsure = [text for node, text in zip(operands, written, strict=True) if not isinstance(node, Constant)]
    if not unsure:
        return plain
    if all(text.isidentifier() for text in unsure):
        numbers = " and ".join(f"{text} == {text}" for text in unsure)
        return f"({plain} if {numbers} else UNORDERED())"
    return f"{_ORDERINGS[mark]}({written[0]}, {written[1]})"


def _contained(operands: tuple[Node, ...], written: list[str]) -> str:
    value, of = operands
    is_plain = of.type.kind == "list" and of.type.inner == value.type
    if is_plain and value.type in _PLAIN and isinstance(of, ListOf) and _is_constant(of):
        return f"({written[0]} in ({written[1][1:-1]},))"
    if is_plain and value.type in _HASHED:
        return f"({written[0]} in {written[1]})"
    if of.type.kind == "map" and value.type == STRING:
        return f"({written[0]} in {written[1]})"
    return f"AMONG({written[0]}, {written[1]})"


def _is_constant(of: ListOf) -> bool:
    return all(isinstance(item, Constant) for item in of.items)


def _arithmetic(result: Type, mark: str, types: list[Type], written: list[str]) -> str:
    left, right = written
    if types[0] == INT:
        return {"/": f"DIVIDE({left}, {right})", "%": f"REMAINDER({left}, {right})"}.get(
            mark, f"WHOLE({left} {mark} {right})"
        )
    if types[0] == DOUBLE:
        return f"QUOTIENT({left}, {right})" if mark == "/" else f"({left} {mark} {right})"
    if result.kind == "list":
        return f"CHAINED({left}, {right})"
    if result == STRING:
        return f"({left} + {right})"
    return f"{'MOMENT' if result == TIMESTAMP else 'SPAN'}({left} {mark} {right})"
