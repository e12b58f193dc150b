"""Finds conditions that say less than they seem to: always so, never so, or without an answer too often.

None of this refuses a policy. A threshold that can never be reached once switched off an automation for
days without anyone seeing it; a linter that shows it before it is switched on costs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from detente.gate.conditions.cases import Case, cases, is_settled, settled
from detente.gate.conditions.domains import contradiction
from detente.gate.conditions.guards import NONE, Guards, key_of, sure
from detente.gate.conditions.loader import Conditions, place
from detente.gate.conditions.printer import printed
from detente.gate.conditions.tree import Both, Choose, Constant, Member, Node, parts_of
from detente.gate.conditions.types import BOOL, DYN, Schema

__all__ = ["Finding", "Verdict", "lint"]


class Verdict(Enum):
    """What is the matter; the value says it to people."""

    ALWAYS = "is always true"
    NEVER = "is never true"
    ERROR = "is always an error"
    MAY_FAIL = "may be absent; the condition then fails, and a failed condition holds or denies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of a condition that is worth another look."""

    name: str
    """of the condition"""
    verdict: Verdict
    part: str
    """as written by the printer"""
    where: str
    """as `at column 5`"""
    why: str
    """empty where the verdict says it all"""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        return f"{self.name}: {self.part} {self.where} {self.verdict.value}{why}"


def lint(conditions: Conditions) -> tuple[Finding, ...]:
    """Findings in the order of the conditions; of a part that is settled only its whole is told."""
    return tuple(
        Finding(
            name=name,
            verdict=verdict,
            part=printed(node),
            where=place(conditions.stated[name], node.at),
            why=why,
        )
        for name, tree in conditions.trees.items()
        for node, verdict, why in (
            *_constant(tree),
            *_settled(tree, conditions.schema),
            *_unguarded(tree, NONE),
        )
    )


def _constant(node: Node) -> Iterator[tuple[Node, Verdict, str]]:
    """A whole condition that is `true` or `false`; as a part of another it is a way of writing."""
    if isinstance(node, Constant):
        yield node, Verdict.ALWAYS if node.value else Verdict.NEVER, ""


def _settled(node: Node, schema: Schema) -> Iterator[tuple[Node, Verdict, str]]:
    found = _verdict(node, schema) if node.type == BOOL and not isinstance(node, Constant) else None
    if found is not None:
        yield node, *found
        return
    for part in parts_of(node):
        yield from _settled(part, schema)


def _verdict(node: Node, schema: Schema) -> tuple[Verdict, str] | None:
    if is_settled(node):
        outcome = settled(node)
        if isinstance(outcome, str):
            return Verdict.ERROR, outcome
        return (Verdict.ALWAYS if outcome else Verdict.NEVER), ""
    for come_out, verdict in ((True, Verdict.NEVER), (False, Verdict.ALWAYS)):
        why = _impossible(cases(node, come_out=come_out), schema)
        if why is not None:
            return verdict, why if verdict is Verdict.NEVER else why.replace(
                "cannot be so", "cannot be otherwise"
            )
    return None


def _impossible(found: list[Case] | None, schema: Schema) -> str | None:
    """Why none of the cases can be, if none can."""
    if found is None:
        return None
    reasons: dict[str, None] = {}
    for case in found:
        why = contradiction(case, schema)
        if why is None:
            return None
        reasons[why] = None
    return "; ".join(reasons)


def _unguarded(node: Node, guards: Guards) -> Iterator[tuple[Node, Verdict, str]]:
    """Members of what is free-form that no `has()` has made sure of."""
    match node:
        case Both(is_and=is_and, parts=parts):
            for part in parts:
                yield from _unguarded(part, guards)
                guards |= sure(part, when=is_and)
            return
        case Choose(condition=condition, yes=yes, no=no):
            yield from _unguarded(condition, guards)
            yield from _unguarded(yes, guards | sure(condition, when=True))
            yield from _unguarded(no, guards | sure(condition, when=False))
            return
        case Member(of=of) if of.type == DYN or of.type.kind == "map":
            if key_of(node) not in guards:
                yield node, Verdict.MAY_FAIL, ""
                return
        case _:
            pass
    for part in parts_of(node):
        yield from _unguarded(part, guards)
