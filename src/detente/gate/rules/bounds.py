"""What no confidence and no approval lifts: red lines, phases, compartments."""

from typing import Any

from detente.gate.case import Case
from detente.gate.chance import AUTOMATED, CUT_OFF, RED_LINE, WITHHOLD
from detente.gate.decision import DENY, HOLD
from detente.gate.state import Record
from detente.model.charter.vocabulary import Phase

__all__ = [
    "COMPARTMENTS",
    "EXPORT_CONTROLS",
    "PHASE",
    "PHASED_ROLLOUT",
    "RED_LINES",
    "compartments",
    "export_controls",
    "phase",
    "phase_key",
    "phased_rollout",
    "red_lines",
]

EXPORT_CONTROLS = "export-controls"
RED_LINES = "red-lines"
PHASE = "phase"
PHASED_ROLLOUT = "phased-rollout"
COMPARTMENTS = "compartments"


def export_controls(case: Case) -> None:
    """Only where a policy is compiled as it is modelled: a gate enforces means through `may:` and `targets:`."""
    acts = case.terms.acts
    if acts < 1.0 and case.chance.uniform(WITHHOLD) >= acts:
        case.objects(EXPORT_CONTROLS, DENY, {"acts": acts}, "it lacks the means", "a higher share of actions")


def red_lines(case: Case) -> None:
    """Classes of actions that are never taken, whoever approves."""
    terms, domain, rung = case.terms, case.target.domain, case.rung
    lowest = min(terms.forbidden.get(domain, terms.forbidden_anywhere), terms.forbidden_anywhere)
    if rung < lowest:
        if terms.forbidden or lowest < len(case.policy.ladder):
            case.passes(RED_LINES, {"domain": domain, "rung": case.kind.rung})
    elif terms.compliance >= 1.0 or case.chance.uniform(RED_LINE) < terms.compliance:
        named = case.policy.ladder[lowest]
        case.objects(
            RED_LINES, DENY, {"domain": domain, "rung": case.kind.rung, "forbidden_from": named},
            f"{case.kind.rung} in {domain} lies beyond the red line at {named}",
            f"a rung below {named}; no approval lifts a red line",
        )  # fmt: skip


def phase_key(system: str, kind: str) -> str:
    """Return under which key the phase of a system with a kind of action is kept."""
    return f"{system} {kind}"


def phase(case: Case) -> None:
    """How much the system may do by itself, by what it has shown."""
    record: Record | None = case.state.phases.get(phase_key(case.system.name, case.kind_name))
    stated = case.system.phase.value if record is None else record.phase
    is_capped = case.terms.certified_only and not case.system.certified and stated == Phase.AUTONOMOUS.value
    case.phase = now_in = Phase.SUPERVISED.value if is_capped else stated
    facts: dict[str, Any] = {"phase": now_in}
    if is_capped:
        facts |= {"earned": stated, "certified": False}
    if now_in == Phase.AUTONOMOUS.value:
        case.passes(PHASE, facts)
    elif now_in == Phase.SUPERVISED.value:
        why = "without a certificate it is supervised" if is_capped else "it is supervised"
        case.objects(
            PHASE, HOLD, facts,
            f"{case.system.name} with {case.kind_name}: {why}, so people approve each one",
            "a certificate" if is_capped else "the phase autonomous",
        )  # fmt: skip
    else:
        case.objects(
            PHASE, DENY, facts,
            f"{case.system.name} with {case.kind_name} is in the phase {now_in}: nothing it proposes is carried out",
            "the phase supervised or autonomous, which is earned by evidence",
        )  # fmt: skip


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
    terms = case.terms
    if terms.strength <= 0.0:
        return
    domain = case.target.domain
    facts: dict[str, Any] = {"target_domain": domain}
    if not case.triggers:
        facts["system_domain"] = case.system.domain
        is_crossing, came_from = case.system.domain != domain, case.system.domain
    elif None in case.triggers:
        case.objects(
            COMPARTMENTS, HOLD, facts | {"in_response_to": "unknown"},
            "it answers what this gate does not know, so whether it crosses into another domain is unknown",
            "reporting the incident first, or naming one that is known",
        )  # fmt: skip
        return
    else:
        came = sorted({one.domain for one in case.triggers if one is not None})
        facts["trigger_domain"] = came_from = ", ".join(came)
        is_crossing = came != [domain]
    if not is_crossing:
        case.passes(COMPARTMENTS, facts)
    elif terms.strength >= 1.0 or case.chance.uniform(CUT_OFF) < terms.strength:
        case.objects(
            COMPARTMENTS, DENY, facts,
            f"it would carry what happened in {came_from} into {domain}",
            f"a target in the domain of what it answers ({came_from})",
        )  # fmt: skip
