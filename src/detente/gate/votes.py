"""Votes: who may vote on a hold, what a vote must say, and what the votes come to.

People vote in parallel and in any order. As many different people as the quorum must approve; one vote against ends it, because a
person who has looked and says no knows something that the others do not, and the system may ask anew. Nobody votes twice or takes a
vote back. Who may vote are the people of the hold's group and, from `escalates` on, of the group it escalates to; never the
system that asks, nor any other, nor the people who run it.
"""

from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError
from detente.gate.entries import Changed
from detente.gate.holds import closed, found
from detente.gate.judging import verdict
from detente.gate.policy import Policy
from detente.gate.request import Vote
from detente.gate.state import Ballot, Hold, State

__all__ = ["cast", "voters"]


def voters(hold: Hold, policy: Policy, now: int) -> frozenset[str]:
    """Return the people who may vote on a hold by now."""
    group = policy.groups.get(hold.group)
    people = set() if group is None else set(group.people)
    if group is not None and group.escalates_to is not None and now >= hold.escalates:
        people |= set(policy.groups[group.escalates_to].people)
    return frozenset(people - set(hold.excluded) - policy.systems.keys())


def cast(
    state: State, hold: str, vote: Vote, policy: Policy, now: int, *, by: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes by a vote; nothing where exactly this vote was cast before.

    Raises
    ------
    UnknownError
        There is no such hold.
    RefusedError
        By somebody who may not vote on it.
    ConflictError
        It is over, or of another policy, or is not what was shown to the voter; or they have voted otherwise.
    """
    there = found(state, hold)
    _check_voter(there, policy, now, by=by)
    for ballot in there.ballots:
        if ballot.person == by:
            if (ballot.approve, ballot.reason) == (vote.approve, vote.reason) and vote.digest == there.digest:
                return (), state
            _check_open(there, policy)
            raise ConflictError(f"hold {hold}: {by} has voted, and a vote is not changed")
    _check_votable(there, vote, policy)
    ballots = (*there.ballots, Ballot(by, vote.approve, vote.reason, now))
    return _counted(state, replace(there, ballots=ballots), now)


def _check_voter(hold: Hold, policy: Policy, now: int, *, by: str) -> None:
    where = f"hold {hold.id}"
    if by in policy.systems:
        raise RefusedError(f"{where}: {by} is a system, and only people approve")
    if by in hold.excluded:
        raise RefusedError(f"{where}: {by} runs {hold.system}, which asks for it, so somebody else decides")
    if by not in voters(hold, policy, now):
        raise RefusedError(f"{where}: {by} is not among the people who decide it by now, {hold.group}")


def _check_votable(hold: Hold, vote: Vote, policy: Policy) -> None:
    _check_open(hold, policy)
    if vote.digest != hold.digest:
        raise ConflictError(f"hold {hold.id}: what was shown is not what is held; look at it again")


def _check_open(hold: Hold, policy: Policy) -> None:
    where = f"hold {hold.id}"
    if hold.policy != policy.digest:
        raise ConflictError(f"{where}: it was opened under another policy; the system has to ask anew")
    if hold.status != "pending":
        raise ConflictError(f"{where}: it is {hold.status}, so there is nothing left to decide")


def _counted(state: State, hold: Hold, now: int) -> tuple[tuple[Changed, ...], State]:
    """Return what the votes come to."""
    last = hold.ballots[-1]
    if not last.approve:
        state = verdict(state, hold, agrees=False)
        return closed(state, hold, "denied", now, f"{last.person}: {last.reason}")
    if len(hold.ballots) < hold.quorum:
        return (), replace(state, holds=state.holds.set(hold.id, hold))
    people = ", ".join(ballot.person for ballot in hold.ballots)
    cause = f"approved by {people}"
    approved = replace(hold, status="approved", closed=now, cause=cause)
    state = verdict(replace(state, holds=state.holds.set(hold.id, approved)), hold, agrees=True)
    return (Changed("hold", hold.id, "pending", "approved", cause),), state
