"""What no confidence and no approval lifts: red lines, phases, compartments."""

from typing import Any

from detente.gate.case import Case
from detente.gate.chance import AUTOMATED, CUT_OFF, RED_LINE, WITHHOLD
from detente.gate.decision import ALLOW, DENY, HOLD
from detente.gate.rule_names import COMPARTMENTS, EXPORT_CONTROLS, PHASED_ROLLOUT

__all__ = ["compartments", "export_controls", "phase", "phased_rollout", "red_lines"]


def export_controls(case: Case) -> None:
    """Only where a policy is compiled as it is modelled: a gate enforces means through `may:` and `targets:`."""
    acts = case.terms.acts
    if acts < 1.0 and case.chance.uniform(WITHHOLD) >= acts:
        case.objects(EXPORT_CONTROLS, DENY, {"acts": acts}, "it lacks the means", "a higher share of actions")


def red_lines(case: Case) -> None:
    """Classes of actions that are never taken, whoever approves."""
    reason = case.looked.red_lines
    if reason is None:
        return
    compliance = case.terms.compliance
    if reason.effect == ALLOW or compliance >= 1.0 or case.chance.uniform(RED_LINE) < compliance:
        case.says(reason)


def phase(case: Case) -> None:
    """How much the system may do by itself, by what it has shown."""
    looked = case.looked
    record = case.state.phases.get(looked.phase_key)
    case.phase, reason = looked.phases[looked.first_phase if record is None else record.phase]
    case.says(reason)


def phased_rollout(case: Case) -> None:
    """A cap on the share of an owner's actions that no person sees."""
    autonomy = case.terms.autonomy
    if autonomy >= 1.0:
        return
    facts = {"autonomy": autonomy}
    if case.chance.uniform(AUTOMATED) < autonomy:
        case.passes(PHASED_ROLLOUT, facts)
    else:
        case.objects(
            PHASED_ROLLOUT, HOLD, facts,
            f"at most {autonomy:.0%} of what {case.owner} does may happen without a person; this one is among the others",
            "a higher autonomy in phased-rollout",
        )  # fmt: skip


def compartments(case: Case) -> None:
    """What happens in one domain is not answered in another."""
    in_place = case.looked.in_place
    if in_place is None:
        return
    if not case.triggers:
        if in_place.effect == ALLOW or _is_cut_off(case):
            case.says(in_place)
        return
    domain = case.target.domain
    facts: dict[str, Any] = {"target_domain": domain}
    if None in case.triggers:
        case.objects(
            COMPARTMENTS, HOLD, facts | {"in_response_to": "unknown"},
            "it answers what this gate does not know, so whether it crosses into another domain is unknown",
            "reporting the incident first, or naming one that is known",
        )  # fmt: skip
        return
    came = sorted({one.domain for one in case.triggers if one is not None})
    facts["trigger_domain"] = came_from = ", ".join(came)
    if came == [domain]:
        case.passes(COMPARTMENTS, facts)
    elif _is_cut_off(case):
        case.objects(
            COMPARTMENTS, DENY, facts,
            f"it would carry what happened in {came_from} into {domain}",
            f"a target in the domain of what it answers ({came_from})",
        )  # fmt: skip


def _is_cut_off(case: Case) -> bool:
    strength = case.terms.strength
    return strength >= 1.0 or case.chance.uniform(CUT_OFF) < strength
