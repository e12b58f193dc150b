"""What an action rests on: whom it blames, how surely, and whether it can be undone."""

from typing import Any

from detente.gate.case import Case
from detente.gate.decision import ALLOW, DENY, HOLD, Effect, Reason
from detente.gate.rule_names import CONFIDENCE_FLOOR, REVERSIBILITY, SHARED_ATTRIBUTION
from detente.gate.state import Finding

__all__ = ["confidence_floor", "reversibility", "shared_attribution"]


def shared_attribution(case: Case) -> None:
    """A better attribution takes the place of the proposer's own."""
    if not case.terms.uses_verdicts or not case.kind.rests_on_blame:
        return
    finding = _finding(case)
    if finding is None:
        return
    case.confidence = finding.confidence
    premise = case.action.premise
    blames = None if premise is None else premise.blames
    facts: dict[str, Any] = {"blames": blames, "found": finding.author, "confidence": finding.confidence}
    if blames == finding.author:
        case.passes(SHARED_ATTRIBUTION, facts)
    else:
        found = f"by {finding.author}" if finding.author else "an accident"
        case.objects(
            SHARED_ATTRIBUTION, DENY, facts,
            f"it blames {blames or 'nobody'}, and the shared attribution has found it {found}",
            f"a premise that blames {finding.author}" if finding.author else "nothing: there is nobody to answer",
        )  # fmt: skip


def _finding(case: Case) -> Finding | None:
    """Return the latest attribution of what the action answers."""
    latest: Finding | None = None
    for trigger in case.triggers:
        found = None if trigger is None else case.state.findings.get(trigger.root)
        if found is not None and (latest is None or found.at > latest.at):
            latest = found
    return latest


_BELOW: dict[str, Effect] = {"deny": DENY, "review": HOLD}


def confidence_floor(case: Case) -> None:
    """The more severe, the surer: what rests on blame needs the confidence that its rung asks for."""
    floors = case.terms.floors
    if not floors or not case.kind.rests_on_blame:
        return
    floor, confidence = floors[case.rung], case.confidence
    facts: dict[str, Any] = {"confidence": confidence, "floor": floor}
    if floor <= 0.0 or (confidence is not None and confidence >= floor):
        case.reasons.append(
            Reason(CONFIDENCE_FLOOR, ALLOW, facts)
        )  # nearly always: not by way of another call
        return
    below = case.terms.below
    if below == "reversible-only":
        effect = ALLOW if case.is_reversible else DENY
        facts["reversible"] = case.is_reversible
    else:
        effect = _BELOW[below]
    if effect == ALLOW:
        case.passes(CONFIDENCE_FLOOR, facts)
        return
    said = "no confidence is stated" if confidence is None else f"confidence {confidence:g}"
    case.objects(
        CONFIDENCE_FLOOR, effect, facts,
        f"{said}, and {case.kind.rung} asks for {floor:g}",
        f"a confidence of at least {floor:g}"
        + (", or an action that can be undone" if below == "reversible-only" else ""),
    )  # fmt: skip


def reversibility(case: Case) -> None:
    """What cannot be undone waits for people while it is uncertain."""
    if case.is_reversible or not case.kind.rests_on_blame or case.policy.modelled:
        return
    confidence, least = case.confidence, case.policy.charter.uncertain_below
    facts: dict[str, Any] = {"reversible": False, "confidence": confidence, "uncertain_below": least}
    if confidence is not None and confidence >= least:
        case.passes(REVERSIBILITY, facts)
        return
    said = "nobody says how surely" if confidence is None else f"confidence {confidence:g} is uncertain"
    case.objects(
        REVERSIBILITY, HOLD, facts,
        f"it cannot be undone, and {said}",
        f"a confidence of at least {least:g}, or an action that can be undone",
    )  # fmt: skip
