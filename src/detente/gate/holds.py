r"""Holds: actions that wait for people, from the asking to the use of an approval.

pending --votes--> approved --asked again, still right--> used, once
   |  \--a vote against--> denied
   |--deadline--> expired (its safe default: deny, or allow)
   |--withdrawn, a better attribution, a new policy--> cancelled
"""

from typing import Any

from immutables import Map
from msgspec.structs import replace

from detente.gate.compile import nanoseconds
from detente.gate.decision import ALLOW, DENY, HOLD, Decision
from detente.gate.policy import Policy
from detente.gate.request import Action
from detente.gate.state import Hold, State
from detente.model.charter.vocabulary import OnLapse, SystemTerms

__all__ = ["attached", "opened", "used"]


def opened(state: State, action: Action, decision: Decision, policy: Policy, system: SystemTerms) -> Hold:
    """Return a new hold: to whom it goes, until when, and what becomes of it when nobody decides."""
    assert decision.hold is not None  # INVARIANT: only a held action is given a hold
    group = policy.groups[policy.charter.reviewed_by[system.owner]]
    kind = policy.kinds.get(action.action or "")
    terms = policy.owners[system.owner]
    longest = min(nanoseconds(group.deadline_s), terms.timeout)
    rung = kind.rung if kind is not None else str(action.rung)
    may_lapse = (
        kind is not None
        and kind.on_lapse is OnLapse.ALLOW
        and kind.reversible
        and policy.rungs[rung] < policy.critical
        and terms.lapse_allows
    )
    roots = (state.events.get(one) for one in action.in_response_to)
    return Hold(
        id=decision.hold,
        action=action,
        system=system.name,
        owner=system.owner,
        kind=action.action or f"{action.domain}/{action.rung}",
        rung=policy.rungs[rung],
        digest=decision.digest,
        policy=policy.digest,
        why=tuple(reason.rule for reason in decision.reasons if reason.effect == HOLD),
        group=group.name,
        quorum=(None if kind is None else kind.quorum) or group.quorum,
        excluded=() if group.may_operate else system.operators,
        opened=decision.at,
        escalates=decision.at + longest // 2,
        deadline=decision.at + longest,
        lapse=ALLOW if may_lapse else DENY,
        nonce=decision.nonce,
        roots=tuple(sorted({known.root for known in roots if known is not None})),
    )


def attached(hold: Hold, action: str) -> Hold:
    """Return the hold with one more id under which the same was asked."""
    if action == hold.action.id or action in hold.also:
        return hold
    return replace(hold, also=(*hold.also, action))


def used(state: State, hold: str, decision: Decision) -> dict[str, Any]:
    """Return the changes when an approval is used: it counts once."""
    there = state.holds.get(hold) or state.closed.get(hold)
    if there is None:
        return {}
    closed = replace(there, used_by=decision.evaluation)
    holds: Map[str, Hold] = state.holds
    if hold in holds:
        holds = holds.delete(hold)
    return {"holds": holds, "closed": state.closed.put(hold, closed)}
