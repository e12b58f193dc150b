"""The first six rules, at one go where nothing of the case can change what they say."""

from detente.gate.case import Case
from detente.gate.rules.bounds import compartments, export_controls, phase, phased_rollout, red_lines
from detente.gate.rules.standing import catalogue, identity, wrong_argument

__all__ = ["opening"]


def opening(case: Case) -> None:
    """Speak for identity, catalogue, red lines, phase, phased rollout and compartments, in that order."""
    looked, action = case.looked, case.action
    given = action.arguments
    if (
        looked.is_settled
        and action.requested_at is None
        and not action.in_response_to
        and (action.action is None or (action.domain is None and action.rung is None))
        and (not (given or looked.required) or wrong_argument(looked, given) is None)
    ):
        record = case.state.phases.get(looked.phase_key)
        opened = looked.openings[looked.first_phase if record is None else record.phase]
        case.phase, case.reasons, case.against = opened.phase, list(opened.said), list(opened.against)
        return
    identity(case)
    catalogue(case)
    export_controls(case)
    red_lines(case)
    phase(case)
    phased_rollout(case)
    compartments(case)
