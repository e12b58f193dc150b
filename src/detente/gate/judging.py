"""What people make of proposals: the evidence on which a system is let do more.

A proposal counts once, however many people speak: it is agreed with where all of them agree. People judge what was not theirs to
decide (what a system proposed in shadow or as advice, or did by itself); what they decided in a hold counts by how they
decided it. Only what was proposed in the present phase counts, and nobody judges what their own system proposes.
"""

from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.phases import record_of
from detente.gate.policy import Policy
from detente.gate.request import Judgement
from detente.gate.state import Answered, Hold, State, phase_key

__all__ = ["judge", "reviewers", "verdict"]


def reviewers(policy: Policy, system: str) -> frozenset[str]:
    """Return the people who may judge what a system proposes: those who could approve it in the end."""
    terms = policy.systems.get(system)
    group = None if terms is None else policy.groups.get(policy.charter.reviewed_by.get(terms.owner, ""))
    if terms is None or group is None:
        return frozenset()
    people = set(group.people)
    if group.escalates_to is not None:
        people |= set(policy.groups[group.escalates_to].people)
    return frozenset(people - policy.systems.keys() - (set() if group.may_operate else set(terms.operators)))


def judge(state: State, judgement: Judgement, policy: Policy, *, by: str) -> State:
    """Return the state with a judgement; the same state where exactly that was said before.

    Raises
    ------
    UnknownError
        No such action was answered lately.
    RefusedError
        By somebody who may not judge it.
    ConflictError
        People decide it in a hold, or it was proposed before the present phase; or they have judged otherwise.
    """
    before = _answered(state, judgement, policy, by=by)
    if by in before.judges:
        # `agreed` says what each of them said where all agreed, or only one has spoken.
        if before.agreed != judgement.agrees and (before.agreed or len(before.judges) == 1):
            raise ConflictError(
                f"action {judgement.action}: {by} has judged it, and a judgement is not changed"
            )
        return state
    record = record_of(state, policy, before.system, before.kind, before.at)
    if before.at < record.since:
        raise ConflictError(
            f"action {judgement.action}: it was proposed before the phase {record.phase} began"
        )
    is_first = not before.judges
    agreed = judgement.agrees and (is_first or before.agreed)
    record = replace(
        record,
        judged=record.judged + is_first,
        agreed=record.agreed + agreed - (not is_first and before.agreed),
    )
    after = replace(before, judges=(*before.judges, by), agreed=agreed)
    return replace(
        state,
        answered=state.answered.put(judgement.action, after, state.now),
        phases=state.phases.set(phase_key(before.system, before.kind), record),
    )


def _answered(state: State, judgement: Judgement, policy: Policy, *, by: str) -> Answered:
    where = f"action {judgement.action}"
    before = state.answered.get(judgement.action)
    if before is None or not before.kind:
        raise UnknownError(f"{where}: expected an action of the catalogue that was answered lately")
    if by not in reviewers(policy, before.system):
        raise RefusedError(f"{where}: {by} is not among the people who judge what {before.system} proposes")
    if before.hold is not None:
        hold = state.holds.get(before.hold) or state.closed.get(before.hold)
        if hold is None or hold.ballots or hold.status in {"pending", "approved", "denied"}:
            raise ConflictError(f"{where}: people decide it by their votes on hold {before.hold}")
    return before


def verdict(state: State, hold: Hold, *, agrees: bool) -> State:
    """Return the state in which what people decided in a hold counts as their judgement."""
    key = phase_key(hold.system, hold.kind)
    record = state.phases.get(key)
    if record is None or hold.opened < record.since:
        return state
    record = replace(record, judged=record.judged + 1, agreed=record.agreed + agrees)
    return replace(state, phases=state.phases.set(key, record))
