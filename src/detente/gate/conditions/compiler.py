"""Compiles typed trees to Python: one function for all conditions, and one for each alone.

The types are known, so most operators become Python's own. Two forms of the same expression are written.
The quick form reads facts from local variables and lets `&&` and `||` stop early, which is right as long as
nothing raises. Where something does, the exact form is evaluated instead: it reads each fact where it stands
and lets a deciding part outweigh an error in another, as CEL asks. So an error costs time and nothing else.

The source is made of constants (by `repr`), of local variables that are numbered, and of the names in
`runtime.NAMES`; no text of a condition enters it in any other way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detente.gate.conditions.fits import fits, inline
from detente.gate.conditions.operators import applied
from detente.gate.conditions.patterns import pattern
from detente.gate.conditions.runtime import NAMES
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
    paths_of,
)
from detente.gate.conditions.types import DYN, Schema

__all__ = ["UNSURE", "Evaluate", "Quick", "compile_all", "compile_one", "compile_quick"]

Evaluate = Callable[[dict[str, Any]], Any]
Quick = Callable[[Any, dict[str, Any]], Any]

UNSURE = object()
"""Said instead of outcomes by what only knows them when nothing goes wrong."""

_MOST_ELEMENTS = (500, 50)
"""that a comprehension runs over, and one inside another's body"""


@dataclass(slots=True)
class _Writer:
    """Writes expressions; `variables` holds the local of each fact in the quick form and is empty in the exact."""

    schema: Schema
    names: dict[str, Any] = field(default_factory=lambda: dict(NAMES))
    variables: dict[str, str] = field(default_factory=dict)
    is_exact: bool = False

    def known(self, value: object) -> str:
        """The name by which the source can call a value."""
        name = f"K{len(self.names)}"
        self.names[name] = value
        return name

    def write(
        self, node: Node
    ) -> str:  # one line a node: in a table they would be the same lines further apart
        match node:
            case Constant(value=value):
                return repr(value) if not isinstance(value, int | float) or value >= 0 else f"({value!r})"
            case Fact(path=path):
                return self._fact(path)
            case Bound(level=level):
                return f"x{level}"
            case Present(of=None, field=path):
                return (
                    f"(FACTS.get({path!r}) is not None)"
                    if self.is_exact
                    else f"({self.variables[path]} is not None)"
                )
            case Present(of=of, field=name):
                assert of is not None, "INVARIANT: a fact's presence is the case above"
                return f"{'HAS_FIELD' if of.type.kind == 'object' else 'HAS_KEY'}({self.write(of)}, {name!r})"
            case Member(of=of, field=name):
                return f"KEY({self.write(of)}, {name!r})"
            case Element(of=of, index=index):
                return f"AT({self.write(of)}, {self.write(index)})"
            case Apply(name="matches", arguments=(receiver, Constant(at=at, value=value))):
                compiled = self.known(pattern(at, str(value)))
                return f"({compiled}.search({self._text(receiver)}) is not None)"
            case Apply():
                return applied(node, [self.write(part) for part in node.arguments])
            case Both():
                return self._both(node)
            case Choose(condition=condition, yes=yes, no=no):
                return f"({self.write(yes)} if {self.truth(condition)} else {self.write(no)})"
            case ListOf(items=items):
                return "[" + ", ".join(map(self.write, items)) + "]"
            case MapOf(entries=entries):
                return "{" + ", ".join(f"{key!r}: {self.write(value)}" for key, value in entries) + "}"
            case Comprehension():
                return self._comprehension(node)

    def truth(self, node: Node) -> str:
        """A node where Python looks whether it is true."""
        return f"TRUTH({self.write(node)})" if node.type == DYN else self.write(node)

    def _text(self, node: Node) -> str:
        return f"TEXT({self.write(node)})" if node.type == DYN else self.write(node)

    def _fact(self, path: str) -> str:
        if not self.is_exact:
            return self.variables[path]
        of = self.schema.facts[path].type
        return f"READ(FACTS, {path!r}, {self.known(fits(of))}, {str(of)!r})"

    def _both(self, node: Both) -> str:
        parts = [self.truth(part) for part in node.parts]
        if self.is_exact:
            return f"{'AND' if node.is_and else 'OR'}({', '.join(f'lambda: {part}' for part in parts)})"
        return "(" + (" and " if node.is_and else " or ").join(parts) + ")"

    def _comprehension(self, node: Comprehension) -> str:
        x = f"x{node.bound.level}"
        is_ordered = node.macro in {"map", "filter"}
        most = _MOST_ELEMENTS[min(node.bound.level, 1)]
        over = f"{'IN_ORDER' if is_ordered else 'ELEMENTS'}({self.write(node.over)}, {most})"
        if node.macro == "map":
            where = "" if node.where is None else f" if {self.truth(node.where)}"
            return f"[{self.write(node.body)} for {x} in {over}{where}]"
        body = self.truth(node.body)
        if node.macro == "filter":
            return f"[{x} for {x} in {over} if {body}]"
        if node.macro == "exists_one":
            return f"(sum(1 for {x} in {over} if {body}) == 1)"
        if self.is_exact:
            return f"{'ALL' if node.macro == 'all' else 'EXISTS'}({over}, lambda {x}: {body})"
        return f"{'all' if node.macro == 'all' else 'any'}({body} for {x} in {over})"


def _made(source: str, names: dict[str, Any]) -> Any:
    made = dict(names)
    exec(compile(source, "<conditions>", "exec"), made)  # noqa: S102 - our own source, see the module's docstring
    return made["evaluate"]


def compile_one(node: Node, schema: Schema) -> Evaluate:
    """The exact form of one condition: true, false, or whatever it raises."""
    writer = _Writer(schema, is_exact=True)
    body = writer.truth(node)
    evaluate: Evaluate = _made(f"def evaluate(FACTS):\n    return {body}\n", writer.names)
    return evaluate


def compile_all(
    nodes: Sequence[Node], schema: Schema, again: Callable[[int, dict[str, Any]], Any]
) -> Evaluate:
    """All conditions as one function of the facts that gives their outcomes in order.

    `again(index, facts)` answers for a condition whose quick form raised; all are asked again when a fact
    that every action has is missing, or when one is of another type than the schema says.
    """
    writer, paths = _quick(nodes, schema)
    writer.names["AGAIN"] = again
    answers = [f"r{number}" for number in range(len(nodes))]
    writer.names["APART"] = lambda facts: tuple(again(number, facts) for number in range(len(nodes)))
    lines = ["def evaluate(FACTS):", *_reading(writer, paths)]
    for number, node in enumerate(nodes):
        # From Python 3.11 on, to enter a try costs nothing.
        lines += [
            f"    try: r{number} = {writer.truth(node)}",
            f"    except Exception: r{number} = AGAIN({number}, FACTS)",
        ]
    lines.append(f"    return ({', '.join(answers)}{',' * bool(nodes)})")
    evaluate: Evaluate = _made("\n".join(lines) + "\n", writer.names)
    return evaluate


def compile_quick(
    nodes: Sequence[Node], schema: Schema, found: Mapping[str, str], names: Mapping[str, Any]
) -> Quick:
    """All conditions as one function of a case and of the facts that it shares with others, for when nothing goes wrong.

    It gives their outcomes in order; None where all are false, and `UNSURE` where one raises or a fact is of another type than
    the schema says: then `compile_all` knows.

    Parameters
    ----------
    found
        How the facts that the case has for itself are found in it, as Python that calls it `CASE`. All others are read
        from what it shares, where they are of their type.
    names
        What that Python may call by name.
    """
    writer, paths = _quick(nodes, schema)
    writer.names |= names
    writer.names["UNSURE"] = UNSURE
    lines = ["def evaluate(CASE, SHARED):", "    try:", "        pass"]
    lines += [f"        {writer.variables[path]} = {found.get(path, f'SHARED[{path!r}]')}" for path in paths]
    tests = [test for path in paths if path in found and (test := _test(writer, path))]
    if tests:
        lines += [f"        if not ({' and '.join(tests)}): return UNSURE"]
    lines += [f"        r{number} = {writer.truth(node)}" for number, node in enumerate(nodes)]
    lines += ["    except Exception: return UNSURE"]
    answers = [f"r{number}" for number in range(len(nodes))]
    if nodes:
        lines += [f"    return ({', '.join(answers)},) if {' or '.join(answers)} else None"]
    quick: Quick = _made("\n".join(lines) + "\n", writer.names)
    return quick


def _quick(nodes: Sequence[Node], schema: Schema) -> tuple[_Writer, list[str]]:
    """What writes the quick form of some conditions, and the facts that they read."""
    paths = sorted({path for node in nodes for path in paths_of(node)})
    return _Writer(schema, variables={path: f"v{number}" for number, path in enumerate(paths)}), paths


def _test(writer: _Writer, path: str) -> str:
    """Python that tells whether the local of a fact is of its type; empty where anything is."""
    stated, variable = writer.schema.facts[path], writer.variables[path]
    test = inline(stated.type, variable)
    if test is None:
        test = f"{writer.known(fits(stated.type))}({variable})"
    return f"({variable} is None or {test})" if test and stated.optional else test


def _reading(writer: _Writer, paths: Sequence[str]) -> list[str]:
    """The lines that take the facts into locals and look at their types."""
    lines = ["    try:"] if paths else []
    for path in paths:
        is_optional = writer.schema.facts[path].optional
        lines.append(
            f"        {writer.variables[path]} = FACTS{f'.get({path!r})' if is_optional else f'[{path!r}]'}"
        )
    tests = [test for path in paths if (test := _test(writer, path))]
    if paths:
        lines += ["    except KeyError: return APART(FACTS)"]
    if tests:
        lines += [f"    if not ({' and '.join(tests)}): return APART(FACTS)"]
    return lines
