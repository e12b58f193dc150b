"""Outcomes: what became of actions that were allowed. A log of attempts alone says nothing about the world."""

from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.decision import ALLOW
from detente.gate.entries import Changed
from detente.gate.phases import demoted_for_failures, record_of
from detente.gate.policy import Policy
from detente.gate.request import Outcome
from detente.gate.state import Answered, State, phase_key

__all__ = ["report_outcome"]

_MAY_FOLLOW = {
    "": {"done", "failed", "rolled-back"},
    "done": {"failed", "rolled-back"},
    "failed": {"rolled-back"},
    "rolled-back": set[str](),
}
"""What was done may turn out to have failed, and anything may be taken back; nothing comes back from that."""


def report_outcome(
    state: State, outcome: Outcome, policy: Policy, now: int, *, by: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what an outcome brings about; nothing where it was reported before.

    Failures are counted, and too many in a row cost an autonomous system its autonomy. To take an action back is its
    orderly end, so it counts as no failure and ends no row of them.

    Raises
    ------
    UnknownError
        No such action was answered lately.
    RefusedError
        By anybody but the system that proposed it, or the people who run it.
    ConflictError
        The action was not allowed, or its last outcome has no such sequel.
    """
    where = f"action {outcome.action}"
    before = state.answered.get(outcome.action)
    if before is None:
        raise UnknownError(f"{where}: expected an action that was answered lately")
    terms = policy.systems.get(before.system)
    if by != before.system and (terms is None or by not in terms.operators):
        raise RefusedError(f"{where}: {by} did not propose it; {before.system} reports what became of it")
    if before.effect != ALLOW:
        raise ConflictError(f"{where}: it was not allowed ({before.effect}), so it has no outcome")
    if before.outcome == outcome.status:
        return (), state
    if outcome.status not in _MAY_FOLLOW[before.outcome]:
        raise ConflictError(
            f"{where}: it was reported as {before.outcome}, and {outcome.status} cannot follow"
        )
    after = replace(before, outcome=outcome.status)
    state = replace(state, answered=state.answered.put(outcome.action, after, now))
    if terms is None:
        return (), state
    return _counted(state, before, outcome.status, policy, now)


def _counted(
    state: State, before: Answered, status: str, policy: Policy, now: int
) -> tuple[tuple[Changed, ...], State]:
    key = phase_key(before.system, before.kind)
    record = record_of(state, policy, before.system, before.kind, before.at)
    if before.at < record.since or status == "rolled-back" or (status == "done" and not record.failing):
        return (), state
    if status == "failed":
        record = replace(record, failed=record.failed + 1, failing=record.failing + 1)
    else:
        record = replace(record, failing=0)
    state = replace(state, phases=state.phases.set(key, record))
    return demoted_for_failures(state, policy, before.system, before.kind, now)
