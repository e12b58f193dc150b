"""Whether claims about facts can hold together: intervals of numbers, sets of texts, orders of two facts."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from detente.gate.conditions.cases import Case
from detente.gate.conditions.printer import printed
from detente.gate.conditions.tree import Apply, Constant, Fact, ListOf, Member, Node, Present
from detente.gate.conditions.types import DURATION, INT, STRING, TIMESTAMP, Field, Schema

__all__ = ["contradiction"]

Stated: TypeAlias = Callable[[Node], Field | None]

_TURNED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ORDERS = {"==": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}
_WHOLE = frozenset({INT, TIMESTAMP, DURATION})


@dataclass(slots=True)
class _Domain:
    """What one subject may still be."""

    low: float | int = -math.inf
    high: float | int = math.inf
    is_low_open: bool = False
    is_high_open: bool = False
    among: set[Any] | None = None
    without: set[Any] = field(default_factory=set)

    def raise_low(self, value: float, *, is_open: bool) -> None:
        self.low, self.is_low_open = max((self.low, self.is_low_open), (value, is_open))

    def lower_high(self, value: float, *, is_open: bool) -> None:
        if (-value, is_open) > (-self.high, self.is_high_open):
            self.high, self.is_high_open = value, is_open

    def keep(self, values: Iterable[Any]) -> None:
        kept = set(map(_apart, values))
        self.among = kept if self.among is None else self.among & kept

    def drop(self, values: Iterable[Any]) -> None:
        self.without |= set(map(_apart, values))

    def is_empty(self) -> bool:
        if self.low > self.high or (self.low == self.high and (self.is_low_open or self.is_high_open)):
            return True
        if self.low == self.high and self.low in self.without:
            return True
        return self.among is not None and not any(map(self._admits, self.among))

    def _admits(self, value: Any) -> bool:
        if value in self.without:
            return False
        if not isinstance(value, int | float):
            return True
        above = value > self.low or (value == self.low and not self.is_low_open)
        return above and (value < self.high or (value == self.high and not self.is_high_open))


def _apart(value: Any) -> Any:
    """A value that Python takes for no other: to it, true is 1."""
    return ("bool", value) if isinstance(value, bool) else value


def contradiction(case: Case, schema: Schema) -> str | None:
    """Why claims cannot all hold, if they cannot; None where they can or nobody knows."""
    domains: dict[str, _Domain] = {}
    orders: dict[tuple[str, str], set[int]] = {}
    said: dict[str, bool] = {}
    for node, holds in case:
        text = printed(node)
        if said.setdefault(text, holds) != holds:
            return f"{text} cannot be both true and false"
        if (
            isinstance(node, Present)
            and node.of is None
            and not holds
            and not schema.facts[node.field].optional
        ):
            return f"{node.field} is always there"
        for subject, mark, other in _comparisons(node, schema, holds=holds):
            why = _narrowed(domains, orders, schema, subject, mark, other)
            if why is not None:
                return why
    return None


def _comparisons(node: Node, schema: Schema, *, holds: bool) -> Iterator[tuple[Node, str, Node]]:
    """A claim as comparisons that hold; what is always the same, if there is something, behind."""
    if not isinstance(node, Apply):
        return
    mark = node.name.strip("_@")
    if mark not in _TURNED and mark != "in":
        return
    left, right = node.arguments
    if mark == "in":
        yield left, "in" if holds else "not in", right
        return
    mark = mark if holds else _TURNED[mark]
    is_turned = isinstance(left, Constant) or (_same(left, schema) != () and _same(right, schema) == ())
    yield (right, _MIRRORED[mark], left) if is_turned else (left, mark, right)


def _same(node: Node, schema: Schema) -> tuple[Any, ...]:
    """What a node always is, as the only one; nothing where that differs, or nobody knows."""
    if isinstance(node, Constant):
        return (node.value,)
    stated = _field(node, schema)
    if stated is None or stated.low is None or stated.low != stated.high:
        return ()
    return (stated.low,)


def _narrowed(
    domains: dict[str, _Domain],
    orders: dict[tuple[str, str], set[int]],
    schema: Schema,
    subject: Node,
    mark: str,
    other: Node,
) -> str | None:
    name = printed(subject)
    if mark in {"in", "not in"}:
        values = _constants(other)
        if values is None:
            return None
        domain = domains.setdefault(name, _stated(subject, schema))
        if mark == "in":
            domain.keep(values)
        else:
            domain.drop(values)
    elif (known := _same(other, schema)) and name != printed(other):
        domain = domains.setdefault(name, _stated(subject, schema))
        _compare(domain, subject, mark, known[0])
    else:
        return _ordered(orders, name, mark, printed(other))
    return f"{name} cannot be so{_range(subject, schema)}" if domain.is_empty() else None


def _ordered(orders: dict[tuple[str, str], set[int]], left: str, mark: str, right: str) -> str | None:
    if left > right:
        left, mark, right = right, _MIRRORED[mark], left
    possible = orders.setdefault((left, right), {0} if left == right else {-1, 0, 1})
    possible &= _ORDERS[mark]
    if possible:
        return None
    return f"{left} is equal to itself" if left == right else f"{left} and {right} cannot be so"


def _constants(node: Node) -> list[Any] | None:
    if not isinstance(node, ListOf):
        return None
    return [item.value for item in node.items if isinstance(item, Constant)] if _all_constant(node) else None


def _all_constant(node: ListOf) -> bool:
    return all(isinstance(item, Constant) for item in node.items)


def _compare(domain: _Domain, subject: Node, mark: str, value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if mark == "==":
        domain.keep([value])
    elif mark == "!=":
        domain.drop([value])
    elif not is_number:
        return
    elif mark in {">", ">="}:
        step = mark == ">" and subject.type in _WHOLE
        domain.raise_low(value + step, is_open=mark == ">" and not step)
    else:
        step = mark == "<" and subject.type in _WHOLE
        domain.lower_high(value - step, is_open=mark == "<" and not step)


def _field(subject: Node, schema: Schema) -> Field | None:
    if isinstance(subject, Fact):
        return schema.facts[subject.path]
    if isinstance(subject, Member) and subject.of.type.kind == "object":
        return dict(subject.of.type.fields)[subject.field]
    return None


def _stated(subject: Node, schema: Schema) -> _Domain:
    domain = _Domain()
    stated = _field(subject, schema)
    if stated is not None:
        domain.low = -math.inf if stated.low is None else stated.low
        domain.high = math.inf if stated.high is None else stated.high
        if stated.among and stated.type == STRING:
            domain.keep(stated.among)
    return domain


def _range(subject: Node, schema: Schema) -> str:
    stated = _field(subject, schema)
    if stated is None or (stated.low is None and stated.high is None):
        return ""
    if stated.high is None:
        return f": it is {stated.low} or more"
    if stated.low is None:
        return f": it is {stated.high} or less"
    if stated.low == stated.high:
        return f": it is {stated.low}"
    return f": it lies between {stated.low} and {stated.high}"
