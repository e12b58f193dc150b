r"""Holds: actions that wait for people, from the asking to the use of an approval.

pending --votes--> approved --asked again, still right--> used, once
   |  \                \--not used in time--> expired (nothing goes ahead)
   |   \--a vote against--> denied
   |--deadline--> expired (its safe default: deny, or allow)
   |--withdrawn, a better attribution, a new policy--> cancelled

A hold lasts until its deadline; an approval, or a lapse that allows, must be used within as long again: by `use_by`, twice
the hold's time after it was opened. What people saw then is too old to act upon later.
"""

from typing import Any

from immutables import Map
from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.decision import ALLOW, DENY, HOLD, Decision
from detente.gate.entries import Changed
from detente.gate.looked import Looked
from detente.gate.policy import Policy
from detente.gate.request import Action
from detente.gate.rule_names import PHASED_ROLLOUT
from detente.gate.state import Hold, State, Status

__all__ = [
    "attached", "cancel", "closed", "due_of", "found", "is_approval", "lapsed", "opened", "use_by", "used",
]  # fmt: skip

_ALSO = 16
"""So many other ids a hold remembers; more may share it."""


def opened(state: State, action: Action, decision: Decision, policy: Policy, looked: Looked) -> Hold:
    """Return a new hold: to whom it goes, until when, and what becomes of it when nobody decides."""
    asking, at = looked.asking, decision.at
    assert asking is not None and decision.hold is not None  # noqa: PT018 -- INVARIANT: only where people can be asked is anything held
    why = tuple([reason.rule for reason in decision.reasons if reason.effect == HOLD])
    longest = asking.at_leisure if why == (PHASED_ROLLOUT,) else asking.within
    return Hold(
        decision.hold, action, decision.system, looked.system.owner, looked.kind.name, looked.rung, decision.digest, policy.digest,
        why, asking.group, asking.quorum, asking.excluded,
        opened=at,
        escalates=at + (longest // 2 if asking.escalates else longest),
        deadline=at + longest,
        lapse=ALLOW if asking.may_lapse and action.reversible is not False else DENY,
        nonce=decision.nonce,
        roots=_roots(state, action.in_response_to) if action.in_response_to else (),
    )  # fmt: skip


def _roots(state: State, answers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the root incidents of what an action answers, where they are known."""
    return tuple(sorted({known.root for known in map(state.events.get, answers) if known is not None}))


def attached(hold: Hold, action: str) -> Hold:
    """Return the hold with one more id under which the same was asked."""
    if action == hold.action.id or action in hold.also or len(hold.also) >= _ALSO:
        return hold
    return replace(hold, also=(*hold.also, action))


def use_by(hold: Hold) -> int:
    """Return from when on an approval is too old to be used."""
    return 2 * hold.deadline - hold.opened


def is_approval(hold: Hold, policy: Policy, now: int) -> bool:
    """Whether a hold lets its action through: approved or lapsed to allow, not used yet, in time, under this very policy."""
    return _is_open(hold) and not hold.used_by and hold.policy == policy.digest and now < use_by(hold)


def _is_open(hold: Hold) -> bool:
    return hold.status == "approved" or (hold.status == "expired" and hold.lapse == ALLOW)


def used(state: State, hold: str, decision: Decision) -> dict[str, Any]:
    """Return the changes when an approval is used: it counts once. An answer that needed no approval uses none."""
    there = state.holds.get(hold)
    if there is None or not _is_open(there) or there.policy != decision.policy:
        return {}
    closed_ = replace(there, used_by=decision.evaluation)
    return {"holds": state.holds.delete(hold), "closed": state.closed.put(hold, closed_, decision.at)}


def found(state: State, hold: str) -> Hold:
    """Return a hold, open or closed.

    Raises
    ------
    UnknownError
        There is none of that id, or it was closed so long ago that it is forgotten.
    """
    there = state.holds.get(hold) or state.closed.get(hold)
    if there is None:
        raise UnknownError(f"hold: found {hold!r}, expected one that is open or was closed lately")
    return there


def closed(
    state: State, hold: Hold, status: Status, now: int, cause: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a hold ends without anything going ahead."""
    told = (Changed("hold", hold.id, hold.status, status, cause),)
    ended = replace(hold, status=status, lapse=DENY, closed=now, cause=cause)
    holds: Map[str, Hold] = state.holds.delete(hold.id)
    return told, replace(state, holds=holds, closed=state.closed.put(hold.id, ended, now))


def cancel(
    state: State, hold: str, policy: Policy, now: int, *, by: str, reason: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when the system that asked, or a person, takes a hold back; nothing where it was cancelled before.

    Raises
    ------
    UnknownError
        There is no such hold.
    RefusedError
        By a system that did not ask for it.
    ConflictError
        It is over: decided against, lapsed, or used.
    """
    there = found(state, hold)
    if by in policy.systems and by != there.system:
        raise RefusedError(f"hold {hold}: {by} did not ask for it; {there.system} did, and may take it back")
    if there.status == "cancelled":
        return (), state
    if hold not in state.holds:
        how = "its approval has been used" if there.used_by else f"it is {there.status}"
        raise ConflictError(f"hold {hold}: {how}, so there is nothing left to cancel")
    return closed(state, there, "cancelled", now, f"{by}: {reason}")


def due_of(hold: Hold) -> int:
    """Return when an open hold next changes by itself."""
    if hold.status != "pending":
        return use_by(hold)
    return hold.deadline if hold.escalated else min(hold.escalates, hold.deadline)


def lapsed(state: State, hold: str, policy: Policy, now: int) -> tuple[tuple[Changed, ...], State]:
    """Return what changes as time passes over an open hold: the next group is told, it expires, its approval expires."""
    there = state.holds[hold]
    if there.status != "pending":
        return closed(state, there, "expired", now, "its approval was not used in time")
    if now < there.deadline:
        return _escalated(state, there, policy)
    if there.lapse != ALLOW:
        return closed(state, there, "expired", now, "nobody decided in time")
    cause = "nobody decided in time, and its safe default is to go ahead"
    told = (Changed("hold", hold, there.status, "expired", cause),)
    open_ = replace(there, status="expired", closed=now, cause=cause)
    state = replace(state, holds=state.holds.set(hold, open_))
    if now < use_by(open_):
        return told, state
    more, state = closed(state, open_, "expired", now, "its approval was not used in time")
    return told + more, state


def _escalated(state: State, hold: Hold, policy: Policy) -> tuple[tuple[Changed, ...], State]:
    group = policy.groups.get(hold.group)
    further = None if group is None else group.escalates_to
    state = replace(state, holds=state.holds.set(hold.id, replace(hold, escalated=True)))
    if further is None:
        return (), state
    return (Changed("hold", hold.id, "pending", "escalated", f"{further} may decide, too"),), state
