"""What `has()` has made sure of: which facts are known to be there where a part of a condition is evaluated."""

from functools import reduce

from detente.gate.conditions.printer import printed
from detente.gate.conditions.tree import Apply, Both, Choose, Constant, Fact, Member, Node, Present

__all__ = ["Guards", "key_of", "sure"]

Guards = frozenset[str]
"""facts and members, as printed, that are there"""

NONE: Guards = frozenset()


def key_of(node: Fact | Member | Present) -> str:
    """By what a fact or member is known among guards."""
    if isinstance(node, Fact):
        return node.path
    if isinstance(node, Member):
        return printed(node)
    return node.field if node.of is None else f"{printed(node.of)}.{node.field}"


def sure(node: Node, *, when: bool) -> Guards:
    """What is surely there when a condition is `when`.

    `a && b` that is true tells what both tell, and one that is false only what each of them would;
    with `||` it is the other way about.
    """
    match node:
        case Present():
            return frozenset({key_of(node)}) if when else NONE
        case Apply(name="!_", arguments=(inner,)):
            return sure(inner, when=not when)
        case Both(is_and=is_and, parts=parts) if parts:
            each = [sure(part, when=when) for part in parts]
            return reduce(Guards.__or__ if is_and == when else Guards.__and__, each)
        case Choose(condition=condition, yes=yes, no=no):
            through_yes = sure(condition, when=True) | sure(yes, when=when)
            through_no = sure(condition, when=False) | sure(no, when=when)
            if _never(yes, when=when):
                return through_no
            return through_yes if _never(no, when=when) else through_yes & through_no
        case _:
            return NONE


def _never(node: Node, *, when: bool) -> bool:
    """Whether a branch is written as the other answer, so that this one does not come through it."""
    return isinstance(node, Constant) and node.value is (not when)
