"""The list of all that can be asked of a gate over HTTP, made from the table that routes requests and the types it decodes.

`tools/docs.py` writes it to `docs/reference/gate-http.md`. What a field means is the docstring below it in the code.
"""

import ast
import inspect as python
import textwrap
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from detente.gate.request import IN_WORDS
from detente.gate.service.operations import OPERATIONS, Operation
from detente.gate.service.problems import TITLES, Problem

__all__ = ["page"]

_OPENING = """# Paths of the gate

This page is made from the table by which `detente gate serve` routes requests (`make docs`); `/openapi.json` of a running gate says
the same for programs. [A gate over HTTP](../gate-http.md) says who may ask what, and why answers look as they do.

Any one of the roles is enough. In a field that takes a whole number `1.0` is 1; arguments of an action
are judged as they came, and one that the charter declares `whole` is denied as `5.0`. A time is RFC 3339; in answers it is in
UTC. Under `/v1` a field that is not listed here is refused; AuthZEN has such fields left alone.
"""
_SIMPLE = {
    inspect.BoolType: "boolean",
    inspect.DateTimeType: "time",
    inspect.AnyType: "anything",
    inspect.NoneType: "null",
}


def page() -> str:
    """Return the page."""
    parts = [_OPENING, _paths(), *map(_queries, [one for one in OPERATIONS if one.query])]
    parts.append(
        "\n## Forms\n\nWhat is always there is marked with `*`; the rest may be left out, and answers leave it out where they have nothing to say.\n"
    )
    parts += [_form(struct) for struct in _structs()]
    parts.append(_problems())
    return "".join(parts)


def _paths() -> str:
    lines = ["\n## Paths\n", "| | what | roles | takes | answers |", "|---|---|---|---|---|"]
    for one in OPERATIONS:
        takes = "" if one.takes is None else _link(one.takes.__name__)
        gives = " or ".join(_link(kind.__name__) for kind in _given(one)) or f"`{one.media}`"
        roles = "all" if len(one.roles) == 4 else ", ".join(one.roles)
        status = "" if one.status == 200 else f"{one.status}: "
        lines.append(f"| `{one.method} {one.path}` | {one.summary} | {roles} | {takes} | {status}{gives} |")
    lines.append("| `GET /openapi.json` | This table and these forms, as OpenAPI 3.1 | all | | JSON |")
    return "\n".join(lines) + "\n"


def _queries(one: Operation) -> str:
    told = "; ".join(f"`{name}`: {what}" for name, what in one.query)
    return f"\n`{one.method} {one.path}` takes in its query {told}.\n"


def _given(one: Operation) -> tuple[Any, ...]:
    if one.gives is None:
        return ()
    return one.gives if isinstance(one.gives, tuple) else (one.gives,)


def _structs() -> list[type]:
    """Return every form, each before those that it is made of."""
    found: dict[type, None] = {}
    for one in OPERATIONS:
        for kind in (one.takes, *_given(one)):
            if kind is not None:
                _gather(inspect.type_info(kind), found)
    return [*found, Problem]


def _gather(kind: inspect.Type, found: dict[type, None]) -> None:
    if isinstance(kind, inspect.StructType):
        if kind.cls in found:
            return
        found[kind.cls] = None
        for field in kind.fields:
            _gather(field.type, found)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            _gather(one, found)
    elif isinstance(kind, inspect.VarTupleType | inspect.ListType):
        _gather(kind.item_type, found)


def _form(struct: type) -> str:
    said = _said(struct)
    kind = inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType)
    lines = [
        f"\n### {struct.__name__}\n",
        f"{(struct.__doc__ or '').strip()}\n",
        "| field | type | |",
        "|---|---|---|",
    ]
    for field in kind.fields:
        name = f"`{field.encode_name}`" + (r" \*" if field.required else "")
        lines.append(f"| {name} | {_type(field.type)} | {said.get(field.name, '')} |")
    return "\n".join(lines) + "\n"


def _said(struct: type) -> dict[str, str]:
    """Return what the code says below each field."""
    body = ast.parse(textwrap.dedent(python.getsource(struct))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split()).replace("|", r"\|").replace("None:", "null:").replace("None where", "null where")
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }  # fmt: skip


def _type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_type(one) for one in kind.types if not _is_unset(one))
    if isinstance(kind, inspect.StructType):
        return _link(kind.cls.__name__)
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{word}`" for word in sorted(map(str, kind.values)))
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        most = "list" if kind.max_length is None else f"list (at most {kind.max_length})"
        return f"{most} of {_type(kind.item_type)}"
    if isinstance(kind, inspect.DictType):
        return "object"
    if isinstance(kind, inspect.StrType) and kind.pattern in IN_WORDS:
        return f"text ({IN_WORDS[kind.pattern]})"
    if isinstance(kind, inspect.StrType):
        return "text" + _bounds(kind.min_length, kind.max_length, "characters")
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return ("whole number" if isinstance(kind, inspect.IntType) else "number") + _bounds(
            kind.ge, kind.le, ""
        )
    return next(word for of, word in _SIMPLE.items() if isinstance(kind, of))


def _is_unset(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and "Unset" in kind.cls.__name__


def _bounds(least: float | None, most: float | None, of: str) -> str:
    if most is None:
        said = "" if least is None else f"at least {least:g}"
    else:
        said = f"at most {most:g}" if least is None else f"{least:g} to {most:g}"
    return f" ({f'{said} {of}'.strip()})" if said else ""


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _problems() -> str:
    return "".join(_problem_lines())


def _problem_lines() -> Iterator[str]:
    yield "\n## Problems\n\n| `type` | status | title |\n|---|---|---|\n"
    for name, (status, title) in TITLES.items():
        yield f"| `/problems/{name}` | {status} | {title} |\n"
