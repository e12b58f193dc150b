"""Phases: how much a system may do by itself with one kind of action, earned slowly and lost at once.

shadow -> advisory -> supervised -> autonomous. Up is a person's step, one phase at a time, never of somebody who runs the
system, and only where the evidence that the charter asks for is there. Down is anybody's at any time, and by itself:

- on a severe incident (from `critical` up) traced to one of its actions: from autonomous to supervised, from supervised to advisory;
  once per incident, and what counts as evidence begins anew;
- after three failures in a row (`FAILURES`): from autonomous to supervised, because three are no accident of one moment. No
  further: that actions fail says nothing against what is proposed, and in supervised people look at each one.

A charter's own `phase` is where a system starts. A charter that states a lower start than before takes what it has earned down to
there; a higher start gives nothing that has not been earned.
"""

from typing import Any

from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.agreement import lower_bound
from detente.gate.always import permits
from detente.gate.entries import Changed
from detente.gate.policy import Policy, nanoseconds
from detente.gate.request import PhaseOrder
from detente.gate.spans import told_span
from detente.gate.state import Record, State, phase_key
from detente.model.charter.vocabulary import PHASES

__all__ = [
    "FAILURES", "demoted_for_failures", "demoted_for_harm", "evidence", "move", "phase_in", "record_of",
    "started_lower",
]  # fmt: skip

FAILURES = 3
"""So many actions in a row that failed cost an autonomous system its autonomy."""

_PLACE = {phase: place for place, phase in enumerate(PHASES)}


def record_of(state: State, policy: Policy, system: str, kind: str, at: int) -> Record:
    """Return what a system has shown with a kind of action; a new record from `at` on where it has shown nothing yet."""
    start = policy.systems[system].phase.value
    return state.phases.get(phase_key(system, kind)) or Record(start, at, start=start)


def phase_in(state: State, policy: Policy, system: str, kind: str) -> str:
    """Return the phase that counts: what is earned, or supervised where a certificate is missing."""
    terms = policy.systems[system]
    phase = record_of(state, policy, system, kind, 0).phase
    is_capped = policy.owners[terms.owner].certified_only and not terms.certified
    return "supervised" if is_capped and phase == "autonomous" else phase


def _moved(
    state: State, key: str, record: Record, phase: str, now: int, cause: str, *, before: str
) -> tuple[tuple[Changed, ...], State]:
    """Return the change of phase: what counts as evidence begins anew, what was severe is not forgotten."""
    fresh = Record(phase, now, severe_at=record.severe_at, start=record.start)
    return (Changed("phase", key, before, phase, cause),), replace(state, phases=state.phases.set(key, fresh))


_ON_HARM = {"autonomous": "supervised", "supervised": "advisory"}


def demoted_for_harm(
    state: State, policy: Policy, system: str, kind: str, now: int, cause: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a severe incident is traced to an action of a system."""
    if system not in policy.systems:
        return (), state
    key, before = phase_key(system, kind), phase_in(state, policy, system, kind)
    record = replace(record_of(state, policy, system, kind, now), severe_at=now)
    lower = _ON_HARM.get(before)
    if lower is None:
        return (), replace(state, phases=state.phases.set(key, record))
    return _moved(state, key, record, lower, now, cause, before=before)


def demoted_for_failures(
    state: State, policy: Policy, system: str, kind: str, now: int
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when too many actions in a row have failed."""
    key, record = phase_key(system, kind), record_of(state, policy, system, kind, now)
    if record.failing < FAILURES or record.phase != "autonomous":
        return (), state
    cause = f"{record.failing} actions in a row have failed"
    return _moved(state, key, record, "supervised", now, cause, before=phase_in(state, policy, system, kind))


def started_lower(state: State, policy: Policy, now: int) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a new charter lets systems start lower than the one before."""
    told: tuple[Changed, ...] = ()
    for key in sorted(state.phases):
        record, terms = state.phases[key], policy.systems.get(key.partition(" ")[0])
        if terms is None or terms.phase.value == record.start:
            continue
        start = terms.phase.value
        is_lower = _PLACE[start] < _PLACE.get(record.start, 0)
        record = replace(record, start=start)
        state = replace(state, phases=state.phases.set(key, record))
        if is_lower and _PLACE[start] < _PLACE[record.phase]:
            cause = f"the charter lets {terms.name} start in {start}"
            changed, state = _moved(state, key, record, start, now, cause, before=record.phase)
            told += changed
    return told, state


def move(
    state: State, order: PhaseOrder, policy: Policy, now: int, *, by: str
) -> tuple[tuple[Changed, ...], dict[str, Any], State]:
    """Return what changes when a person moves a system to another phase, and the evidence that a promotion rests on.

    Raises
    ------
    UnknownError
        The charter has no such system or kind of action, or the system may not propose that kind.
    RefusedError
        A promotion by a system, or by somebody who runs this one; or one for which evidence is missing: all of it is listed.
    ConflictError
        A promotion by more than one step.
    """
    _check_known(order, policy)
    key, cause = phase_key(order.system, order.action), f"{by}: {order.reason}"
    record = record_of(state, policy, order.system, order.action, now)
    if record.phase == order.phase:
        return (), {}, state
    shown: dict[str, Any] = {}
    if _PLACE[order.phase] > _PLACE[record.phase]:
        _check_promoter(order, policy, by=by)
        _check_step(order, record)
        shown = evidence(state, policy, order.system, order.action, now)
        _check_evidence(order, shown, policy)
    told, state = _moved(state, key, record, order.phase, now, cause, before=record.phase)
    return told, shown, state


def _check_known(order: PhaseOrder, policy: Policy) -> None:
    if order.system not in policy.systems:
        raise UnknownError(f"system: found {order.system!r}, expected one of {', '.join(policy.systems)}")
    domain, _, rung = order.action.rpartition("/")
    is_class = rung in policy.rungs and any(target.domain == domain for target in policy.targets.values())
    if order.action not in policy.kinds and not is_class:
        raise UnknownError(
            f"action: found {order.action!r}, expected one of {', '.join(policy.kinds)}, or DOMAIN/RUNG"
        )
    if not permits(policy.systems[order.system].may, order.action):
        raise UnknownError(
            f"action: found {order.action}, which {order.system} may not propose: it has no phase; expected one of its `may:`, "
            f"{', '.join(policy.systems[order.system].may) or 'which lists nothing'}"
        )


def _check_promoter(order: PhaseOrder, policy: Policy, *, by: str) -> None:
    where, system = f"phase of {order.system}", policy.systems[order.system]
    group = policy.groups.get(policy.charter.reviewed_by.get(system.owner, ""))
    if by in policy.systems:
        raise RefusedError(f"{where}: {by} is a system, and only a person promotes one")
    if by in system.operators and not (group is not None and group.may_operate):
        raise RefusedError(f"{where}: {by} runs {order.system}, so somebody else has to promote it")


def _check_step(order: PhaseOrder, record: Record) -> None:
    step = PHASES[_PLACE[record.phase] + 1]
    if order.phase != step:
        raise ConflictError(
            f"phase of {order.system}: found {order.phase}, expected {step}: from {record.phase} one step at a time"
        )


def evidence(state: State, policy: Policy, system: str, kind: str, now: int) -> dict[str, Any]:
    """Return what a promotion rests on, as plain data: times in seconds, the bound of the share that people agreed with."""
    terms = policy.charter.promotion
    record = record_of(state, policy, system, kind, now)
    return {
        "phase": record.phase,
        "for_s": (now - record.since) / 1e9,
        "judged": record.judged,
        "agreed": record.agreed,
        "agreement": lower_bound(record.agreed, record.judged, terms.confidence),
        "confidence": terms.confidence,
        "severe_s_ago": None if record.severe_at is None else (now - record.severe_at) / 1e9,
    }


def _check_evidence(order: PhaseOrder, shown: dict[str, Any], policy: Policy) -> None:
    """Raise all that is missing for a promotion."""
    terms, system = policy.charter.promotion, policy.systems[order.system]
    missing = []
    if nanoseconds(shown["for_s"]) < nanoseconds(terms.least_s):
        missing.append(
            f"it has been in {shown['phase']} for {told_span(shown['for_s'])}, of {told_span(terms.least_s)}"
        )
    if shown["judged"] < terms.least_judged:
        missing.append(f"proposals that were judged: {shown['judged']}, of {terms.least_judged}")
    if shown["agreement"] < terms.agreement:
        missing.append(
            f"people agreed with at least {shown['agreement']:.3g} of them (with confidence {terms.confidence:g}), "
            f"of {terms.agreement:g}"
        )
    severe = shown["severe_s_ago"]
    if severe is not None and severe < terms.severe_within_s:
        missing.append(
            f"a severe incident was traced to it {told_span(severe)} ago, of {told_span(terms.severe_within_s)}"
        )
    certified_only = policy.owners[system.owner].certified_only
    if order.phase == "autonomous" and certified_only and not system.certified:
        missing.append("it has no certificate, without which nothing is autonomous")
    if missing:
        raise RefusedError(
            f"phase of {order.system} with {order.action}: not promoted to {order.phase}: {'; '.join(missing)}"
        )
