"""What is served: one Struct per answer, the exact form of its JSON, and the OpenAPI schema is made from them.

Times are RFC 3339 in UTC, to the microsecond. A system sees what became of its own holds, and not who decided.
"""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from detente.gate.always import permits
from detente.gate.decision import HOLD, THROTTLE, Decision, Effect, Reason
from detente.gate.entries import Changed
from detente.gate.modes import LEVEL
from detente.gate.phases import phase_in
from detente.gate.policy import Policy
from detente.gate.request import Action, canonical
from detente.gate.state import Ballot, Hold, Record, State, Status, phase_key

__all__ = [
    "ActionView",
    "BallotView",
    "Changes",
    "DecisionView",
    "HoldLink",
    "HoldStatus",
    "HoldView",
    "Holds",
    "ModeView",
    "Modes",
    "OwnHolds",
    "PhaseView",
    "Phases",
    "changes_view",
    "decision_view",
    "hold_status",
    "hold_view",
    "modes_view",
    "phase_view",
    "phases_view",
    "rfc3339",
    "when",
]


def when(at: int) -> datetime:
    """Return nanoseconds since the epoch as a time."""
    seconds, rest = divmod(at, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def rfc3339(at: int) -> str:
    """Return nanoseconds since the epoch as text: in UTC, to the microsecond."""
    return when(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _maybe(at: int | None) -> datetime | None:
    return None if at is None else when(at)


class HoldLink(Struct, frozen=True):
    """Where to see what becomes of a held action."""

    id: str
    url: str
    """Relative to this server: `GET URL?wait=30` answers when people have decided, or after 30 s."""


class DecisionView(Struct, frozen=True, omit_defaults=True):
    """The answer to a proposed action."""

    action: str
    """The id of the action."""
    evaluation: str
    """The id of this evaluation: `GET /v1/explain/{id}` tells it again."""
    effect: Effect
    system: str
    reasons: tuple[Reason, ...]
    """Every rule that spoke, in order: the facts it looked at, and what would have changed its answer."""
    mode: str
    phase: str
    policy: str
    """The digest of the charter and portfolio that decided."""
    at: datetime
    digest: str
    """Of the exact action."""
    obligations: tuple[str, ...] = ()
    retry_at: datetime | None = None
    retry_after_s: float | None = None
    """Of a throttle: how long to wait before asking again under the same id."""
    hold: HoldLink | None = None
    would: Effect | None = None
    """What would have been answered, where the answer does not bind, or where a phase came before."""
    repeated: bool = False
    """It was answered before; this is that answer."""


def decision_view(decision: Decision) -> DecisionView:
    """Return a decision as it is served."""
    effect, hold = decision.effect, decision.hold
    retry = decision.retry_at if effect == THROTTLE else None
    return DecisionView(
        decision.action, decision.evaluation, effect, decision.system, decision.reasons, decision.mode,
        decision.phase, decision.policy, when(decision.at), decision.digest, decision.obligations,
        None if retry is None else when(-(-retry // 1000) * 1000),  # up: who comes back then is not early
        None if retry is None else max(0.0, (retry - decision.at) / 1e9),
        HoldLink(hold, f"/v1/holds/{hold}") if effect == HOLD and hold is not None else None,
        decision.would, decision.repeated,
    )  # fmt: skip


class ActionView(Struct, frozen=True, omit_defaults=True):
    """An action, and what was answered to it last."""

    action: Action
    decision: DecisionView
    changed: tuple[Changed, ...] = ()


class BallotView(Struct, frozen=True):
    """One person's vote."""

    person: str
    approve: bool
    reason: str
    at: datetime


class HoldStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the system that asked may know of a hold."""

    id: str
    status: Status
    action: str
    """The id of the action."""
    also: tuple[str, ...] = ()
    """Other ids under which exactly the same was asked."""
    digest: str
    opened: datetime
    deadline: datetime
    lapse: Effect
    """What becomes of it when nobody decides in time."""
    approvals: int
    quorum: int
    closed: datetime | None = None
    cause: str = ""
    used_by: str = ""


class HoldView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people decide upon: the exact action, and all that bears on it."""

    id: str
    status: Status
    action: Action
    """Complete, with every argument."""
    canonical: str
    """The very text whose SHA-256 is `digest`."""
    digest: str
    """A vote must repeat it: it says that this, and nothing else, was seen."""
    system: str
    owner: str
    kind: str
    rung: str
    why: tuple[str, ...]
    """The rules that asked for people."""
    policy: str
    group: str
    quorum: int
    approvals: int
    ballots: tuple[BallotView, ...] = ()
    excluded: tuple[str, ...] = ()
    """People who run the system that asks: they never approve what it proposes."""
    opened: datetime
    escalates: datetime
    deadline: datetime
    lapse: Effect
    also: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    closed: datetime | None = None
    cause: str = ""
    used_by: str = ""


class Holds(Struct, frozen=True):
    """Holds that are open: they wait for people, or were approved and not used yet."""

    holds: tuple[HoldView, ...]


class OwnHolds(Struct, frozen=True):
    """The open holds of the system that asks."""

    holds: tuple[HoldStatus, ...]


def _approvals(hold: Hold) -> int:
    return sum(ballot.approve for ballot in hold.ballots)


def _ballot(ballot: Ballot) -> BallotView:
    return BallotView(ballot.person, ballot.approve, ballot.reason, when(ballot.at))


def hold_status(hold: Hold) -> HoldStatus:
    """Return a hold as its system sees it."""
    return HoldStatus(
        id=hold.id, status=hold.status, action=hold.action.id, also=hold.also, digest=hold.digest,
        opened=when(hold.opened), deadline=when(hold.deadline), lapse=hold.lapse, approvals=_approvals(hold),
        quorum=hold.quorum, closed=_maybe(hold.closed), cause=hold.cause, used_by=hold.used_by,
    )  # fmt: skip


def hold_view(hold: Hold, policy: Policy) -> HoldView:
    """Return a hold as people see it."""
    rung = policy.ladder[hold.rung] if hold.rung < len(policy.ladder) else str(hold.rung)
    return HoldView(
        id=hold.id, status=hold.status, action=hold.action,
        canonical=canonical(hold.system, hold.action).decode(), digest=hold.digest, system=hold.system,
        owner=hold.owner, kind=hold.kind, rung=rung, why=hold.why, policy=hold.policy, group=hold.group,
        quorum=hold.quorum, approvals=_approvals(hold), ballots=tuple(_ballot(one) for one in hold.ballots),
        excluded=hold.excluded, opened=when(hold.opened), escalates=when(hold.escalates),
        deadline=when(hold.deadline), lapse=hold.lapse, also=hold.also, roots=hold.roots,
        closed=_maybe(hold.closed), cause=hold.cause, used_by=hold.used_by,
    )  # fmt: skip


class Changes(Struct, frozen=True):
    """What something brought about."""

    changed: tuple[Changed, ...]
    at: datetime


def changes_view(changed: Any, at: int) -> Changes:
    """Return consequences as they are served."""
    return Changes(tuple(changed) if isinstance(changed, tuple) else (), when(at))


class ModeView(Struct, frozen=True, omit_defaults=True):
    """The mode of one scope."""

    scope: str
    """`overall`, `compartment:NAME` or `actor:NAME`."""
    mode: str
    since: datetime
    cause: str
    until: datetime | None = None
    """When it ends by itself; absent: a person lifts it."""


class Modes(Struct, frozen=True):
    """The modes that stand; a scope that is not listed is normal."""

    modes: tuple[ModeView, ...]
    most: str
    """The most restrained of them."""
    kill_tested: datetime | None
    kill_passed: bool


def modes_view(state: State) -> Modes:
    """Return all modes."""
    stand = [
        ModeView(scope, mode.mode, when(mode.since), mode.cause, _maybe(mode.until))
        for scope, mode in sorted(state.modes.items())
        if mode.mode != "normal" and (mode.until is None or state.now < mode.until)
    ]
    most = max((one.mode for one in stand), key=LEVEL.__getitem__, default="normal")
    return Modes(tuple(stand), most, _maybe(state.kill.tested), state.kill.passed)


class PhaseView(Struct, frozen=True, omit_defaults=True):
    """What a system has shown with one kind of action."""

    system: str
    action: str
    phase: str
    since: datetime | None = None
    """Absent: nothing is on record yet, and it is in the phase that the charter starts it in."""
    judged: int = 0
    agreed: int = 0
    proposed: int = 0
    diverged: int = 0
    """In shadow: proposals that would have been allowed, and were not."""
    failed: int = 0
    severe_at: datetime | None = None


class Phases(Struct, frozen=True):
    """Where systems stand with the kinds of actions that they may propose; of a very large charter only where something is on record."""

    phases: tuple[PhaseView, ...]


def phase_view(key: str, record: Record) -> PhaseView:
    """Return the record of a system and a kind of action, as `avalon-shield isolate-host`."""
    system, _, action = key.partition(" ")
    return PhaseView(
        system, action, record.phase, when(record.since), record.judged, record.agreed, record.proposed,
        record.diverged, record.failed, _maybe(record.severe_at),
    )  # fmt: skip


_MOST_STARTS = 20_000
"""Pairs of a system and a kind of action that are gone through for one answer: decisions wait meanwhile."""


def phases_view(state: State, policy: Policy, system: str | None = None) -> Phases:
    """Return where all systems stand, or one of them: by their records, and where there is none by the charter."""
    shown = {key: phase_view(key, record) for key, record in state.phases.items()}
    named = [terms for terms in policy.systems.values() if system in (None, terms.name)]
    if len(named) * len(policy.kinds) <= _MOST_STARTS:
        for terms in named:
            for kind in policy.kinds:
                if permits(terms.may, kind) and phase_key(terms.name, kind) not in shown:
                    phase = phase_in(state, policy, terms.name, kind)
                    shown[phase_key(terms.name, kind)] = PhaseView(terms.name, kind, phase)
    views = (one for _, one in sorted(shown.items()))
    return Phases(tuple(one for one in views if system is None or one.system == system))
