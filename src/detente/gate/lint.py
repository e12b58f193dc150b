"""What is legal in a policy and looks like a mistake: rules that never speak, people who cannot be reached, unsaid halts."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from detente.gate.always import permits
from detente.gate.conditions.linter import lint as lint_conditions
from detente.gate.conditions.tree import Element, Fact, Member, Node, Present, walk
from detente.gate.policy import Policy
from detente.model.charter.vocabulary import Phase, SystemTerms
from detente.model.problems import nearest_of

__all__ = ["Finding", "lint"]


class Finding(Struct, frozen=True):
    """One thing that looks like a mistake."""

    path: str
    """Where: in the charter, or in the portfolio as `safeguards....`."""
    found: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}: {self.found}; {self.advice}"


def lint(policy: Policy) -> list[Finding]:
    """Return what looks like a mistake, in the order of the documents."""
    return [
        *_halts(policy),
        *_unproposed(policy),
        *_idle_systems(policy),
        *_unreachable(policy),
        *_red_lines(policy),
        *_floors(policy),
        *_modes(policy),
        *_not_for_gates(policy),
        *_conditions(policy),
    ]


def _stated(policy: Policy, *path: str) -> Any:
    here: Any = policy.charter.document
    for step in path:
        here = here.get(step, {}) if isinstance(here, dict) else {}
    return here


def _halts(policy: Policy) -> Iterator[Finding]:
    """Halting must be thought about for each kind: a halt that stops exits does harm."""
    for kind in policy.charter.actions:
        if kind.undo is not None and kind.undo in policy.kinds:
            other = policy.kinds[kind.undo]
            if other.on_halt.value == "deny":
                yield Finding(
                    f"actions.{other.name}.on_halt",
                    f"it undoes {kind.name}, and a halt stops it",
                    "say `on_halt: allow`, or what was done cannot be undone while everything is halted",
                )


def _unproposed(policy: Policy) -> Iterator[Finding]:
    for kind in policy.charter.actions:
        if not any(permits(system.may, kind.name) for system in policy.charter.systems):
            yield Finding(
                f"actions.{kind.name}", "no system may propose it", "name it under `may:`, or take it out"
            )
        elif kind.domain is not None and not any(
            _reaches(policy, system, kind.domain) for system in policy.charter.systems
        ):
            yield Finding(
                f"actions.{kind.name}.in",
                f"no system may act upon anything in {kind.domain}",
                "widen `targets:`",
            )


def _reaches(policy: Policy, system: SystemTerms, domain: str) -> bool:
    return any(one.domain == domain and permits(system.targets, one.name) for one in policy.targets.values())


def _idle_systems(policy: Policy) -> Iterator[Finding]:
    for system in policy.charter.systems:
        for pattern in system.may:
            if not pattern.endswith("*") and pattern not in policy.kinds:
                yield Finding(
                    f"systems.{system.name}.may",
                    f"{pattern} is not in the catalogue",
                    "add it, or take it out",
                )
        if system.may and not system.targets:
            yield Finding(
                f"systems.{system.name}.targets", "it may act upon nothing", "say what it may act upon"
            )


def _unreachable(policy: Policy) -> Iterator[Finding]:
    """Whoever may need people must have some who could approve: enough, and not those who ask."""
    for system in policy.charter.systems:
        group = policy.groups.get(policy.charter.reviewed_by.get(system.owner, ""))
        path = f"reviewed_by.{system.owner}"
        if group is None:
            if system.may:
                yield Finding(
                    path,
                    f"nobody reviews what {system.name} proposes",
                    "name a group; without one, what needs people is denied",
                )
            continue
        people = set(group.people)
        if group.escalates_to is not None:
            people |= set(policy.groups[group.escalates_to].people)
        able = people if group.may_operate else people - set(system.operators)
        needed = max(
            [
                group.quorum,
                *(kind.quorum or 0 for kind in policy.charter.actions if permits(system.may, kind.name)),
            ]
        )
        if len(able) < needed:
            yield Finding(
                path,
                f"{needed} people must approve what {system.name} proposes, and {len(able)} could",
                "more people, or a smaller quorum: whoever runs a system never approves for it",
            )


def _red_lines(policy: Policy) -> Iterator[Finding]:
    red_lines = policy.portfolio.red_lines
    domains = {target.domain for target in policy.targets.values()}
    for place, forbidden in enumerate(red_lines.forbid if red_lines else ()):
        path = f"safeguards.red-lines.forbid[{place}]"
        if forbidden.domain is not None and forbidden.domain not in domains:
            yield Finding(
                f"{path}.in",
                f"nothing is in {forbidden.domain}, so it never matches",
                "check the spelling of the domain",
            )
        elif forbidden.from_rung is not None and not any(
            policy.rungs[kind.rung] >= policy.rungs[forbidden.from_rung] for kind in policy.charter.actions
        ):
            yield Finding(
                f"{path}.from",
                f"no kind of action is at {forbidden.from_rung} or above, so it never matches",
                "a lower rung",
            )


def _floors(policy: Policy) -> Iterator[Finding]:
    floor = policy.portfolio.confidence_floor
    for rung, least in floor.floors if floor else ():
        if least >= 1.0:
            yield Finding(
                f"safeguards.confidence-floor.floors.{rung}",
                f"a floor of {least:g}: only certainty passes",
                "say so with a red line, or lower it",
            )
    resting = [kind for kind in policy.charter.actions if kind.rests_on_blame]
    if floor and not resting:
        yield Finding(
            "safeguards.confidence-floor",
            "no kind of action rests on blame, so it never matches",
            "check `rests_on:`",
        )


def _modes(policy: Policy) -> Iterator[Finding]:
    mode = policy.portfolio.de_escalation_mode
    if mode is not None and mode.review_from is None and mode.restraint == 0.0:
        yield Finding(
            "safeguards.de-escalation-mode",
            "while it is on, nothing is different",
            "`review_from:` or `restraint:`",
        )


def _conditions(policy: Policy) -> Iterator[Finding]:
    if policy.conditions is None:
        return
    yield from _strange_arguments(policy)
    for one in lint_conditions(policy.conditions.loaded):
        found = f"`{one.part}` {one.where} {one.verdict.value}" + (f" ({one.why})" if one.why else "")
        yield Finding(f"conditions.{one.name}.when", found, "say what is meant, or take it out")


def _strange_arguments(policy: Policy) -> Iterator[Finding]:
    """An argument that no kind of action has is never there: a condition that reads it fails, or never matches."""
    kinds = policy.charter.actions
    if policy.conditions is None or any(kind.other_arguments for kind in kinds):
        return
    known = sorted({argument.name for kind in kinds for argument in kind.arguments})
    for name, tree in policy.conditions.loaded.trees.items():
        for argument in sorted(_arguments_read(tree) - set(known)):
            near = nearest_of(argument, known)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield Finding(
                f"conditions.{name}.when",
                f"no kind of action has an argument {argument!r}",
                f"{hint}name one that is under `arguments:` of a kind of action, or add it there",
            )


def _arguments_read(tree: Node) -> set[str]:
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, Member | Present | Element) and _is_arguments(node.of):
            name = getattr(node.index, "value", None) if isinstance(node, Element) else node.field
            if isinstance(name, str):
                found.add(name)
    return found


def _is_arguments(node: Node | None) -> bool:
    return isinstance(node, Fact) and node.path == "action.arguments"


_BEFORE = {
    "export-controls": "limit what systems may do with `may:` and `targets:`",
    "robustness": "it is about how systems are trained and how reviewers are informed",
    "incident-sharing": "report incidents and attributions to this gate",
}


def _not_for_gates(policy: Policy) -> Iterator[Finding]:
    """Safeguards that work before the gate: that they stand does nothing here."""
    for name, advice in _BEFORE.items():
        if name in policy.portfolio.safeguards:
            yield Finding(f"safeguards.{name}", "a gate cannot enforce it", advice)
    if policy.portfolio.certification is not None:
        for system in policy.charter.systems:
            if (
                system.phase is Phase.AUTONOMOUS
                and not system.certified
                and policy.owners[system.owner].certified_only
            ):
                yield Finding(
                    f"systems.{system.name}.certified", "it is autonomous without a certificate, so it is supervised",
                    "a certificate, or `phase: supervised`",
                )  # fmt: skip
