"""Writes a typed tree as CEL again: for people as they would write it, for the library with flat names."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from detente.gate.conditions.tree import (
    Apply,
    Both,
    Bound,
    Choose,
    Comprehension,
    Constant,
    Element,
    Fact,
    ListOf,
    MapOf,
    Member,
    Node,
    Present,
)
from detente.gate.conditions.types import DURATION, RESERVED, TIMESTAMP

__all__ = ["METHODS", "printed"]

METHODS = frozenset({"contains", "startsWith", "endsWith", "matches"})
"""functions written behind their first argument, besides all the `get…`"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


def _as_written(named: Fact | Present | Bound) -> str:
    if isinstance(named, Bound):
        return named.name
    return named.path if isinstance(named, Fact) else f"has({named.field})"


def printed(node: Node, name: Callable[[Fact | Present | Bound], str] = _as_written) -> str:
    """A tree as CEL, with brackets around every operator.

    `name` says how facts, their presence and variables are called.
    """

    def show(part: Node) -> str:
        match part:
            case Constant():
                return _constant(part)
            case Fact() | Bound():
                return name(part)
            case Present(of=None):
                return name(part)
            case Present(of=of, field=field):
                return f"has({show(of)}.{field})"  # type: ignore[arg-type]
            case Member(of=of, field=field):
                return f"{show(of)}.{field}" if field not in RESERVED else f"{show(of)}[{_text(field)}]"
            case Element(of=of, index=index):
                return f"{show(of)}[{show(index)}]"
            case Apply():
                return _apply(part, [show(argument) for argument in part.arguments])
            case Both(is_and=is_and, parts=parts):
                return "(" + (" && " if is_and else " || ").join(map(show, parts)) + ")"
            case Choose(condition=condition, yes=yes, no=no):
                return f"({show(condition)} ? {show(yes)} : {show(no)})"
            case ListOf(items=items):
                return "[" + ", ".join(map(show, items)) + "]"
            case MapOf(entries=entries):
                return "{" + ", ".join(f"{_text(key)}: {show(value)}" for key, value in entries) + "}"
            case Comprehension(macro=macro, over=over, bound=bound, body=body, where=where):
                middle = "" if where is None else f", {show(where)}"
                return f"{show(over)}.{macro}({name(bound)}{middle}, {show(body)})"

    return show(node)


def _apply(node: Apply, shown: list[str]) -> str:
    name = node.name
    if name == "@in":
        return f"({shown[0]} in {shown[1]})"
    if name in {"!_", "-_"}:
        return f"{name[0]}({shown[0]})"
    if name[0] == "_":
        if name == "_+_" and node.arguments[0].type == DURATION and node.type == TIMESTAMP:
            shown.reverse()  # the library adds a duration to a moment only when it stands behind it
        return f"({shown[0]} {name.strip('_')} {shown[1]})"
    if name in METHODS or name.startswith("get"):
        return f"{shown[0]}.{name}({', '.join(shown[1:])})"
    return f"{name}({', '.join(shown)})"


def _constant(node: Constant) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if node.type == TIMESTAMP:
        return f'timestamp("{_moment(int(value))}")'
    if node.type == DURATION:
        return f'duration("{_sign(int(value))}{abs(int(value))}ns")'
    return repr(value)


def _sign(value: int) -> str:
    return "-" if value < 0 else ""


def _moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    day = (_EPOCH + timedelta(seconds=seconds)).strftime("%m-%dT%H:%M:%S")
    year = (_EPOCH + timedelta(seconds=seconds)).year
    return f"{year:04d}-{day}.{rest:09d}Z"


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    return '"' + "".join(_letter(letter) for letter in value) + '"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}"
