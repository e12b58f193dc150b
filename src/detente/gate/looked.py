"""What is the same whenever one system proposes one kind of action upon one target: looked up and judged once.

A policy never changes, so what its rules always say of a combination (`gate.always`) is made once and shared by every decision
that they speak in.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from detente.gate import always
from detente.gate.asking import Asking, asking_of
from detente.gate.conditions.loader import Outcome
from detente.gate.decision import ALLOW, DENY, Effect, Reason
from detente.gate.policy import OwnerTerms, Policy, Target
from detente.gate.request import Action
from detente.gate.rule_names import (
    CATALOGUE,
    IDENTITY,
    THROTTLE,
)
from detente.gate.state import phase_key
from detente.model.charter.vocabulary import PHASES, ActionKind, Argument, ArgumentType, OnHalt, SystemTerms

__all__ = ["Looked", "kind_of", "look_up"]

_MOST = 65_536
"""Combinations that are remembered: beyond that many the memory starts anew."""


class Opening(Struct, frozen=True):
    """What the rules up to compartments say of an action that answers nothing, bears no time, and whose arguments are right."""

    phase: str
    """The one that counts."""
    said: tuple[Reason, ...]
    """In their order."""
    against: tuple[Effect, ...]
    """What those of them answer that have something against it."""


class Looked(Struct, frozen=True, kw_only=True):
    """One combination, and what stands for it."""

    system: SystemTerms
    target: Target
    kind: ActionKind
    terms: OwnerTerms
    rung: int
    scopes: tuple[str, ...]
    """The scopes of modes that it touches."""
    phase_key: str
    """Under which the state keeps what the system has shown with this kind of action."""
    first_phase: str
    phases: dict[str, tuple[str, Reason]]
    """By the phase it has earned: the one that counts, and what is said of it."""
    openings: dict[str, Opening]
    """By the phase it has earned."""
    is_settled: bool
    """Whether they say the same each time: no chance is asked."""
    arguments: dict[str, Argument]
    unbounded: dict[str, type]
    """Of those arguments of which any value of a type is right, that type."""
    required: tuple[str, ...]
    identity: Reason
    catalogue: Reason
    """Its domain; the arguments are looked at each time."""
    red_lines: Reason | None
    """None where no red line stands."""
    in_place: Reason | None
    """Compartments, for an action that answers nothing: it stays in the system's own domain, or does not."""
    human_review: Reason | None
    asking: Asking | None
    """Whom it asks where people must approve; None where nobody can be asked."""
    is_free: Reason
    """What the owner's throttle says while there is room."""
    goes_on_when_halted: bool
    facts: dict[str, Any]
    """Those of the facts that conditions read which are the same each time."""
    outcomes: tuple[Outcome, ...]
    """Of those conditions that read nothing else."""
    is_spoken_of: bool
    """Whether any of them is not false."""


def look_up(policy: Policy, system: str, action: Action) -> Looked | tuple[Reason, ...]:
    """Return what stands for an action of a system; all reasons against it where it is none that the charter knows."""
    name, target = action.action, action.target
    # What the catalogue does not know has a key of its own, whatever its kinds are called.
    key = (system, name, target) if name is not None else (system, action.domain, action.rung, target)
    found = policy.looked.get(key)
    if found is None:
        found = _found(policy, system, action)
        if isinstance(found, Looked):
            if len(policy.looked) >= _MOST:
                policy.looked.clear()
            policy.looked[key] = found
    return found


def _found(policy: Policy, system: str, action: Action) -> Looked | tuple[Reason, ...]:
    known, target = policy.systems.get(system), policy.targets.get(action.target)
    kind = kind_of(action, policy)
    if known is None or target is None or kind is None:
        return tuple(_unknown(system, action, known, target, kind))
    return _looked(policy, known, target, kind)


def _unknown(
    system: str, action: Action, known: SystemTerms | None, target: Target | None, kind: ActionKind | None
) -> Iterator[Reason]:
    """Yield everything of it that the charter does not have, and what is against it all the same."""
    if known is None:
        yield Reason(
            IDENTITY, DENY, {"system": system}, f"the charter has no system {system}", "an entry under `systems:`"
        )  # fmt: skip
    elif kind is not None and (refused := always.may_not(known, kind)) is not None:
        yield refused
    if target is None:
        yield Reason(
            IDENTITY, DENY, {"target": action.target}, f"the charter has no system or asset {action.target}",
            "an entry under `systems:` or `assets:`",
        )  # fmt: skip
    if kind is None:
        yield Reason(
            CATALOGUE, DENY, {"action": action.action, "domain": action.domain, "rung": action.rung},
            "it is neither in the catalogue nor named by a domain and a rung of the ladder",
            "a kind of the catalogue, or a domain and a rung",
        )  # fmt: skip


def kind_of(action: Action, policy: Policy) -> ActionKind | None:
    """Return what kind of action it is; None where it is none."""
    if action.action is not None:
        return policy.kinds.get(action.action)
    if action.domain is None or action.rung not in policy.rungs:
        return None
    # What the catalogue does not know is taken at its worst: not to be undone, resting on blame, stopped by a halt.
    return ActionKind(
        name=f"{action.domain}/{action.rung}", rung=action.rung, domain=action.domain, other_arguments=True
    )


def _looked(policy: Policy, system: SystemTerms, target: Target, kind: ActionKind) -> Looked:
    terms, rung = policy.owners[system.owner], policy.rungs[kind.rung]
    own = policy.conditions
    facts = {} if own is None else own.find_fixed(system, target, kind)
    outcomes = () if own is None else own.fixed(facts)
    compartments = dict.fromkeys((system.compartment, target.compartment))
    identity, catalogue = always.identity(system, target, kind), always.catalogue(target, kind)
    red_lines, in_place = (
        always.red_lines(policy, terms, target, kind),
        always.in_place(terms, system, target),
    )
    phases = {phase: always.phase(terms, system, kind, phase) for phase in PHASES}
    openings = {
        earned: _opening(phase, (identity, catalogue, red_lines, said, in_place))
        for earned, (phase, said) in phases.items()
    }
    return Looked(
        system=system,
        target=target,
        kind=kind,
        terms=terms,
        rung=rung,
        scopes=("overall", f"actor:{system.owner}", *(f"compartment:{one}" for one in compartments)),
        phase_key=phase_key(system.name, kind.name),
        first_phase=system.phase.value,
        phases=phases,
        openings=openings,
        is_settled=_is_settled(terms, red_lines, in_place),
        arguments={argument.name: argument for argument in kind.arguments},
        unbounded={one.name: _TYPES[one.type] for one in kind.arguments if _is_unbounded(one)},
        required=tuple(argument.name for argument in kind.arguments if argument.required),
        identity=identity,
        catalogue=catalogue,
        red_lines=red_lines,
        in_place=in_place,
        human_review=always.human_review(policy, terms, kind),
        asking=asking_of(policy, system, kind),
        is_free=Reason(THROTTLE, ALLOW, {"owner": system.owner}),
        goes_on_when_halted=kind.on_halt is OnHalt.ALLOW,
        facts=facts,
        outcomes=outcomes,
        is_spoken_of=any(outcome is not False for outcome in outcomes),
    )


def _opening(phase: str, reasons: tuple[Reason | None, ...]) -> Opening:
    said = tuple(reason for reason in reasons if reason is not None)
    return Opening(phase, said, tuple(reason.effect for reason in said if reason.effect != ALLOW))


def _is_settled(terms: OwnerTerms, red_lines: Reason | None, in_place: Reason | None) -> bool:
    """Whether none of the rules up to compartments asks chance."""
    if terms.acts < 1.0 or terms.autonomy < 1.0:
        return False
    if red_lines is not None and red_lines.effect != ALLOW and terms.compliance < 1.0:
        return False
    return in_place is None or in_place.effect == ALLOW or terms.strength >= 1.0


_TYPES = {ArgumentType.TEXT: str, ArgumentType.WHOLE: int, ArgumentType.YES_NO: bool}


def _is_unbounded(argument: Argument) -> bool:
    return argument.type in _TYPES and not argument.one_of and argument.low is None and argument.high is None
