"""What rules say that look at nothing but the combination: who proposes what kind of action upon which target.

They are asked once for each combination (`gate.looked`), since a policy never changes.
"""

from msgspec.structs import replace

from detente.gate.decision import ALLOW, DENY, HOLD, Reason
from detente.gate.policy import OwnerTerms, Policy, Target
from detente.gate.rule_names import CATALOGUE, COMPARTMENTS, HUMAN_REVIEW, IDENTITY, PHASE, RED_LINES
from detente.model.charter.vocabulary import ActionKind, SystemTerms

__all__ = ["catalogue", "human_review", "identity", "in_place", "may_not", "permits", "phase", "red_lines"]


def permits(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of the patterns is that name, or its beginning with `*` at the end."""
    return any(one == name or (one.endswith("*") and name.startswith(one[:-1])) for one in patterns)


def identity(system: SystemTerms, target: Target, kind: ActionKind) -> Reason:
    """Return whether the system may propose that kind of action upon that target."""
    facts = {"system": system.name, "action": kind.name, "target": target.name}
    if (refused := may_not(system, kind)) is not None:
        return replace(refused, facts=facts)
    if not permits(system.targets, target.name):
        return Reason(
            IDENTITY, DENY, facts,
            f"{system.name} may not act upon {target.name}",
            f"`targets:` of {system.name} in the charter would have to cover {target.name}",
        )  # fmt: skip
    return Reason(IDENTITY, ALLOW, facts)


def may_not(system: SystemTerms, kind: ActionKind) -> Reason | None:
    """Return what is against that kind of action by that system, upon whatever target; None where it may propose it."""
    if permits(system.may, kind.name):
        return None
    return Reason(
        IDENTITY, DENY, {"system": system.name, "action": kind.name},
        f"{system.name} may not propose {kind.name}",
        f"`may:` of {system.name} in the charter would have to list {kind.name}",
    )  # fmt: skip


def catalogue(target: Target, kind: ActionKind) -> Reason:
    """Return whether the target is in the domain in which that kind of action works."""
    facts = {"rung": kind.rung, "reversible": kind.reversible}
    if kind.domain is None or kind.domain == target.domain:
        return Reason(CATALOGUE, ALLOW, facts)
    return Reason(
        CATALOGUE, DENY, facts | {"target_domain": target.domain},
        f"{kind.name} works in {kind.domain}, and {target.name} is in {target.domain}",
        f"a target in {kind.domain}",
    )  # fmt: skip


def phase(terms: OwnerTerms, system: SystemTerms, kind: ActionKind, earned: str) -> tuple[str, Reason]:
    """Return the phase that counts, and its reason: without a certificate, where one is asked for, nobody is autonomous."""
    is_capped = terms.certified_only and not system.certified and earned == "autonomous"
    phase = "supervised" if is_capped else earned
    who = f"{system.name} with {kind.name}"
    if is_capped:
        return phase, Reason(
            PHASE, HOLD, {"phase": phase, "earned": earned, "certified": False},
            f"{who}: without a certificate it is supervised, so people approve each one", "a certificate",
        )  # fmt: skip
    if phase == "autonomous":
        return phase, Reason(PHASE, ALLOW, {"phase": phase})
    if phase == "supervised":
        return phase, Reason(
            PHASE, HOLD, {"phase": phase}, f"{who} is supervised, so people approve each one", "the phase autonomous"
        )  # fmt: skip
    return phase, Reason(
        PHASE, DENY, {"phase": phase}, f"{who} is in the phase {phase}: nothing it proposes is carried out",
        "the phase supervised or autonomous, which is earned by evidence",
    )  # fmt: skip


def red_lines(policy: Policy, terms: OwnerTerms, target: Target, kind: ActionKind) -> Reason | None:
    """Return whether it lies beyond a red line; None where none stands."""
    domain, ladder = target.domain, policy.ladder
    lowest = min(terms.forbidden.get(domain, terms.forbidden_anywhere), terms.forbidden_anywhere)
    facts = {"domain": domain, "rung": kind.rung}
    if policy.rungs[kind.rung] < lowest:
        return Reason(RED_LINES, ALLOW, facts) if terms.forbidden or lowest < len(ladder) else None
    return Reason(
        RED_LINES, DENY, facts | {"forbidden_from": ladder[lowest]},
        f"{kind.rung} in {domain} lies beyond the red line at {ladder[lowest]}",
        f"a rung below {ladder[lowest]}; no approval lifts a red line",
    )  # fmt: skip


def in_place(terms: OwnerTerms, system: SystemTerms, target: Target) -> Reason | None:
    """Return what compartments say of it where it answers nothing; None where none stand."""
    if terms.strength <= 0.0:
        return None
    facts = {"target_domain": target.domain, "system_domain": system.domain}
    if system.domain == target.domain:
        return Reason(COMPARTMENTS, ALLOW, facts)
    return Reason(
        COMPARTMENTS, DENY, facts,
        f"it would carry what happened in {system.domain} into {target.domain}",
        f"a target in {system.domain}, or naming the incident in {target.domain} that it answers",
    )  # fmt: skip


def human_review(policy: Policy, terms: OwnerTerms, kind: ActionKind) -> Reason | None:
    """Return whether people approve it; None where nobody reviews."""
    lowest = terms.review_from
    if lowest >= len(policy.ladder):
        return None
    named = policy.ladder[lowest]
    facts = {"rung": kind.rung, "review_from": named}
    if policy.rungs[kind.rung] < lowest:
        return Reason(HUMAN_REVIEW, ALLOW, facts)
    return Reason(
        HUMAN_REVIEW, HOLD, facts, f"from {named} up people approve, and this is {kind.rung}", f"a rung below {named}"
    )  # fmt: skip
