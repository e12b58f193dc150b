"""The charter's own rules, in CEL: one that matches denies or holds, one that fails is never taken as a no."""

from detente.gate.case import Case
from detente.gate.decision import DENY, HOLD
from detente.gate.rule_names import CONDITIONS

__all__ = ["conditions"]


def conditions(case: Case) -> None:
    """Evaluate all of them at once; only those that match or fail speak one by one."""
    own = case.policy.conditions
    if own is None:
        return
    looked = case.looked
    if not looked.always_matches and not own.may_speak(case, looked.facts):
        case.reasons.append(own.none_matched)
        return
    facts = looked.facts | own.find(case)
    for (stated, reads), outcome in zip(own.stated, own.evaluate(facts), strict=True):
        if outcome is False:
            continue
        rule = f"{CONDITIONS}.{stated.name}"
        shown = {path: facts[path] for path in reads}
        if outcome is True:
            case.objects(
                rule, DENY if stated.effect.value == "deny" else HOLD, shown,
                stated.because or f"it matches: {stated.when}", f"an action for which this is false: {stated.when}",
            )  # fmt: skip
        else:
            case.objects(
                rule, DENY if stated.effect.value == "deny" else HOLD, shown,
                f"it could not be evaluated ({outcome.text}), which is never taken as a no",
                f"facts with which it can be evaluated: {stated.when}",
            )  # fmt: skip
