"""The front door: conditions as stated in a document, checked all together and compiled once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from detente.errors import PolicyError, Problem
from detente.gate.conditions.checker import Refused, check
from detente.gate.conditions.compiler import Evaluate, Quick, compile_all, compile_one, compile_quick
from detente.gate.conditions.parser import parse
from detente.gate.conditions.syntax import Refusal
from detente.gate.conditions.tree import Node, paths_of
from detente.gate.conditions.types import Schema
from detente.model.problems import Fault, spell, within_reason

__all__ = ["Conditions", "Failure", "Outcome", "faults", "load"]


class Failure(msgspec.Struct, frozen=True):
    """The outcome of a condition that has no answer for these facts. The gate holds or denies, never allows."""

    text: str
    """what went wrong, for a person"""

    def __bool__(self) -> bool:
        raise TypeError("a failed condition is neither true nor false: compare its outcome with `is True`")


Outcome: TypeAlias = bool | Failure


class Conditions:
    """Conditions that were loaded: their trees, the facts each reads, and how to evaluate them."""

    __slots__ = ("_evaluate", "_exact", "names", "reads", "schema", "stated", "trees")

    def __init__(self, stated: Mapping[str, str], trees: Mapping[str, Node], schema: Schema) -> None:
        self.stated = dict(stated)
        self.schema = schema
        self.trees = dict(trees)
        self.names = tuple(trees)
        """in the order in which outcomes are given"""
        self.reads = {name: paths_of(tree) for name, tree in trees.items()}
        """of each condition, the facts that it reads or asks for, sorted"""
        nodes = list(trees.values())
        self._exact = dict(zip(self.names, (compile_one(node, schema) for node in nodes), strict=True))
        self._evaluate = self.evaluate_of(self.names)

    @property
    def evaluate(self) -> Callable[[dict[str, Any]], tuple[Outcome, ...]]:
        """The function from facts to the outcome of each condition, in the order of `names`.

        Facts are a flat dict from path to value: `{"action.rung": 3, …}`. Only what is read is looked at.
        Values are bool, int, float, str, list or tuple, dict, and nothing that only behaves like one;
        timestamps are whole nanoseconds since the epoch, durations whole nanoseconds. An optional fact is
        absent where its key is missing or its value None. What does not fit the schema makes the
        conditions that read it fail, and only those. Nothing is raised, nothing is kept, and equal facts
        have equal outcomes. Take the function once and call it often: `evaluate = conditions.evaluate`.
        """
        return self._evaluate

    def evaluate_of(self, names: Sequence[str]) -> Callable[[dict[str, Any]], tuple[Outcome, ...]]:
        """The same function for some of the conditions, in the order in which they are named."""
        exact = [self._exact[name] for name in names]
        return compile_all(
            [self.trees[name] for name in names],
            self.schema,
            lambda index, facts: _outcome(exact[index], facts),
        )

    def quick(self, names: Sequence[str], found: Mapping[str, str], known: Mapping[str, Any]) -> Quick:
        """Outcomes of some of the conditions with less ado, where nothing goes wrong: see `compiler.compile_quick`."""
        return compile_quick([self.trees[name] for name in names], self.schema, found, known)


def _outcome(exact: Evaluate, facts: dict[str, Any]) -> Outcome:
    try:
        return bool(exact(facts))
    except Exception as error:  # noqa: BLE001 - whatever it is, the condition has no answer
        return Failure(str(error) or type(error).__name__)


def load(stated: Mapping[str, str], schema: Schema) -> Conditions:
    """Conditions that are all right.

    Parameters
    ----------
    stated
        The text of each condition by its name, in CEL.
    schema
        The facts that they may read.

    Raises
    ------
    PolicyError
        With everything that is wrong with any of them; one wrong condition refuses them all.
    """
    trees, found = _read(stated, schema)
    if found:
        problems = [
            Problem(path=spell(fault.path), found=fault.found, expected=fault.expected) for fault in found
        ]
        raise PolicyError(within_reason(problems))
    return Conditions(stated, trees, schema)


def faults(stated: Mapping[str, str], schema: Schema) -> list[Fault]:
    """What is wrong with conditions, with the path `(name, "when")` of each, for who reads the document around them."""
    return _read(stated, schema)[1]


def _read(stated: Mapping[str, str], schema: Schema) -> tuple[dict[str, Node], list[Fault]]:
    trees: dict[str, Node] = {}
    found: list[Fault] = []
    for name, text in stated.items():
        try:
            trees[name] = check(parse(text), schema)
        except Refusal as refusal:
            found.append(_fault(name, text, refusal))
        except Refused as refused:
            found += [
                _fault(name, text, refusal) for refusal in sorted(refused.refusals, key=lambda one: one.at)
            ]
    return trees, found


def _fault(name: str, text: str, refusal: Refusal) -> Fault:
    return Fault((name, "when"), f"{refusal.found} {place(text, refusal.at)}", refusal.expected)


def place(text: str, at: int) -> str:
    """Where in a condition something stands, as people count."""
    before = text[:at]
    line = before.count("\n") + 1
    column = at - (before.rfind("\n") + 1) + 1
    return f"at column {column}" if "\n" not in text.strip() else f"at line {line}, column {column}"
