"""One proposed action, looked up: what every rule needs to know about it, found once.

Rules read a case and speak; nothing here decides.
"""

from typing import Any

from detente.gate.chance import Chance
from detente.gate.decision import ALLOW, Effect, Reason
from detente.gate.policy import OwnerTerms, Policy, Target
from detente.gate.request import Action
from detente.gate.state import Hold, Known, State
from detente.model.charter.vocabulary import ActionKind, OnHalt, SystemTerms

__all__ = ["Case"]


class Case:
    """What is being decided, and what has been said about it so far."""

    __slots__ = (
        "action",
        "approval",
        "chance",
        "confidence",
        "is_reversible",
        "kind",
        "kind_name",
        "mode",
        "now",
        "owner",
        "phase",
        "policy",
        "reasons",
        "retry_at",
        "rung",
        "state",
        "system",
        "target",
        "terms",
        "triggers",
    )

    def __init__(
        self,
        state: State,
        action: Action,
        policy: Policy,
        now: int,
        chance: Chance,
        *,
        system: SystemTerms,
        target: Target,
        kind: ActionKind,
        approval: Hold | None,
    ) -> None:
        self.state, self.action, self.policy, self.now, self.chance = state, action, policy, now, chance
        self.system: SystemTerms = system
        self.target: Target = target
        self.kind: ActionKind = kind
        self.kind_name = kind.name
        self.owner = system.owner
        self.terms: OwnerTerms = policy.owners[system.owner]
        self.rung = policy.rungs[kind.rung]
        # The catalogue says what can be undone; the proposer may only take that back.
        self.is_reversible = kind.reversible and action.reversible is not False
        premise = action.premise
        self.confidence = None if premise is None else premise.confidence
        events = state.events
        self.triggers: tuple[Known | None, ...] = tuple(events.get(one) for one in action.in_response_to)
        self.approval = approval
        self.reasons: list[Reason] = []
        self.retry_at: int | None = None
        self.mode = "normal"
        self.phase = ""

    def passes(self, rule: str, facts: dict[str, Any]) -> None:
        """A rule has nothing against it."""
        self.reasons.append(Reason(rule, ALLOW, facts))

    def objects(self, rule: str, effect: Effect, facts: dict[str, Any], because: str, otherwise: str) -> None:
        """A rule has something against it."""
        self.reasons.append(Reason(rule, effect, facts, because, otherwise))

    @property
    def goes_on_when_halted(self) -> bool:
        """Whether stopping it would do harm, as with an exit."""
        return self.kind.on_halt is OnHalt.ALLOW
