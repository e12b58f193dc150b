"""What is remembered once a decision is made: the fold of a decision's entry.

It takes the decision as it was recorded and judges nothing anew, so a ledger is replayed to the same state also by a later
version that would decide otherwise.
"""

from typing import Any

from immutables import Map
from msgspec.structs import replace

from detente.gate.criticality import tripped
from detente.gate.decision import ALLOW, HOLD, Decision, Reason
from detente.gate.due import next_due
from detente.gate.holds import attached, due_of, opened, used
from detente.gate.looked import Looked, look_up
from detente.gate.meter import Event, observe
from detente.gate.modes import sooner
from detente.gate.policy import Policy
from detente.gate.request import Action
from detente.gate.state import Answered, Known, Record, State

__all__ = ["after", "remembered"]


def after(state: State, action: Action, decision: Decision, policy: Policy) -> State:
    """Return what is remembered after `decision` on `action`; a repeated answer changes nothing."""
    if decision.repeated:
        return state
    looked = look_up(policy, decision.system, action)
    return remembered(state, action, decision, policy, state.answered.get(action.id), looked)


def remembered(
    state: State, action: Action, decision: Decision, policy: Policy, before: Answered | None,
    looked: Looked | tuple[Reason, ...],
) -> State:  # fmt: skip
    """Return the same of a new answer, where it is known what was answered `before`, and what stands for its combination."""
    at, effect = decision.at, decision.effect
    answered = Answered(
        decision.digest, decision.system, effect, decision.evaluation, at, decision.nonce,
        decision.hold, decision.retry_at, decision.clock is not None or (before is not None and before.is_paid),
        "", looked.kind.name if isinstance(looked, Looked) else _kind_name(action, policy),
    )  # fmt: skip
    changes: dict[str, Any] = {
        "now": at,
        "decided": state.decided + 1,
        "answered": state.answered.put(action.id, answered, at),
    }
    if not isinstance(looked, Looked):  # then nothing goes ahead and nobody is asked
        return replace(state, **changes)
    if decision.clock is not None:
        changes["clocks"] = state.clocks.set(looked.system.owner, decision.clock)
    event: Event | None = None
    if effect == ALLOW:
        changes["events"] = state.events.put(action.id, _caused(action, at, looked), at)
        event = Event(action.id, at, looked.system.owner, looked.target.compartment, action.in_response_to)
        changes["meter"] = observe(state.meter, event, policy.meter)
        if before is not None and before.hold is not None:
            changes |= used(state, before.hold, decision)
    elif effect == HOLD and decision.hold is not None:
        there = state.holds.get(decision.hold)
        hold = (
            opened(state, action, decision, policy, looked) if there is None else attached(there, action.id)
        )
        changes["holds"] = state.holds.set(hold.id, hold)
        changes["due"] = sooner(state.due, due_of(hold))
    if before is None and decision.phase in _WATCHED:
        changes["phases"] = _proposed(state, decision, looked)
    after_ = replace(state, **changes)
    if event is not None:
        after_ = tripped(after_, policy, event)[1]
    # An approval that was used is not waited for any longer.
    return replace(after_, due=next_due(after_)) if "closed" in changes else after_


_WATCHED = frozenset({"shadow", "advisory", "supervised"})


def _kind_name(action: Action, policy: Policy) -> str:
    name = action.action
    if name is not None:
        return name if name in policy.kinds else ""
    return (
        f"{action.domain}/{action.rung}" if action.domain is not None and action.rung in policy.rungs else ""
    )


def _caused(action: Action, at: int, looked: Looked) -> Known:
    """An action that goes ahead is an incident to come: whoever answers it names it."""
    target, system = looked.target, looked.system
    return Known(
        at, system.owner, target.compartment, target.domain, looked.rung, action.id, system.name, looked.kind.name
    )  # fmt: skip


def _proposed(state: State, decision: Decision, looked: Looked) -> Map[str, Record]:
    """Count what a system proposes in a phase in which it must show what it can: each action once."""
    start = looked.first_phase
    record = state.phases.get(looked.phase_key) or Record(start, decision.at, start=start)
    diverged = record.diverged + (decision.would == ALLOW)
    return state.phases.set(
        looked.phase_key, replace(record, proposed=record.proposed + 1, diverged=diverged)
    )
