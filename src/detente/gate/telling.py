"""A decision in words: what was answered, everything that spoke against it, and what would have changed it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from detente.gate.decision import ALLOW, RANK, Decision, Reason
from detente.gate.earlier import is_conflict

__all__ = ["instant", "shown", "told"]


def told(decision: Decision, *, everything: bool = False, brief: bool = False) -> Iterator[str]:
    """Yield the lines of a decision, the strictest objections first; nothing in them obeys or deceives a terminal.

    Parameters
    ----------
    everything
        Also the rules that had nothing against it, with the facts they looked at.
    brief
        Only the answer and what speaks against it.
    """
    for line in _brief(decision) if brief else _lines(decision, everything=everything):
        yield "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
            for letter in line
        )


def _lines(decision: Decision, *, everything: bool) -> Iterator[str]:
    yield f"{decision.effect.upper()}  {decision.action}, proposed by {decision.system}"
    if decision.would is not None:
        yield f"  would have been: {decision.would}"
    if is_conflict(decision):
        yield f"  the answer that was given under this id stands{decision.evaluation and ': '}{decision.evaluation}"
    elif decision.repeated:
        yield "  asked before: the answer stands"
    if decision.hold is not None:
        yield f"  hold: {decision.hold}"
    if decision.retry_at is not None:
        yield f"  ask again: in {(decision.retry_at - decision.at) / 1e9:.3g} s"
    against = [reason for reason in decision.reasons if reason.effect != ALLOW]
    for reason in sorted(against, key=lambda one: -RANK[one.effect]):
        yield from _objection(reason)
    spoke_for = [reason for reason in decision.reasons if reason.effect == ALLOW]
    for reason in spoke_for:
        if everything or reason.because:
            yield f"  {'allow':<8}  {reason.rule}: {reason.because or _facts(reason.facts)}"
    if spoke_for and not everything:
        quiet = [reason.rule for reason in spoke_for if not reason.because]
        if quiet:
            yield f"  {'passed':<8}  {', '.join(dict.fromkeys(quiet))}"
    yield f"  mode {decision.mode}, phase {decision.phase or 'unknown'}, {instant(decision.at)}"
    yield f"  evaluation {decision.evaluation}, policy {decision.policy[:12]}, action {decision.digest[:12]}"
    if decision.obligations:
        yield f"  owed: {', '.join(decision.obligations)}"


def _brief(decision: Decision) -> Iterator[str]:
    yield f"{decision.effect.upper()}  {decision.action}"
    for reason in decision.reasons:
        if reason.effect != ALLOW:
            yield f"  {reason.effect:<8}  {reason.rule}: {reason.because}"


def _objection(reason: Reason) -> Iterator[str]:
    yield f"  {reason.effect:<8}  {reason.rule}: {reason.because}"
    if reason.facts:
        yield f"            facts: {_facts(reason.facts)}"
    if reason.otherwise:
        yield f"            otherwise: {reason.otherwise}"


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in facts.items())


def shown(value: Any) -> str:
    """Return a fact as a person reads it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    return str(value)


def instant(nanoseconds: int) -> str:
    """Return a time as people write it, in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}Z"
