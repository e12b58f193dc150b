"""The switch that stops everything, and how it is known to work.

To stop is to halt a scope: from the next decision on nothing goes ahead in it but what its kind declares must go on
(`on_halt`), also where the gate otherwise only observes. A switch that nobody tries may be disarmed without anybody knowing, so the
gate tries its own: it halts a copy of its state and asks what would happen then.
"""

from collections.abc import Iterator

from immutables import Map
from msgspec.structs import replace

from detente.gate.always import permits
from detente.gate.decide import decide
from detente.gate.decision import ALLOW, DENY, HOLD, RANK, Decision, Effect
from detente.gate.entries import Changed
from detente.gate.meter import Meter
from detente.gate.modes import OVERALL, check_scope, lower
from detente.gate.policy import Policy, Target, nanoseconds
from detente.gate.recent import Recent
from detente.gate.request import Action, KillOrder
from detente.gate.rule_names import DE_ESCALATION_MODE
from detente.gate.state import Kill, Mode, State
from detente.model.charter.vocabulary import ActionKind, OnHalt, SystemTerms

__all__ = ["record_test", "self_test", "stop"]


def stop(
    state: State, order: KillOrder, policy: Policy, now: int, *, by: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when somebody stops everything in a scope; nothing where it is halted already.

    Raises
    ------
    UnknownError
        The charter has no such scope.
    """
    check_scope(order.scope, policy)
    return lower(state, order.scope, Mode("halted", now, f"{by}: {order.reason}", by=by))


def record_test(
    state: State, policy: Policy, now: int, *, passed: bool, detail: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes by a test of the switch: one that failed puts everything in the mode that the charter names."""
    due = now + nanoseconds(policy.charter.kill.test_every_s)
    state = replace(state, kill=Kill(now, passed, detail, due))
    if passed:
        return (), state
    cause = "the kill switch has failed its test"
    told = (Changed("kill", OVERALL, "tested", "failed", f"{cause}: {detail}"),)
    changed, state = lower(state, OVERALL, Mode(policy.charter.kill.overdue, now, cause))
    return told + changed, state


_EFFECT: dict[OnHalt, Effect] = {OnHalt.DENY: DENY, OnHalt.HOLD: HOLD, OnHalt.ALLOW: ALLOW}
_SHOWN = 5


def self_test(state: State, policy: Policy) -> tuple[bool, str]:
    """Return whether a stop would stop everything, and what was tried, or what would have gone on.

    A copy of the state is halted, overall and then for each owner alone; every system proposes every kind of action that
    it may; each must get what its kind says of a halt. Nothing of it is remembered.
    """
    tried, wrong = 0, list[str]()
    for scope in (OVERALL, *(f"actor:{owner}" for owner in sorted(policy.owners))):
        halted = _halted(state, scope, policy)
        for system in policy.systems.values():
            if scope not in {OVERALL, f"actor:{system.owner}"}:
                continue
            for kind, action in _proposals(system, policy):
                tried += 1
                decision, _ = decide(halted, action, policy, state.now, system=system.name)
                found = _found_wrong(decision, kind)
                if found:
                    wrong.append(f"{scope} halted, {system.name} with {kind.name}: {found}")
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        return False, "; ".join(wrong[:_SHOWN]) + more
    return True, f"{tried} proposals tried, each got what its kind says of a halt"


def _halted(state: State, scope: str, policy: Policy) -> State:
    """Return a copy that is halted in one scope only, by the same way as a person's order; what is remembered plays no part in it."""
    copy = replace(
        state, modes=Map(), answered=Recent(state.answered.room), events=Recent(state.events.room),
        meter=Meter.empty(policy.meter),
    )  # fmt: skip
    return stop(copy, KillOrder("test of the switch", scope), policy, state.now, by="gate")[1]


def _found_wrong(decision: Decision, kind: ActionKind) -> str:
    """Return what is wrong with an answer in a halted scope; empty where it is right."""
    expected = _EFFECT[kind.on_halt]
    said = next((one.effect for one in decision.reasons if one.rule == DE_ESCALATION_MODE), None)
    if said != expected:
        return f"the halt says {said or 'nothing'}, expected {expected}"
    if RANK[decision.effect] < RANK[expected]:
        return f"the answer is {decision.effect}, expected {expected}"
    return ""


def _proposals(system: SystemTerms, policy: Policy) -> Iterator[tuple[ActionKind, Action]]:
    """Yield one proposal of each kind that a system may propose, of the catalogue and of every class besides."""
    for kind in policy.kinds.values():
        target = _target(system, kind.domain, policy)
        if target is not None and permits(system.may, kind.name):
            yield kind, Action("kill-test", target.name, kind.name)
    for domain in sorted({target.domain for target in policy.targets.values()}):
        target = _target(system, domain, policy)
        for rung in policy.ladder:
            name = f"{domain}/{rung}"
            if target is not None and permits(system.may, name):
                yield (
                    ActionKind(name=name, rung=rung, domain=domain),
                    Action("kill-test", target.name, None, domain, rung),
                )


def _target(system: SystemTerms, domain: str | None, policy: Policy) -> Target | None:
    """Return something that a kind of action may be aimed at: in its domain and permitted, if there is such a thing."""
    fitting = [one for one in policy.targets.values() if domain in {None, one.domain}]
    return next(
        (one for one in fitting if permits(system.targets, one.name)), fitting[0] if fitting else None
    )
