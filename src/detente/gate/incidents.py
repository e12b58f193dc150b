"""What incidents bring about: de-escalation mode for whom they strike, and withdrawal of what rests on a wrong blame."""

from typing import Any

from msgspec.structs import replace

from detente.errors import GateError, UnknownError
from detente.gate.entries import Changed
from detente.gate.modes import lowered
from detente.gate.policy import Policy
from detente.gate.request import Attribution, Incident
from detente.gate.state import Finding, Known, Mode, State
from detente.model.charter.vocabulary import Recovery

__all__ = ["attribute", "report"]


def report(
    state: State, incident: Incident, policy: Policy, now: int, *, actor: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what an incident that systems of `actor` observed brings about.

    An incident counts once per actor, however many of its systems report it.

    Raises
    ------
    GateError
        It happened to what the charter does not have, or at no rung of the ladder.
    """
    where = policy.targets.get(incident.at_system)
    if where is None:
        raise GateError(f"at_system: found {incident.at_system!r}, expected a system or asset of the charter")
    if incident.rung not in policy.rungs:
        raise GateError(f"rung: found {incident.rung!r}, expected one of {', '.join(policy.ladder)}")
    now = max(now, state.now)
    there = state.events.get(incident.id)
    if there is not None and (actor in there.sensed_by or there.system):
        return (), state
    sensed_by = (actor,) if there is None else (*there.sensed_by, actor)
    known = Known(
        now if there is None else there.at,
        incident.author or where.owner,
        where.compartment,
        where.domain,
        policy.rungs[incident.rung],
        _root(state, incident),
        sensed_by=sensed_by,
    )
    state = replace(state, now=now, events=state.events.put(incident.id, known))
    return _sensed(state, policy, actor) if actor in policy.owners else ((), state)


def _root(state: State, incident: Incident) -> str:
    for one in incident.caused_by:
        cause = state.events.get(one)
        if cause is not None:
            return cause.root
    return incident.id


def _sensed(state: State, policy: Policy, actor: str) -> tuple[tuple[Changed, ...], State]:
    """Count what an actor senses; enough of it in a short time trips its mode."""
    terms = policy.owners[actor]
    if terms.trips_at == 0:
        return (), state
    times = (*state.sensed.get(actor, ()), state.now)[-terms.trips_at :]
    state = replace(state, sensed=state.sensed.set(actor, times))
    if len(times) < terms.trips_at or times[-1] - times[0] > terms.within:
        return (), state
    until = state.now + terms.lasts if policy.charter.modes.recovery is Recovery.AUTOMATIC else None
    cause = f"{terms.trips_at} incidents within {terms.within / 1e9:g} s"
    return lower(state, f"actor:{actor}", Mode("de-escalation", state.now, cause, until))


def lower(state: State, scope: str, mode: Mode) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a scope gets at least so restrained."""
    before = state.modes.get(scope)
    changed = lowered(state, scope, mode)
    if changed is None:
        return (), state
    was = "normal" if before is None else before.mode
    told = (Changed("mode", scope, was, mode.mode, mode.cause),) if was != mode.mode else ()
    return told, changed


def attribute(
    state: State, attribution: Attribution, policy: Policy, now: int
) -> tuple[tuple[Changed, ...], State]:
    """Return what a better attribution brings about: holds that rest on a blame it contradicts are withdrawn.

    Raises
    ------
    UnknownError
        The incident was not reported, or so long ago that it is forgotten.
    """
    known = state.events.get(attribution.incident)
    if known is None:
        raise UnknownError(
            f"incident: found {attribution.incident!r}, expected an incident that was reported lately"
        )
    now = max(now, state.now)
    finding = Finding(attribution.author, attribution.confidence, now)
    changes: dict[str, Any] = {"now": now, "findings": state.findings.put(known.root, finding)}
    holds, told, closed = state.holds, [], state.closed
    for hold in state.holds.values():
        if known.root not in hold.roots or not policy.owners[hold.owner].uses_verdicts:
            continue
        premise = hold.action.premise
        if premise is not None and premise.blames is not None and premise.blames != attribution.author:
            found = attribution.author or "an accident"
            cause = f"a better attribution has found {found}, and it blames {premise.blames}"
            holds = holds.delete(hold.id)
            closed = closed.put(hold.id, replace(hold, status="cancelled", closed=now, cause=cause))
            told.append(Changed("hold", hold.id, hold.status, "cancelled", cause))
    return tuple(told), replace(state, holds=holds, closed=closed, **changes)
