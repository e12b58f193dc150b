"""The charter's own rules, in CEL: one that matches denies or holds, one that fails is never taken as a no."""

from detente.gate.case import Case
from detente.gate.conditions.compiler import UNSURE
from detente.gate.conditions.loader import Outcome
from detente.gate.policy import OwnCondition
from detente.gate.rule_names import CONDITIONS

__all__ = ["conditions"]


def conditions(case: Case) -> None:
    """Evaluate all of them at once; only those that match or fail speak one by one."""
    own, looked = case.policy.conditions, case.looked
    if own is None:
        return
    varying = own.quick(case, looked.facts)
    if varying is UNSURE:
        varying = own.varying(looked.facts | own.find(case))
    if not looked.is_spoken_of and (varying is None or varying == own.none_varying):
        case.reasons.append(own.none_matched)
        return
    varying = varying or own.none_varying
    for one in own.each:
        outcome = (varying if one.varies else looked.outcomes)[one.place]
        if outcome is not False:
            _speaks(case, one, outcome)


def _speaks(case: Case, one: OwnCondition, outcome: Outcome) -> None:
    stated, shown = one.stated, one.show(case, case.looked.facts)
    if outcome is True:
        because = stated.because or f"it matches: {stated.when}"
        otherwise = f"an action for which this is false: {stated.when}"
    else:
        because = f"it could not be evaluated ({outcome.text}), which is never taken as a no"  # type: ignore[union-attr]
        otherwise = f"facts with which it can be evaluated: {stated.when}"
    case.objects(f"{CONDITIONS}.{stated.name}", one.effect, shown, because, otherwise)
