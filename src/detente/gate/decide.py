"""May this happen now: pure, deterministic, total.

Every rule that applies speaks, in the order below; then the strictest answer wins: deny before throttle before hold before
allow. So a person is never asked about what cannot happen, and an answer tells all that stands against an action, not only
what was met first.

     1  identity             the system may propose this kind of action, upon this target, and did so just now
     2  catalogue            domain and arguments are what the catalogue says
     3  red-lines            never, whoever approves
     4  phase                what the system has earned: shadow and advisory deny, supervised holds
     5  phased-rollout       the share that no person sees
     6  compartments         no answer in another domain than what it answers
     7  shared-attribution   a better attribution contradicts the premise
     8  confidence-floor     the confidence that its rung asks for
     9  reversibility        what cannot be undone, while uncertain
    10  de-escalation-mode   guarded, de-escalation, halted
    11  throttle             the owner's rate
    12  conditions           the charter's own rules, in CEL
    13  human-on-the-loop    from a rung up, people approve
"""

from typing import Any

from detente.gate.after import remembered
from detente.gate.asking import Asking
from detente.gate.case import Case
from detente.gate.chance import Chance, Drawn
from detente.gate.decision import ALLOW, DENY, HOLD, STRICTEST_FIRST, THROTTLE, Decision, Effect, Reason
from detente.gate.earlier import again, conflict, refused, taken, waiting
from detente.gate.holds import is_approval
from detente.gate.looked import Looked, look_up
from detente.gate.modes import OVERALL, mode_of
from detente.gate.policy import Policy
from detente.gate.request import Action, action_digest
from detente.gate.rule_names import APPROVAL, DE_ESCALATION_MODE, HUMAN_REVIEW, PHASE
from detente.gate.rules.conditions import conditions
from detente.gate.rules.doubt import confidence_floor, reversibility, shared_attribution
from detente.gate.rules.opening import opening
from detente.gate.rules.restraint import mode, throttle
from detente.gate.rules.review import asked, human_review
from detente.gate.state import Answered, Hold, State

__all__ = ["decide"]


def decide(
    state: State, action: Action, policy: Policy, now: int, *, system: str, chance: Chance | None = None
) -> tuple[Decision, State]:
    """Return the answer to an action that `system` proposes, and what is remembered afterwards.

    Parameters
    ----------
    state
        What is remembered so far.
    action
        What is proposed; `system` is who, as authenticated.
    now
        Nanoseconds since the epoch. A time before the state's own counts as the state's: clocks do not go back.
    chance
        Where draws come from; by default from nonce 0. An action that was asked before keeps its first nonce.
    """
    now = max(now, state.now)
    digest = action_digest(system, action)
    before = state.answered.get(action.id)
    if before is not None:
        if before.digest != digest:
            return conflict(state, action, system, policy, now, before), state
        if before.effect in (ALLOW, DENY):
            return again(action, system, policy, before), state
        chance = Drawn(before.nonce) if before.nonce else chance
    looked = look_up(policy, system, action)
    decision = _decided(state, action, system, policy, now, digest, before, chance or _ZERO, looked)
    if decision.repeated:
        return decision, state
    return decision, remembered(state, action, decision, policy, before, looked)


_ZERO = Drawn(0)


def _decided(
    state: State, action: Action, system: str, policy: Policy, now: int, digest: str,
    before: Answered | None, chance: Chance, looked: Looked | tuple[Reason, ...],
) -> Decision:  # fmt: skip
    """Ask every rule, then take the strictest answer."""
    hold = None if before is None or before.hold is None else _hold(state, before.hold)
    approval = hold if hold is not None and is_approval(hold, policy, now) else None
    namesake = state.events.get(action.id)
    if namesake is not None and not namesake.system:
        looked = (taken(action),)
    # Asked for what it nearly always is: to see that a Struct is not of another class takes as long as a rule.
    if not isinstance(looked, Looked):
        return _made(state, action, system, policy, now, digest, DENY, looked, nonce=chance.nonce)
    case = Case(state, action, policy, now, chance, looked, approval)
    if hold is not None and approval is None and hold.policy == policy.digest:
        if hold.status == "pending":
            return waiting(case, hold, before, digest)
        return refused(case, hold, digest)
    clock = _ask(case, before)
    effect = _strictest(case.against)
    if approval is not None:
        effect = _lifted(case, approval, effect)
    if effect == HOLD:
        asking = asked(case)
        if asking is None or _is_full(case, asking, digest):
            effect = DENY
    is_charged = effect in (ALLOW, HOLD) or (effect == THROTTLE and case.terms.delays_excess)
    return _answer(case, effect, digest, clock if is_charged else None)


def _ask(case: Case, before: Answered | None) -> int | None:
    """Let every rule speak, in order."""
    opening(case)
    shared_attribution(case)
    confidence_floor(case)
    reversibility(case)
    mode(case)
    clock = throttle(case, before)
    conditions(case)
    human_review(case)
    return clock


def _strictest(said: list[Effect]) -> Effect:
    for effect in STRICTEST_FIRST:
        if effect in said:
            return effect
    return ALLOW


def _hold(state: State, hold: str) -> Hold | None:
    return state.holds.get(hold) or state.closed.get(hold)


def _lifted(case: Case, approval: Hold, effect: Effect) -> Effect:
    """Return what remains when people have approved: only what asked for people is lifted."""
    people = [ballot.person for ballot in approval.ballots if ballot.approve]
    facts: dict[str, Any] = {"hold": approval.id, "approved_by": people, "quorum": approval.quorum}
    if effect != HOLD:
        return effect
    asking = {reason.rule for reason in case.reasons if reason.effect == HOLD}
    if not asking <= set(approval.why):
        new = ", ".join(sorted(asking - set(approval.why)))
        case.objects(
            HUMAN_REVIEW, DENY, facts | {"new": new},
            f"since it was approved, more speaks against it: {new}",
            "a new action, looked at by people as things are now",
        )  # fmt: skip
        return DENY
    lapsed = "nobody decided in time, and its safe default is to go ahead"
    case.reasons.append(
        Reason(APPROVAL, ALLOW, facts, lapsed if approval.status == "expired" else "people approved")
    )
    return ALLOW


def _is_full(case: Case, asking: Asking, digest: str) -> bool:
    """Whether a group has as many open holds as it can look at; what exactly is being asked already takes no room."""
    group, room = asking.group, asking.open_holds
    if len(case.state.holds) < room:
        return False
    waiting = sum(hold.group == group and hold.status == "pending" for hold in case.state.holds.values())
    if waiting < room or _waiting_for(case.state, digest) is not None:
        return False
    case.objects(
        HUMAN_REVIEW, DENY, {"group": group, "open_holds": waiting, "most": room},
        f"it needs people, and {group} has {waiting} holds open, as many as it can look at",
        "asking again when some are decided",
    )  # fmt: skip
    return True


def _waiting_for(state: State, digest: str) -> str | None:
    """Return the hold at which exactly this is waiting already."""
    for hold in state.holds.values():
        if hold.digest == digest and hold.status == "pending":
            return hold.id
    return None


def _answer(case: Case, effect: Effect, digest: str, clock: int | None) -> Decision:
    policy, state = case.policy, case.state
    evaluation = f"e{state.decided + 1}"
    would: Effect | None = None
    if policy.observes and effect != ALLOW and not _is_halted(case):
        would, effect = effect, ALLOW
    elif effect == DENY and case.phase in ("shadow", "advisory"):
        would = _without_phase(case)
    obligations: tuple[str, ...] = ()
    if effect == ALLOW:
        obligations = ("report-outcome", "keep-undo") if case.is_reversible else ("report-outcome",)
    hold = None
    if effect == HOLD:
        hold = (_waiting_for(state, digest) if state.holds else None) or f"h{state.decided + 1}"
    return Decision(
        evaluation, case.action.id, case.system.name, effect, tuple(case.reasons), case.mode, case.phase,
        policy.digest, case.now, digest, obligations, case.retry_at if effect == THROTTLE else None, hold, would,
        False, clock, case.chance.nonce,
    )  # fmt: skip


def _is_halted(case: Case) -> bool:
    """Whether a halt stops this: that binds although all else is only observed."""
    return case.mode == "halted" and any(
        reason.rule == DE_ESCALATION_MODE and reason.effect != ALLOW for reason in case.reasons
    )


def _without_phase(case: Case) -> Effect:
    """Return what would have been answered if the system had earned it."""
    return _strictest([reason.effect for reason in case.reasons if reason.rule != PHASE])


def _made(
    state: State, action: Action, system: str, policy: Policy, now: int, digest: str, effect: Effect,
    reasons: tuple[Reason, ...], *, nonce: int = 0, phase: str = "", hold: str | None = None,
) -> Decision:  # fmt: skip
    mode = mode_of(state.modes, (OVERALL,), now)[1].mode
    return Decision(
        f"e{state.decided + 1}", action.id, system, effect, reasons, mode, phase, policy.digest, now, digest,
        nonce=nonce, hold=hold,
    )  # fmt: skip
