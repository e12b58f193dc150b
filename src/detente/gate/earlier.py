"""What was asked before: the answer that was given, or where its hold stands."""

from datetime import UTC, datetime
from typing import Any

from detente.gate.case import Case
from detente.gate.commands import Stands
from detente.gate.decision import DENY, HOLD, Decision, Reason
from detente.gate.modes import OVERALL, mode_of
from detente.gate.policy import NS, Policy
from detente.gate.request import Action, action_digest
from detente.gate.rule_names import HUMAN_REVIEW, IDENTITY
from detente.gate.state import Answered, Hold, State

__all__ = ["again", "conflict", "is_conflict", "refused", "taken", "waiting"]


def refused(case: Case, hold: Hold, digest: str) -> Decision:
    """Deny what people denied, or what nobody decided in time."""
    facts: dict[str, Any] = {"hold": hold.id, "status": hold.status}
    if hold.used_by:
        because, otherwise = "its approval has been used: an approval counts once", "a new action"
        facts["used_by"] = hold.used_by
    else:
        because, otherwise = (
            f"its hold is {hold.status}: {hold.cause}",
            "a new action, which people may approve",
        )
    reason = Reason(HUMAN_REVIEW, DENY, facts, because, otherwise)
    return Decision(
        f"e{case.state.decided + 1}", case.action.id, case.system.name, DENY, (reason,), case.mode, case.phase,
        case.policy.digest, case.now, digest, hold=hold.id, nonce=case.chance.nonce,
    )  # fmt: skip


def waiting(case: Case, hold: Hold, before: Answered | None, digest: str) -> Decision:
    """Say that people have not decided yet."""
    evaluation = hold.id if before is None else before.evaluation
    approved = sum(ballot.approve for ballot in hold.ballots)
    facts = {"hold": hold.id, "approved": approved, "quorum": hold.quorum, "deadline": _moment(hold.deadline)}
    reason = Reason(
        HUMAN_REVIEW, HOLD, facts, "people have not decided yet", "their decision, or the deadline"
    )
    return Decision(
        evaluation, case.action.id, case.system.name, HOLD, (reason,), case.mode, case.phase, case.policy.digest,
        case.now, digest, hold=hold.id, repeated=True, nonce=case.chance.nonce,
    )  # fmt: skip


def again(action: Action, system: str, policy: Policy, before: Answered) -> Decision:
    """Give the answer that was given."""
    reason = Reason(
        "repeat", before.effect, {"answered_at": _moment(before.at)}, "it was answered before, and stays so"
    )
    return Decision(
        before.evaluation, action.id, system, before.effect, (reason,), "normal", "", policy.digest, before.at,
        before.digest, hold=before.hold, repeated=True, nonce=before.nonce,
    )  # fmt: skip


def conflict(
    state: State, action: Action, system: str, policy: Policy, now: int, before: Answered | Stands
) -> Decision:
    """Deny another action under an id that is taken: what was answered stands, and there is no new evaluation.

    Whose it was is told the evaluation that stands. Another system learns that the id is taken, and nothing of what was asked.
    """
    is_own = before.system == system
    stands = f", and {before.evaluation} stands" if is_own else ""
    reason = Reason(
        IDENTITY, DENY, {"answered": before.evaluation} if is_own else {"id": action.id},
        f"the id {action.id} was used for something else: this is no new evaluation{stands}",
        "an id of its own for each action, among all systems of the gate",
    )  # fmt: skip
    evaluation, digest = (before.evaluation, before.digest) if is_own else ("", action_digest(system, action))
    return Decision(
        evaluation, action.id, system, DENY, (reason,), mode_of(state.modes, (OVERALL,), now)[1].mode, "", policy.digest,
        now, digest, repeated=True,
    )  # fmt: skip


def is_conflict(decision: Decision) -> bool:
    """Tell whether a decision of `decide` is a `conflict`: neither an answer given before nor a new evaluation."""
    return decision.repeated and decision.reasons[0].rule == IDENTITY


def taken(action: Action) -> Reason:
    """Object to an action under the id of an incident: whatever names it then would name two things."""
    return Reason(
        IDENTITY, DENY, {"incident": action.id}, f"the id {action.id} was used for something else, an incident",
        "an id of its own for each action",
    )  # fmt: skip


def _moment(at: int) -> str:
    """Return a time as people write it, to the second."""
    return datetime.fromtimestamp(at // NS, UTC).isoformat().replace("+00:00", "Z")
