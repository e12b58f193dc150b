"""Events over the columns of the table of crises, as `ended == 'catastrophe'` or `loss_usd >= 1e11 and actions < 50`.

The grammar is that of comparisons in Python: a column, one of == != < <= > >=, a number or a word in quotes; joined
by `and`, `or`, `not` and brackets. Rungs compare by the ladder. Nothing is ever evaluated but these.
"""

import ast
import difflib
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine.tables import Outcomes
from detente.ensemble.arguments import words
from detente.errors import SimulationError
from detente.model.vocabulary import Ending, Scenario

__all__ = ["COLUMNS", "Event", "Term", "parse"]

Mask = npt.NDArray[np.bool_]

COLUMNS = (
    "ended", "peak_rung", "incidents", "actions", "wrongful_actions", "depth", "loss_usd", "duration_s",
    "first_critical_s", "catastrophe_s", "actors_reached", "domains_reached", "reviewed", "review_wait_s",
    "review_queue_s", "denied", "timed_out", "withdrawn", "rightful_stopped", "rightful_delay_s",
)  # fmt: skip
"""what an event may ask for; times in seconds, money in USD"""

_FIRST_TIMES = ("first_critical_s", "catastrophe_s")
_GROWING = tuple(name for name in COLUMNS if name not in ("ended", *_FIRST_TIMES))

_SIGNS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LONGEST = 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One comparison; `value` is a number, the position of an ending, or that of a rung."""

    column: str
    sign: str
    value: float

    def met(self, out: Outcomes) -> Mask:
        """Which rows of `out` it holds for; where there is nothing to compare, it does not."""
        found = out.loss_usd.sum(axis=1) if self.column == "loss_usd" else getattr(out, self.column)
        compared: Mask = _BY_SIGN[self.sign](found, self.value) & ~np.isnan(found)
        return compared

    @property
    def lasts(self) -> bool:
        """Whether a crisis for which it holds keeps to it, whatever happens next."""
        if self.column in _FIRST_TIMES or (self.column == "ended" and self.sign == "=="):
            return True
        return self.sign in (">", ">=") and self.column in _GROWING


_BY_SIGN = dict(_SIGNS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event, and the comparisons that every crisis that meets it meets as well."""

    text: str
    implied: tuple[Term, ...]
    met: Callable[[Outcomes], Mask]
    """which rows it holds for"""
    lasts: bool
    """whether a crisis that meets it while it goes on still meets it at its end"""


def parse(text: str, scenario: Scenario) -> Event:
    """Read an event.

    Raises
    ------
    SimulationError
        When it is not one: where, and what was expected.
    """
    text = words("event", text, "\"ended == 'catastrophe'\"")
    try:
        tree = ast.parse(text[: _LONGEST + 1].strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None
    if len(text) > _LONGEST:
        raise _unreadable(text)
    reader = _Reader(text, scenario)
    met, implied = reader.read(tree)
    return Event(text=text.strip(), implied=tuple(implied), met=met, lasts=reader.lasts)


def _unreadable(text: str) -> SimulationError:
    shown = text if len(text) < 60 else text[:57] + "..."
    return SimulationError(
        f"event: found {shown!r}, expected comparisons of columns joined by and, or, not, "
        "as `ended == 'catastrophe'` or `incidents >= 100 and loss_usd > 1e9`"
    )


def _hint(word: str, among: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, among, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


class _Reader:
    def __init__(self, text: str, scenario: Scenario) -> None:
        self.text, self.scenario = text, scenario
        self.lasts = True

    def read(self, node: ast.expr) -> tuple[Callable[[Outcomes], Mask], list[Term]]:
        """What the node asks of a table, and which terms it implies."""
        if isinstance(node, ast.BoolOp):
            parts = [self.read(value) for value in node.values]
            if isinstance(node.op, ast.And):
                return _every([met for met, _ in parts]), [term for _, terms in parts for term in terms]
            shared = [term for term in parts[0][1] if all(term in terms for _, terms in parts)]
            return _some([met for met, _ in parts]), shared
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            met, _ = self.read(node.operand)
            self.lasts = False
            return (lambda out: ~met(out)), []
        if isinstance(node, ast.Compare):
            terms = list(self._terms(node))
            self.lasts &= all(term.lasts for term in terms)
            return _every([term.met for term in terms]), terms
        raise _unreadable(self.text)

    def _terms(self, node: ast.Compare) -> Iterator[Term]:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            if type(op) not in _SIGNS:
                raise _unreadable(self.text)
            sign = _SIGNS[type(op)][0]
            column, value = left, right
            if not isinstance(left, ast.Name):
                column, value, sign = right, left, _TURNED[sign]
            if not isinstance(column, ast.Name):
                raise _unreadable(self.text)
            yield Term(column=self._column(column.id), sign=sign, value=self._value(column.id, sign, value))

    def _column(self, name: str) -> str:
        if name not in COLUMNS:
            raise SimulationError(
                f"event: found the column {name!r}, expected one of {', '.join(COLUMNS)}{_hint(name, COLUMNS)}"
            )
        return name

    def _value(self, column: str, sign: str, node: ast.expr) -> float:
        words = {"ended": [ending.value for ending in Ending], "peak_rung": list(self.scenario.ladder)}
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        found = node.operand if negative and isinstance(node, ast.UnaryOp) else node
        value = found.value if isinstance(found, ast.Constant) else None
        if column in words:
            if not isinstance(value, str) or value not in words[column]:
                hint = _hint(value, words[column]) if isinstance(value, str) else ""
                raise SimulationError(
                    f"event: {column}: found {ast.unparse(node)}, expected one of "
                    f"{', '.join(repr(word) for word in words[column])}{hint}"
                )
            if column == "ended" and sign not in ("==", "!="):
                raise SimulationError(f"event: ended: found {sign}, expected == or !=: endings have no order")
            return float(words[column].index(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SimulationError(f"event: {column}: found {ast.unparse(node)}, expected a number")
        return -float(value) if negative else float(value)


def _every(parts: list[Callable[[Outcomes], Mask]]) -> Callable[[Outcomes], Mask]:
    return lambda out: np.logical_and.reduce([met(out) for met in parts])


def _some(parts: list[Callable[[Outcomes], Mask]]) -> Callable[[Outcomes], Mask]:
    return lambda out: np.logical_or.reduce([met(out) for met in parts])
