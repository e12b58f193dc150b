"""How much at once: the mode that a scope is in, and the throttle of an owner."""

from typing import Any

from detente.gate import decision
from detente.gate.case import Case
from detente.gate.chance import RESTRAIN
from detente.gate.decision import DENY, HOLD
from detente.gate.modes import mode_of
from detente.gate.policy import NS
from detente.gate.rule_names import DE_ESCALATION_MODE, THROTTLE
from detente.gate.spans import told_span
from detente.gate.state import Answered
from detente.model.charter.vocabulary import OnHalt

__all__ = ["mode", "throttle"]


def mode(case: Case) -> None:
    """The most restrained mode among the scopes that the action touches."""
    modes = case.state.modes
    if not modes:
        return
    scope, found = mode_of(modes, case.looked.scopes, case.now)
    case.mode = name = found.mode
    if name == "normal":
        return
    facts: dict[str, Any] = {"mode": name, "scope": scope, "cause": found.cause}
    if case.looked.goes_on_when_halted:
        case.passes(DE_ESCALATION_MODE, facts | {"on_halt": "allow"})
    elif name == "halted":
        effect = HOLD if case.kind.on_halt is OnHalt.HOLD else DENY
        case.objects(
            DE_ESCALATION_MODE, effect, facts | {"on_halt": case.kind.on_halt.value},
            f"{scope} is halted: {found.cause}",
            f"{scope} in another mode, which a person sets",
        )  # fmt: skip
    elif name == "guarded":
        _guarded(case, facts)
    else:
        _de_escalation(case, facts)


def _guarded(case: Case, facts: dict[str, Any]) -> None:
    lowest = case.policy.guarded_review_from
    facts["review_from"] = case.policy.ladder[lowest]
    if case.rung >= lowest:
        _asks(case, facts, case.policy.ladder[lowest])
    else:
        case.passes(DE_ESCALATION_MODE, facts)


def _de_escalation(case: Case, facts: dict[str, Any]) -> None:
    terms, ladder = case.terms, case.policy.ladder
    lowest = terms.mode_review_from
    if case.rung >= lowest:
        _asks(case, facts, ladder[lowest])
    elif terms.restraint >= 1.0 or case.chance.uniform(RESTRAIN) < terms.restraint:
        case.objects(
            DE_ESCALATION_MODE, DENY, facts | {"restraint": terms.restraint},
            f"{facts['scope']} is in de-escalation mode ({facts['cause']}), which holds back mild actions, too",
            "the mode lifted",
        )  # fmt: skip
    else:
        case.passes(DE_ESCALATION_MODE, facts | {"restraint": terms.restraint})


def _asks(case: Case, facts: dict[str, Any], lowest: str) -> None:
    case.objects(
        DE_ESCALATION_MODE, HOLD, facts,
        f"{facts['scope']} is in {facts['mode']} mode ({facts['cause']}): from {lowest} up people approve",
        f"a rung below {lowest}, or the mode lifted",
    )  # fmt: skip


def throttle(case: Case, before: Answered | None) -> int | None:
    """Speak for the owner's throttle; return when it is next idle if this action is charged to it; None where it cannot be.

    GCRA, the generic cell rate algorithm (ITU-T I.371): one clock per owner, which runs ahead by `interval` with every action
    and at most `tolerance` ahead of the time. What was charged when it was asked `before` is not charged again, and its turn
    comes when it was told, not earlier.
    """
    terms, now = case.terms, case.now
    if terms.interval == 0:
        return None
    if before is not None and before.is_paid:
        _speaks(case, now if before.retry_at is None else before.retry_at)
        return None
    clock = case.state.clocks.get(case.owner, 0)
    if clock - terms.tolerance <= now:
        case.reasons.append(case.looked.is_free)
    else:
        _speaks(case, clock - terms.tolerance)
    return max(now, clock) + terms.interval


def _speaks(case: Case, turn: int) -> None:
    """Say whether the turn of an action has come, and if not, when it will."""
    if turn <= case.now:
        case.reasons.append(case.looked.is_free)
        return
    case.retry_at = turn
    wait_s = (turn - case.now) / NS
    wait = told_span(wait_s)
    kept = " and its turn is kept" if case.terms.delays_excess else ""
    case.objects(
        THROTTLE, decision.THROTTLE, {"owner": case.owner, "wait_s": wait_s},
        f"{case.owner} has used up its rate: the next is free in {wait}{kept}",
        f"asking again in {wait}",
    )  # fmt: skip
