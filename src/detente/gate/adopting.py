"""A new policy takes over: what was held under another one is let go, what was earned is kept."""

from typing import Any

from immutables import Map
from msgspec import json
from msgspec.structs import replace

from detente.gate.entries import Changed
from detente.gate.holds import closed
from detente.gate.modes import sooner
from detente.gate.phases import started_lower
from detente.gate.policy import Policy, nanoseconds
from detente.gate.state import Kill, State

__all__ = ["adopt", "plain"]


def adopt(state: State, policy: Policy, now: int) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a gate begins to decide by a policy; nothing where it does already.

    Holds are cancelled, approved ones too: people approved under other rules. Modes stay as they are. Phases stay, unless the
    charter now lets a system start lower than before. What a throttle was charged stays, as far as the new rate could charge it.
    """
    if state.policy == policy.digest:
        return (), state
    told: tuple[Changed, ...] = ()
    for hold in sorted(state.holds.values(), key=lambda hold: hold.id):
        changed, state = closed(state, hold, "cancelled", now, "another policy has taken over")
        told += changed
    changed, state = started_lower(state, policy, now)
    state = replace(
        state, policy=policy.digest, kill=_owed(state.kill, policy, now), clocks=_clocks(state.clocks, policy, now)
    )  # fmt: skip
    return told + changed, state


def _clocks(clocks: Map[str, int], policy: Policy, now: int) -> Map[str, int]:
    """Return when throttles are next idle: nobody waits longer for what a stricter rate charged than the rate in force could let them."""
    terms = {owner: policy.owners[owner] for owner in clocks if owner in policy.owners}
    return Map(
        {
            owner: min(clocks[owner], now + one.tolerance + one.interval)
            for owner, one in terms.items()
            if one.interval > 0
        }
    )


def _owed(kill: Kill, policy: Policy, now: int) -> Kill:
    """Return until when the switch must be tested: by the new charter, but never later than was owed already."""
    if kill.overdue:
        return kill
    since = now if kill.tested is None else kill.tested
    return replace(kill, due=sooner(kill.due, since + nanoseconds(policy.charter.kill.test_every_s)))


def plain(document: Any) -> dict[str, Any]:
    """Return a document as it comes back from a ledger: lists for tuples, nothing but plain data."""
    found: dict[str, Any] = json.decode(json.encode(document))
    return found
