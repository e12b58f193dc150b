"""What is remembered once a decision is made: the fold of a decision's entry.

It takes the decision as it was recorded and judges nothing anew, so a ledger is replayed to the same state also by a later
version that would decide otherwise.
"""

from typing import Any

from immutables import Map
from msgspec.structs import replace

from detente.gate.criticality import tripped
from detente.gate.decision import ALLOW, HOLD, Decision
from detente.gate.due import next_due
from detente.gate.holds import attached, due_of, opened, used
from detente.gate.meter import Event, observe
from detente.gate.modes import sooner
from detente.gate.phases import record_of
from detente.gate.policy import Policy
from detente.gate.recent import Recent
from detente.gate.request import Action
from detente.gate.state import Answered, Hold, Known, Record, State, phase_key
from detente.model.charter.vocabulary import ActionKind, SystemTerms

__all__ = ["after", "kind_of", "remembered"]


def after(state: State, action: Action, decision: Decision, policy: Policy) -> State:
    """Return what is remembered after `decision` on `action`; a repeated answer changes nothing."""
    if decision.repeated:
        return state
    return remembered(state, action, decision, policy, state.answered.get(action.id))


def remembered(
    state: State, action: Action, decision: Decision, policy: Policy, before: Answered | None
) -> State:
    """Return the same of a new answer, where it is known what was answered `before`."""
    answered = Answered(
        decision.digest, decision.system, decision.effect, decision.evaluation, decision.at, decision.nonce,
        decision.hold, decision.retry_at, decision.clock is not None or (before is not None and before.is_paid),
        "", _kind_name(action, policy),
    )  # fmt: skip
    changes: dict[str, Any] = {
        "now": decision.at,
        "decided": state.decided + 1,
        "answered": state.answered.put(action.id, answered),
    }
    system = policy.systems.get(decision.system)
    if system is None:
        return replace(state, **changes)
    if decision.clock is not None:
        changes["clocks"] = state.clocks.set(system.owner, decision.clock)
    event: Event | None = None
    if decision.effect == ALLOW:
        changes["events"] = _caused(state, action, decision, policy, system)
        target = policy.targets[action.target]
        event = Event(action.id, decision.at, system.owner, target.compartment, action.in_response_to)
        changes["meter"] = observe(state.meter, event, policy.meter)
        if before is not None and before.hold is not None:
            changes |= used(state, before.hold, decision)
    elif decision.effect == HOLD and decision.hold is not None:
        changes["holds"] = _held(state, action, decision, policy, system)
        hold = changes["holds"][decision.hold]
        changes["due"] = sooner(state.due, due_of(hold))
    if decision.phase in _WATCHED and before is None:
        changes["phases"] = _proposed(state, action, decision, policy, system)
    after_ = replace(state, **changes)
    if event is not None:
        after_ = tripped(after_, policy, event)[1]
    # An approval that was used is not waited for any longer.
    return replace(after_, due=next_due(after_)) if "closed" in changes else after_


_WATCHED = frozenset({"shadow", "advisory", "supervised"})


def kind_of(action: Action, policy: Policy) -> ActionKind | None:
    """Return what kind of action it is; None where it is none."""
    if action.action is not None:
        return policy.kinds.get(action.action)
    if action.domain is None or action.rung not in policy.rungs:
        return None
    # What the catalogue does not know is taken at its worst: not to be undone, resting on blame, stopped by a halt.
    return ActionKind(
        name=f"{action.domain}/{action.rung}", rung=action.rung, domain=action.domain, other_arguments=True
    )


def _kind_name(action: Action, policy: Policy) -> str:
    name = action.action
    if name is not None:
        return name if name in policy.kinds else ""
    return (
        f"{action.domain}/{action.rung}" if action.domain is not None and action.rung in policy.rungs else ""
    )


def _caused(
    state: State, action: Action, decision: Decision, policy: Policy, system: SystemTerms
) -> Recent[Known]:
    """An action that goes ahead is an incident to come: whoever answers it names it."""
    target, kind = policy.targets[action.target], kind_of(action, policy)
    assert kind is not None  # INVARIANT: what is not a kind of action is never allowed
    known = Known(
        decision.at, system.owner, target.compartment, target.domain, policy.rungs[kind.rung], action.id,
        system.name, kind.name,
    )  # fmt: skip
    return state.events.put(action.id, known)


def _held(
    state: State, action: Action, decision: Decision, policy: Policy, system: SystemTerms
) -> Map[str, Hold]:
    assert decision.hold is not None  # INVARIANT: the caller has looked
    there = state.holds.get(decision.hold)
    hold = opened(state, action, decision, policy, system) if there is None else attached(there, action.id)
    return state.holds.set(hold.id, hold)


def _proposed(
    state: State, action: Action, decision: Decision, policy: Policy, system: SystemTerms
) -> Map[str, Record]:
    """Count what a system proposes in a phase in which it must show what it can: each action once."""
    kind = action.action or f"{action.domain}/{action.rung}"
    key = phase_key(system.name, kind)
    record = record_of(state, policy, system.name, kind, decision.at)
    diverged = record.diverged + (decision.would == ALLOW)
    return state.phases.set(key, replace(record, proposed=record.proposed + 1, diverged=diverged))
