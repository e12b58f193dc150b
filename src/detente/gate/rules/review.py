"""People: who is asked, and whether they can be asked."""

from detente.gate.asking import Asking
from detente.gate.case import Case
from detente.gate.decision import DENY
from detente.gate.rule_names import HUMAN_REVIEW

__all__ = ["asked", "human_review"]


def human_review(case: Case) -> None:
    """From a rung up, people approve."""
    reason = case.looked.human_review
    if reason is not None:
        case.says(reason)


def asked(case: Case) -> Asking | None:
    """Return who is asked; None, with a denial, where nobody can be."""
    asking = case.looked.asking
    if asking is None:
        case.objects(
            HUMAN_REVIEW, DENY, {"owner": case.owner},
            f"it needs people, and the charter names nobody who reviews for {case.owner}",
            f"`reviewed_by: {{{case.owner}: GROUP}}` in the charter",
        )  # fmt: skip
        return None
    quorum, able = asking.quorum, asking.able
    if able < quorum:
        case.objects(
            HUMAN_REVIEW, DENY, {"group": asking.group, "quorum": quorum, "could_approve": able},
            f"{quorum} people must approve, and {able} could: whoever runs {case.system.name} is excluded",
            "more people in the group, or in the group it escalates to",
        )  # fmt: skip
        return None
    return asking
