"""The ways in which a condition can come out true, or false: each a set of claims that hold together."""

from collections.abc import Iterable
from itertools import product
from typing import TypeAlias

from detente.gate.conditions.compiler import compile_one
from detente.gate.conditions.tree import (
    Apply,
    Both,
    Bound,
    Choose,
    Comprehension,
    Constant,
    Fact,
    Node,
    Present,
    parts_of,
)
from detente.gate.conditions.types import BOOL, Schema

__all__ = ["MOST", "Case", "Claim", "cases", "is_settled", "settled"]

MOST = 256
"""Cases that are looked at; a condition with more is not judged."""

Claim: TypeAlias = tuple[Node, bool]
"""a part that is neither `&&`, `||`, `!` nor `?:`, and what it is"""
Case: TypeAlias = tuple[Claim, ...]

_NO_FACTS = Schema({})


def cases(node: Node, *, come_out: bool) -> list[Case] | None:
    """Every case in which a condition comes out so, leaving errors aside; None where there are more than `MOST`."""
    match node:
        case Both(is_and=is_and, parts=parts):
            each = [cases(part, come_out=come_out) for part in parts]
            return _together(each) if is_and == come_out else _either(each)
        case Apply(name="!_", arguments=(inner,)):
            return cases(inner, come_out=not come_out)
        case Choose(condition=condition, yes=yes, no=no) if node.type == BOOL:
            through_yes = _together([cases(condition, come_out=True), cases(yes, come_out=come_out)])
            through_no = _together([cases(condition, come_out=False), cases(no, come_out=come_out)])
            return _either([through_yes, through_no])
        case _ if is_settled(node) and settled(node) in {True, False}:
            return [()] if settled(node) is come_out else []
        case _:
            return [((node, come_out),)]


def _together(each: Iterable[list[Case] | None]) -> list[Case] | None:
    found: list[Case] = [()]
    for some in each:
        if some is None or len(found) * len(some) > MOST:
            return None
        found = [left + right for left, right in product(found, some)]
    return found


def _either(each: Iterable[list[Case] | None]) -> list[Case] | None:
    found: list[Case] = []
    for some in each:
        if some is None or len(found) + len(some) > MOST:
            return None
        found += some
    return found


def is_settled(node: Node, bound: frozenset[int] = frozenset()) -> bool:
    """Whether no fact, and no variable of a comprehension around it, has a say in it."""
    match node:
        case Fact() | Present(of=None):
            return False
        case Bound(level=level):
            return level in bound
        case Comprehension(bound=variable):
            bound |= {variable.level}
        case _:
            pass
    return all(is_settled(part, bound) for part in parts_of(node))


def settled(node: Node) -> bool | str:
    """What a condition without facts comes out as; why not, where it never does."""
    if isinstance(node, Constant) and isinstance(node.value, bool):
        return node.value
    try:
        return bool(compile_one(node, _NO_FACTS)({}))
    except Exception as error:  # noqa: BLE001 - the linter tells of it
        return str(error)
