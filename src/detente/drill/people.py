"""Simulated people: when they have looked at a held action, and what they say. The lab's own law of review, in its own order.

Reviewers are few and come to things in the order in which they were held; where an actor has none, its command stands in.
"""

import math
from dataclasses import dataclass

from detente.drill.chance import Key
from detente.drill.crisis import Crisis, Proposal
from detente.engine._armed import verdict_time
from detente.engine._chance import APPROVE, REVIEW, SERVICE, VOTE
from detente.engine._guards import commanded, contradiction, reviewed
from detente.engine.tables import PASSES, SHARED_ATTRIBUTION, TIMED_OUT

__all__ = ["Verdict", "asks_command", "contradicted_at", "looks_at", "verdict_at"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people make of an action, `after` seconds."""

    says: str
    """yes, no, late (nobody decides in time), withdrawn (a better attribution contradicts it first)"""
    after: float


def looks_at(crisis: Crisis, proposal: Proposal, contradicted_at: float) -> Verdict:
    """Let the reviewers of its owner look at an action from now on, or the command that stands in for them."""
    work, tables = crisis.work, crisis.world.tables
    if not crisis.world.guards[proposal.owner].reviewers:
        return _commands(crisis, proposal, contradicted_at, VOTE, SERVICE)
    late = int(work.tally[TIMED_OUT])
    answer, after = reviewed(
        tables, work, proposal.owner, proposal.key, proposal.right, contradicted_at, crisis.now
    )
    if int(work.tally[TIMED_OUT]) > late:
        return Verdict("late", float(after))
    return Verdict(_says(answer), float(after))


def asks_command(crisis: Crisis, proposal: Proposal, contradicted_at: float) -> Verdict:
    """Let the owner's command order an action, or not."""
    return _commands(crisis, proposal, contradicted_at, APPROVE, REVIEW)


def _commands(
    crisis: Crisis, proposal: Proposal, contradicted_at: float, asks: Key, takes_time: Key
) -> Verdict:
    answer, after = commanded(
        crisis.world.tables, crisis.work, proposal.owner, proposal.key, proposal.right, asks, takes_time,
        crisis.now, contradicted_at,
    )  # fmt: skip
    return Verdict(_says(answer), float(after))


def _says(answer: int) -> str:
    if answer == PASSES:
        return "yes"
    return "withdrawn" if answer == SHARED_ATTRIBUTION else "no"


def verdict_at(crisis: Crisis, proposal: Proposal) -> float:
    """Return when a shared attribution of the root arrives, for an owner who goes by it; infinite for others."""
    world, answers = crisis.world, proposal.answers
    guard = world.tables.guards[proposal.owner]
    if not guard["uses_verdicts"] or proposal.blamed < 0:
        return math.inf
    return float(verdict_time(world.tables, guard, answers.root, answers.root_key))


def contradicted_at(crisis: Crisis, proposal: Proposal) -> float:
    """Return when an attribution arrives that contradicts the blame an action rests on; infinite where none does."""
    if not crisis.world.guards[proposal.owner].uses_verdicts:
        return math.inf
    answers = proposal.answers
    return float(
        contradiction(
            crisis.world.tables, crisis.work, proposal.rule, answers.key, answers.author, answers.points_to,
            proposal.blamed, proposal.time, answers.root, answers.root_key,
        )
    )  # fmt: skip
