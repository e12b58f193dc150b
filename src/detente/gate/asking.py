"""Whom a system asks where people must approve a kind of action, how many of them, and until when."""

from msgspec import Struct

from detente.gate.policy import Policy, nanoseconds
from detente.model.charter.vocabulary import ActionKind, GroupTerms, OnLapse, SystemTerms

__all__ = ["Asking", "asking_of"]


class Asking(Struct, frozen=True, kw_only=True):
    """The same for every action of that kind by that system."""

    group: str
    quorum: int
    able: int
    """How many people could approve it."""
    open_holds: int
    """At most so many at once."""
    excluded: tuple[str, ...]
    """People who run the system."""
    within: int
    """Nanoseconds in which they decide."""
    at_leisure: int
    """The same where only the phased rollout asks: that goes to the owner's ordinary command, which no safeguard puts under a time limit."""
    escalates: bool
    """From half of that on, the next group may decide, too."""
    may_lapse: bool
    """Whether it may go ahead when nobody decided in time, if its proposer does not say that it cannot be undone."""


def asking_of(policy: Policy, system: SystemTerms, kind: ActionKind) -> Asking | None:
    """Return whom a system asks; None where the charter names nobody who reviews for its owner."""
    group = policy.groups.get(policy.charter.reviewed_by.get(system.owner, ""))
    if group is None:
        return None
    terms = policy.owners[system.owner]
    longest = nanoseconds(group.deadline_s)
    return Asking(
        group=group.name,
        quorum=kind.quorum or group.quorum,
        able=len(_could_approve(policy, group, system)),
        open_holds=group.open_holds,
        excluded=() if group.may_operate else system.operators,
        within=min(longest, terms.timeout),
        at_leisure=longest,
        escalates=group.escalates_to is not None,
        may_lapse=(
            kind.on_lapse is OnLapse.ALLOW
            and kind.reversible
            and policy.rungs[kind.rung] < policy.critical
            and terms.lapse_allows
        ),
    )


def _could_approve(policy: Policy, group: GroupTerms, system: SystemTerms) -> set[str]:
    """Return the people who may vote in the end: of the group and of the one it escalates to, but never those who ask."""
    people = set(group.people)
    if group.escalates_to is not None:
        people |= set(policy.groups[group.escalates_to].people)
    people -= policy.systems.keys()
    return people if group.may_operate else people - set(system.operators)
