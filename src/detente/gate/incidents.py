"""What incidents bring about: more restraint where they strike, a lower phase for what caused them, blame withdrawn."""

from msgspec.structs import replace

from detente.errors import ConflictError, GateError, UnknownError
from detente.gate.criticality import tripped
from detente.gate.entries import Changed
from detente.gate.holds import closed
from detente.gate.meter import Event, observe
from detente.gate.modes import lower
from detente.gate.phases import demoted_for_harm
from detente.gate.policy import Policy
from detente.gate.request import Attribution, Incident, incident_digest
from detente.gate.state import Finding, Hold, Known, Mode, State, phase_key
from detente.model.charter.vocabulary import Recovery

__all__ = ["attribute", "report"]

_REPORTS = 16
"""Different reports of one incident that are remembered: what is sent twice is mostly sent twice at once."""


def report(
    state: State, incident: Incident, policy: Policy, now: int, *, actor: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what an incident that systems of `actor` observed brings about.

    An incident counts once per actor, however many of its systems report it. Reports of one incident add up: it is of the
    highest rung that any of them says, and descends from all that they say it descends from.

    Raises
    ------
    GateError
        It happened to what the charter does not have, or at no rung of the ladder, or is its own cause.
    ConflictError
        Its id is that of an action, or of an incident that happened elsewhere.
    """
    there = state.events.get(incident.id)
    _checked(state, incident, there, policy)
    now = max(now, state.now)
    is_sensed_anew = there is None or actor not in there.sensed_by
    digest = incident_digest(incident)
    if there is not None and not is_sensed_anew and digest in there.reports:
        return (), state
    known = _known(state, incident, there, policy, now, actor, digest)
    traced = _traced(known, policy)
    known = replace(known, traced=known.traced + tuple(phase_key(*one) for one in traced))
    state = replace(state, now=now, events=state.events.put(incident.id, known, now))
    told: tuple[Changed, ...] = ()
    for system, kind in traced:
        cause = f"a severe incident, {incident.id}, was traced to it"
        changed, state = demoted_for_harm(state, policy, system, kind, now, cause)
        told += changed
    if there is None:
        event = Event(incident.id, now, known.actor, known.compartment, incident.caused_by)
        state = replace(state, meter=observe(state.meter, event, policy.meter))
        changed, state = tripped(state, policy, event)
        told += changed
    if is_sensed_anew and actor in policy.owners:
        changed, state = _sensed(state, policy, actor)
        told += changed
    return told, state


def _checked(state: State, incident: Incident, there: Known | None, policy: Policy) -> None:
    """See that it is an incident of this charter, under an id of its own. Raises as `report`."""
    if incident.at_system not in policy.targets:
        raise GateError(f"at_system: found {incident.at_system!r}, expected a system or asset of the charter")
    if incident.rung not in policy.rungs:
        raise GateError(f"rung: found {incident.rung!r}, expected one of {', '.join(policy.ladder)}")
    if incident.id in (incident.caused_by or ()):
        raise GateError(f"caused_by: found {incident.id} itself, expected what came before it")
    # An action that did not go ahead, or not yet, is no event; its id is taken all the same.
    is_taken = state.answered.get(incident.id) is not None if there is None else there.system != ""
    if is_taken:
        raise ConflictError(
            f"id: found {incident.id}, and the id was used for something else, an action: an incident needs an id of its own"
        )
    if there is not None and there.place != incident.at_system:
        raise ConflictError(
            f"at_system: found {incident.at_system}, and {incident.id} is known to have happened at {there.place}: "
            "an incident needs an id of its own"
        )


def _known(
    state: State, incident: Incident, there: Known | None, policy: Policy, now: int, actor: str, digest: str
) -> Known:
    """Return what is known of an incident now; a later report adds to what earlier ones said, and takes nothing back."""
    where = policy.targets[incident.at_system]
    known = there or Known(
        now, where.owner, where.compartment, where.domain, policy.rungs[incident.rung], incident.id,
        place=incident.at_system,
    )  # fmt: skip
    return replace(
        known,
        actor=incident.author or known.actor,
        rung=max(known.rung, policy.rungs[incident.rung]),
        root=_root(state, incident, known),
        sensed_by=known.sensed_by if actor in known.sensed_by else (*known.sensed_by, actor),
        causes=_causes(state, incident, known),
        reports=known.reports if digest in known.reports else (*known.reports, digest)[-_REPORTS:],
    )


def _root(state: State, incident: Incident, known: Known) -> str:
    """Whoever did what spread by itself did this, too; whoever took an action that this descends from is somebody else."""
    for one in incident.caused_by or ():
        cause = state.events.get(one)
        if cause is not None:
            return incident.id if cause.system else cause.root
    return known.root


def _causes(state: State, incident: Incident, known: Known) -> tuple[tuple[str, str], ...]:
    """Return whose actions it is said to descend from, by this report and those before it."""
    causes = (state.events.get(one) for one in incident.caused_by or ())
    found = {(cause.system, cause.kind) for cause in causes if cause is not None and cause.system}
    return tuple(sorted(found.union(known.causes)))


def _traced(known: Known, policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return whose actions a severe incident is traced to, as (system, kind), beyond those it was traced to before."""
    if known.rung < policy.critical:
        return ()
    return tuple(one for one in known.causes if phase_key(*one) not in known.traced)


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
    state = replace(state, now=now, findings=state.findings.put(known.root, finding, now))
    told: tuple[Changed, ...] = ()
    for hold in sorted(state.holds.values(), key=lambda hold: hold.id):
        if _contradicts(attribution, hold, known.root, policy):
            blamed = hold.action.premise.blames if hold.action.premise else None
            cause = f"a better attribution has found {attribution.author or 'an accident'}, and it blames {blamed}"
            changed, state = closed(state, hold, "cancelled", now, cause)
            told += changed
    return told, state


def _contradicts(attribution: Attribution, hold: Hold, root: str, policy: Policy) -> bool:
    """Whether a hold rests on a blame for that incident which is wrong."""
    premise, terms = hold.action.premise, policy.owners.get(hold.owner)
    if root not in hold.roots or terms is None or not terms.uses_verdicts or premise is None:
        return False
    return premise.blames is not None and premise.blames != attribution.author
